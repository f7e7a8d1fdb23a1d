/** Writing single values for the generated encoders: false means that the value does not have the type. */
import { type CborWriter, compareBytes } from '@aos/cbor'
import { isCanonicalSpelling } from './scalar.ts'

/** Writes an integer of a signed 64-bit word. */
export function putInt(writer: CborWriter, value: unknown): boolean {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return false
  } else if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) return false
  writer.int(value)
  return true
}

/** Writes an integer of an unsigned 64-bit word. */
export function putNat(writer: CborWriter, value: unknown): boolean {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) return false
  } else if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) return false
  writer.uint(value)
  return true
}

export function putBool(writer: CborWriter, value: unknown): boolean {
  if (typeof value !== 'boolean') return false
  writer.bool(value)
  return true
}

export function putNull(writer: CborWriter, value: unknown): boolean {
  if (value !== null) return false
  writer.null()
  return true
}

export function putBytes(writer: CborWriter, value: unknown): boolean {
  if (!(value instanceof Uint8Array)) return false
  writer.bytes(value)
  return true
}

/** Writes a text; a lone surrogate makes the writer throw, which the caller turns into the precise error. */
export function putText(writer: CborWriter, value: unknown): boolean {
  if (typeof value !== 'string') return false
  writer.text(value)
  return true
}

export function putDec128(writer: CborWriter, value: unknown): boolean {
  if (typeof value !== 'string' || !isCanonicalSpelling('dec128', value)) return false
  writer.text(value)
  return true
}

export function putUuid(writer: CborWriter, value: unknown): boolean {
  if (typeof value !== 'string' || !isCanonicalSpelling('uuid', value)) return false
  writer.text(value)
  return true
}

export function putHash(writer: CborWriter, value: unknown): boolean {
  if (typeof value !== 'string' || !isCanonicalSpelling('hash', value)) return false
  writer.text(value)
  return true
}

/** True for an object literal or a null-prototype object: nothing in it can be inherited unseen. */
export function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** How many keys the object has of its own. */
export function keyCount(value: object): number {
  return Object.keys(value).length
}

/** A member whose name also stands on Object.prototype. */
export function ownMember(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined
}

export type PutItem = (writer: CborWriter, value: unknown) => boolean

/** Writes a list. */
export function putList(writer: CborWriter, value: unknown, putItem: PutItem): boolean {
  if (!Array.isArray(value)) return false
  writer.array(value.length)
  for (let index = 0; index < value.length; index += 1) if (!putItem(writer, value[index])) return false
  return true
}

/** Writes a set in the order of its items' bytes, equal items once. */
export function putSet(writer: CborWriter, value: unknown, putItem: PutItem): boolean {
  if (!Array.isArray(value)) return false
  const head = writer.length
  writer.array(value.length)
  const starts: number[] = []
  let ascending = true
  for (let index = 0; index < value.length; index += 1) {
    const at = writer.length
    if (!putItem(writer, value[index])) return false
    if (index > 0) ascending &&= writer.compareRanges(starts[index - 1] ?? 0, at, at, writer.length) < 0
    starts.push(at)
  }
  if (ascending) return true
  const items = starts.map((start, index) => writer.take(start, starts[index + 1] ?? writer.length)).sort(compareBytes)
  const distinct = items.filter((item, index) => index === 0 || compareBytes(items[index - 1] ?? item, item) !== 0)
  writer.truncate(head)
  writer.array(distinct.length)
  for (const item of distinct) writer.raw(item)
  return true
}

/** Writes a map in the order of its keys' bytes; two equal keys (1 and 1n) are refused. */
export function putMap(writer: CborWriter, value: unknown, putKey: PutItem, putValue: PutItem): boolean {
  if (!(value instanceof Map)) return false
  writer.map(value.size)
  const starts: number[] = []
  const keyEnds: number[] = []
  let ascending = true
  for (const [key, item] of value) {
    const at = writer.length
    if (!putKey(writer, key)) return false
    const before = starts.length - 1
    if (before >= 0) {
      ascending &&= writer.compareRanges(starts[before] ?? 0, keyEnds[before] ?? 0, at, writer.length) < 0
    }
    starts.push(at)
    keyEnds.push(writer.length)
    if (!putValue(writer, item)) return false
  }
  return ascending || sortEntries(writer, starts, keyEnds)
}

function sortEntries(writer: CborWriter, starts: readonly number[], keyEnds: readonly number[]): boolean {
  const compare = (left: number, right: number): number =>
    writer.compareRanges(starts[left] ?? 0, keyEnds[left] ?? 0, starts[right] ?? 0, keyEnds[right] ?? 0)
  const order = starts.map((_, index) => index).sort(compare)
  for (let index = 1; index < order.length; index += 1) {
    if (compare(order[index - 1] ?? 0, order[index] ?? 0) === 0) return false
  }
  writer.reorder(starts, order)
  return true
}
