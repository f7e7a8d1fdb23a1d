/** Checking all content of a store: every record, every file, every entry of the index (spec/07-journal.md, "Content"). */
import { join } from 'node:path'
import { equalBytes, formatHash, hashBytes, isAosError, sha256, toHex, type Hash } from '@aos/cbor'
import { BLOB, keyOf } from './content.ts'
import { asStoreError, nodeDisk, type Disk, type DiskFile } from './disk.ts'
import type { KeyValue, OpenKeyValue } from './key-value.ts'
import { openLevelKeyValue } from './level-key-value.ts'
import { nodeSha256 } from './node-sha256.ts'
import { BlobFiles } from './packs/blob-files.ts'
import { ContentIndex, isBefore, isSamePlace, type PackPosition } from './packs/content-index.ts'
import { PackFiles, packName } from './packs/pack-files.ts'
import { PACK_HEAD_BYTES, RECORD_HEAD_BYTES, decodePackHead, type RecordHead } from './packs/pack-layout.ts'
import { isIntact } from './packs/pack-reader.ts'
import { scanPack } from './packs/pack-scan.ts'

/** One thing that is not as it must be. */
export interface ContentProblem {
  /** Absent when the damage hides it. */
  readonly hash?: Hash
  /** File below the store's folder, with the byte where that says more: `packs/00000001.pack:4096`. */
  readonly path: string
  readonly message: string
}

/** What reading every value of a content store came to; `ok` when nothing is missing or damaged. */
export interface ContentVerdict {
  readonly ok: boolean
  /** Different values that are intact, and their bytes. */
  readonly count: number
  readonly bytes: number
  readonly problems: readonly ContentProblem[]
}

/** The file system and the databases to read from, for tests with faults. */
export interface VerifyContentOptions {
  readonly disk?: Disk
  readonly openKeyValue?: OpenKeyValue
}

/**
 * Reads every byte of content in a world's store folder and changes nothing. The world must be closed. A damaged copy is no
 * problem when there is an intact one of the same value. Damage is in the verdict; throws `store.locked`, `store.not_found`
 * (neither index nor packs), `store.unsupported`, and `store.failed` when the file system fails.
 */
export async function verifyContent(folder: string, options: VerifyContentOptions = {}): Promise<ContentVerdict> {
  const { disk = nodeDisk, openKeyValue = openLevelKeyValue } = options
  const packs = new PackFiles(disk, join(folder, 'packs'))
  const check = new ContentCheck(packs, new BlobFiles(disk, folder))
  const database = await openIndex(check, join(folder, 'cas'), openKeyValue)
  const index = await ContentIndex.open(database)
  try {
    for (const number of packs.numbers()) check.pack(number)
    check.files()
    if (database !== undefined) await check.index(index, database)
    return check.verdict()
  } catch (error) {
    throw asStoreError(error, 'verifying content')
  } finally {
    packs.close()
    await index.close()
  }
}

async function openIndex(check: ContentCheck, path: string, open: OpenKeyValue): Promise<KeyValue | undefined> {
  try {
    return await open(path, { create: false })
  } catch (error) {
    if (!isAosError(error) || (error.code !== 'store.not_found' && error.code !== 'store.corrupt')) throw error
    if (error.code === 'store.not_found' && check.packs.numbers().length === 0) throw error
    check.report({ path: 'cas', message: `${error.message}; the next opening makes the index again from the packs` })
    return undefined
  }
}

/** A place in a pack that holds no intact record. */
interface BadPlace extends PackPosition {
  readonly hash: Hash | undefined
  readonly message: string
}

interface IntactRecord extends PackPosition {
  readonly hash: Hash
}

class ContentCheck {
  readonly packs: PackFiles
  readonly #blobs: BlobFiles
  readonly #problems: ContentProblem[] = []
  /** Intact values and their lengths. */
  readonly #intact = new Map<Hash, number>()
  readonly #records = new Map<string, IntactRecord>()
  readonly #bad: BadPlace[] = []
  readonly #inFiles = new Set<Hash>()

  constructor(packs: PackFiles, blobs: BlobFiles) {
    this.packs = packs
    this.#blobs = blobs
  }

  report(problem: ContentProblem): void {
    this.#problems.push(problem)
  }

