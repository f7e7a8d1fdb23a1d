/** Reads CBOR (spec/02-encoding.md) of definite lengths, in any order of keys and with heads of any width. */

/** A cursor over bytes. Throws an Error for bytes that are not what is asked for. */
export class Reader {
  private readonly bytes_: Uint8Array
  private at_: number
  private readonly end_: number

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes_ = bytes
    this.at_ = start
    this.end_ = end
  }

  get isDone(): boolean {
    return this.at_ >= this.end_
  }

  /** The major type of the next item. */
  peek(): number {
    return (this.bytes_[this.at_] ?? 0xff) >> 5
  }

  /** Passes over the self-describe prefix where it stands. */
  skipPrefix(): void {
    const [first, second, third] = [this.bytes_[this.at_], this.bytes_[this.at_ + 1], this.bytes_[this.at_ + 2]]
    if (first === 0xd9 && second === 0xd9 && third === 0xf7) this.at_ += 3
  }

  /** Consumes these bytes when they stand next. */
  match(expected: Uint8Array): boolean {
    const at = this.at_
    if (this.end_ - at < expected.length) return false
    for (let index = 0; index < expected.length; index += 1) {
      if (this.bytes_[at + index] !== expected[index]) return false
    }
    this.at_ = at + expected.length
    return true
  }

  /** True, false or undefined for a simple value that is neither; null is `readNull`. */
  bool(): boolean {
    const byte = this.byte_()
    if (byte === 0xf5) return true
    if (byte === 0xf4) return false
    throw new TypeError('expected a boolean')
  }

  /** Consumes a null when it stands next. */
  isNull(): boolean {
    if (this.bytes_[this.at_] !== 0xf6 || this.at_ >= this.end_) return false
    this.at_ += 1
    return true
  }

  integer(): bigint {
    const initial = this.byte_()
    const major = initial >> 5
    if (major > 1) throw new TypeError('expected an integer')
    const value = this.argument_(initial)
    const exact = typeof value === 'bigint' ? value : BigInt(value)
    return major === 0 ? exact : -1n - exact
  }

  bytes(): Uint8Array {
    const size = this.size_(2)
    return this.bytes_.slice(this.at_ - size, this.at_)
  }

  /** The contents of a byte string, without a copy. */
  view(): Reader {
    const size = this.size_(2)
    return new Reader(this.bytes_, this.at_ - size, this.at_)
  }

  text(): string {
    const size = this.size_(3)
    return decodeUtf8(this.bytes_, this.at_ - size, this.at_)
  }

  /** Opens an array: the number of its items. */
  array(): number {
    return this.count_(4)
  }

  /** Opens a map: the number of its pairs. */
  map(): number {
    return this.count_(5)
  }

  /** Passes over one item. */
  skip(): void {
    for (let open = 1; open > 0; open -= 1) {
      const initial = this.byte_()
      const major = initial >> 5
      const argument = Number(this.argument_(initial))
      if (major === 2 || major === 3) this.move_(argument)
      else if (major === 4) open += argument
      else if (major === 5) open += 2 * argument
      else if (major === 6) open += 1
    }
  }

  private byte_(): number {
    const byte = this.at_ < this.end_ ? this.bytes_[this.at_] : undefined
    if (byte === undefined) throw new RangeError('the bytes end inside of a value')
    this.at_ += 1
    return byte
  }

  private move_(bytes: number): void {
    if (bytes > this.end_ - this.at_) throw new RangeError('the bytes end inside of a value')
    this.at_ += bytes
  }

  private argument_(initial: number): number | bigint {
    const short = initial & 31
    if (short < 24) return short
    if (short === 24) return this.byte_()
    if (short === 25) return this.byte_() * 256 + this.byte_()
    if (short !== 26 && short !== 27) throw new TypeError('expected a value of definite length')
    const high = this.word_()
    return short === 26 ? high : (BigInt(high) << 32n) | BigInt(this.word_())
  }

  private word_(): number {
    return ((this.byte_() * 256 + this.byte_()) * 256 + this.byte_()) * 256 + this.byte_()
  }

  private head_(major: number): number {
    const initial = this.byte_()
    if (initial >> 5 !== major) throw new TypeError(`expected ${NAMES[major - 2] ?? 'another type'}`)
    return Number(this.argument_(initial))
  }

  /** Moves behind a string and returns its size. */
  private size_(major: number): number {
    const size = this.head_(major)
    this.move_(size)
    return size
  }

  /** A count, which cannot be more than there are bytes. */
  private count_(major: number): number {
    const count = this.head_(major)
    if (count > this.end_ - this.at_) throw new RangeError('the bytes end inside of a value')
    return count
  }
}

/** Of major types 2 to 5. */
const NAMES: readonly string[] = ['bytes', 'a text', 'a list', 'a map']

const NOT_ASCII = /[\u0080-\u00ff]/

/** Characters that are made by one call: engines bound the number of arguments. */
const SLICE = 4096

/** The text of the bytes from `start` to `end`. Throws a TypeError when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let at = start; at < end; at += SLICE) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + SLICE)))
  }
  // Only what is not ASCII takes the long way.
  return NOT_ASCII.test(text) ? decodeWide(text) : text
}

/** From one character a byte. */
function decodeWide(bytes: string): string {
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const first = bytes.charCodeAt(at)
    const size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
    if (size === 0 || at + size > bytes.length) throw new TypeError('a text is not UTF-8')
    let point = size === 1 ? first : first & (0x7f >> size)
    for (let index = 1; index < size; index += 1) {
      const next = bytes.charCodeAt(at + index)
      if ((next & 0xc0) !== 0x80) throw new TypeError('a text is not UTF-8')
      point = point * 64 + (next & 0x3f)
    }
    const isOverlong = (size === 3 && point < 0x800) || (size === 4 && point < 0x10000)
    if (isOverlong || point > 0x10ffff || (point & 0x1ff800) === 0xd800) throw new TypeError('a text is not UTF-8')
    text += String.fromCodePoint(point)
    at += size
  }
  return text
}
