/**
 * The byte layouts of a segment file (spec/journal.cddl, "Segment file"): header page, group head, footer page. A segment of headers
 * has pages of version 2, which say more. Integers are big-endian. Everything else of the journal works on the records of this module.
 */
import { HASH_BYTES, type HashBytes } from '@aos/cbor'
import { sha256Latin1, writeLatin1 } from './node-sha256.ts'
import type { MerklePeaks } from './merkle.ts'

export const PAGE_BYTES = 4096
export const GROUP_HEAD_BYTES = 128
export const FRAME_HEAD_BYTES = 4
export const NONCE_BYTES = 16
export const LAYOUT_VERSION = 1
/** Of the pages in a segment of headers. */
const HEADERS_VERSION = 2
/** A group is one append; the bound keeps every length within 32 bits. */
export const GROUP_BYTES_MAX: number = 1 << 30

const MAGIC_HEADER = 0x414f534a // AOSJ
const MAGIC_GROUP = 0x414f5347 // AOSG
const MAGIC_FOOTER = 0x414f5346 // AOSF
const PAGE_HASH_AT = 128
const GROUP_HASH_AT = 72
const PEAKS_AT = PAGE_HASH_AT + HASH_BYTES
const LAST_HEIGHT_AT = PAGE_HASH_AT + HASH_BYTES
const FILE_GROUP_AT = 2048 // behind the peaks, of which there are at most 53

/** First page of a segment file. */
export interface SegmentHeader {
  readonly firstHeight: number
  readonly world: HashBytes
  /** Leaf of the entry before; zero at height 0. */
  readonly leafBefore: HashBytes
  /** Hash of the last group of the segment before; zero for the first. */
  readonly prevGroup: HashBytes
  /** Random; stands in every group, so that no payload can pass for a group. */
  readonly nonce: Uint8Array
  /** In a segment of headers: its last height. */
  readonly lastHeight?: number
}

/** Last page of a sealed segment file. */
export interface SegmentFooter {
  readonly firstHeight: number
  readonly lastHeight: number
  readonly leaf: HashBytes
  /** What the next segment calls the group before it. */
  readonly lastGroup: HashBytes
  readonly nonce: Uint8Array
  readonly log: MerklePeaks
  /** In a segment of headers: the last group of this file. `lastGroup` is of the segments that it replaced. */
  readonly fileGroup?: HashBytes
}

export interface GroupHead {
  readonly epoch: number
  readonly firstHeight: number
  readonly count: number
  /** Bytes of the frames, without padding. */
  readonly bytes: number
  /** Last height known durable when the group was written; undefined for none. */
  readonly durableThrough: number | undefined
  readonly prevGroup: HashBytes
  readonly groupHash: HashBytes
}

/** What a page must be: of a segment with whole entries, or of one with headers. */
export type SegmentKind = 'whole' | 'headers'

/** `unsupported` is a whole page of another version; `damaged` is anything else. */
export type PageResult<T> = { readonly ok: T } | { readonly bad: 'damaged' | 'unsupported' }

/** Rounds up to whole pages. */
export function paged(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES
}

export function encodeHeader(header: SegmentHeader): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES)
  const view = new DataView(page.buffer)
  view.setUint32(0, MAGIC_HEADER)
  view.setUint32(4, header.lastHeight === undefined ? LAYOUT_VERSION : HEADERS_VERSION)
  if (header.lastHeight !== undefined) setCount(view, LAST_HEIGHT_AT, header.lastHeight)
  setCount(view, 8, header.firstHeight)
  page.set(header.world, 16)
  page.set(header.leafBefore, 48)
  page.set(header.prevGroup, 80)
  page.set(header.nonce, 112)
  return sealPage(page)
}

export function decodeHeader(page: Uint8Array, kind: SegmentKind = 'whole'): PageResult<SegmentHeader> {
  const problem = pageProblem(page, { magic: MAGIC_HEADER, version: versionOf(kind) })
  if (problem !== undefined) return { bad: problem }
  const view = viewOf(page)
  return {
    ok: {
      firstHeight: getCount(view, 8),
      world: page.slice(16, 48),
      leafBefore: page.slice(48, 80),
      prevGroup: page.slice(80, 112),
      nonce: page.slice(112, 128),
      ...(kind === 'headers' ? { lastHeight: getCount(view, LAST_HEIGHT_AT) } : {}),
    },
  }
}

export function encodeFooter(footer: SegmentFooter): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES)
  const view = new DataView(page.buffer)
  view.setUint32(0, MAGIC_FOOTER)
  view.setUint32(4, footer.fileGroup === undefined ? LAYOUT_VERSION : HEADERS_VERSION)
  if (footer.fileGroup !== undefined) page.set(footer.fileGroup, FILE_GROUP_AT)
  setCount(view, 8, footer.firstHeight)
  setCount(view, 16, footer.lastHeight)
  page.set(footer.leaf, 24)
  page.set(footer.lastGroup, 56)
  page.set(footer.nonce, 88)
  setCount(view, 104, footer.log.size)
  view.setUint32(112, footer.log.peaks.length)
  footer.log.peaks.forEach((peak, index) => {
    page.set(peak, PEAKS_AT + index * HASH_BYTES)
  })
  return sealPage(page)
}

