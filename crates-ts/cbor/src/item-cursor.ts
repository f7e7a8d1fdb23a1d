/** Heads of well-formed CBOR, canonical or not: the ground of the lenient decoder and of `skipItem`. */
import { DEPTH_MAX_DEFAULT } from './data.ts'
import type { AosError } from './error.ts'
import { bytesError } from './errors.ts'

const TWO_TO_32 = 0x1_0000_0000

/** A cursor that reads one head at a time. Throws `cbor.*` with `details.offset`. */
export class ItemCursor {
  readonly source: Uint8Array
  /** After `head`: the byte that follows the head. */
  offset: number
  /** Where the last head starts. */
  start = 0
  major = 0
  info = 0
  /** The argument of the last head; 0 when the length is indefinite. */
  argument: number | bigint = 0
  indefinite = false

  constructor(source: Uint8Array, offset: number) {
    this.source = source
    this.offset = offset
  }

  /** Reads a head. A break is refused: where one may stand, `atBreak` is asked first. */
  head(): void {
    const start = this.offset
    const byte = this.source[start]
    if (byte === undefined) throw this.truncated(start)
    this.start = start
    this.major = byte >> 5
    this.info = byte & 0x1f
    this.indefinite = false
    this.offset = start + 1
    if (this.info < 24) this.argument = this.info
    else if (this.info > 27) this.openEnded(start)
    else this.readArgument(start)
    if (this.major === 7 && this.info === 24 && this.argument < 32) {
      throw bytesError('cbor.bad_simple', start, 'a simple value below 32 in two bytes')
    }
  }

  /** True, and past it, when a break comes next. */
  atBreak(): boolean {
    if (this.source[this.offset] !== 0xff) return false
    this.offset += 1
    return true
  }

  /** The next chunk of a string of indefinite length: false, and past it, at the break. */
  chunk(major: 2 | 3): boolean {
    if (this.atBreak()) return false
    this.head()
    if (this.major !== major || this.indefinite) {
      throw bytesError('cbor.bad_chunk', this.start, 'expected a definite chunk of the same kind')
    }
    return true
  }

  /** Where the content of the string ends whose head was just read. */
  contentEnd(): number {
    const end = this.offset + Number(this.argument)
    if (end > this.source.length) throw this.truncated(this.start)
    return end
  }

  /** How many items (or entries of two) follow the head just read; Infinity up to a break. */
  itemCount(itemsEach: 1 | 2): number {
    if (this.indefinite) return Infinity
    const count = Number(this.argument)
    if (count * itemsEach > this.source.length - this.offset) throw this.truncated(this.start)
    return count
  }

  /** Passes one well-formed item; text is not looked into. */
  skip(depthLeft: number): void {
    this.head()
    while (this.major === 6) this.head()
    if (this.major === 2 || this.major === 3) {
      this.skipString(this.major)
    } else if (this.major === 4 || this.major === 5) {
      if (depthLeft <= 0) throw bytesError('cbor.depth', this.start, 'the item is nested too deeply')
      const itemsEach = this.major === 4 ? 1 : 2
      const count = this.itemCount(itemsEach)
      for (let index = 0; index < count && !(count === Infinity && this.atBreak()); index += 1) {
        this.skip(depthLeft - 1)
        if (itemsEach === 2) this.skip(depthLeft - 1)
      }
    }
  }

  private skipString(major: 2 | 3): void {
    if (!this.indefinite) this.offset = this.contentEnd()
    else while (this.chunk(major)) this.offset = this.contentEnd()
  }

  private openEnded(start: number): void {
    if (this.major === 7 && this.info === 31) {
      throw bytesError('cbor.unexpected_break', start, 'a break without an open item')
    }
    if (this.info !== 31 || this.major < 2 || this.major > 5)
      throw bytesError('cbor.bad_head', start, 'a reserved head')
    this.argument = 0
    this.indefinite = true
  }

  private readArgument(start: number): void {
    const source = this.source
    const width = 1 << (this.info - 24)
    const end = start + 1 + width
    if (end > source.length) throw this.truncated(start)
    this.offset = end
    let high = 0
    let low = 0
    for (let at = start + 1; at < end; at += 1) {
      high = (high << 8) | (low >>> 24)
      low = (low << 8) | (source[at] ?? 0)
    }
    high >>>= 0
    low >>>= 0
    this.argument = high < 0x20_0000 ? high * TWO_TO_32 + low : (BigInt(high) << 32n) | BigInt(low)
  }

  private truncated(start: number): AosError {
    return bytesError('cbor.truncated', start, 'the bytes end inside an item')
  }
}

/**
 * The offset after the well-formed item that starts at `at`, canonical or not. Bounds and depth are checked, the
 * content of texts is not. Throws `cbor.*` with `details.offset`.
 */
export function skipItem(bytes: Uint8Array, at: number): number {
  const cursor = new ItemCursor(bytes, at)
  cursor.skip(DEPTH_MAX_DEFAULT)
  return cursor.offset
}
