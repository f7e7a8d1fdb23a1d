/** Reading the groups of one segment file in order, in large chunks (spec/07-journal.md, "Groups"). */
import { equalBytes, type HashBytes } from '@aos/cbor'
import type { DiskFile } from './disk.ts'
import {
  FRAME_HEAD_BYTES,
  GROUP_HEAD_BYTES,
  PAGE_BYTES,
  decodeFooter,
  decodeGroupHead,
  hasFooterMagic,
  isGroupIntact,
  paged,
  type GroupHead,
  type SegmentFooter,
  type SegmentHeader,
  type SegmentKind,
} from './layout.ts'

/** An intact group; its frames stand in `bytes` from `framesAt`. Views end with the next call of the scanner. */
export interface ScannedGroup {
  readonly kind: 'group'
  readonly position: number
  readonly head: GroupHead
  readonly bytes: Uint8Array
  readonly framesAt: number
}

export type ScanStep =
  | ScannedGroup
  /** A page of zeros, or the end of the file. What follows is not looked at. */
  | { readonly kind: 'end'; readonly position: number }
  | { readonly kind: 'footer'; readonly position: number; readonly footer: SegmentFooter }
  /** `what` names the part, for example `group.hash` or `padding`. */
  | { readonly kind: 'bad'; readonly position: number; readonly what: string }

const CHUNK_BYTES = 1 << 20
const ZERO_PAGES = new Uint8Array(16 * PAGE_BYTES)

/** Walks the groups of a segment and checks what joins them: heights, epochs, group chain, hashes, padding. */
export class SegmentScanner {
  readonly size: number
  nextHeight: number
  lastGroup: HashBytes
  epoch = 0
  readonly #file: DiskFile
  readonly #nonce: Uint8Array
  readonly #kind: SegmentKind
  /** Groups that end below this height are stepped over without checking their hash. */
  readonly #checkFrom: number
  #position = PAGE_BYTES
  #chunk = new Uint8Array(0)
  #chunkFrom = 0
  #chunkTo = 0

  constructor(file: DiskFile, header: SegmentHeader, checkFrom = 0) {
    this.#file = file
    this.size = file.size()
    this.#nonce = header.nonce
    this.#kind = header.lastHeight === undefined ? 'whole' : 'headers'
    this.#checkFrom = checkFrom
    this.nextHeight = header.firstHeight
    this.lastGroup = header.prevGroup
  }

  next(): ScanStep {
    const position = this.#position
    const at = this.#load(position, PAGE_BYTES)
    const available = Math.min(PAGE_BYTES, this.#chunkTo - position)
    if (available <= 0 || isZero(this.#chunk.subarray(at, at + available))) return { kind: 'end', position }
    const head = decodeGroupHead(this.#chunk.subarray(0, this.#chunkTo - this.#chunkFrom), at, this.#nonce)
    if (head !== undefined) return this.#group(position, head)
    if (hasFooterMagic(this.#chunk, at) && available === PAGE_BYTES) {
      const footer = decodeFooter(this.#chunk.subarray(at, at + PAGE_BYTES), this.#kind)
      if ('ok' in footer && equalBytes(footer.ok.nonce, this.#nonce))
        return { kind: 'footer', position, footer: footer.ok }
      return bad(position, 'footer')
    }
    return bad(position, 'group.head')
  }

  #group(position: number, head: GroupHead): ScanStep {
    const end = position + GROUP_HEAD_BYTES + head.bytes
    if (end > this.size) return bad(position, 'group.bytes')
    const at = this.#load(position, paged(end) - position)
    const checked = head.firstHeight + head.count > this.#checkFrom
    if (checked && !isGroupIntact(this.#chunk, at, head)) return bad(position, 'group.hash')
    if (head.firstHeight !== this.nextHeight) return bad(position, 'group.first_height')
    if (!equalBytes(head.prevGroup, this.lastGroup)) return bad(position, 'group.prev_group')
    if (head.epoch < this.epoch) return bad(position, 'group.epoch')
    const padTo = Math.min(paged(end), this.#chunkTo)
    if (checked && !isZero(this.#chunk.subarray(at + end - position, at + padTo - position))) {
      return bad(position, 'padding')
    }
    this.nextHeight += head.count
    this.lastGroup = head.groupHash
    this.epoch = head.epoch
    this.#position = paged(end)
    return { kind: 'group', position, head, bytes: this.#chunk, framesAt: at + GROUP_HEAD_BYTES }
  }

  /** Brings a range into the chunk as far as the file goes; returns where `position` lies in it. */
  #load(position: number, length: number): number {
    const to = Math.min(position + length, this.size)
    if (position >= this.#chunkFrom && to <= this.#chunkTo) return position - this.#chunkFrom
    const wanted = Math.max(length, Math.min(CHUNK_BYTES, this.size - position))
    if (this.#chunk.length < wanted) this.#chunk = new Uint8Array(wanted)
    const count = this.#file.read(this.#chunk.subarray(0, wanted), position)
    this.#chunkFrom = position
    this.#chunkTo = position + count
    return 0
  }
}

/** Calls `each` for every frame; false when the lengths do not fill the group exactly. */
export function forEachFrame(group: ScannedGroup, each: (height: number, entry: Uint8Array) => void): boolean {
  const { bytes, head } = group
  const end = group.framesAt + head.bytes
  let at = group.framesAt
  for (let index = 0; index < head.count; index += 1) {
    if (at + FRAME_HEAD_BYTES > end) return false
    const length = readLength(bytes, at)
    at += FRAME_HEAD_BYTES
    if (at + length > end) return false
    each(head.firstHeight + index, new Uint8Array(bytes.buffer, bytes.byteOffset + at, length))
    at += length
  }
  return at === end
}

/** True when the file holds only zeros from `position` on. */
export function isZeroFrom(file: DiskFile, position: number): boolean {
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(0, file.size() - position)))
  for (let at = position; ;) {
    const count = file.read(chunk, at)
    if (count === 0) return true
    if (!isZero(chunk.subarray(0, count))) return false
    at += count
  }
}

export function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZERO_PAGES.length) {
    const part = bytes.subarray(at, at + ZERO_PAGES.length)
    if (Buffer.compare(part, ZERO_PAGES.subarray(0, part.length)) !== 0) return false
  }
  return true
}

/**
 * The highest height that an intact group or footer behind `from` proves to have been durable: proof that bytes were
 * lost, not torn, when it is at least the height expected there.
 */
export function findWitness(file: DiskFile, header: SegmentHeader, from: number): number {
  const rest = new Uint8Array(Math.max(0, file.size() - from))
  file.read(rest, from)
  let durableThrough = -1
  for (let at = 0; at < rest.length; at += PAGE_BYTES) {
    const head = decodeGroupHead(rest, at, header.nonce)
    if (head !== undefined && at + GROUP_HEAD_BYTES + head.bytes <= rest.length && isGroupIntact(rest, at, head)) {
      durableThrough = Math.max(durableThrough, head.durableThrough ?? -1)
    } else if (hasFooterMagic(rest, at)) {
      const footer = decodeFooter(rest.subarray(at, at + PAGE_BYTES))
      if ('ok' in footer && equalBytes(footer.ok.nonce, header.nonce)) {
        durableThrough = Math.max(durableThrough, footer.ok.lastHeight)
      }
    }
  }
  return durableThrough
}

function readLength(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] ?? 0) * 2 ** 24
  return high + (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))
}

function bad(position: number, what: string): ScanStep {
  return { kind: 'bad', position, what }
}
