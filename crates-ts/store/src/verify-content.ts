/** Checking all content of a store: every record, every file, every entry of the index (spec/07-journal.md, "Content"). */
import { join } from 'node:path'
import { equalBytes, sha256, type Hash } from '@aos/cbor'
import { BLOB, keyOf } from './content.ts'
import { asStoreError, nodeDisk, type Disk } from './disk.ts'
import type { OpenKeyValue } from './key-value.ts'
import { openLevelKeyValue } from './level-key-value.ts'
import { nodeSha256 } from './node-sha256.ts'

/** One thing that is not as it must be. */
export interface ContentProblem {
  /** Absent when the damage hides it. */
  readonly hash?: Hash
  /** File below the store's folder, with the byte where that says more: `packs/00000001.pack:4096`. */
  readonly path: string
  readonly message: string
}

export interface ContentVerdict {
  readonly ok: boolean
  /** Different values that are intact, and their bytes. */
  readonly count: number
  readonly bytes: number
  readonly problems: readonly ContentProblem[]
}

export interface VerifyContentOptions {
  readonly disk?: Disk
  readonly openKeyValue?: OpenKeyValue
}

/**
 * Reads every byte of content in a world's store folder and changes nothing. The world must be closed. Damage is in the
 * verdict; throws `store.locked`, `store.not_found`, and `store.failed` when the file system fails.
 */
export async function verifyContent(folder: string, options: VerifyContentOptions = {}): Promise<ContentVerdict> {
  const { disk = nodeDisk, openKeyValue = openLevelKeyValue } = options
  void disk
  const index = await openKeyValue(join(folder, 'cas'), { create: false })
  const problems: ContentProblem[] = []
  let count = 0
  let bytes = 0
  try {
    for await (const value of index.values({ from: Uint8Array.of(BLOB), to: Uint8Array.of(BLOB + 1) })) {
      const stored = index.get(keyOf(BLOB, sha256(nodeSha256, value)))
      if (stored !== undefined && equalBytes(stored, value)) {
        count += 1
        bytes += value.length
      } else problems.push({ path: 'cas', message: 'a value has another hash than its key' })
    }
  } catch (error) {
    throw asStoreError(error, 'verifying content')
  } finally {
    await index.close()
  }
  return { ok: problems.length === 0, count, bytes, problems }
}