export function decodeFooter(page: Uint8Array, kind: SegmentKind = 'whole'): PageResult<SegmentFooter> {
  const problem = pageProblem(page, { magic: MAGIC_FOOTER, version: versionOf(kind) })
  if (problem !== undefined) return { bad: problem }
  const view = viewOf(page)
  const peaks: HashBytes[] = []
  for (let index = 0; index < view.getUint32(112); index += 1) {
    peaks.push(page.slice(PEAKS_AT + index * HASH_BYTES, PEAKS_AT + (index + 1) * HASH_BYTES))
  }
  return {
    ok: {
      firstHeight: getCount(view, 8),
      lastHeight: getCount(view, 16),
      leaf: page.slice(24, 56),
      lastGroup: page.slice(56, 88),
      nonce: page.slice(88, 104),
      log: { size: getCount(view, 104), peaks },
      ...(kind === 'headers' ? { fileGroup: page.slice(FILE_GROUP_AT, FILE_GROUP_AT + HASH_BYTES) } : {}),
    },
  }
}

/** Writes the head of a group whose frames already stand behind it, and its hash; returns the hash as latin1. */
export function encodeGroupHead(group: Uint8Array, head: Omit<GroupHead, 'groupHash'>, nonce: Uint8Array): string {
  const view = viewOf(group)
  view.setUint32(0, MAGIC_GROUP)
  view.setUint32(4, LAYOUT_VERSION)
  setCount(view, 8, head.epoch)
  setCount(view, 16, head.firstHeight)
  view.setUint32(24, head.count)
  view.setUint32(28, head.bytes)
  setCount(view, 32, head.durableThrough === undefined ? 0 : head.durableThrough + 1)
  group.set(head.prevGroup, 40)
  group.fill(0, GROUP_HASH_AT, GROUP_HEAD_BYTES)
  group.set(nonce, 104)
  const digest = sha256Latin1(group.subarray(0, GROUP_HEAD_BYTES + head.bytes))
  writeLatin1(group, digest, GROUP_HASH_AT)
  return digest
}

/** Reads a group head that looks like one of this segment; its hash is not checked. */
export function decodeGroupHead(bytes: Uint8Array, at: number, nonce: Uint8Array): GroupHead | undefined {
  if (at + GROUP_HEAD_BYTES > bytes.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, GROUP_HEAD_BYTES)
  if (view.getUint32(0) !== MAGIC_GROUP || view.getUint32(4) !== LAYOUT_VERSION) return undefined
  for (let index = 0; index < NONCE_BYTES; index += 1) {
    if (view.getUint8(104 + index) !== nonce[index]) return undefined
  }
  const count = view.getUint32(24)
  const size = view.getUint32(28)
  if (count === 0 || size > GROUP_BYTES_MAX || size < count * FRAME_HEAD_BYTES) return undefined
  const durable = getCount(view, 32)
  return {
    epoch: getCount(view, 8),
    firstHeight: getCount(view, 16),
    count,
    bytes: size,
    durableThrough: durable === 0 ? undefined : durable - 1,
    prevGroup: bytes.slice(at + 40, at + 72),
    groupHash: bytes.slice(at + GROUP_HASH_AT, at + GROUP_HASH_AT + HASH_BYTES),
  }
}

/** Checks the hash of a group that lies whole in `bytes`. The hash field is zeroed while it is checked. */
export function isGroupIntact(bytes: Uint8Array, at: number, head: GroupHead): boolean {
  const field = bytes.subarray(at + GROUP_HASH_AT, at + GROUP_HASH_AT + HASH_BYTES)
  field.fill(0)
  const digest = sha256Latin1(bytes.subarray(at, at + GROUP_HEAD_BYTES + head.bytes))
  field.set(head.groupHash)
  return digest === latin1Of(head.groupHash)
}

/** True when `bytes` may start a footer page of this segment. */
export function hasFooterMagic(bytes: Uint8Array, at: number): boolean {
  return at + 4 <= bytes.length && viewOf(bytes).getUint32(at) === MAGIC_FOOTER
}

export function latin1Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

/** Writes the hash of a page into it, at byte 128; returns the page. */
export function sealPage(page: Uint8Array): Uint8Array {
  writeLatin1(page, sha256Latin1(page), PAGE_HASH_AT)
  return page
}

/** What is wrong with a page that should be sealed, start with these four bytes and have this version. */
export function pageProblem(
  page: Uint8Array,
  expected: { readonly magic: number; readonly version: number },
): 'damaged' | 'unsupported' | undefined {
  if (page.length !== PAGE_BYTES || viewOf(page).getUint32(0) !== expected.magic) return 'damaged'
  const blank = page.slice()
  blank.fill(0, PAGE_HASH_AT, PAGE_HASH_AT + HASH_BYTES)
  if (sha256Latin1(blank) !== latin1Of(page.subarray(PAGE_HASH_AT, PAGE_HASH_AT + HASH_BYTES))) return 'damaged'
  return viewOf(page).getUint32(4) === expected.version ? undefined : 'unsupported'
}

function versionOf(kind: SegmentKind): number {
  return kind === 'headers' ? HEADERS_VERSION : LAYOUT_VERSION
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

export function setCount(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 2 ** 32))
  view.setUint32(at + 4, value % 2 ** 32)
}

export function getCount(view: DataView, at: number): number {
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4)
}
