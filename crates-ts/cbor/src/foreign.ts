/**
 * The lenient decoder, for CBOR that others wrote: guests and senders (spec/02-encoding.md, "Foreign CBOR").
 *
 * Any well-formed item is read whatever its heads, lengths, key order and float widths; what has two readings is
 * refused all the same: duplicate keys, invalid UTF-8, bytes after the item.
 */
import { DEPTH_MAX_DEFAULT } from './data.ts'
import type { Data } from './data.ts'
import { encode } from './encode.ts'
import { bytesError } from './errors.ts'
import { halfValue, isIntegral, readFloat } from './float.ts'
import { toHex } from './hash.ts'
import { ItemCursor } from './item-cursor.ts'
import { readUtf8 } from './utf8.ts'

const UINT64_MAX = 0xffff_ffff_ffff_ffffn

/** The bound on nesting of what a guest returned; DEPTH_MAX_DEFAULT unless given. */
export interface ForeignOptions {
  readonly depthMax?: number
}

/**
 * The value of one well-formed item; `encode` of the result is its canonical form. Tags are dropped, except that a
 * bignum becomes the integer it stands for; `undefined` becomes null; integral floats become integers.
 * Throws `cbor.*` with `details.offset`.
 */
export function decodeForeign(bytes: Uint8Array, options: ForeignOptions = {}): Data {
  const cursor = new ItemCursor(bytes, 0)
  const value = readItem(cursor, options.depthMax ?? DEPTH_MAX_DEFAULT)
  if (cursor.offset !== bytes.length) {
    throw bytesError('cbor.trailing_bytes', cursor.offset, 'expected the end of the bytes')
  }
  return value
}

/** The foreign item that starts at the cursor, as a value. */
export function readForeign(cursor: ItemCursor, depthMax: number = DEPTH_MAX_DEFAULT): Data {
  return readItem(cursor, depthMax)
}

function readItem(cursor: ItemCursor, depthLeft: number): Data {
  const start = cursor.offset
  let tag: number | bigint = -1
  for (cursor.head(); cursor.major === 6; cursor.head()) tag = cursor.argument
  switch (cursor.major) {
    case 0:
      return cursor.argument
    case 1:
      return negative(cursor.argument)
    case 2: {
      const content = readBytes(cursor)
      return tag === 2 || tag === 3 ? bignum(content, tag, start) : content
    }
    case 3:
      return readText(cursor)
    case 7:
      return readSimple(cursor)
    default:
      if (depthLeft <= 0) throw bytesError('cbor.depth', start, 'the item is nested too deeply')
      return cursor.major === 4 ? readArray(cursor, depthLeft - 1) : readMap(cursor, depthLeft - 1)
  }
}

function negative(argument: number | bigint): number | bigint {
  return typeof argument === 'number' && argument < Number.MAX_SAFE_INTEGER ? -1 - argument : -1n - BigInt(argument)
}

function bignum(content: Uint8Array, tag: 2 | 3, start: number): number | bigint {
  let first = 0
  while (content[first] === 0) first += 1
  if (content.length - first > 8) throw bytesError('cbor.integer_range', start, 'the integer has more than 64 bits')
  let magnitude = 0n
  for (const byte of content.subarray(first)) magnitude = (magnitude << 8n) | BigInt(byte)
  return fitted(tag === 2 ? magnitude : -1n - magnitude)
}

/** A number where it is exact, else the bigint. */
function fitted(value: bigint): number | bigint {
  const exact = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
  return exact ? Number(value) : value
}

function readBytes(cursor: ItemCursor): Uint8Array {
  if (!cursor.indefinite) {
    const end = cursor.contentEnd()
    const content = cursor.source.subarray(cursor.offset, end)
    cursor.offset = end
    return content
  }
  const chunks: Uint8Array[] = []
  let length = 0
  while (cursor.chunk(2)) {
    const end = cursor.contentEnd()
    chunks.push(cursor.source.subarray(cursor.offset, end))
    length += end - cursor.offset
    cursor.offset = end
  }
  const joined = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    joined.set(chunk, at)
    at += chunk.length
  }
  return joined
}

function readText(cursor: ItemCursor): string {
  if (!cursor.indefinite) return readTextContent(cursor)
  let text = ''
  while (cursor.chunk(3)) text += readTextContent(cursor)
  return text
}

function readTextContent(cursor: ItemCursor): string {
  const start = cursor.offset
  const end = cursor.contentEnd()
  const text = readUtf8(cursor.source, start, end)
  if (text === undefined) throw bytesError('cbor.bad_utf8', start, 'the text is not valid UTF-8')
  cursor.offset = end
  return text
}

function readArray(cursor: ItemCursor, depthLeft: number): Data {
  const items: Data[] = []
  const count = cursor.itemCount(1)
  for (let index = 0; index < count && !(count === Infinity && cursor.atBreak()); index += 1) {
    items.push(readItem(cursor, depthLeft))
  }
  return items
}

function readMap(cursor: ItemCursor, depthLeft: number): Data {
  const entries = new Map<Data, Data>()
  const others = new Set<string>()
  const count = cursor.itemCount(2)
  for (let index = 0; index < count && !(count === Infinity && cursor.atBreak()); index += 1) {
    const start = cursor.offset
    const key = readItem(cursor, depthLeft)
    if (Object.is(key, -0)) throw bytesError('cbor.bad_key', start, 'minus zero cannot be a key')
    if (isNewKey(key, entries, others)) entries.set(key, readItem(cursor, depthLeft))
    else throw bytesError('cbor.duplicate_key', start, 'the key stands twice')
  }
  return entries
}

/** Keys are the same when their canonical bytes are. */
function isNewKey(key: Data, entries: ReadonlyMap<Data, Data>, others: Set<string>): boolean {
  if (typeof key !== 'object' || key === null) return !entries.has(key)
  const identity = toHex(encode(key))
  if (others.has(identity)) return false
  others.add(identity)
  return true
}

function readSimple(cursor: ItemCursor): Data {
  switch (cursor.info) {
    case 20:
      return false
    case 21:
      return true
    case 22:
    case 23:
      return null
    case 25:
      return readForeignFloat(halfValue(Number(cursor.argument)))
    case 26:
      return readForeignFloat(readFloat(cursor.source, cursor.offset - 4, 4))
    case 27:
      return readForeignFloat(readFloat(cursor.source, cursor.offset - 8, 8))
    default:
      throw bytesError('cbor.bad_simple', cursor.start, 'expected false, true, null or undefined')
  }
}

/** Integral values become integers, because that is what their canonical form is. */
function readForeignFloat(value: number): number | bigint {
  if (!isIntegral(value) || Number.isSafeInteger(value)) return value
  const exact = BigInt(value)
  return exact > UINT64_MAX ? value : exact
}
