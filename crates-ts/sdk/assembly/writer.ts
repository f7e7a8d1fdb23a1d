/**
 * Canonical CBOR into a growing stretch of linear memory; who writes a map writes its keys in canonical order.
 * There is one cursor, in globals, as in the reader; `exchange` parks it to write something else in between.
 */
import { encodeAscii, encodeText, textSize } from './text'

let start: usize = 0
let at: usize = 0
let limit: usize = 0

/** A stretch of memory that is not being written. */
// @ts-ignore: decorator
@unmanaged
export class Parked {
  start: usize
  at: usize
  limit: usize

  constructor(capacity: usize) {
    const first = heap.alloc(capacity)
    this.start = first
    this.at = first
    this.limit = first + capacity
  }

  get size(): usize {
    return this.at - this.start
  }
}

/** Makes the parked stretch the one that is written, and parks the other one in its place. */
export function exchange(other: Parked): void {
  const otherStart = other.start
  const otherAt = other.at
  const otherLimit = other.limit
  other.start = start
  other.at = at
  other.limit = limit
  start = otherStart
  at = otherAt
  limit = otherLimit
}

/** Begins a new stretch. */
export function openWriter(capacity: usize): void {
  start = heap.alloc(capacity)
  at = start
  limit = start + capacity
}

/** Where the written bytes lie, until the next write. */
export function writtenStart(): usize {
  return start
}

/** Bytes written. */
export function writtenSize(): usize {
  return at - start
}

// @ts-ignore: decorator
@inline
function reserve(bytes: usize): void {
  if (limit - at < bytes) grow(bytes)
}

function grow(bytes: usize): void {
  const size = at - start
  const capacity = max<usize>((limit - start) << 1, size + bytes)
  start = heap.realloc(start, capacity)
  at = start + size
  limit = start + capacity
}

function writeHead(major: u32, value: u64): void {
  reserve(9)
  if (value < 24) {
    store<u8>(at, <u8>((major << 5) | <u32>value))
    at += 1
  } else if (value < 0x100) {
    store<u16>(at, <u16>((major << 5) | 24 | (<u32>value << 8)))
    at += 2
  } else {
    writeLongHead(major << 5, value)
  }
}

function writeLongHead(initial: u32, value: u64): void {
  if (value < 0x10000) {
    store<u8>(at, <u8>(initial | 25))
    store<u16>(at, bswap<u16>(<u16>value), 1)
    at += 3
  } else if (value < 0x100000000) {
    store<u8>(at, <u8>(initial | 26))
    store<u32>(at, bswap<u32>(<u32>value), 1)
    at += 5
  } else {
    store<u8>(at, <u8>(initial | 27))
    store<u64>(at, bswap<u64>(value), 1)
    at += 9
  }
}

/** The self-describe prefix d9d9f7. */
export function writePrefix(): void {
  writeWord(0xf7d9d9, 3)
}

export function writeNat(value: u64): void {
  writeHead(0, value)
}

export function writeInt(value: i64): void {
  if (value < 0) writeHead(1, <u64>~value)
  else writeHead(0, <u64>value)
}

export function writeBool(value: bool): void {
  reserve(1)
  store<u8>(at, value ? 0xf5 : 0xf4)
  at += 1
}

export function writeNull(): void {
  reserve(1)
  store<u8>(at, 0xf6)
  at += 1
}

export function writeText(value: string): void {
  const units = <usize>value.length
  reserve(9 + units)
  const before = at - start
  writeHead(3, units)
  if (encodeAscii(value, at)) {
    at += units
    return
  }
  at = start + before
  const size = textSize(value)
  writeHead(3, size)
  reserve(size)
  encodeText(value, at)
  at += size
}

export function writeBytes(value: Uint8Array): void {
  writeHead(2, <u64>value.length)
  writeRaw(value.dataStart, <usize>value.length)
}

export function writeArray(size: i32): void {
  writeHead(4, <u64>size)
}

export function writeMap(pairs: i32): void {
  writeHead(5, <u64>pairs)
}

/** A literal of at most 8 bytes, little-endian in `literal`. */
// @ts-ignore: decorator
@inline
export function writeWord(literal: u64, size: usize): void {
  reserve(8)
  store<u64>(at, literal)
  at += size
}

/** Bytes that are whole items already. */
export function writeRaw(from: usize, size: usize): void {
  reserve(size)
  memory.copy(at, from, size)
  at += size
}

/** Opens a byte string of unknown length that holds a value: writes its prefix. The mark goes to `closeBytes`. */
export function openBytes(): usize {
  reserve(5)
  at += 2
  const mark = at - start
  writePrefix()
  return mark
}

/** Closes the byte string: two bytes were kept for its head, which takes the shortest form. */
export function closeBytes(mark: usize): void {
  reserve(9)
  const from = start + mark
  const size = at - from
  const head = headSize(size)
  if (head != 2) memory.copy(from - 2 + head, from, size)
  at = from - 2
  writeHead(2, size)
  at += size
}

function headSize(value: usize): usize {
  if (value < 24) return 1
  if (value < 0x100) return 2
  return value < 0x10000 ? 3 : 5
}

/** A copy of what was written. */
export function takeWritten(): Uint8Array {
  const size = at - start
  const copy = new Uint8Array(<i32>size)
  memory.copy(copy.dataStart, start, size)
  return copy
}
