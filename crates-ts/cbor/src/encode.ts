/** The canonical encoder of unknown values (spec/02-encoding.md, "Canonical form"). */
import { Tagged, DEPTH_MAX_DEFAULT, PREFIX_TAG } from './data.ts'
import type { Data } from './data.ts'
import { AosError } from './error.ts'
import type { ErrorPath } from './error.ts'
import type { CborErrorCode } from './errors.ts'
import { isIntegral } from './float.ts'
import { HASH_BYTES } from './hash.ts'
import type { CanonicalBytes, HashBytes, Sha256Port } from './hash.ts'
import { CborWriter } from './writer.ts'

/** A spare buffer larger than this is given back to the collector. */
const SPARE_CAPACITY_MAX = 1 << 20

/** Up to here an insertion sort beats the one of the platform. */
const INSERTION_SORT_MAX = 16

/**
 * A writer kept between calls, because allocating one costs as much as encoding an event. It is taken out while in
 * use, so a getter that encodes again cannot see it, and nothing can observe whether it was there.
 */
let spare: CborWriter | undefined

/** Canonical bytes without the prefix. Throws `cbor.*` with the path of the value that cannot be encoded. */
export function encode(value: Data): CanonicalBytes {
  return encodeWith(value, false)
}

/** Canonical bytes with the self-describe prefix d9d9f7, as nodes, values, keys and events have it. */
export function encodeNode(value: Data): CanonicalBytes {
  return encodeWith(value, true)
}

/** Writes one value in canonical form. After a throw the writer's content is cut back to what it was. */
export function encodeInto(writer: CborWriter, value: Data): void {
  const start = writer.length
  try {
    new Encoder(writer).item(value, 0)
  } catch (error) {
    writer.truncate(start)
    throw error
  }
}

/** SHA-256 of the items that `write` writes, without a copy of them in between. */
export function hashWritten(port: Sha256Port, write: (writer: CborWriter) => void): HashBytes {
  const digest = new Uint8Array(HASH_BYTES)
  hashWrittenInto(port, write, digest, 0)
  return digest
}

/** Like `hashWritten`, with the digest at `offset` of `output`. */
export function hashWrittenInto(
  port: Sha256Port,
  write: (writer: CborWriter) => void,
  output: Uint8Array,
  offset: number,
): void {
  const writer = takeSpare()
  try {
    write(writer)
    port.sha256Into(writer.view(), output, offset)
  } finally {
    keepSpare(writer)
  }
}

/** The items that `write` writes, in an array of their own. That they are canonical is the caller's business. */
export function takeWritten(write: (writer: CborWriter) => void): CanonicalBytes {
  const writer = takeSpare()
  try {
    write(writer)
    return writer.take() as CanonicalBytes // as the caller says
  } finally {
    keepSpare(writer)
  }
}

function encodeWith(value: Data, prefixed: boolean): CanonicalBytes {
  const writer = takeSpare()
  try {
    if (prefixed) writer.prefix()
    new Encoder(writer).item(value, 0)
    return writer.take() as CanonicalBytes // this module is the maker of the brand
  } finally {
    keepSpare(writer)
  }
}

function takeSpare(): CborWriter {
  const writer = spare ?? new CborWriter(1024)
  spare = undefined
  writer.reset()
  return writer
}

function keepSpare(writer: CborWriter): void {
  if (writer.capacity <= SPARE_CAPACITY_MAX) spare = writer
}

class Encoder {
  private readonly writer: CborWriter
  private readonly path: (string | number)[] = []

  constructor(writer: CborWriter) {
    this.writer = writer
  }

