/** Writing CBOR items one by one (spec/02-encoding.md): heads are always shortest, order and nesting are the caller's. */
import { AosError } from './error.ts'
import { halfBits, isIntegral } from './float.ts'
import type { Sha256Port } from './hash.ts'
import type { NameItems } from './name-items.ts'
import { utf8Length, writeUtf8 } from './utf8.ts'

const CAPACITY_DEFAULT = 256
const SHORT_ASCII_MAX = 64
/** Up to here a loop is quicker than the view that a copy needs. */
const SHORT_COPY_MAX = 64
const TWO_TO_32 = 0x1_0000_0000
const UINT64_MAX = 0xffff_ffff_ffff_ffffn

/**
 * A growable buffer with one method per kind of item. No method allocates unless the buffer has to grow.
 * Range and text errors (`cbor.integer_range`, `cbor.unsafe_integer`, `cbor.lone_surrogate`, `cbor.unsupported_value`)
 * leave the content as it was.
 */
export class CborWriter {
  private buffer: Uint8Array
  private data: DataView
  private at = 0
  /** The view that was given last. */
  private viewed: Uint8Array | undefined
  private readonly names: NameItems | undefined

  /** With `names`, which several writers may share, `name` copies what was encoded before. */
  constructor(capacity: number = CAPACITY_DEFAULT, names?: NameItems) {
    this.names = names
    this.buffer = new Uint8Array(Math.max(capacity, 16))
    this.data = new DataView(this.buffer.buffer)
  }

  /** Bytes written since the last reset. */
  get length(): number {
    return this.at
  }

  /** Bytes the buffer can hold before it grows. */
  get capacity(): number {
    return this.buffer.length
  }

  /** Forgets the content and keeps the buffer. */
  reset(): void {
    this.at = 0
  }

  /** Cuts the content back to an earlier `length`. */
  truncate(length: number): void {
    if (length < this.at) this.at = length
  }

  /** The content, without a copy: valid until the next call that writes or resets. */
  view(): Uint8Array {
    const { buffer, viewed } = this
    // Items of one kind often have one length: then the view of the last one will do.
    if (viewed?.length === this.at && viewed.buffer === buffer.buffer) return viewed
    this.viewed = buffer.subarray(0, this.at)
    return this.viewed
  }

  /**
   * Part of the content, without a copy. Valid as long as the writer is not reset or truncated; a writer that is only
   * ever appended to and then dropped hands out parts that last.
   */
  part(start: number, end: number): Uint8Array {
    return this.buffer.subarray(start, end)
  }

  /** A copy of the content, or of its part from `start` to `end`. */
  take(start: number = 0, end: number = this.at): Uint8Array {
    return this.buffer.slice(start, end)
  }

  /** The self-describe prefix d9d9f7. */
  prefix(): void {
    this.room(3)
    this.buffer[this.at++] = 0xd9
    this.buffer[this.at++] = 0xd9
    this.buffer[this.at++] = 0xf7
  }

  null(): void {
    this.room(1)
    this.buffer[this.at++] = 0xf6
  }

  bool(value: boolean): void {
    this.room(1)
    this.buffer[this.at++] = value ? 0xf5 : 0xf4
  }

  /** An integer of 0…2^64−1; a number must be within 2^53−1. */
  uint(value: number | bigint): void {
    if (typeof value === 'bigint') this.wideHead(0x00, value)
    else this.head(0x00, checkedUint(value))
  }

  /** An integer of −2^64…2^64−1; a number must be within ±(2^53−1). */
  int(value: number | bigint): void {
    if (typeof value === 'bigint') {
      if (value >= 0n) this.wideHead(0x00, value)
      else this.wideHead(0x20, -1n - value)
    } else if (value >= 0) {
      this.head(0x00, checkedUint(value))
    } else {
      this.head(0x20, negatedLessOne(value))
    }
  }

  /** A number that is not an integer in the 64-bit range, or minus zero, in the shortest exact width. */
  float(value: number): void {
    if (isIntegral(value))
      throw new AosError('cbor.integral_float', `${value} is written as an integer, not as a float`)
    this.room(9)
    const half = value !== value ? 0x7e00 : halfBits(value)
    if (half >= 0) {
      this.buffer[this.at] = 0xf9
      this.data.setUint16(this.at + 1, half)
      this.at += 3
    } else if (Math.fround(value) === value) {
      this.buffer[this.at] = 0xfa
      this.data.setFloat32(this.at + 1, value)
      this.at += 5
    } else {
      this.buffer[this.at] = 0xfb
      this.data.setFloat64(this.at + 1, value)
      this.at += 9
    }
  }

