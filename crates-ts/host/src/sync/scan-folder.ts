/** The files of a folder as a workspace would have them (spec/22-sync.md, "Folders"). Links are not followed. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readdirSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { AosError, formatHash, sha256 } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { joinPath, splitPath } from '@aos/workspace'
import { nodeSha256 } from '../sha256.ts'
import { checkNameTwins, encodeFileName } from './file-names.ts'
import type { SyncedFile, SyncedFiles } from './three-way.ts'

/** A file of a folder, with what tells that it was not written since. */
export interface ScannedFile extends SyncedFile {
  /** Bytes of its content. */
  readonly size: number
  /** Times of the last write of content and of the last change of the file, in nanoseconds, as decimal text. */
  readonly written: string
  readonly changed: string
}

/** A folder, and what was found in it before. */
export interface ScanOptions {
  readonly folder: string
  /** Of an earlier scan: a file of equal size and times is not read. */
  readonly known: SyncedFiles<ScannedFile>
}

/** Never taken, whatever the rules say. */
const LEFT_OUT: readonly string[] = ['.git', '.aos']

/**
 * By the path in the workspace. A folder that is not there has no files. Throws what `encodeFileName` and `checkNameTwins` throw, `workspace.bad_path`, and `sync.not_a_file` for links
 * and whatever else is neither file nor folder.
 */
export function scanFolder({ folder, known }: ScanOptions): SyncedFiles<ScannedFile> {
  const found = new Map<string, ScannedFile>()
  const root = lstatSync(folder, { bigint: true, throwIfNoEntry: false })
  if (root === undefined) return found
  if (!root.isDirectory()) throw notAFile(folder)
  const visit = (place: string, base: string): void => {
    const names = readdirSync(place).filter((name) => !LEFT_OUT.includes(name))
    checkNameTwins(names)
    for (const name of names) {
      const path = joinPath(base, encodeFileName(name))
      splitPath(path)
      const file = join(place, name)
      const stats = lstatSync(file, { bigint: true })
      if (stats.isDirectory()) visit(file, path)
      else if (stats.isFile()) found.set(path, scanFile(file, stats, known.get(path)))
      else throw notAFile(file)
    }
  }
  visit(folder, '')
  return found
}

/** The content of a file that is no link, and what it is now. Throws `sync.not_a_file`. */
export function readScanned(file: string): { readonly bytes: Uint8Array; readonly scanned: ScannedFile } {
  const handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(handle, { bigint: true })
    if (!stats.isFile()) throw notAFile(file)
    const bytes = readFileSync(handle)
    return { bytes, scanned: describe(stats, formatHash(sha256(nodeSha256, bytes))) }
  } finally {
    closeSync(handle)
  }
}

function scanFile(file: string, stats: BigIntStats, known: ScannedFile | undefined): ScannedFile {
  if (known !== undefined) {
    const now = describe(stats, known.hash)
    if (now.size === known.size && now.written === known.written && now.changed === known.changed) return now
  }
  return readScanned(file).scanned
}

function describe(stats: BigIntStats, hash: Hash): ScannedFile {
  const mode = (stats.mode & 0o100n) === 0n ? 0o644 : 0o755
  return { hash, mode, size: Number(stats.size), written: String(stats.mtimeNs), changed: String(stats.ctimeNs) }
}

function notAFile(file: string): AosError {
  return new AosError('sync.not_a_file', `${file} is a link, or neither a file nor a folder`, {
    details: { file },
    hint: 'links are not followed; take it out of the folder',
  })
}
