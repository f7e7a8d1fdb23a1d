/**
 * Writing single values for the generated encoders. Every function writes at `at`, where the caller provides `SLACK`
 * bytes, and returns the offset after what it wrote, or -1 when the value does not have the type.
 */
import { compareBytes } from '@aos/cbor'
import { compareItems } from './scan.ts'
import { isCanonicalSpelling } from './scalar.ts'
import { type Sink, SLACK } from './sink.ts'

/** Texts of up to so many units are written at once when they are ASCII. */
const SHORT_TEXT_MAX = 64

/** Up to here a loop beats the call into the platform. */
const COPY_LOOP_MAX = 24

/** Provides `SLACK` bytes. */
export function slack(sink: Sink, at: number): void {
  if (at + SLACK > sink.bytes.length) sink.grow(at, SLACK)
}

/** Writes an integer of a signed 64-bit word. */
export function putInt(sink: Sink, value: unknown, at: number): number {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return -1
    return value < 0 ? putHead(sink, 0x20, -1 - value, at) : putHead(sink, 0, value, at)
  }
  if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) return -1
  return value < 0n ? putBigHead(sink, 0x20, -1n - value, at) : putBigHead(sink, 0, value, at)
}

/** Writes an integer of an unsigned 64-bit word. */
export function putNat(sink: Sink, value: unknown, at: number): number {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) return -1
    return putHead(sink, 0, value, at)
  }
  if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) return -1
  return putBigHead(sink, 0, value, at)
}

/** Writes a head; the argument is at most 2^53-1. */
function putHead(sink: Sink, major: number, argument: number, at: number): number {
  const { bytes } = sink
  if (argument < 24) {
    bytes[at] = major | argument
    return at + 1
  }
  if (argument < 0x100) {
    bytes[at] = major | 24
    bytes[at + 1] = argument
    return at + 2
  }
  if (argument < 0x1_0000) {
    bytes[at] = major | 25
    bytes[at + 1] = argument >> 8
    bytes[at + 2] = argument
    return at + 3
  }
  if (argument < 0x1_0000_0000) {
    bytes[at] = major | 26
    sink.view.setUint32(at + 1, argument)
    return at + 5
  }
  bytes[at] = major | 27
  sink.view.setUint32(at + 1, Math.floor(argument / 0x1_0000_0000))
  sink.view.setUint32(at + 5, argument >>> 0)
  return at + 9
}

function putBigHead(sink: Sink, major: number, argument: bigint, at: number): number {
  if (argument < 0x1_0000_0000n) return putHead(sink, major, Number(argument), at)
  sink.bytes[at] = major | 27
  sink.view.setBigUint64(at + 1, argument)
  return at + 9
}

export function putBool(sink: Sink, value: unknown, at: number): number {
  if (typeof value !== 'boolean') return -1
  sink.bytes[at] = value ? 0xf5 : 0xf4
  return at + 1
}

export function putNull(sink: Sink, value: unknown, at: number): number {
  if (value !== null) return -1
  sink.bytes[at] = 0xf6
  return at + 1
}

export function putBytes(sink: Sink, value: unknown, at: number): number {
  if (!(value instanceof Uint8Array)) return -1
  const { length } = value
  if (at + 9 + length > sink.bytes.length) sink.grow(at, 9 + length)
  const start = putHead(sink, 0x40, length, at)
  const { bytes } = sink
  if (length > COPY_LOOP_MAX) bytes.set(value, start)
  else for (let index = 0; index < length; index += 1) bytes[start + index] = value[index] ?? 0
  return start + length
}

/** Writes a text without lone surrogates. */
export function putText(sink: Sink, value: unknown, at: number): number {
  if (typeof value !== 'string') return -1
  const { length } = value
  if (length > SHORT_TEXT_MAX) return putWideText(sink, value, at)
  const { bytes } = sink
  let next = at
  if (length >= 24) bytes[next++] = 0x78
  bytes[next++] = length < 24 ? 0x60 | length : length
  for (let index = 0; index < length; index += 1) {
    const unit = value.charCodeAt(index)
    if (unit >= 0x80) return putWideText(sink, value, at)
    bytes[next++] = unit
  }
  return next
}

function putWideText(sink: Sink, value: string, at: number): number {
  const length = utf8Length(value)
  if (length < 0) return -1
  if (at + 9 + length > sink.bytes.length) sink.grow(at, 9 + length)
  let next = putHead(sink, 0x60, length, at)
  const { bytes } = sink
  for (let index = 0; index < value.length; index += 1) {
    const unit = value.charCodeAt(index)
    if (unit < 0x80) {
      bytes[next++] = unit
    } else if (unit < 0x800) {
      bytes[next++] = 0xc0 | (unit >> 6)
      bytes[next++] = 0x80 | (unit & 0x3f)
    } else if (unit < 0xd800 || unit > 0xdfff) {
      bytes[next++] = 0xe0 | (unit >> 12)
      bytes[next++] = 0x80 | ((unit >> 6) & 0x3f)
      bytes[next++] = 0x80 | (unit & 0x3f)
    } else {
      index += 1
      const point = 0x10000 + ((unit & 0x3ff) << 10) + (value.charCodeAt(index) & 0x3ff)
      bytes[next++] = 0xf0 | (point >> 18)
      bytes[next++] = 0x80 | ((point >> 12) & 0x3f)
      bytes[next++] = 0x80 | ((point >> 6) & 0x3f)
      bytes[next++] = 0x80 | (point & 0x3f)
    }
  }
  return next
}

