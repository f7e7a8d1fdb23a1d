/** A strict cursor over canonical CBOR (spec/02-encoding.md): whatever is not shortest and definite is refused. */
import { PREFIX_TAG, DEPTH_MAX_DEFAULT, hasPrefix } from './data.ts'
import type { AosError } from './error.ts'
import { bytesError } from './errors.ts'
import { halfBits, halfValue, isIntegral, readFloat } from './float.ts'
import { isUtf8, readUtf8 } from './utf8.ts'

const TWO_TO_32 = 0x1_0000_0000
const SAFE_MAX = Number.MAX_SAFE_INTEGER
const MAJOR_NAMES = [
  'an unsigned integer',
  'a negative integer',
  'bytes',
  'text',
  'an array',
  'a map',
  'a tag',
  'simple',
]

/**
 * Reads items one by one. Every method throws `cbor.*` with `details.offset`; after a throw the cursor must not be
 * used again. Order and duplicates of map keys are checked by `skip` and `decode`; a caller that reads a map by hand
 * uses `uintKey`, or compares the keys itself.
 */
export class CborReader {
  readonly source: Uint8Array
  /** Where the next item starts. */
  offset: number

  constructor(source: Uint8Array, offset: number = 0) {
    this.source = source
    this.offset = offset
  }

  /** The major type (0…7) of the next item, without moving. */
  peekMajor(): number {
    return this.peek() >> 5
  }

  /** The first byte of the next item, without moving. */
  peek(): number {
    const byte = this.source[this.offset]
    if (byte === undefined) throw this.truncated(this.offset)
    return byte
  }

  /** Passes the self-describe prefix. */
  prefix(): void {
    if (!hasPrefix(this.source, this.offset)) {
      throw bytesError('cbor.missing_prefix', this.offset, 'expected the prefix d9d9f7')
    }
    this.offset += 3
  }

  /** An integer of 0…2^64−1: a number up to 2^53−1, else a bigint. */
  uint(): number | bigint {
    return this.argument(0)
  }

  /** An integer of −2^64…2^64−1: a number within ±(2^53−1), else a bigint. */
  int(): number | bigint {
    if (this.peek() >> 5 !== 1) return this.argument(0)
    const argument = this.argument(1)
    return typeof argument === 'number' && argument < SAFE_MAX ? -1 - argument : -1n - BigInt(argument)
  }

  /** An unsigned integer up to `max`, which is at most 2^53−1. */
  smallUint(max: number): number {
    const start = this.offset
    const value = this.argument(0)
    if (value > max) throw bytesError('cbor.integer_range', start, `expected an integer up to ${max}`)
    return Number(value)
  }

  /** The content of a byte string, as a view into the source. */
  bytes(): Uint8Array {
    const end = this.stringEnd(2)
    const start = this.offset
    this.offset = end
    return this.source.subarray(start, end)
  }

  /** Passes the head of a byte string: its content starts at `offset` and ends at what is returned. */
  openBytes(): number {
    return this.stringEnd(2)
  }

  text(): string {
    const end = this.stringEnd(3)
    const start = this.offset
    const text = readUtf8(this.source, start, end)
    if (text === undefined) throw bytesError('cbor.bad_utf8', start, 'the text is not valid UTF-8')
    this.offset = end
    return text
  }

  /** The number of items of an array, which come next. Never more than there are bytes left. */
  array(): number {
    return this.count(4, 1)
  }

  /** The number of entries of a map, which come next. Never more than half of the bytes left. */
  map(): number {
    return this.count(5, 2)
  }

  /**
   * The next key of a map with unsigned keys; it must be greater than the one before (−1 for the first).
   * Throws `cbor.unsorted_keys` or `cbor.duplicate_key`.
   */
  uintKey(previous: number): number {
    const start = this.offset
    const key = this.smallUint(SAFE_MAX)
    if (key === previous) throw bytesError('cbor.duplicate_key', start, 'the key stands twice')
    if (key < previous) throw bytesError('cbor.unsorted_keys', start, 'the key is out of order')
    return key
  }

  /** The number of a tag; its content comes next. The self-describe tag is refused: it is a prefix. */
  tag(): number | bigint {
    const start = this.offset
    const tag = this.argument(6)
    if (tag === PREFIX_TAG) {
      throw bytesError('cbor.unexpected_prefix', start, 'the self-describe tag is not allowed here')
    }
    return tag
  }

