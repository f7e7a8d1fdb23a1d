/** The byte layout of an archive (spec/journal.cddl, "Archive"): head page, segments, table, tail page. */
import { HASH_BYTES, type HashBytes } from '@aos/cbor'
import { PAGE_BYTES, getCount, pageProblem, paged, sealPage, setCount, type PageResult } from './layout.ts'
import type { MerklePeaks } from './merkle.ts'
import type { HistoryStart } from './segments.ts'

const HEAD = { magic: 0x414f5341, version: 1 } as const // AOSA
const TAIL = { magic: 0x414f535a, version: 1 } as const // AOSZ
/** In the table: first height, bytes, SHA-256 of the segment file. */
const ROW_BYTES: number = 2 * 8 + HASH_BYTES
const LEAF_AT = 32
const GROUP_AT = 64
const PEAKS_COUNT_AT = 160
const PEAKS_AT = 168

/** What an archive says of itself before its segments. */
export interface ArchiveHead {
  readonly first: number
  readonly last: number
  readonly segments: number
  readonly world: HashBytes
  /** What stands before the range. */
  readonly start: HistoryStart
}

/** One segment file in an archive; they lie one after the other behind the head page. */
export interface ArchivedSegment {
  readonly firstHeight: number
  readonly bytes: number
  readonly hash: HashBytes
}

/** The last page. */
export interface ArchiveTail {
  /** Position of the table. */
  readonly tableAt: number
  readonly segments: number
  readonly tableHash: HashBytes
  /** What the history ends with. */
  readonly end: HistoryStart
}

/** The first page. */
export function encodeArchiveHead(head: ArchiveHead): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES)
  const view = new DataView(page.buffer)
  view.setUint32(0, HEAD.magic)
  view.setUint32(4, HEAD.version)
  setCount(view, 8, head.first)
  setCount(view, 16, head.last)
  view.setUint32(24, head.segments)
  putHistory(page, head.start)
  page.set(head.world, 96)
  return sealPage(page)
}

/** Reads what `encodeArchiveHead` writes. */
export function decodeArchiveHead(page: Uint8Array): PageResult<ArchiveHead> {
  const problem = pageProblem(page, HEAD)
  if (problem !== undefined) return { bad: problem }
  const view = new DataView(page.buffer, page.byteOffset, PAGE_BYTES)
  const first = getCount(view, 8)
  return {
    ok: {
      first,
      last: getCount(view, 16),
      segments: view.getUint32(24),
      world: page.slice(96, 128),
      start: takeHistory(page, first),
    },
  }
}

/** Whole pages. */
export function encodeArchiveTable(segments: readonly ArchivedSegment[]): Uint8Array {
  const table = new Uint8Array(paged(segments.length * ROW_BYTES))
  const view = new DataView(table.buffer)
  for (const [index, { firstHeight, bytes, hash }] of segments.entries()) {
    setCount(view, index * ROW_BYTES, firstHeight)
    setCount(view, index * ROW_BYTES + 8, bytes)
    table.set(hash, index * ROW_BYTES + 16)
  }
  return table
}

/** As many rows as there should be; undefined when what is behind them is not zero to the end of the page. */
export function decodeArchiveTable(table: Uint8Array, count: number): readonly ArchivedSegment[] | undefined {
  const end = count * ROW_BYTES
  if (table.length !== paged(end) || table.subarray(end).some((byte) => byte !== 0)) return undefined
  const view = new DataView(table.buffer, table.byteOffset, table.length)
  return Array.from({ length: count }, (_, index) => {
    const at = index * ROW_BYTES
    return {
      firstHeight: getCount(view, at),
      bytes: getCount(view, at + 8),
      hash: table.slice(at + 16, at + ROW_BYTES),
    }
  })
}

/** The last page. */
export function encodeArchiveTail(tail: ArchiveTail): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES)
  const view = new DataView(page.buffer)
  view.setUint32(0, TAIL.magic)
  view.setUint32(4, TAIL.version)
  setCount(view, 8, tail.tableAt)
  setCount(view, 16, tail.end.log.size)
  view.setUint32(24, tail.segments)
  putHistory(page, tail.end)
  page.set(tail.tableHash, 96)
  return sealPage(page)
}

/** Reads what `encodeArchiveTail` writes. */
export function decodeArchiveTail(page: Uint8Array): PageResult<ArchiveTail> {
  const problem = pageProblem(page, TAIL)
  if (problem !== undefined) return { bad: problem }
  const view = new DataView(page.buffer, page.byteOffset, PAGE_BYTES)
  return {
    ok: {
      tableAt: getCount(view, 8),
      segments: view.getUint32(24),
      tableHash: page.slice(96, 128),
      end: takeHistory(page, getCount(view, 16)),
    },
  }
}

function putHistory(page: Uint8Array, { leaf, lastGroup, log }: HistoryStart): void {
  page.set(leaf, LEAF_AT)
  page.set(lastGroup, GROUP_AT)
  new DataView(page.buffer).setUint32(PEAKS_COUNT_AT, log.peaks.length)
  for (const [index, peak] of log.peaks.entries()) page.set(peak, PEAKS_AT + index * HASH_BYTES)
}

function takeHistory(page: Uint8Array, size: number): HistoryStart {
  const count = new DataView(page.buffer, page.byteOffset, PAGE_BYTES).getUint32(PEAKS_COUNT_AT)
  const peaks = Array.from({ length: Math.min(count, 64) }, (_, index) => {
    const at = PEAKS_AT + index * HASH_BYTES
    return page.slice(at, at + HASH_BYTES)
  })
  const log: MerklePeaks = { size, peaks }
  return { leaf: page.slice(LEAF_AT, GROUP_AT), lastGroup: page.slice(GROUP_AT, 96), log }
}