  /** Damage counts when a later write proves that it was durable, or when it is the end that no opening has cut. */
  pack(number: number): void {
    const file = this.packs.reader(number)
    if (file === undefined) return
    this.#packHead(number, file)
    let unproven: BadPlace[] = []
    for (const step of scanPack(file, { number, checksValues: true })) {
      const place = { pack: number, position: step.position }
      if (step.kind === 'gap') {
        unproven.push({ ...place, hash: likelyHash(file, step), message: 'bytes that are no record' })
      } else if (step.isIntact !== true) {
        unproven.push({ ...place, hash: formatHash(step.head.hash), message: 'the value has another hash' })
      } else {
        const { durable } = step.head
        this.#bad.push(...unproven.filter((bad) => bad.position < durable))
        // What the same write tore apart was never acknowledged.
        unproven = []
        if (step.head.kind !== 'closed') this.#record(place, step.head)
      }
    }
    this.#bad.push(...unproven.map((bad) => ({ ...bad, message: `${bad.message}, at the end of the pack` })))
  }

  /** Files that records name, and files that no record names. */
  files(): void {
    for (const hash of new Set([...this.#inFiles, ...[...this.#blobs.list()].map(formatHash)])) {
      const digits = toHex(hashBytes(hash))
      const path = `blobs/${digits.slice(0, 2)}/${digits}`
      const bytes = this.#blobs.read(hashBytes(hash))
      if (bytes === undefined) this.report({ hash, path, message: 'the file is missing' })
      else if (isIntact(hashBytes(hash), bytes)) this.#intact.set(hash, bytes.length)
      else this.report({ hash, path, message: 'the file has another hash than its name' })
    }
  }

  async index(index: ContentIndex, database: KeyValue): Promise<void> {
    for await (const location of index.locations()) {
      const place = location === undefined ? undefined : placeOf(location)
      const record = place === undefined ? undefined : this.#records.get(place)
      if (record !== undefined && isSamePlace(record, index.find(hashBytes(record.hash)))) continue
      this.report({ path: 'cas', message: `an entry names ${place ?? 'no place'}, where its record is not` })
    }
    const { indexed } = index
    for (const record of this.#records.values()) {
      if (indexed === undefined || !isBefore(record, indexed) || index.find(hashBytes(record.hash)) !== undefined)
        continue
      this.report({ hash: record.hash, path: 'cas', message: `the index lacks ${placeOf(record)}` })
    }
    await this.#oldValues(index, database)
  }

  verdict(): ContentVerdict {
    for (const { hash, message, ...place } of this.#bad) {
      if (hash !== undefined && this.#intact.has(hash)) continue
      this.report({ ...(hash === undefined ? {} : { hash }), path: placeOf(place), message })
    }
    let bytes = 0
    for (const length of this.#intact.values()) bytes += length
    return { ok: this.#problems.length === 0, count: this.#intact.size, bytes, problems: this.#problems }
  }

  #packHead(number: number, file: DiskFile): void {
    const bytes = new Uint8Array(PACK_HEAD_BYTES)
    const nonce = decodePackHead(bytes.subarray(0, file.read(bytes, 0)), number)
    // Nothing was written to a pack of which not even the head is whole.
    if (nonce instanceof Uint8Array || file.size() <= PACK_HEAD_BYTES) return
    const message = nonce === undefined ? 'the head is damaged' : 'the head is of a later format version'
    this.report({ path: placeOf({ pack: number, position: 0 }), message })
  }

  #record(place: PackPosition, head: RecordHead): void {
    const hash = formatHash(head.hash)
    this.#records.set(placeOf(place), { ...place, hash })
    if (head.kind === 'file') this.#inFiles.add(hash)
    else this.#intact.set(hash, head.length)
  }

  /** Values in the database itself. An empty one stands where a damaged value was stored again, in a pack. */
  async #oldValues(index: ContentIndex, database: KeyValue): Promise<void> {
    const seen = new Set<Hash>()
    for await (const value of index.oldValues()) {
      const hash = formatHash(sha256(nodeSha256, value))
      const stored = database.get(keyOf(BLOB, hashBytes(hash)))
      const isUnderItsKey = stored !== undefined && equalBytes(stored, value) && !seen.has(hash)
      if (isUnderItsKey) this.#intact.set(hash, value.length)
      else if (value.length > 0) this.report({ path: 'cas', message: 'a value has another hash than its key' })
      if (isUnderItsKey || value.length > 0) seen.add(hash)
    }
    const sizes = await index.oldCount()
    if (sizes > seen.size) this.report({ path: 'cas', message: `${sizes} values were stored, ${seen.size} are there` })
  }
}

/** What the bytes at a gap would say if they were a record: whether an intact copy is elsewhere. */
function likelyHash(file: DiskFile, gap: { readonly position: number; readonly end: number }): Hash | undefined {
  const head = new Uint8Array(RECORD_HEAD_BYTES)
  if (gap.end - gap.position < RECORD_HEAD_BYTES || file.read(head, gap.position) < RECORD_HEAD_BYTES) return undefined
  return formatHash(head.slice(32, 64))
}

function placeOf({ pack, position }: PackPosition): string {
  return `packs/${packName(pack)}:${position}`
}
