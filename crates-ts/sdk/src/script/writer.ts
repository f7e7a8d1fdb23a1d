/** Writes canonical CBOR (spec/02-encoding.md); who writes a map writes its keys in canonical order. */

const NOT_ASCII = /[^\u0000-\u007f]/

/** A growing stretch of bytes. */
export class Writer {
  private bytes_: Uint8Array
  private length_ = 0

  constructor(capacity = 256) {
    this.bytes_ = new Uint8Array(capacity)
  }

  get length(): number {
    return this.length_
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.bytes_.slice(0, this.length_)
  }

  /** Bytes that are whole items already. */
  raw(bytes: Uint8Array): void {
    this.reserve_(bytes.length)
    this.bytes_.set(bytes, this.length_)
    this.length_ += bytes.length
  }

  prefix(): void {
    this.reserve_(3)
    this.push_(0xd9)
    this.push_(0xd9)
    this.push_(0xf7)
  }

  null(): void {
    this.reserve_(1)
    this.push_(0xf6)
  }

  bool(value: boolean): void {
    this.reserve_(1)
    this.push_(value ? 0xf5 : 0xf4)
  }

  integer(value: bigint): void {
    if (value < 0n) this.head_(1, -1n - value)
    else this.head_(0, value)
  }

  bytes(value: Uint8Array): void {
    this.head_(2, value.length)
    this.raw(value)
  }

  text(value: string): void {
    // Only what is not ASCII takes the long way.
    if (NOT_ASCII.test(value)) {
      const bytes = encodeWide(value)
      this.head_(3, bytes.length)
      this.raw(Uint8Array.from(bytes))
      return
    }
    this.head_(3, value.length)
    this.reserve_(value.length)
    const bytes = this.bytes_
    let at = this.length_
    for (let index = 0; index < value.length; index += 1, at += 1) bytes[at] = value.charCodeAt(index)
    this.length_ = at
  }

  array(count: number): void {
    this.head_(4, count)
  }

  map(pairs: number): void {
    this.head_(5, pairs)
  }

  private head_(major: number, value: number | bigint): void {
    this.reserve_(9)
    const initial = major << 5
    if (value < 24) {
      this.push_(initial | Number(value))
      return
    }
    const size = value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x1_0000_0000 ? 4 : 8
    this.push_(initial | (size === 1 ? 24 : size === 2 ? 25 : size === 4 ? 26 : 27))
    if (size < 8) {
      const small = Number(value)
      for (let shift = size * 8 - 8; shift >= 0; shift -= 8) this.push_((small >>> shift) & 0xff)
      return
    }
    for (let shift = 56n; shift >= 0n; shift -= 8n) this.push_(Number((BigInt(value) >> shift) & 0xffn))
  }

  private push_(byte: number): void {
    this.bytes_[this.length_] = byte
    this.length_ += 1
  }

  private reserve_(room: number): void {
    if (this.length_ + room <= this.bytes_.length) return
    const next = new Uint8Array(Math.max(this.bytes_.length * 2, this.length_ + room))
    next.set(this.bytes_.subarray(0, this.length_))
    this.bytes_ = next
  }
}

/** The UTF-8 of any text. Throws a TypeError when it holds half of a surrogate pair. */
export function encodeWide(text: string): readonly number[] {
  const bytes: number[] = []
  for (const letter of text) {
    const point = letter.codePointAt(0) ?? 0
    if ((point & 0x1ff800) === 0xd800) throw new TypeError('a text holds half of a surrogate pair')
    if (point < 0x80) bytes.push(point)
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63))
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63))
    else {
      bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63))
      bytes.push(0x80 | ((point >> 6) & 63), 0x80 | (point & 63))
    }
  }
  return bytes
}

/** The canonical order of keys and items: that of their encoded bytes. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}