  item(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        return this.text(value, depth)
      case 'number':
        return this.number(value, depth)
      case 'boolean':
        return this.writer.bool(value)
      case 'bigint':
        return this.bigint(value, depth)
      case 'object':
        if (value === null) return this.writer.null()
        if (value instanceof Uint8Array) return this.writer.bytes(value)
        if (depth >= DEPTH_MAX_DEFAULT)
          throw this.error('cbor.depth', depth, 'the value is nested too deeply or in a cycle')
        return this.container(value, depth)
      default:
        throw this.error('cbor.unsupported_value', depth, `expected data, found ${typeof value}`)
    }
  }

  private text(value: string, depth: number): void {
    try {
      this.writer.text(value)
    } catch (cause) {
      throw this.located(cause, depth)
    }
  }

  private number(value: number, depth: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return this.writer.int(value)
    if (isIntegral(value)) {
      throw this.error('cbor.unsafe_integer', depth, `expected a bigint beyond ±(2^53-1), found the number ${value}`)
    }
    this.writer.float(value)
  }

  private bigint(value: bigint, depth: number): void {
    try {
      this.writer.int(value)
    } catch (cause) {
      throw this.located(cause, depth)
    }
  }

  private container(value: object, depth: number): void {
    if (Array.isArray(value)) {
      this.writer.array(value.length)
      for (let index = 0; index < value.length; index += 1) {
        this.path[depth] = index
        this.item(value[index], depth + 1)
      }
    } else if (value instanceof Map) {
      this.map(value, depth)
    } else if (value instanceof Tagged) {
      this.tagged(value, depth)
    } else {
      this.record(value, depth)
    }
  }

  private tagged(value: Tagged, depth: number): void {
    if (Number(value.tag) === PREFIX_TAG) {
      throw this.error('cbor.unexpected_prefix', depth, 'the self-describe tag is written as a prefix only')
    }
    const bignum = Number(value.tag) === 2 || Number(value.tag) === 3
    if (bignum && !isPreferredBignum(value.value)) {
      throw this.error('cbor.bad_bignum', depth, 'expected more than 8 bytes without a leading zero')
    }
    try {
      this.writer.tag(value.tag)
    } catch (cause) {
      throw this.located(cause, depth)
    }
    this.path[depth] = 'value'
    this.item(value.value, depth + 1)
  }

  private record(value: object, depth: number): void {
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) {
      throw this.error('cbor.unsupported_value', depth, 'expected data, found an instance of a class')
    }
    const keys = sortedTexts(Object.keys(value))
    const entries = value as Readonly<Record<string, unknown>> // an object whose own keys were just listed
    const { writer } = this
    const start = writer.length
    writer.map(keys.length)
    let previous = start
    let previousEnd = start
    for (const key of keys) {
      this.path[depth] = key
      const keyStart = writer.length
      this.text(key, depth + 1)
      const keyEnd = writer.length
      if (writer.compareRanges(previous, previousEnd, keyStart, keyEnd) >= 0) {
        return this.unsorted(keys, (each) => entries[each], depth, start)
      }
      previous = keyStart
      previousEnd = keyEnd
      this.item(entries[key], depth + 1)
    }
  }

  private map(value: ReadonlyMap<unknown, unknown>, depth: number): void {
    const { writer } = this
    const start = writer.length
    writer.map(value.size)
    let previous = start
    let previousEnd = start
    for (const [key, item] of value) {
      this.path[depth] = pathPart(key)
      const keyStart = writer.length
      this.item(key, depth + 1)
      const keyEnd = writer.length
      if (writer.compareRanges(previous, previousEnd, keyStart, keyEnd) >= 0) {
        return this.unsorted([...value.keys()], (each) => value.get(each), depth, start)
      }
      previous = keyStart
      previousEnd = keyEnd
      this.item(item, depth + 1)
    }
  }

  /** The slow way: write all entries as they come, then sort them by the bytes of their keys. */
  private unsorted<K>(keys: readonly K[], valueOf: (key: K) => unknown, depth: number, start: number): void {
    const { writer } = this
    writer.truncate(start)
    writer.map(keys.length)
    const starts: number[] = []
    const ends: number[] = []
    for (const key of keys) {
      this.path[depth] = pathPart(key)
      starts.push(writer.length)
      this.item(key, depth + 1)
      ends.push(writer.length)
      this.item(valueOf(key), depth + 1)
    }
    const compare = (left: number, right: number): number =>
      writer.compareRanges(starts[left] ?? 0, ends[left] ?? 0, starts[right] ?? 0, ends[right] ?? 0)
    const order = starts.map((_, index) => index).sort(compare)
    for (let index = 1; index < order.length; index += 1) {
      const left = order[index - 1] ?? 0
      const right = order[index] ?? 0
      if (compare(left, right) !== 0) continue
      this.path[depth] = pathPart(keys[Math.max(left, right)])
      throw this.error('cbor.duplicate_key', depth + 1, 'two keys have the same encoding')
    }
    writer.reorder(starts, order)
  }

  private located(cause: unknown, depth: number): unknown {
    if (!(cause instanceof AosError)) return cause
    return new AosError(cause.code, cause.message, { path: this.pathTo(depth) })
  }

  private error(code: CborErrorCode, depth: number, message: string): AosError {
    return new AosError(code, message, { path: this.pathTo(depth) })
  }

  private pathTo(depth: number): ErrorPath {
    return this.path.slice(0, depth)
  }
}

/**
 * Keys by length and then by code unit: for ASCII keys that is the canonical order. For other keys it may not be; the
 * encoder compares the bytes it wrote and falls back to sorting those.
 */
function sortedTexts(keys: string[]): string[] {
  if (keys.length > INSERTION_SORT_MAX) return keys.sort(compareTexts)
  for (let index = 1; index < keys.length; index += 1) {
    const key = keys[index] ?? ''
    let at = index
    for (; at > 0 && compareTexts(keys[at - 1] ?? '', key) > 0; at -= 1) keys[at] = keys[at - 1] ?? ''
    keys[at] = key
  }
  return keys
}

function compareTexts(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length
  if (left === right) return 0
  return left < right ? -1 : 1
}

function isPreferredBignum(value: unknown): boolean {
  return value instanceof Uint8Array && value.length > 8 && value[0] !== 0
}

function pathPart(key: unknown): string | number {
  if (typeof key === 'string' || typeof key === 'number') return key
  return typeof key === 'bigint' ? key.toString() : '(key)'
}