  bool(): boolean {
    const byte = this.peek()
    if (byte !== 0xf4 && byte !== 0xf5) throw this.unexpected('true or false')
    this.offset += 1
    return byte === 0xf5
  }

  /** True, and one byte further, when the next item is null; else false, and nothing moves. */
  isNull(): boolean {
    if (this.peek() !== 0xf6) return false
    this.offset += 1
    return true
  }

  /** A float in canonical form: never an integral value, except minus zero. */
  float(): number {
    const start = this.offset
    const byte = this.peek()
    if (byte < 0xf9 || byte > 0xfb) throw this.unexpected('a float')
    const width = byte === 0xf9 ? 2 : byte === 0xfa ? 4 : 8
    const at = start + 1
    if (at + width > this.source.length) throw this.truncated(start)
    this.offset = at + width
    const half = byte === 0xf9 ? ((this.source[at] ?? 0) << 8) | (this.source[at + 1] ?? 0) : -1
    const value = width === 2 ? halfValue(half) : readFloat(this.source, at, width)
    if (value !== value && half !== 0x7e00) throw bytesError('cbor.bad_float', start, 'NaN is written f97e00')
    const shorter = width === 8 ? Math.fround(value) === value : width === 4 && halfBits(value) >= 0
    if (shorter) throw bytesError('cbor.bad_float', start, 'the float has a shorter exact form')
    if (isIntegral(value)) throw bytesError('cbor.integral_float', start, 'the value is written as an integer')
    return value
  }

  /** Passes one item of any kind, checking that it is canonical. */
  skip(depthMax: number = DEPTH_MAX_DEFAULT): void {
    this.skipItem(depthMax)
  }

  /** Checks that nothing follows. */
  end(): void {
    if (this.offset !== this.source.length) {
      throw bytesError('cbor.trailing_bytes', this.offset, 'expected the end of the bytes')
    }
  }

  /** Checks the order of two encoded keys, given by their ranges: the second must be the greater. */
  checkKeyOrder(left: number, leftEnd: number, right: number, rightEnd: number): void {
    const source = this.source
    const shorter = Math.min(leftEnd - left, rightEnd - right)
    for (let index = 0; index < shorter; index += 1) {
      const difference = (source[left + index] ?? 0) - (source[right + index] ?? 0)
      if (difference < 0) return
      if (difference > 0) throw bytesError('cbor.unsorted_keys', right, 'the key is out of order')
    }
    // No encoded item is a proper prefix of another, so what is left is the same key.
    throw bytesError('cbor.duplicate_key', right, 'the key stands twice')
  }

  /** The content of a bignum tag at `start`, checked to be a preferred one. */
  bignumContent(start: number): Uint8Array {
    const content = this.peekMajor() === 2 ? this.bytes() : undefined
    if (content === undefined || content.length <= 8 || content[0] === 0) {
      throw bytesError('cbor.bad_bignum', start, 'expected more than 8 bytes without a leading zero')
    }
    return content
  }

  private skipItem(depthLeft: number): void {
    const start = this.offset
    const major = this.peekMajor()
    if (major < 2) {
      this.argument(major)
    } else if (major === 2) {
      this.offset = this.stringEnd(2)
    } else if (major === 3) {
      this.skipText()
    } else if (major === 7) {
      this.skipSimple()
    } else {
      if (depthLeft <= 0) throw bytesError('cbor.depth', start, 'the item is nested too deeply')
      if (major === 4) for (let left = this.array(); left > 0; left -= 1) this.skipItem(depthLeft - 1)
      else if (major === 5) this.skipMap(depthLeft - 1)
      else this.skipTag(start, depthLeft - 1)
    }
  }

  private skipText(): void {
    const end = this.stringEnd(3)
    if (!isUtf8(this.source, this.offset, end)) {
      throw bytesError('cbor.bad_utf8', this.offset, 'the text is not valid UTF-8')
    }
    this.offset = end
  }

  private skipTag(start: number, depthLeft: number): void {
    const tag = this.tag()
    if (tag === 2 || tag === 3) this.bignumContent(start)
    else this.skipItem(depthLeft)
  }

