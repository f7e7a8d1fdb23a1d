/** The files of a folder as a workspace would have them (spec/22-sync.md, "Folders"). Links are not followed. */
import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { AosError, fromHex, formatHash, hashText } from '@aos/cbor'
import type { Hash, HashBytes } from '@aos/cbor'
import { joinPath, splitPath } from '@aos/workspace'
import { fileError } from '../files.ts'
import { nodeSha256 } from '../sha256.ts'
import type { Steps } from '../steps.ts'
import { atPlace, checkNameTwins, encodeFileName } from './file-names.ts'
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
  /** By the names below the folder. What is ignored is not looked at. */
  readonly isIgnored: (names: readonly string[], isFolder: boolean) => boolean
  readonly onFile?: (count: number) => void
}

/** Never taken, whatever the rules say. */
const LEFT_OUT: readonly string[] = ['.git', '.aos']

/**
 * By the path in the workspace. A folder that is not there has no files. Throws what `encodeFileName` and `checkNameTwins` throw, `workspace.bad_path`, `host.file`, and
 * `sync.not_a_file` for links and whatever else is neither file nor folder.
 */
export function* scanFolder(options: ScanOptions): Steps<Map<string, ScannedFile>> {
  const { folder } = options
  const root = look(folder)
  if (root === undefined) return new Map()
  if (!root.isDirectory()) throw notAFile(folder)
  const found = new Map<string, ScannedFile>()
  yield* scanInto(found, options, { base: '', above: [] })
  return found
}

interface Place {
  readonly base: string
  /** Names of the folders above. */
  readonly above: readonly string[]
}

function* scanInto(found: Map<string, ScannedFile>, options: ScanOptions, { base, above }: Place): Steps<void> {
  const place = join(options.folder, ...above)
  const taken: string[] = []
  for (const name of namesIn(place)) {
    if (LEFT_OUT.includes(name)) continue
    const file = join(place, name)
    const stats = look(file)
    if (stats === undefined) {
      // It went away, or its name is not UTF-8: then what was read is not the name.
      atPlace(place, () => encodeFileName(name))
      continue
    }
    const names = [...above, name]
    if (options.isIgnored(names, stats.isDirectory())) continue
    taken.push(name)
    const path = joinPath(
      base,
      atPlace(place, () => encodeFileName(name)),
    )
    splitPath(path)
    if (stats.isDirectory()) yield* scanInto(found, options, { base: path, above: names })
    else if (stats.isFile()) found.set(path, scanFile(file, stats, options.known.get(path)))
    else throw notAFile(file)
    options.onFile?.(found.size)
    yield
  }
  atPlace(place, () => checkNameTwins(taken))
}

/** What stands at a place; undefined: nothing. Throws `host.file`. */
export function look(place: string): BigIntStats | undefined {
  try {
    return lstatSync(place, { bigint: true, throwIfNoEntry: false })
  } catch (cause) {
    // A file stands where a folder above was.
    if (isErrno(cause, 'ENOTDIR')) return undefined
    throw fileError('read', place, cause)
  }
}

/** True for that refusal of the system. */
export function isErrno(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code
}

/** True when a file is as it was found: not written, not another one. */
export function isUntouched(stats: BigIntStats, scanned: ScannedFile): boolean {
  return stats.isFile() && isSameScan(describe(stats, scanned.hash), scanned)
}

function isSameScan(now: ScannedFile, then: ScannedFile): boolean {
  return now.size === then.size && now.written === then.written && now.changed === then.changed
}

/** The content of a file that is no link, and what it is now. Throws `sync.not_a_file`, `sync.changing`, `host.file`. */
export function readScanned(file: string): { readonly bytes: Uint8Array; readonly scanned: ScannedFile } {
  return withFile(file, (handle) => {
    const bytes = readFileSync(handle)
    return { bytes, hash: hashText(nodeSha256, bytes), size: bytes.length }
  })
}

const PIECE_BYTES = 1 << 20

/** Without the content, which may be large. */
function readHash(file: string, stats: BigIntStats): ScannedFile {
  if (stats.size <= PIECE_BYTES) return readScanned(file).scanned
  return withFile(file, (handle) => {
    const hash = createHash('sha256')
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    let size = 0
    for (let read = readSync(handle, piece); read > 0; read = readSync(handle, piece)) {
      hash.update(piece.subarray(0, read))
      size += read
    }
    return { bytes: piece, hash: formatHash(fromHex(hash.digest('hex')) as HashBytes), size } // 32 bytes, by SHA-256
  }).scanned
}

interface Content {
  readonly bytes: Uint8Array
  readonly hash: Hash
  readonly size: number
}

function withFile(
  file: string,
  read: (handle: number) => Content,
): { readonly bytes: Uint8Array; readonly scanned: ScannedFile } {
  const handle = openFile(file)
  try {
    const stats = fstatSync(handle, { bigint: true })
    if (!stats.isFile()) throw notAFile(file)
    const { bytes, hash, size } = read(handle)
    const scanned = describe(stats, hash)
    if (size === scanned.size && isUntouched(fstatSync(handle, { bigint: true }), scanned)) return { bytes, scanned }
    throw new AosError('sync.changing', `${file} was written while it was read`, {
      details: { file },
      hint: 'do it again when nothing writes to it',
    })
  } catch (cause) {
    throw cause instanceof AosError ? cause : fileError('read', file, cause)
  } finally {
    closeSync(handle)
  }
}

function openFile(file: string): number {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    throw isErrno(cause, 'ELOOP') ? notAFile(file) : fileError('read', file, cause)
  }
}

function namesIn(place: string): readonly string[] {
  try {
    return readdirSync(place)
  } catch (cause) {
    throw fileError('read', place, cause)
  }
}

function scanFile(file: string, stats: BigIntStats, known: ScannedFile | undefined): ScannedFile {
  const now = known === undefined ? undefined : describe(stats, known.hash)
  return known !== undefined && now !== undefined && isSameScan(now, known) ? now : readHash(file, stats)
}

function describe(stats: BigIntStats, hash: Hash): ScannedFile {
  const mode = (stats.mode & 0o100n) === 0n ? 0o644 : 0o755
  return { hash, mode, size: Number(stats.size), written: String(stats.mtimeNs), changed: String(stats.ctimeNs) }
}

/** `sync.not_a_file`. */
export function notAFile(file: string): AosError {
  return new AosError('sync.not_a_file', `${file} is a link, or neither a file nor a folder`, {
    details: { file },
    hint: 'links are not followed; take it out of the folder, or let a rule ignore it',
  })
}
