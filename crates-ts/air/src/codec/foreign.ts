/**
 * Values from foreign CBOR: what guests and senders write, read by the schema of the slot
 * (spec/03-values.md, "Foreign CBOR").
 */
import { AosError, type Data, type ErrorPath, encode, formatPath, Tagged } from '@aos/cbor'
import { shown } from '../issues.ts'
import type { MapKeyType, SchemaTable, TypeExpr, Value } from '../model.ts'
import { resolveType } from '../types/resolve.ts'
import { makeRecord, type MapKey, sortMap, sortSet } from './order.ts'
import { badSpelling, canonicalSpelling, type IntegerKind, integerRange } from './scalar.ts'
import type { AirValueErrorCode } from './value-errors.ts'

/**
 * The value that decoded foreign data means in a slot of the type. Throws the first `air.*` with its path. The type
 * must have passed `makeShapes`: recursion is not looked for.
 */
export function valueFromForeign(type: TypeExpr, table: SchemaTable, data: Data): Value {
  return lift({ table, path: [] }, type, data)
}

interface Place {
  readonly table: SchemaTable
  readonly path: (string | number)[]
}

function lift(place: Place, slot: TypeExpr, data: Data): Value {
  const type = resolveType(slot, place.table)
  switch (type.kind) {
    case 'bool':
      if (typeof data === 'boolean') return data
      if (data === 'true' || data === 'false') return data === 'true'
      throw mismatch(place, 'a bool', data)
    case 'int':
    case 'nat':
    case 'time':
    case 'duration':
      return liftInteger(place, type.kind, data)
    case 'text':
      if (typeof data === 'string') return data
      throw mismatch(place, 'a text', data)
    case 'dec128':
    case 'uuid':
    case 'hash': {
      if (typeof data !== 'string') throw mismatch(place, `a text (${type.kind})`, data)
      const text = canonicalSpelling(type.kind, data)
      if (text === undefined) throw badSpelling(type.kind, data, [...place.path])
      return text
    }
    case 'bytes':
      return liftBytes(place, data)
    case 'unit':
      if (data === null || isEmpty(data)) return null
      throw mismatch(place, 'null', data)
    case 'option':
      return data === null ? null : lift(place, type.inner, data)
    case 'list':
      return liftItems(place, type.item, data)
    case 'set':
      return sortSet(type.item, place.table, liftItems(place, type.item, data))
    case 'map':
      return liftMap(place, type.key, type.value, data)
    case 'record':
      return liftRecord(place, type.fields, data)
    case 'variant':
      return liftVariant(place, type.arms, data)
  }
}

function liftInteger(place: Place, kind: IntegerKind, data: Data): number | bigint {
  if (typeof data !== 'bigint') {
    if (typeof data !== 'number') throw mismatch(place, 'an integer', data)
    const isExact = Number.isSafeInteger(data) && !Object.is(data, -0)
    if (!isExact) throw fail(place, 'air.not_integer', `expected an integer, found the number ${data}`)
  }
  const { least, most } = integerRange(kind)
  if (data >= least && data <= most) return data
  throw fail(place, 'air.integer_range', `expected ${least} to ${most}, found ${data}`)
}

/** A text stands for its UTF-8, an array for its items: plain serde writes `Vec<u8>` that way. */
function liftBytes(place: Place, data: Data): Uint8Array {
  if (data instanceof Uint8Array) return data.slice()
  if (typeof data === 'string') return utf8(data)
  if (!Array.isArray(data)) throw mismatch(place, 'bytes', data)
  return Uint8Array.from(data, (item: Data, index) => {
    if (typeof item === 'number' && Number.isInteger(item) && item >= 0 && item <= 255) return item
    place.path.push(index)
    throw mismatch(place, 'an integer from 0 to 255', item)
  })
}

/** The content of the text's canonical form. */
function utf8(text: string): Uint8Array {
  const item = encode(text)
  const info = (item[0] ?? 0) & 0x1f
  return item.slice(info < 24 ? 1 : 1 + (1 << (info - 24)))
}

function liftItems(place: Place, type: TypeExpr, data: Data): readonly Value[] {
  if (!Array.isArray(data)) throw mismatch(place, 'an array', data)
  return data.map((item: Data, index) => liftMember(place, index, type, item))
}