/** -1 for a lone surrogate. */
function utf8Length(value: string): number {
  if (!value.isWellFormed()) return -1
  let length = value.length
  for (let index = 0; index < value.length; index += 1) {
    const unit = value.charCodeAt(index)
    // Each half of a pair counts two, so that the pair counts four.
    if (unit >= 0x80) length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2
  }
  return length
}

export function putDec128(sink: Sink, value: unknown, at: number): number {
  return typeof value === 'string' && isCanonicalSpelling('dec128', value) ? putText(sink, value, at) : -1
}

export function putUuid(sink: Sink, value: unknown, at: number): number {
  return typeof value === 'string' && isCanonicalSpelling('uuid', value) ? putText(sink, value, at) : -1
}

export function putHash(sink: Sink, value: unknown, at: number): number {
  return typeof value === 'string' && isCanonicalSpelling('hash', value) ? putText(sink, value, at) : -1
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

export type PutItem = (sink: Sink, value: unknown, at: number) => number

/** Writes a list. */
export function putList(sink: Sink, value: unknown, at: number, putItem: PutItem): number {
  if (!Array.isArray(value)) return -1
  let next = putHead(sink, 0x80, value.length, at)
  for (let index = 0; index < value.length; index += 1) {
    slack(sink, next)
    next = putItem(sink, value[index], next)
    if (next < 0) return -1
  }
  slack(sink, next)
  return next
}

/** Writes a set in the order of its items' bytes, equal items once. */
export function putSet(sink: Sink, value: unknown, at: number, putItem: PutItem): number {
  if (!Array.isArray(value)) return -1
  let next = putHead(sink, 0x80, value.length, at)
  const starts: number[] = []
  let isAscending = true
  let previous = next
  for (let index = 0; index < value.length; index += 1) {
    slack(sink, next)
    const start = next
    next = putItem(sink, value[index], start)
    if (next < 0) return -1
    if (index > 0) isAscending &&= compareItems(sink.bytes, previous, start, start, next) < 0
    starts.push(start)
    previous = start
  }
  if (!isAscending) next = sortItems(sink, { at, starts, end: next })
  slack(sink, next)
  return next
}

interface ItemRanges {
  readonly at: number
  readonly starts: readonly number[]
  readonly end: number
}

function sortItems(sink: Sink, { at, starts, end }: ItemRanges): number {
  const items = starts.map((start, index) => sink.bytes.slice(start, starts[index + 1] ?? end)).sort(compareBytes)
  const distinct = items.filter((item, index) => index === 0 || compareBytes(items[index - 1] ?? item, item) !== 0)
  let next = putHead(sink, 0x80, distinct.length, at)
  for (const item of distinct) {
    sink.bytes.set(item, next)
    next += item.length
  }
  return next
}

/** The two halves of a map's entries. */
export interface PutEntry {
  readonly key: PutItem
  readonly value: PutItem
}

/** Writes a map in the order of its keys' bytes; two equal keys (1 and 1n) are refused. */
export function putMap(sink: Sink, value: unknown, at: number, putEntry: PutEntry): number {
  if (!(value instanceof Map)) return -1
  let next = putHead(sink, 0xa0, value.size, at)
  const first = next
  const entries: { start: number; keyEnd: number }[] = []
  let isAscending = true
  let previous = { start: next, keyEnd: next }
  for (const [key, item] of value) {
    slack(sink, next)
    const entry = { start: next, keyEnd: putEntry.key(sink, key, next) }
    if (entry.keyEnd < 0) return -1
    isAscending &&= compareItems(sink.bytes, previous.start, previous.keyEnd, entry.start, entry.keyEnd) < 0
    slack(sink, entry.keyEnd)
    next = putEntry.value(sink, item, entry.keyEnd)
    if (next < 0) return -1
    entries.push(entry)
    previous = entry
  }
  slack(sink, next)
  return isAscending || sortEntries(sink, { first, entries, end: next }) ? next : -1
}

interface EntryRanges {
  readonly first: number
  readonly entries: readonly { readonly start: number; readonly keyEnd: number }[]
  readonly end: number
}

/** False when a key stands twice. */
function sortEntries(sink: Sink, { first, entries, end }: EntryRanges): boolean {
  const sorted = entries
    .map(({ start, keyEnd }, index) => ({
      key: sink.bytes.slice(start, keyEnd),
      bytes: sink.bytes.slice(start, entries[index + 1]?.start ?? end),
    }))
    .sort((left, right) => compareBytes(left.key, right.key))
  let next = first
  for (const [index, { key, bytes }] of sorted.entries()) {
    if (index > 0 && compareBytes(sorted[index - 1]?.key ?? key, key) === 0) return false
    sink.bytes.set(bytes, next)
    next += bytes.length
  }
  return true
}
