/** Values of AIR types (spec/03-values.md, "Canonical bytes") to and from what a reducer in TypeScript works with. */
import { Reader } from './reader.ts'
import { Writer, compareBytes } from './writer.ts'

/** A type, as the generator writes it. A set of scalars is a Set, any other set a list. */
export type ValueType =
  | 'bool'
  | 'int'
  | 'nat'
  | 'text'
  | 'bytes'
  | 'unit'
  | { readonly record: readonly (readonly [string, ValueType])[] }
  | { readonly variant: readonly (readonly [string, ValueType])[] }
  | { readonly list: ValueType }
  | { readonly set: ValueType }
  | { readonly map: readonly [ValueType, ValueType] }
  | { readonly option: ValueType }

/** Decodes and encodes values of one type. Both throw a TypeError or RangeError that names the place. */
export interface Codec {
  decode(reader: Reader): unknown
  encode(writer: Writer, value: unknown): void
}

/** Makes the codec of a type once; using it builds nothing. */
export function makeCodec(type: ValueType): Codec {
  if (typeof type === 'string') return SCALARS[type]
  if ('record' in type) return recordCodec(type.record)
  if ('variant' in type) return variantCodec(type.variant)
  if ('list' in type) return listCodec(makeCodec(type.list))
  if ('set' in type) return setCodec(makeCodec(type.set), isScalar(type.set))
  if ('map' in type) return mapCodec(makeCodec(type.map[0]), makeCodec(type.map[1]))
  return optionCodec(makeCodec(type.option))
}

/** The value of bytes with or without the prefix. */
export function decodeValue(codec: Codec, bytes: Uint8Array): unknown {
  return decodeFrom(codec, new Reader(bytes))
}

/** The value that the reader stands before, with or without the prefix, and nothing behind it. */
export function decodeFrom(codec: Codec, reader: Reader): unknown {
  reader.skipPrefix()
  const value = codec.decode(reader)
  if (!reader.isDone) throw new RangeError('expected nothing behind the value')
  return value
}

/** Canonical bytes with the prefix. */
export function encodeValue(codec: Codec, value: unknown): Uint8Array {
  const writer = new Writer()
  writer.prefix()
  codec.encode(writer, value)
  return writer.take()
}

/** Sets of these are Sets. */
function isScalar(type: ValueType): boolean {
  return type === 'bool' || type === 'int' || type === 'nat' || type === 'text'
}

function wrongType(expected: string, value: unknown): TypeError {
  const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value
  return new TypeError(`expected ${expected}, found ${found}`)
}

/** Adds a step of the path to what an inner codec threw. */
function at(step: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const inner = /^\$([^ ]*): ([^]*)$/.exec(error.message)
  error.message = inner === null ? `$${step}: ${error.message}` : `$${step}${inner[1] ?? ''}: ${inner[2] ?? ''}`
  return error
}

function integerCodec(name: string, min: bigint, max: bigint): Codec {
  const check = (value: bigint): bigint => {
    if (value < min || value > max) throw new RangeError(`expected ${name}, found ${value}`)
    return value
  }
  return {
    decode: (reader) => check(reader.integer()),
    encode(writer, value) {
      if (typeof value === 'bigint') writer.integer(check(value))
      else if (Number.isSafeInteger(value)) writer.integer(check(BigInt(value as number)))
      else throw wrongType(`${name} as a bigint`, value)
    },
  }
}

const SCALARS: Readonly<Record<Extract<ValueType, string>, Codec>> = {
  bool: {
    decode: (reader) => reader.bool(),
    encode(writer, value) {
      if (typeof value !== 'boolean') throw wrongType('a boolean', value)
      writer.bool(value)
    },
  },
  int: integerCodec('an int', -(1n << 63n), (1n << 63n) - 1n),
  nat: integerCodec('a nat', 0n, (1n << 64n) - 1n),
  text: {
    decode: (reader) => reader.text(),
    encode(writer, value) {
      if (typeof value !== 'string') throw wrongType('a string', value)
      writer.text(value)
    },
  },
  bytes: {
    decode: (reader) => reader.bytes(),
    encode(writer, value) {
      if (!(value instanceof Uint8Array)) throw wrongType('a Uint8Array', value)
      writer.bytes(value)
    },
  },
  unit: {
    decode(reader) {
      if (!reader.isNull()) reader.skip()
      return null
    },
    encode: (writer) => writer.null(),
  },
}

function listCodec(item: Codec): Codec {
  return {
    decode(reader) {
      const items: unknown[] = []
      for (let left = reader.array(); left > 0; left -= 1) items.push(item.decode(reader))
      return items
    },
    encode(writer, value) {
      if (!Array.isArray(value)) throw wrongType('an array', value)
      writer.array(value.length)
      value.forEach((each, index) => {
        try {
          item.encode(writer, each)
        } catch (error) {
          throw at(`[${index}]`, error)
        }
      })
    },
  }
}

function setCodec(item: Codec, isSet: boolean): Codec {
  const list = listCodec(item)
  return {
    decode(reader) {
      const items = list.decode(reader) as unknown[] // what a list decodes to
      return isSet ? new Set(items) : items
    },
    encode(writer, value) {
      if (!(value instanceof Set) && !Array.isArray(value)) throw wrongType(isSet ? 'a Set' : 'an array', value)
      const items = [...(value as Iterable<unknown>)].map((each) => encodeAlone(item, each)).sort(compareBytes)
      const different = items.filter((bytes, index) => {
        const before = items[index - 1]
        return before === undefined || compareBytes(before, bytes) !== 0
      })
      writer.array(different.length)
      for (const bytes of different) writer.raw(bytes)
    },
  }
}