function liftMap(place: Place, keyType: MapKeyType, valueType: TypeExpr, data: Data): Value {
  if (!(data instanceof Map)) throw mismatch(place, 'a map', data)
  const entries: [MapKey, Value][] = []
  const seen = new Set<MapKey>()
  for (const [foreignKey, item] of data as ReadonlyMap<Data, Data>) {
    const key = lift(place, { kind: keyType }, foreignKey)
    if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'bigint') continue // no key type has others
    if (seen.has(key)) throw fail(place, 'air.duplicate_map_key', `the key ${shown(String(key))} stands twice`)
    seen.add(key)
    entries.push([key, liftMember(place, typeof key === 'bigint' ? `${key}` : key, valueType, item)])
  }
  return sortMap(entries)
}

function liftRecord(place: Place, fields: ReadonlyMap<string, TypeExpr>, data: Data): Value {
  if (!(data instanceof Map)) throw mismatch(place, 'a map', data)
  const members = data as ReadonlyMap<Data, Data> // instanceof cannot say of what
  for (const key of members.keys()) {
    if (typeof key === 'string' && fields.has(key)) continue
    if (typeof key === 'string') place.path.push(key)
    throw fail(place, 'air.unknown_key', `the record has no field ${describe(key)}`)
  }
  const record = makeRecord()
  for (const [name, type] of fields) {
    const item = members.get(name)
    if (item !== undefined) record[name] = liftMember(place, name, type, item)
    else if (resolveType(type, place.table).kind === 'option') record[name] = null
    else {
      place.path.push(name)
      throw fail(place, 'air.missing_field', `the field ${shown(name)} is missing`)
    }
  }
  return record
}

function liftVariant(place: Place, arms: ReadonlyMap<string, TypeExpr>, data: Data): Value {
  if (typeof data === 'string') return liftArm(place, arms, { tag: data, payload: undefined, step: '$value' })
  if (!(data instanceof Map)) throw mismatch(place, 'a variant', data)
  const members = data as ReadonlyMap<Data, Data> // instanceof cannot say of what
  const tag = members.get('$tag')
  if (typeof tag === 'string') {
    for (const key of members.keys()) {
      if (key === '$tag' || key === '$value') continue
      throw fail(place, 'air.unknown_key', `expected $tag and $value only, found the key ${describe(key)}`)
    }
    return liftArm(place, arms, { tag, payload: members.get('$value'), step: '$value' })
  }
  const [entry, ...more] = members
  if (entry === undefined || more.length > 0 || typeof entry[0] !== 'string') {
    throw mismatch(place, 'a variant ($tag and $value, or one key)', data)
  }
  return liftArm(place, arms, { tag: entry[0], payload: entry[1], step: entry[0] })
}

interface Arm {
  readonly tag: string
  readonly payload: Data | undefined
  /** The key under which the payload stands. */
  readonly step: string
}

function liftArm(place: Place, arms: ReadonlyMap<string, TypeExpr>, { tag, payload, step }: Arm): Value {
  const slot = arms.get(tag)
  if (slot === undefined) throw fail(place, 'air.unknown_arm', `the variant has no arm ${shown(tag)}`)
  const type = resolveType(slot, place.table)
  const variant = makeRecord()
  variant['$tag'] = tag
  if (type.kind === 'unit') {
    if (payload === undefined || payload === null || isEmpty(payload)) return variant
    throw fail(place, 'air.arm_payload', `the arm ${shown(tag)} has no payload`)
  }
  if (payload !== undefined) variant['$value'] = liftMember(place, step, type, payload)
  else if (type.kind === 'option') variant['$value'] = null
  else throw fail(place, 'air.arm_payload', `the arm ${shown(tag)} needs a payload`)
  return variant
}

function liftMember(place: Place, step: string | number, type: TypeExpr, data: Data): Value {
  place.path.push(step)
  const value = lift(place, type, data)
  place.path.pop()
  return value
}

/** What plain serde writes for a unit, an empty tuple or an empty struct, null aside. */
function isEmpty(data: Data): boolean {
  return (Array.isArray(data) && data.length === 0) || (data instanceof Map && data.size === 0)
}

function mismatch(place: Place, expected: string, found: Data): AosError {
  return fail(place, 'air.type_mismatch', `expected ${expected}, found ${describe(found)}`)
}

function fail(place: Place, code: AirValueErrorCode, message: string): AosError {
  const path: ErrorPath = [...place.path]
  return new AosError(code, `${formatPath(path)}: ${message}`, { path })
}

function describe(data: Data): string {
  if (data === null || typeof data === 'boolean') return String(data)
  if (typeof data === 'string') return `the text ${shown(data)}`
  if (typeof data === 'number' || typeof data === 'bigint') return `the number ${data}`
  if (data instanceof Uint8Array) return 'bytes'
  if (data instanceof Tagged) return 'a tagged item'
  return Array.isArray(data) ? 'an array' : 'a map'
}
