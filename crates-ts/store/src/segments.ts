/** The folder of segment files: names, opening one, its footer (spec/07-journal.md, "Segments"). */
import { join } from 'node:path'
import { AosError, HASH_BYTES, equalBytes, type HashBytes } from '@aos/cbor'
import type { Disk, DiskFile } from './disk.ts'
import type { Fence } from './fence.ts'
import {
  PAGE_BYTES,
  decodeFooter,
  decodeHeader,
  type PageResult,
  type SegmentFooter,
  type SegmentHeader,
  type SegmentKind,
} from './layout.ts'
import type { MerklePeaks } from './merkle.ts'

/** A segment file that is being made; it has no place in the journal until it is renamed. */
const UNFINISHED = /^next.*\.tmp$/

const NAME_DIGITS = 16
const NAME = /^([0-9]{16})\.seg$/
const HEADERS_NAME = /^([0-9]{16})-([0-9]{16})\.hdr$/

/** A file of the journal as its name describes it. */
export interface SegmentName {
  readonly firstHeight: number
  readonly path: string
  /** Of a segment of headers: its last height. */
  readonly lastHeight?: number
}

/** The files of a journal by their names. */
export interface JournalFiles {
  /** In the order of heights: those of headers, then those with whole entries. */
  readonly segments: readonly SegmentName[]
  /** The lowest height from which on entries are whole; 0 when nothing was compacted. */
  readonly firstWhole: number
  /** What a compaction that did not come to its end has left: segments of which the headers stand elsewhere. */
  readonly replaced: readonly SegmentName[]
}

/** Where the segment that starts at a height is, with whole entries. */
export function segmentPath(folder: string, firstHeight: number): string {
  return join(folder, `${digits(firstHeight)}.seg`)
}

/** Where the segment of headers over a range is. */
export function headersPath(folder: string, range: { readonly first: number; readonly last: number }): string {
  return join(folder, `${digits(range.first)}-${digits(range.last)}.hdr`)
}

/** Reads names only; whether the files hold what they say is another question. */
export function listJournal(disk: Disk, folder: string): JournalFiles {
  const headers: SegmentName[] = []
  const whole: SegmentName[] = []
  for (const name of disk.list(folder)) {
    const path = join(folder, name)
    const [, first, last] = HEADERS_NAME.exec(name) ?? NAME.exec(name) ?? []
    if (first === undefined) continue
    if (last === undefined) whole.push({ firstHeight: Number(first), path })
    else headers.push({ firstHeight: Number(first), lastHeight: Number(last), path })
  }
  headers.sort(byHeight)
  whole.sort(byHeight)
  const firstWhole = (headers.at(-1)?.lastHeight ?? -1) + 1
  return {
    segments: [...headers, ...whole.filter((name) => name.firstHeight >= firstWhole)],
    firstWhole,
    replaced: whole.filter((name) => name.firstHeight < firstWhole),
  }
}

/** What openings before left unfinished. */
export function listUnfinished(disk: Disk, folder: string): readonly string[] {
  return disk
    .list(folder)
    .filter((name) => UNFINISHED.test(name))
    .map((name) => join(folder, name))
}

/** The header page. Throws `store.corrupt` or `store.unsupported`. */
export function readHeader(file: DiskFile, name: SegmentName): SegmentHeader {
  const page = new Uint8Array(PAGE_BYTES)
  const count = file.read(page, 0)
  const header = decodeHeader(page.subarray(0, count), kindOf(name))
  if ('bad' in header) {
    if (header.bad === 'unsupported') {
      throw new AosError('store.unsupported', `${name.path} is of another format version`)
    }
    throw corrupt(name.firstHeight, `the header page of ${name.path} is damaged`, 'header')
  }
  if (header.ok.firstHeight !== name.firstHeight) {
    throw corrupt(name.firstHeight, `${name.path} says that it starts at height ${header.ok.firstHeight}`, 'header')
  }
  if (header.ok.lastHeight !== name.lastHeight) {
    throw corrupt(name.firstHeight, `${name.path} says that it ends at height ${header.ok.lastHeight ?? 0}`, 'header')
  }
  return header.ok
}