  private skipMap(depthLeft: number): void {
    let previous = -1
    let previousEnd = -1
    for (let left = this.map(); left > 0; left -= 1) {
      const start = this.offset
      this.skipItem(depthLeft)
      const end = this.offset
      this.checkFloatKey(start)
      if (previous >= 0) this.checkKeyOrder(previous, previousEnd, start, end)
      previous = start
      previousEnd = end
      this.skipItem(depthLeft)
    }
  }

  /** Minus zero as a key would become zero in a Map. */
  checkFloatKey(start: number): void {
    if (this.source[start] === 0xf9 && this.source[start + 1] === 0x80 && this.source[start + 2] === 0) {
      throw bytesError('cbor.bad_key', start, 'minus zero cannot be a key')
    }
  }

  private skipSimple(): void {
    const byte = this.peek()
    if (byte >= 0xf4 && byte <= 0xf6) this.offset += 1
    else this.floatOrRefuse()
  }

  /** A float; any other simple value, and a break, is refused with its own code. */
  floatOrRefuse(): number {
    const byte = this.peek()
    if (byte >= 0xf9 && byte <= 0xfb) return this.float()
    if (byte === 0xff) throw bytesError('cbor.unexpected_break', this.offset, 'a break without an open item')
    if (byte >= 0xfc) throw bytesError('cbor.bad_head', this.offset, 'a reserved head')
    throw bytesError('cbor.bad_simple', this.offset, 'expected false, true or null')
  }

  private stringEnd(major: 2 | 3): number {
    const start = this.offset
    const length = this.argument(major)
    const end = this.offset + Number(length)
    if (end > this.source.length) throw this.truncated(start)
    return end
  }

  private count(major: 4 | 5, itemsEach: number): number {
    const start = this.offset
    const count = this.argument(major)
    if (Number(count) * itemsEach > this.source.length - this.offset) throw this.truncated(start)
    return Number(count)
  }

  /** The argument of a head that must be of the given major type. */
  private argument(major: number): number | bigint {
    const start = this.offset
    const byte = this.source[start]
    if (byte === undefined) throw this.truncated(start)
    if (byte >> 5 !== major) throw this.unexpected(MAJOR_NAMES[major] ?? '')
    const info = byte & 0x1f
    if (info < 24) {
      this.offset = start + 1
      return info
    }
    return this.longArgument(start, info, major)
  }

  private longArgument(start: number, info: number, major: number): number | bigint {
    const source = this.source
    if (info > 27) throw this.badHead(start, info, major)
    const width = 1 << (info - 24)
    if (start + 1 + width > source.length) throw this.truncated(start)
    this.offset = start + 1 + width
    let low = source[start + 1] ?? 0
    if (width === 1) {
      if (low < 24) throw this.notShortest(start)
      return low
    }
    low = (low << 8) | (source[start + 2] ?? 0)
    if (width === 2) {
      if (low < 0x100) throw this.notShortest(start)
      return low
    }
    low = low * 0x1_0000 + (((source[start + 3] ?? 0) << 8) | (source[start + 4] ?? 0))
    if (width === 4) {
      if (low < 0x1_0000) throw this.notShortest(start)
      return low
    }
    if (low === 0) throw this.notShortest(start)
    const high = low
    low = ((source[start + 5] ?? 0) << 8) | (source[start + 6] ?? 0)
    low = low * 0x1_0000 + (((source[start + 7] ?? 0) << 8) | (source[start + 8] ?? 0))
    return high < 0x20_0000 ? high * TWO_TO_32 + low : (BigInt(high) << 32n) | BigInt(low)
  }

  private badHead(start: number, info: number, major: number): AosError {
    if (info === 31 && major >= 2 && major <= 5) {
      return bytesError('cbor.indefinite_length', start, 'only definite lengths are canonical')
    }
    return bytesError('cbor.bad_head', start, 'a reserved head')
  }

  private notShortest(start: number): AosError {
    return bytesError('cbor.not_shortest', start, 'the head has a shorter form')
  }

  private truncated(start: number): AosError {
    return bytesError('cbor.truncated', start, 'the bytes end inside an item')
  }

  private unexpected(expected: string): AosError {
    const found = MAJOR_NAMES[this.peekMajor()] ?? ''
    return bytesError('cbor.unexpected_type', this.offset, `expected ${expected}, found ${found}`)
  }
}