  bytes(value: Uint8Array): void {
    this.head(0x40, value.length)
    this.raw(value)
  }

  /** A byte string that is given as text with one character a byte. */
  byteText(value: string): void {
    this.head(0x40, value.length)
    this.room(value.length)
    for (let index = 0; index < value.length; index += 1) this.buffer[this.at++] = value.charCodeAt(index)
  }

  text(value: string): void {
    const { length } = value
    if (length <= SHORT_ASCII_MAX) {
      this.room(length + 2)
      const buffer = this.buffer
      let at = this.at
      if (length >= 24) buffer[at++] = 0x78
      buffer[at++] = length < 24 ? 0x60 | length : length
      let index = 0
      for (; index < length; index += 1) {
        const unit = value.charCodeAt(index)
        if (unit >= 0x80) break
        buffer[at++] = unit
      }
      if (index === length) {
        this.at = at
        return
      }
    }
    this.wideText(value)
  }

  /** Same as `text`, and quicker for a name that is written again and again. */
  name(value: string): void {
    const item = this.names?.itemOf(value)
    if (item === undefined) this.text(value)
    else this.raw(item)
  }

  /** The SHA-256 of some bytes as a byte string, written in place. The bytes are no part of this writer. */
  digest(sha256: Sha256Port, input: Uint8Array): void {
    this.room(34)
    this.buffer[this.at] = 0x58
    this.buffer[this.at + 1] = 0x20
    sha256.sha256Into(input, this.buffer, this.at + 2)
    this.at += 34
  }

  /** A digest that is known already, as a byte string: 32 bytes of `digests` from `from`. */
  knownDigest(digests: Uint8Array, from: number): void {
    this.room(34)
    const buffer = this.buffer
    const at = this.at
    buffer[at] = 0x58
    buffer[at + 1] = 0x20
    for (let index = 0; index < 32; index += 1) buffer[at + 2 + index] = digests[from + index] ?? 0
    this.at = at + 34
  }

  /** True when the content from `start` to `end` is what `other` holds from `from` on. */
  matches(start: number, end: number, other: DataView, from: number): boolean {
    const length = end - start
    if (end > this.at || from + length > other.byteLength) return false
    const data = this.data
    let at = 0
    for (; at + 4 <= length; at += 4) {
      if (data.getInt32(start + at, true) !== other.getInt32(from + at, true)) return false
    }
    for (; at < length; at += 1) if (data.getUint8(start + at) !== other.getUint8(from + at)) return false
    return true
  }

  /** Bytes that are already CBOR, or part of it, as they are. */
  raw(bytes: Uint8Array): void {
    const length = bytes.length
    this.room(length)
    if (length <= 32) {
      const buffer = this.buffer
      const at = this.at
      for (let index = 0; index < length; index += 1) buffer[at + index] = bytes[index] ?? 0
    } else {
      this.buffer.set(bytes, this.at)
    }
    this.at += length
  }

  /** The content of another writer as it is. */
  append(other: CborWriter): void {
    const length = other.at
    this.room(length)
    const { buffer, at } = this
    if (length > SHORT_COPY_MAX) buffer.set(other.view(), at)
    else for (let index = 0; index < length; index += 1) buffer[at + index] = other.buffer[index] ?? 0
    this.at = at + length
  }

  /** The head of an array of `count` items, which the caller writes next. */
  array(count: number): void {
    this.head(0x80, count)
  }

  /** The head of a map of `count` entries; the caller writes keys and values in canonical order. */
  map(count: number): void {
    this.head(0xa0, count)
  }

  /** The head of a tag; its content follows. */
  tag(tag: number | bigint): void {
    if (typeof tag === 'bigint') this.wideHead(0xc0, tag)
    else this.head(0xc0, checkedUint(tag))
  }

  /** Goes on at an offset that was written or reserved; what stands behind it stays until it is written over. */
  moveTo(offset: number): void {
    if (offset > this.buffer.length) throw new RangeError('beyond the content')
    this.at = offset
  }

  /** Leaves `count` zero bytes to be patched and returns their offset. */
  reserve(count: number): number {
    this.room(count)
    this.buffer.fill(0, this.at, this.at + count)
    this.at += count
    return this.at - count
  }

  /** Overwrites bytes that were written or reserved. */
  patch(offset: number, bytes: Uint8Array): void {
    if (offset + bytes.length > this.at) throw new RangeError('patch beyond the content')
    this.buffer.set(bytes, offset)
  }

