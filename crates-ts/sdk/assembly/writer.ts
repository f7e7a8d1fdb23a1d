/** Canonical CBOR into a growing stretch of linear memory. The caller writes map keys in canonical order. */
import { encodeAscii, encodeText, textSize } from './text'

export class Writer {
  private start: usize
  private at: usize
  private limit: usize

  constructor(capacity: usize) {
    const start = heap.alloc(capacity)
    this.start = start
    this.at = start
    this.limit = start + capacity
  }

  /** Bytes written. */
  get size(): usize {
    return this.at - this.start
  }

  /** Where the bytes lie, until the next write. */
  get pointer(): usize {
    return this.start
  }

  /** Forgets what was written behind `size`. */
  rewind(size: usize): void {
    this.at = this.start + size
  }

  @inline private reserve(bytes: usize): usize {
    if (this.limit - this.at < bytes) this.grow(bytes)
    return this.at
  }

  private grow(bytes: usize): void {
    const size = this.at - this.start
    const capacity = max<usize>((this.limit - this.start) << 1, size + bytes)
    const start = heap.realloc(this.start, capacity)
    this.start = start
    this.at = start + size
    this.limit = start + capacity
  }

  private head(major: u32, value: u64): void {
    const at = this.reserve(9)
    if (value < 24) {
      store<u8>(at, <u8>((major << 5) | <u32>value))
      this.at = at + 1
    } else if (value < 0x100) {
      store<u8>(at, <u8>((major << 5) | 24))
      store<u8>(at, <u8>value, 1)
      this.at = at + 2
    } else {
      this.longHead(at, major, value)
    }
  }

  private longHead(at: usize, major: u32, value: u64): void {
    const initial = major << 5
    if (value < 0x10000) {
      store<u8>(at, <u8>(initial | 25))
      store<u16>(at, bswap<u16>(<u16>value), 1)
      this.at = at + 3
    } else if (value < 0x100000000) {
      store<u8>(at, <u8>(initial | 26))
      store<u32>(at, bswap<u32>(<u32>value), 1)
      this.at = at + 5
    } else {
      store<u8>(at, <u8>(initial | 27))
      store<u64>(at, bswap<u64>(value), 1)
      this.at = at + 9
    }
  }

  /** The self-describe prefix d9d9f7. */
  prefix(): void {
    this.word(0xf7d9d9, 3)
  }

  nat(value: u64): void {
    this.head(0, value)
  }

  int(value: i64): void {
    if (value < 0) this.head(1, <u64>~value)
    else this.head(0, <u64>value)
  }

  bool(value: bool): void {
    this.word(value ? 0xf5 : 0xf4, 1)
  }

  none(): void {
    this.word(0xf6, 1)
  }

  text(value: string): void {
    const units = <usize>value.length
    const before = this.size
    this.head(3, units)
    const at = this.reserve(units)
    if (encodeAscii(value, at)) {
      this.at = at + units
      return
    }
    this.rewind(before)
    const size = textSize(value)
    this.head(3, size)
    encodeText(value, this.reserve(size))
    this.at += size
  }

  bytes(value: Uint8Array): void {
    this.head(2, <u64>value.length)
    this.raw(value.dataStart, <usize>value.length)
  }

  array(size: i32): void {
    this.head(4, <u64>size)
  }

  map(pairs: i32): void {
    this.head(5, <u64>pairs)
  }

  /** A literal of at most 8 bytes, little-endian in `literal`. */
  @inline word(literal: u64, size: usize): void {
    const at = this.reserve(8)
    store<u64>(at, literal)
    this.at = at + size
  }

  /** Bytes that are whole items already. */
  raw(from: usize, size: usize): void {
    memory.copy(this.reserve(size), from, size)
    this.at += size
  }

  /** Opens a byte string of unknown length; its mark goes to `close`. */
  open(): usize {
    this.at = this.reserve(2) + 2
    return this.size
  }

  /** Closes the byte string that `open` began: two bytes were kept for the head, which takes its shortest form. */
  close(mark: usize): void {
    const size = this.size - mark
    const head = headSize(size)
    this.reserve(9)
    const from = this.start + mark
    if (head != 2) memory.copy(from - 2 + head, from, size)
    this.at = from - 2
    this.head(2, size)
    this.at += size
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    const size = this.size
    const copy = new Uint8Array(<i32>size)
    memory.copy(copy.dataStart, this.start, size)
    return copy
  }
}

function headSize(value: usize): usize {
  if (value < 24) return 1
  if (value < 0x100) return 2
  if (value < 0x10000) return 3
  return 5
}
