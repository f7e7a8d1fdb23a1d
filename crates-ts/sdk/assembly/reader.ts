/**
 * A cursor over CBOR in linear memory: definite lengths only; anything unexpected traps. It accepts what the host hands
 * out (canonical values) and states of other modules (any order of record keys, one-key variants), so that a module
 * can replace another one. There is one cursor, in globals: a field of an object would cost a metered store a byte.
 * Looks ahead up to eight bytes, which `alloc` keeps free behind every input.
 */
import { decodeText } from './text'
import { trapEndOfInput, trapMissingField, trapOutOfRange, trapWrongType } from './trap'

let at: usize = 0
let end: usize = 0

/** Moves the cursor to the start of some bytes. */
export function openReader(from: usize, to: usize): void {
  at = from
  end = to
}

/** Moves the cursor to the start of a value and over its self-describe prefix d9d9f7, when it has one. */
export function openValue(from: usize, to: usize): void {
  openReader(to - from > 3 && (load<u32>(from) & 0xffffff) == 0xf7d9d9 ? from + 3 : from, to)
}

/** Moves the cursor to the start of a value in bytes that the guest holds, as `openValue` does. */
export function openValueBytes(bytes: Uint8Array): void {
  const size = <usize>bytes.length
  // A copy with room behind it, because readers look ahead.
  const from = heap.alloc(size + 8)
  memory.copy(from, bytes.dataStart, size)
  openValue(from, from + size)
}

/** Where the cursor stands. */
export function readerPosition(): usize {
  return at
}

function readHead(major: u32): u64 {
  if (at >= end) trapEndOfInput()
  const first = <u32>load<u8>(at)
  if (first >> 5 != major) trapWrongType()
  at += 1
  const info = first & 31
  return info < 24 ? info : readLongHead(info)
}

function readLongHead(info: u32): u64 {
  if (info > 27) trapWrongType()
  const from = at
  const size = <usize>1 << (info - 24)
  if (end - from < size) trapEndOfInput()
  at = from + size
  if (info == 24) return load<u8>(from)
  if (info == 25) return bswap<u16>(load<u16>(from))
  if (info == 26) return bswap<u32>(load<u32>(from))
  return bswap<u64>(load<u64>(from))
}

function peek(): u32 {
  if (at >= end) trapEndOfInput()
  return load<u8>(at)
}

export function readNat(): u64 {
  return readHead(0)
}

export function readInt(): i64 {
  const negative = peek() >> 5 == 1
  const value = readHead(negative ? 1 : 0)
  if (<i64>value < 0) trapOutOfRange()
  return negative ? ~(<i64>value) : <i64>value
}

export function readBool(): bool {
  const first = peek()
  if ((first & 0xfe) != 0xf4) trapWrongType()
  at += 1
  return first == 0xf5
}

/** Whatever stands for a unit is skipped. */
export function readUnit(): bool {
  skipItem()
  return true
}

/** True when null stands there; then it is consumed. */
export function readNull(): bool {
  if (peek() != 0xf6) return false
  at += 1
  return true
}

/** The size of a text or byte string, all of which is there. */
function readSize(major: u32): usize {
  const size = readHead(major)
  if (size > <u64>(end - at)) trapEndOfInput()
  return <usize>size
}

export function readText(): string {
  const size = readSize(3)
  const from = at
  at = from + size
  return decodeText(from, size)
}

/** A copy of a byte string. */
export function readBytes(): Uint8Array {
  const size = readSize(2)
  const copy = new Uint8Array(<i32>size)
  memory.copy(copy.dataStart, at, size)
  at += size
  return copy
}

/** Moves behind a byte string: its size, which ends where the cursor stands then. */
export function skipBytes(): usize {
  const size = readSize(2)
  at += size
  return size
}

/** Opens an array: the number of items, which cannot be more than there are bytes. */
export function readArray(): i32 {
  return <i32>readSize(4)
}

/** Opens a map: the number of pairs. */
export function readMap(): i32 {
  return <i32>readSize(5)
}

/** Consumes the literal of up to 8 bytes when it stands there. `mask` covers its size. */
// @ts-ignore: decorator
@inline
export function matchWord(literal: u64, mask: u64, size: usize): bool {
  if (end - at < size || (load<u64>(at) & mask) != literal) return false
  at += size
  return true
}

/** Consumes the literal of 9 to 16 bytes when it stands there. `mask` covers the part in `second`. */
export function matchWords(first: u64, second: u64, mask: u64, size: usize): bool {
  if (end - at < size || load<u64>(at) != first || (load<u64>(at, 8) & mask) != second) return false
  at += size
  return true
}

/** Consumes a longer literal, which lies in static memory, when it stands there. */
export function matchLiteral(from: usize, size: usize): bool {
  if (end - at < size || memory.compare(at, from, size) != 0) return false
  at += size
  return true
}

// How a variant was written: what `openVariant` returns.
const BARE: i32 = 0
const ONE_KEY: i32 = 1
const TAGGED: i32 = 2
const TAGGED_WITH_VALUE: i32 = 3

/** Opens a variant; its tag comes next. What it returns goes to `openPayload` or `skipPayload`. */
export function openVariant(): i32 {
  if (peek() >> 5 == 3) return BARE
  const pairs = readMap()
  // 64 24 74 61 67: the key "$tag"
  if (!matchWord(0x6761742464, 0xffffffffff, 5)) {
    if (pairs != 1) trapWrongType()
    return ONE_KEY
  }
  if (pairs > 2) trapWrongType()
  return pairs == 2 ? TAGGED_WITH_VALUE : TAGGED
}

/** Moves to the payload. */
export function openPayload(shape: i32): void {
  if (shape == ONE_KEY) return
  if (shape != TAGGED_WITH_VALUE) trapMissingField()
  openValueKey()
}

function openValueKey(): void {
  // 66 24 76 61 6c 75 65: the key "$value"
  if (!matchWord(0x65756c61762466, 0xffffffffffffff, 7)) trapWrongType()
}

/** Moves behind the payload that a unit arm may have. */
export function skipPayload(shape: i32): void {
  if (shape == TAGGED_WITH_VALUE) openValueKey()
  if (shape == TAGGED_WITH_VALUE || shape == ONE_KEY) skipItem()
}

/** Moves behind one item of any type. */
export function skipItem(): void {
  let open: u64 = 1
  while (open > 0) {
    open -= 1
    const major = peek() >> 5
    const argument = readHead(major)
    if (major < 2 || major == 7) continue
    if (major == 6) {
      open += 1
      continue
    }
    if (argument > <u64>(end - at)) trapEndOfInput()
    if (major < 4) at += <usize>argument
    else open += major == 5 ? argument << 1 : argument
  }
}