function mapCodec(key: Codec, value: Codec): Codec {
  return {
    decode(reader) {
      const map = new Map<unknown, unknown>()
      for (let left = reader.map(); left > 0; left -= 1) {
        const found = key.decode(reader)
        map.set(found, value.decode(reader))
      }
      return map
    },
    encode(writer, map) {
      if (!(map instanceof Map)) throw wrongType('a Map', map)
      const pairs = [...(map as Map<unknown, unknown>)]
        .map(([found, each]) => ({ bytes: encodeAlone(key, found), each }))
        .sort((left, right) => compareBytes(left.bytes, right.bytes))
      writer.map(pairs.length)
      for (const { bytes, each } of pairs) {
        writer.raw(bytes)
        value.encode(writer, each)
      }
    },
  }
}

function optionCodec(inner: Codec): Codec {
  return {
    decode: (reader) => (reader.isNull() ? null : inner.decode(reader)),
    encode(writer, value) {
      if (value === null || value === undefined) writer.null()
      else inner.encode(writer, value)
    },
  }
}

function encodeAlone(codec: Codec, value: unknown): Uint8Array {
  const writer = new Writer(64)
  codec.encode(writer, value)
  return writer.take()
}

/** A field or arm with its key as it is encoded. */
interface Member {
  readonly key: string
  readonly bytes: Uint8Array
  readonly codec: Codec
  readonly isOptional: boolean
}

/** In canonical order. */
function membersOf(entries: readonly (readonly [string, ValueType])[]): readonly Member[] {
  return entries
    .map(([key, type]) => {
      const isOptional = typeof type === 'object' && 'option' in type
      return { key, bytes: encodeAlone(SCALARS.text, key), codec: makeCodec(type), isOptional }
    })
    .sort((left, right) => compareBytes(left.bytes, right.bytes))
}

function recordCodec(entries: readonly (readonly [string, ValueType])[]): Codec {
  const members = membersOf(entries)
  const byKey = new Map(members.map((member) => [member.key, member]))
  return {
    decode(reader) {
      // Without a prototype, `__proto__` is a field like any other.
      const record = (byKey.has('__proto__') ? Object.create(null) : {}) as Record<string, unknown>
      let left = reader.map()
      // Canonical bytes have the fields in this order; any other order takes the way below.
      for (const { key, bytes, codec } of members) {
        if (left === 0 || !reader.match(bytes)) break
        record[key] = codec.decode(reader)
        left -= 1
      }
      for (; left > 0; left -= 1) {
        const member = byKey.get(reader.text())
        if (member === undefined) reader.skip()
        else record[member.key] = member.codec.decode(reader)
      }
      for (const { key, isOptional } of members) {
        if (key in record) continue
        if (!isOptional) throw new TypeError(`expected the field ${key}, found none`)
        record[key] = null
      }
      return record
    },
    encode(writer, value) {
      if (typeof value !== 'object' || value === null) throw wrongType('an object', value)
      const record = value as Readonly<Record<string, unknown>>
      writer.map(members.length)
      for (const { key, bytes, codec } of members) {
        writer.raw(bytes)
        try {
          codec.encode(writer, record[key])
        } catch (error) {
          throw at(`.${key}`, error)
        }
      }
    },
  }
}

const TAG = encodeAlone(SCALARS.text, '$tag')
const VALUE = encodeAlone(SCALARS.text, '$value')

/** What a variant looks like: `$value` is absent for a unit arm. */
interface Tagged {
  readonly $tag: string
  readonly $value?: unknown
}

function variantCodec(entries: readonly (readonly [string, ValueType])[]): Codec {
  const arms = new Map(
    entries.map(([key, type]) => [
      key,
      { codec: makeCodec(type), isUnit: type === 'unit', bytes: encodeAlone(SCALARS.text, key) },
    ]),
  )
  const armOf = (tag: string): { readonly codec: Codec; readonly isUnit: boolean; readonly bytes: Uint8Array } => {
    const arm = arms.get(tag)
    if (arm === undefined) throw new TypeError(`expected one of ${[...arms.keys()].join(', ')}, found ${tag}`)
    return arm
  }
  return {
    decode: (reader) => decodeTagged(reader, armOf),
    encode(writer, value) {
      if (typeof value !== 'object' || value === null || !('$tag' in value))
        throw wrongType('an object with $tag', value)
      const { $tag, $value } = value as Tagged
      const arm = armOf($tag)
      writer.map(arm.isUnit ? 1 : 2)
      writer.raw(TAG)
      writer.raw(arm.bytes)
      if (arm.isUnit) return
      writer.raw(VALUE)
      try {
        arm.codec.encode(writer, $value)
      } catch (error) {
        throw at('.$value', error)
      }
    },
  }
}

/** Canonical, or, as other guests write it: `{Arm: value}`, or a bare text for a unit arm. */
function decodeTagged(
  reader: Reader,
  armOf: (tag: string) => { readonly codec: Codec; readonly isUnit: boolean },
): Tagged {
  if (reader.peek() === 3) return { $tag: reader.text() }
  const pairs = reader.map()
  const isTagged = reader.match(TAG)
  const $tag = reader.text()
  const { codec, isUnit } = armOf($tag)
  if (isTagged && pairs === 1) return { $tag }
  if (isTagged && !reader.match(VALUE)) throw new TypeError('expected $value behind $tag')
  const $value = codec.decode(reader)
  return isUnit ? { $tag } : { $tag, $value }
}
