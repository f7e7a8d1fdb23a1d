/** The strict decoder: it accepts exactly what the encoder produces (spec/02-encoding.md, "Canonical form"). */
import { DEPTH_MAX_DEFAULT, Tagged, hasPrefix } from './data.ts'
import type { Data } from './data.ts'
import { bytesError } from './errors.ts'
import { CborReader } from './reader.ts'

/** What the strict decoder takes besides one canonical item; `depthMax` is DEPTH_MAX_DEFAULT unless given. */
export interface DecodeOptions {
  /** Whether the bytes start with the self-describe prefix d9d9f7. */
  readonly prefix: 'required' | 'absent' | 'optional'
  readonly depthMax?: number
}

/**
 * The value of one canonical item. `encode` of the result gives the same bytes. Byte strings are views into `bytes`.
 * Throws `cbor.*` with `details.offset`.
 */
export function decode(bytes: Uint8Array, options: DecodeOptions): Data {
  const reader = new CborReader(bytes)
  openPrefix(reader, options.prefix)
  const value = readItem(reader, options.depthMax ?? DEPTH_MAX_DEFAULT)
  reader.end()
  return value
}

/** Refuses like `decode` and allocates nothing: for bytes that stay bytes. */
export function checkCanonical(bytes: Uint8Array, options: DecodeOptions): void {
  const reader = new CborReader(bytes)
  openPrefix(reader, options.prefix)
  reader.skip(options.depthMax ?? DEPTH_MAX_DEFAULT)
  reader.end()
}

/** The next item of a strict cursor as a value. */
export function readData(reader: CborReader, depthMax: number = DEPTH_MAX_DEFAULT): Data {
  return readItem(reader, depthMax)
}

function openPrefix(reader: CborReader, prefix: DecodeOptions['prefix']): void {
  if (prefix === 'required' || (prefix === 'optional' && hasPrefix(reader.source))) reader.prefix()
}

function readItem(reader: CborReader, depthLeft: number): Data {
  switch (reader.peekMajor()) {
    case 0:
    case 1:
      return reader.int()
    case 2:
      return reader.bytes()
    case 3:
      return reader.text()
    case 7:
      return readSimple(reader)
    default:
      if (depthLeft <= 0) throw bytesError('cbor.depth', reader.offset, 'the item is nested too deeply')
      return readContainer(reader, depthLeft - 1)
  }
}

function readContainer(reader: CborReader, depthLeft: number): Data {
  switch (reader.peekMajor()) {
    case 4:
      return readArray(reader, depthLeft)
    case 5:
      return readMap(reader, depthLeft)
    default:
      return readTagged(reader, depthLeft)
  }
}

function readArray(reader: CborReader, depthLeft: number): Data {
  const items: Data[] = []
  for (let left = reader.array(); left > 0; left -= 1) items.push(readItem(reader, depthLeft))
  return items
}

function readMap(reader: CborReader, depthLeft: number): Data {
  const entries = new Map<Data, Data>()
  let previous = -1
  let previousEnd = -1
  for (let left = reader.map(); left > 0; left -= 1) {
    const start = reader.offset
    const key = readItem(reader, depthLeft)
    const end = reader.offset
    reader.checkFloatKey(start)
    if (previous >= 0) reader.checkKeyOrder(previous, previousEnd, start, end)
    previous = start
    previousEnd = end
    entries.set(key, readItem(reader, depthLeft))
  }
  return entries
}

function readTagged(reader: CborReader, depthLeft: number): Data {
  const start = reader.offset
  const tag = reader.tag()
  const bignum = tag === 2 || tag === 3
  return new Tagged(tag, bignum ? reader.bignumContent(start) : readItem(reader, depthLeft))
}

function readSimple(reader: CborReader): Data {
  switch (reader.peek()) {
    case 0xf4:
    case 0xf5:
      return reader.bool()
    case 0xf6:
      reader.isNull()
      return null
    default:
      return reader.floatOrRefuse()
  }
}
