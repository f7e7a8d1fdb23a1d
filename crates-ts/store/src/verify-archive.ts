/** Checking an archive: every byte, hash, chain and log of it, and whether it is of a world (spec/07-journal.md, "Archives"). */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { AosError, equalBytes, formatHash, sha256, type Hash, type HashBytes } from '@aos/cbor'
import {
  decodeArchiveHead,
  decodeArchiveTable,
  decodeArchiveTail,
  type ArchiveHead,
  type ArchiveTail,
  type ArchivedSegment,
} from './archive-layout.ts'
import { asStoreError, nodeDisk, type Disk, type DiskFile } from './disk.ts'
import { FileWindow } from './file-window.ts'
import { readRecords } from './journal-read.ts'
import { PAGE_BYTES, type PageResult } from './layout.ts'
import { merkleRoot } from './merkle.ts'
import { nodeSha256 } from './node-sha256.ts'
import { Differs, HistoryCheck, asDifference, isSameLog, type JournalDifference } from './segment-check.ts'

const CHUNK_BYTES: number = 1 << 20

/** What an archive is, and how far it holds up. */
export interface ArchiveVerdict {
  readonly ok: boolean
  readonly world: Hash
  /** The heights in it, both inclusive. */
  readonly first: number
  readonly last: number
  /** RFC 6962 tree head of the world's log after the last of them. */
  readonly root: Hash
  /** Whether the world given has this history; undefined when none was given, or when the archive itself does not hold up. */
  readonly isOfWorld: boolean | undefined
  readonly firstDifference?: JournalDifference
}

/** The folder of a world that should have the history of the archive, and the file system. */
export interface VerifyArchiveOptions {
  readonly world?: string
  readonly disk?: Disk
}

/**
 * Reads an archive whole; no world is needed. With the folder of a world's store, also whether the world has this history: of the leaf
 * before the range and its last one it must have the same. Damage is in the verdict. Throws `store.bad_archive` for a file that does not
 * say what is in it, `store.not_found`, and `store.failed` when the file system fails.
 */
export function verifyArchive(path: string, options: VerifyArchiveOptions = {}): ArchiveVerdict {
  const { disk = nodeDisk, world } = options
  const file = openArchive(disk, path)
  try {
    const head = readHead(file, path)
    const tail = readTail(file, path)
    let difference = differenceIn(() => {
      for (const _ of checkArchive(file, path));
    })
    const isWhole = difference === undefined
    if (isWhole && world !== undefined) {
      difference = differenceIn(() => {
        checkWorld(disk, join(world, 'journal'), { head, tail })
      })
    }
    return {
      ok: difference === undefined,
      world: formatHash(head.world),
      first: head.first,
      last: head.last,
      root: formatHash(merkleRoot(tail.end.log)),
      isOfWorld: isWhole && world !== undefined ? difference === undefined : undefined,
      ...(difference === undefined ? {} : { firstDifference: difference }),
    }
  } catch (error) {
    throw asStoreError(error, `verifying ${path}`)
  } finally {
    file.close()
  }
}

/** Steps of a megabyte or a group. Throws `Differs`, `store.corrupt`, `store.bad_archive`. */
export function* checkArchive(file: DiskFile, path: string): Generator<void, void, undefined> {
  const head = readHead(file, path)
  const tail = readTail(file, path)
  const segments = readTable(file, path, { head, tail })
  const check = new HistoryCheck(head.start)
  check.world = head.world
  let position = PAGE_BYTES
  for (const { firstHeight, bytes, hash } of segments) {
    yield* checkBytes(file, { position, bytes, hash, height: firstHeight })
    const segment = new FileWindow(file, { position, bytes })
    for (const _ of check.walk(segment, { firstHeight, path }, { isLast: false })) yield
    position += bytes
  }
  const { leaf, lastGroup, log } = tail.end
  const isEnd =
    equalBytes(leaf, check.leaf) && equalBytes(lastGroup, check.lastGroup) && isSameLog(log, check.log.peaks())
  if (isEnd && check.log.size === head.last + 1) return
  throw new Differs({
    height: check.log.size - 1,
    path: 'archive.end',
    expected: `height ${head.last} with leaf ${formatHash(leaf)}`,
    found: `height ${check.log.size - 1} with leaf ${formatHash(check.leaf)}`,
  })
}

