/**
 * A cursor over CBOR in linear memory. Integers in canonical order of size, definite lengths; anything else traps.
 * It accepts what the host hands out (canonical values) and the states of older modules (any order of record keys,
 * one-key variants), so that a module can be replaced by another one.
 */
import { decodeText } from './text'
import { trapEndOfInput, trapMissingField, trapOutOfRange, trapWrongType } from './trap'

/** How a variant was written: the shape of `openVariant`. */
export const BARE: i32 = 0
export const ONE_KEY: i32 = 1
export const TAGGED: i32 = 2
export const TAGGED_WITH_VALUE: i32 = 3

export class Reader {
  constructor(
    public at: usize,
    public end: usize,
  ) {}

  /** Skips the self-describe prefix d9d9f7 when it is there. */
  prefix(): void {
    if (this.end - this.at > 3 && (load<u32>(this.at) & 0xffffff) == 0xf7d9d9) this.at += 3
  }

  private head(major: u32): u64 {
    const at = this.at
    if (at >= this.end) trapEndOfInput()
    const first = <u32>load<u8>(at)
    if (first >> 5 != major) trapWrongType()
    const info = first & 31
    if (info < 24) {
      this.at = at + 1
      return info
    }
    return this.longHead(at + 1, info)
  }

  private longHead(at: usize, info: u32): u64 {
    if (info > 27) trapWrongType()
    const size = <usize>1 << (info - 24)
    if (this.end - at < size) trapEndOfInput()
    this.at = at + size
    if (info == 24) return load<u8>(at)
    if (info == 25) return bswap<u16>(load<u16>(at))
    if (info == 26) return bswap<u32>(load<u32>(at))
    return bswap<u64>(load<u64>(at))
  }

  private peek(): u32 {
    if (this.at >= this.end) trapEndOfInput()
    return load<u8>(this.at)
  }

  nat(): u64 {
    return this.head(0)
  }

  int(): i64 {
    const negative = this.peek() >> 5 == 1
    const value = this.head(negative ? 1 : 0)
    if (<i64>value < 0) trapOutOfRange()
    return negative ? ~(<i64>value) : <i64>value
  }

  bool(): bool {
    const first = this.peek()
    if ((first & 0xfe) != 0xf4) trapWrongType()
    this.at += 1
    return first == 0xf5
  }

  /** A unit; whatever stands there is skipped. */
  unit(): bool {
    this.skip()
    return true
  }

  /** True when null stands there; then it is consumed. */
  isNull(): bool {
    if (this.peek() != 0xf6) return false
    this.at += 1
    return true
  }

  private span(major: u32): usize {
    const size = this.head(major)
    if (size > <u64>(this.end - this.at)) trapEndOfInput()
    return <usize>size
  }

  text(): string {
    const size = this.span(3)
    const from = this.at
    this.at = from + size
    return decodeText(from, size)
  }

  /** A copy of a byte string. */
  bytes(): Uint8Array {
    const size = this.span(2)
    const copy = new Uint8Array(<i32>size)
    memory.copy(copy.dataStart, this.at, size)
    this.at += size
    return copy
  }

  /** Moves behind a byte string and gives a cursor over its content. */
  nested(): Reader {
    const size = this.span(2)
    const from = this.at
    this.at = from + size
    return new Reader(from, this.at)
  }

  private count(major: u32): i32 {
    const size = this.head(major)
    if (size > <u64>(this.end - this.at)) trapEndOfInput()
    return <i32>size
  }

  /** Opens an array: the number of items. */
  array(): i32 {
    return this.count(4)
  }

  /** Opens a map: the number of pairs. */
  map(): i32 {
    return this.count(5)
  }

  /** Consumes the literal of up to 8 bytes when it stands there. `mask` covers its size. */
  @inline word(literal: u64, mask: u64, size: usize): bool {
    const at = this.at
    if (this.end - at < size || (load<u64>(at) & mask) != literal) return false
    this.at = at + size
    return true
  }

  /** Consumes the literal of 9 to 16 bytes when it stands there. `mask` covers the part in `second`. */
  words(first: u64, second: u64, mask: u64, size: usize): bool {
    const at = this.at
    if (this.end - at < size || load<u64>(at) != first || (load<u64>(at, 8) & mask) != second) return false
    this.at = at + size
    return true
  }

  /** Consumes a longer literal, which lies in static memory, when it stands there. */
  literal(from: usize, size: usize): bool {
    const at = this.at
    if (this.end - at < size || memory.compare(at, from, size) != 0) return false
    this.at = at + size
    return true
  }

  /** Opens a variant; the tag comes next. Its shape goes to `payload` or `noPayload`. */
  openVariant(): i32 {
    if (this.peek() >> 5 == 3) return BARE
    const pairs = this.map()
    // 0x64 0x24 "tag" = 65 24 74 61 67: the key "$tag"
    if (!this.word(0x6761742464, 0xffffffffff, 5)) {
      if (pairs != 1) trapWrongType()
      return ONE_KEY
    }
    if (pairs > 2) trapWrongType()
    return pairs == 2 ? TAGGED_WITH_VALUE : TAGGED
  }

  /** The payload comes next. */
  payload(shape: i32): void {
    if (shape == ONE_KEY) return
    if (shape != TAGGED_WITH_VALUE) trapMissingField()
    this.valueKey()
  }

  private valueKey(): void {
    // 66 24 76 61 6c 75 65: the key "$value"
    if (!this.word(0x65756c61762466, 0xffffffffffffff, 7)) trapWrongType()
  }

  /** Moves behind the payload that a unit arm may have. */
  noPayload(shape: i32): void {
    if (shape == TAGGED_WITH_VALUE) this.valueKey()
    if (shape == TAGGED_WITH_VALUE || shape == ONE_KEY) this.skip()
  }

  /** Moves behind one item of any type. */
  skip(): void {
    let open: u64 = 1
    while (open > 0) {
      open -= 1
      const major = this.peek() >> 5
      const argument = this.head(major)
      if (major == 2 || major == 3) {
        if (argument > <u64>(this.end - this.at)) trapEndOfInput()
        this.at += <usize>argument
      } else if (major == 4 || major == 5) {
        if (argument > <u64>(this.end - this.at)) trapEndOfInput()
        open += major == 5 ? argument << 1 : argument
      } else if (major == 6) {
        open += 1
      }
    }
  }
}
