/** The canonical order of keys and set items: that of their encoded bytes. */
import { textSize } from './text'

function compareText(left: string, right: string): i32 {
  const leftSize = textSize(left)
  const rightSize = textSize(right)
  if (leftSize != rightSize) return leftSize < rightSize ? -1 : 1
  const units = min(left.length, right.length)
  for (let index = 0; index < units; index++) {
    const a = <u32>left.charCodeAt(index)
    const b = <u32>right.charCodeAt(index)
    if (a == b) continue
    // Of two different code units, one of a surrogate pair stands for the larger code point.
    const wideA = (a & 0xf800) == 0xd800
    const wideB = (b & 0xf800) == 0xd800
    if (wideA != wideB) return wideA ? 1 : -1
    return a < b ? -1 : 1
  }
  return 0
}

function compareBytes(left: Uint8Array, right: Uint8Array): i32 {
  if (left.length != right.length) return left.length < right.length ? -1 : 1
  return memory.compare(left.dataStart, right.dataStart, <usize>left.length)
}

/** An integer as a number that sorts like its encoding: 0, 1, 2 … then -1, -2, -3 … */
// @ts-ignore: decorator
@inline
function rank<T extends number>(value: T): u64 {
  if (isSigned<T>()) return <i64>value < 0 ? ~(<u64>value) | 0x8000000000000000 : <u64>value
  return <u64>value
}

/** Whether values of T have an order without being encoded. */
// @ts-ignore: decorator
@inline
export function isOrdered<T>(): bool {
  if (isInteger<T>() || isString<T>()) return true
  if (!isManaged<T>()) return false
  return idof<T>() == idof<Uint8Array>()
}

/** Less than 0, 0 or more than 0: the order of the encoded bytes of integers, texts and byte strings. */
export function compareKeys<T>(left: T, right: T): i32 {
  if (isInteger<T>()) {
    // @ts-ignore: T is an integer here
    const a = rank<T>(left)
    // @ts-ignore: T is an integer here
    const b = rank<T>(right)
    return i32(a > b) - i32(a < b)
  }
  if (isString<T>()) return compareText(changetype<string>(left), changetype<string>(right))
  return compareBytes(changetype<Uint8Array>(left), changetype<Uint8Array>(right))
}