function openArchive(disk: Disk, path: string): DiskFile {
  try {
    return disk.open(path, 'read')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new AosError('store.not_found', `there is no archive at ${path}`, { details: { path } })
    }
    throw asStoreError(error, `opening ${path}`)
  }
}

function readHead(file: DiskFile, path: string): ArchiveHead {
  return mustBe(decodeArchiveHead(readAt(file, 0, PAGE_BYTES)), path, 'first page')
}

function readTail(file: DiskFile, path: string): ArchiveTail {
  return mustBe(decodeArchiveTail(readAt(file, Math.max(0, file.size() - PAGE_BYTES), PAGE_BYTES)), path, 'last page')
}

function mustBe<T>(page: PageResult<T>, path: string, what: string): T {
  if ('ok' in page) return page.ok
  if (page.bad === 'unsupported') throw new AosError('store.unsupported', `${path} is of a later format version`)
  throw new AosError('store.bad_archive', `the ${what} of ${path} is damaged, or this is no archive`, {
    details: { path },
  })
}

/** The table must fill what is between the segments and the last page. */
function readTable(
  file: DiskFile,
  path: string,
  { head, tail }: { readonly head: ArchiveHead; readonly tail: ArchiveTail },
): readonly ArchivedSegment[] {
  const bytes = readAt(file, tail.tableAt, file.size() - PAGE_BYTES - tail.tableAt)
  const isSame = equalBytes(sha256(nodeSha256, bytes), tail.tableHash)
  const table = isSame ? decodeArchiveTable(bytes, tail.segments) : undefined
  const end = table?.reduce((sum, segment) => sum + segment.bytes, PAGE_BYTES)
  if (table !== undefined && end === tail.tableAt && tail.segments === head.segments) return table
  throw new AosError('store.bad_archive', `the table of ${path} is damaged`, { details: { path } })
}

function* checkBytes(
  file: DiskFile,
  range: { readonly position: number; readonly bytes: number; readonly hash: HashBytes; readonly height: number },
): Generator<void, void, undefined> {
  const hash = createHash('sha256')
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, range.bytes))
  for (let done = 0; done < range.bytes;) {
    const part = chunk.subarray(0, Math.min(chunk.length, range.bytes - done))
    const count = file.read(part, range.position + done)
    if (count === 0) break
    hash.update(part.subarray(0, count))
    done += count
    yield
  }
  const found = new Uint8Array(hash.digest())
  if (equalBytes(found, range.hash)) return
  const [expected, actual] = [formatHash(range.hash), formatHash(found)]
  throw new Differs({ height: range.height, path: 'archive.segment', expected, found: actual })
}

/** The world must have the archive's last leaf, and the one before its first. */
function checkWorld(
  disk: Disk,
  folder: string,
  { head, tail }: { readonly head: ArchiveHead; readonly tail: ArchiveTail },
): void {
  const expected: readonly (readonly [number, HashBytes])[] = [
    [0, head.world],
    ...(head.first === 0 ? [] : [[head.first - 1, head.start.leaf] as const]),
    [head.last, tail.end.leaf],
  ]
  for (const [height, leaf] of expected) {
    const found = leafAt(disk, folder, height)
    if (equalBytes(found, leaf)) continue
    throw new Differs({ height, path: 'world', expected: formatHash(leaf), found: formatHash(found) })
  }
}

function leafAt(disk: Disk, folder: string, height: number): HashBytes {
  const records = readRecords(disk, folder, { from: height, to: height, mayBeCompacted: true })
  for (const [record] of records) if (record !== undefined) return record.leaf
  throw new Differs({ height, path: 'world', expected: 'an entry', found: 'none' })
}

function differenceIn(check: () => void): JournalDifference | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    const difference = asDifference(error)
    if (difference === undefined) throw error
    return difference
  }
}

function readAt(file: DiskFile, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, length))
  return bytes.subarray(0, file.read(bytes, position))
}