/** The footer that a segment with a successor must end with, joined to that successor. Throws `store.corrupt`. */
export function readFooterBefore(file: DiskFile, name: SegmentName, after: SegmentHeader): SegmentFooter {
  const height = after.firstHeight - 1
  const footer = readLastPage(file, name)
  if ('bad' in footer) throw corrupt(height, `the footer of ${name.path} is damaged`, 'footer')
  if (footer.ok.firstHeight !== name.firstHeight || footer.ok.lastHeight !== height) {
    throw corrupt(
      Math.min(height, footer.ok.lastHeight + 1),
      `${name.path} ends at height ${footer.ok.lastHeight}, but the next segment starts at ${after.firstHeight}`,
      'footer',
    )
  }
  if (!equalBytes(footer.ok.leaf, after.leafBefore) || !equalBytes(footer.ok.lastGroup, after.prevGroup)) {
    throw corrupt(height, `the footer of ${name.path} does not join the next segment`, 'footer')
  }
  return footer.ok
}

/** What stands before a segment. */
export interface HistoryStart {
  readonly leaf: HashBytes
  readonly lastGroup: HashBytes
  readonly log: MerklePeaks
}

/** What stands before genesis: nothing, and zeros for its hashes. */
export const NO_HISTORY: HistoryStart = {
  leaf: new Uint8Array(HASH_BYTES),
  lastGroup: new Uint8Array(HASH_BYTES),
  log: { size: 0, peaks: [] },
}

/** What the file before a height says of its end. Throws `store.corrupt`. */
export function historyBefore(disk: Disk, segments: readonly SegmentName[], height: number): HistoryStart {
  if (height === 0) return NO_HISTORY
  const name = segments.findLast(({ firstHeight }) => firstHeight < height)
  if (name === undefined) throw corrupt(0, `the first segment starts at height ${height}`, 'segments')
  const file = disk.open(name.path, 'read')
  try {
    const footer = readLastPage(file, name)
    if ('ok' in footer) return footer.ok
    throw corrupt(height - 1, `the footer of ${name.path} is damaged`, 'footer')
  } finally {
    file.close()
  }
}

/** Removes segments that a durable segment of headers has replaced, durably. Throws `store.fenced`. */
export async function removeAll(
  { disk, folder, fence }: { readonly disk: Disk; readonly folder: string; readonly fence: Fence },
  names: readonly SegmentName[],
): Promise<void> {
  fence.mustHold()
  for (const { path } of names) disk.remove(path)
  await disk.syncFolder(folder)
}

/** The last page as a footer. */
function readLastPage(file: DiskFile, name: SegmentName): PageResult<SegmentFooter> {
  const page = new Uint8Array(PAGE_BYTES)
  const count = file.read(page, Math.max(0, file.size() - PAGE_BYTES))
  return decodeFooter(page.subarray(0, count), kindOf(name))
}

function kindOf(name: SegmentName): SegmentKind {
  return name.lastHeight === undefined ? 'whole' : 'headers'
}

function byHeight(left: SegmentName, right: SegmentName): number {
  return left.firstHeight - right.firstHeight
}

function digits(height: number): string {
  return String(height).padStart(NAME_DIGITS, '0')
}

/** `store.corrupt` with the height in words and in details. */
export function corrupt(height: number, message: string, part: string, durableThrough?: number | undefined): AosError {
  return new AosError('store.corrupt', `height ${height}: ${message}`, {
    details: {
      first_bad_height: height,
      part,
      ...(durableThrough === undefined ? {} : { durable_through: durableThrough }),
    },
    hint: 'Restore the journal from a copy; nothing has been changed.',
  })
}