  /** Starts a byte string whose content is written next; give the result to `closeBytes`. */
  openBytes(): number {
    this.room(1)
    this.at += 1
    return this.at
  }

  /** Ends a byte string: writes its head, and moves the content when the head needs more than one byte. */
  closeBytes(start: number): void {
    const length = this.at - start
    const wider = headSize(length) - 1
    if (wider > 0) {
      this.room(wider)
      this.buffer.copyWithin(start + wider, start, this.at)
    }
    this.at = start - 1
    this.head(0x40, length)
    this.at += length
  }

  /** Orders two byte ranges of the content bytewise; encoded items are equal exactly when this is 0. */
  compareRanges(left: number, leftEnd: number, right: number, rightEnd: number): number {
    const buffer = this.buffer
    const shorter = Math.min(leftEnd - left, rightEnd - right)
    for (let index = 0; index < shorter; index += 1) {
      const difference = (buffer[left + index] ?? 0) - (buffer[right + index] ?? 0)
      if (difference !== 0) return difference
    }
    return leftEnd - left - (rightEnd - right)
  }

  /** Puts the entries that start at `starts` (ascending, the last one ends the content) into another order. */
  reorder(starts: readonly number[], order: readonly number[]): void {
    const first = starts[0]
    if (first === undefined) return
    const end = this.at
    const copy = this.buffer.slice(first, end)
    let at = first
    for (const index of order) {
      const from = (starts[index] ?? first) - first
      const part = copy.subarray(from, (starts[index + 1] ?? end) - first)
      this.buffer.set(part, at)
      at += part.length
    }
  }

  private wideText(value: string): void {
    const length = utf8Length(value)
    if (length < 0) throw new AosError('cbor.lone_surrogate', 'a text holds a surrogate without its partner')
    this.head(0x60, length)
    this.room(length)
    this.at = writeUtf8(value, this.buffer, this.at)
  }

  private head(major: number, argument: number): void {
    this.room(9)
    const buffer = this.buffer
    const at = this.at
    if (argument < 24) {
      buffer[at] = major | argument
      this.at = at + 1
    } else if (argument < 0x100) {
      buffer[at] = major | 24
      buffer[at + 1] = argument
      this.at = at + 2
    } else if (argument < 0x1_0000) {
      buffer[at] = major | 25
      buffer[at + 1] = argument >> 8
      buffer[at + 2] = argument & 0xff
      this.at = at + 3
    } else if (argument < TWO_TO_32) {
      buffer[at] = major | 26
      this.data.setUint32(at + 1, argument)
      this.at = at + 5
    } else {
      buffer[at] = major | 27
      this.data.setUint32(at + 1, Math.floor(argument / TWO_TO_32))
      this.data.setUint32(at + 5, argument % TWO_TO_32)
      this.at = at + 9
    }
  }

  private wideHead(major: number, argument: bigint): void {
    if (argument < 0n || argument > UINT64_MAX) throw rangeError(argument)
    this.room(9)
    this.data.setBigUint64(this.at + 1, argument)
    const high = this.data.getUint32(this.at + 1)
    if (high === 0) {
      this.head(major, this.data.getUint32(this.at + 5))
    } else {
      this.buffer[this.at] = major | 27
      this.at += 9
    }
  }

  private room(count: number): void {
    if (this.at + count > this.buffer.length) this.grow(this.at + count)
  }

  private grow(needed: number): void {
    const wider = new Uint8Array(Math.max(needed, this.buffer.length * 2))
    wider.set(this.buffer.subarray(0, this.at))
    this.buffer = wider
    this.data = new DataView(wider.buffer)
  }
}

function headSize(argument: number): number {
  if (argument < 24) return 1
  if (argument < 0x100) return 2
  if (argument < 0x1_0000) return 3
  return argument < TWO_TO_32 ? 5 : 9
}

function checkedUint(value: number): number {
  if (!Number.isSafeInteger(value)) throw unsafeError(value)
  if (value < 0) throw rangeError(value)
  return value
}

/** −1 − value for a negative number; exact because only safe integers get here. */
function negatedLessOne(value: number): number {
  if (!Number.isSafeInteger(value)) throw unsafeError(value)
  return -1 - value
}

function rangeError(value: number | bigint): AosError {
  return new AosError('cbor.integer_range', `expected an integer within 64 bits, found ${value}`)
}

function unsafeError(value: number): AosError {
  return new AosError('cbor.unsafe_integer', `expected an integer within ±(2^53-1) or a bigint, found ${value}`)
}
