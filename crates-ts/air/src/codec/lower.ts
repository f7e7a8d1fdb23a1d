/** Values as data of the dynamic codec, and what is wrong with those that are none (spec/03-values.md). */
import { AosError, type Data, compareBytes, encode, equalBytes, formatPath } from '@aos/cbor'
import { shown } from '../issues.ts'
import type { MapKeyType, SchemaTable, TypeExpr } from '../model.ts'
import { resolveType } from '../types/resolve.ts'
import { badSpelling, integerRange, isCanonicalSpelling } from './scalar.ts'
import type { AirValueErrorCode } from './value-errors.ts'

/**
 * A value as data of the dynamic codec, whose canonical bytes are the value's. Throws the first `air.*` with its path.
 * The type must have passed `makeShapes`: recursion is not looked for.
 */
export function valueToData(type: TypeExpr, table: SchemaTable, value: unknown): Data {
  return lower({ table, path: [] }, type, value)
}

interface Place {
  readonly table: SchemaTable
  readonly path: (string | number)[]
}

function lower(place: Place, slot: TypeExpr, value: unknown): Data {
  const type = resolveType(slot, place.table)
  switch (type.kind) {
    case 'bool':
      if (typeof value === 'boolean') return value
      throw mismatch(place, 'a boolean', value)
    case 'unit':
      if (value === null) return null
      throw mismatch(place, 'null', value)
    case 'bytes':
      if (value instanceof Uint8Array) return value
      throw mismatch(place, 'a Uint8Array', value)
    case 'int':
    case 'nat':
    case 'time':
    case 'duration': {
      const { least, most } = integerRange(type.kind)
      const exact = typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0))
      if (!exact || (typeof value !== 'bigint' && typeof value !== 'number')) throw mismatch(place, 'an integer', value)
      if (value >= least && value <= most) return value
      throw fail(place, 'air.integer_range', `expected ${least} to ${most}, found ${value}`)
    }
    case 'text':
    case 'dec128':
    case 'uuid':
    case 'hash': {
      if (typeof value !== 'string') throw mismatch(place, 'a string', value)
      if (!value.isWellFormed()) throw fail(place, 'air.bad_text', 'the text holds a lone surrogate')
      if (type.kind === 'text' || isCanonicalSpelling(type.kind, value)) return value
      throw badSpelling(type.kind, value, [...place.path])
    }
    case 'option':
      return value === null ? null : lower(place, type.inner, value)
    case 'list':
      return lowerItems(place, type.item, value)
    case 'set':
      return sortData(lowerItems(place, type.item, value))
    case 'map':
      return lowerMap(place, type.key, type.value, value)
    case 'record':
      return lowerRecord(place, type.fields, value)
    case 'variant':
      return lowerVariant(place, type.arms, value)
  }
}

function lowerItems(place: Place, type: TypeExpr, value: unknown): readonly Data[] {
  if (!Array.isArray(value)) throw mismatch(place, 'an array', value)
  return Array.from(value, (item: unknown, index) => lowerMember(place, index, type, item))
}

/** Ascending by canonical bytes, equal items once. */
function sortData(items: readonly Data[]): readonly Data[] {
  const keyed = items.map((item) => ({ item, bytes: encode(item) }))
  keyed.sort((left, right) => compareBytes(left.bytes, right.bytes))
  return keyed
    .filter(({ bytes }, index) => index === 0 || !equalBytes(keyed[index - 1]?.bytes ?? bytes, bytes))
    .map(({ item }) => item)
}

function lowerMap(place: Place, keyType: MapKeyType, valueType: TypeExpr, value: unknown): Data {
  if (!(value instanceof Map)) throw mismatch(place, 'a Map', value)
  const entries = new Map<Data, Data>()
  const seen = new Set<string>()
  for (const [key, item] of value as ReadonlyMap<unknown, unknown>) {
    const data = lower(place, { kind: keyType }, key)
    const identity = String(data) // 1 and 1n are one key
    if (seen.has(identity)) throw fail(place, 'air.duplicate_map_key', `the key ${shown(identity)} stands twice`)
    seen.add(identity)
    entries.set(data, lowerMember(place, typeof data === 'number' ? data : identity, valueType, item))
  }
  return entries
}

function lowerRecord(place: Place, fields: ReadonlyMap<string, TypeExpr>, value: unknown): Data {
  const members = membersOf(place, 'a record', value)
  for (const key of members.keys()) {
    if (fields.has(key)) continue
    place.path.push(key)
    throw fail(place, 'air.unknown_key', `the record has no field ${shown(key)}`)
  }
  const entries = new Map<Data, Data>()
  for (const [name, type] of fields) {
    if (!members.has(name)) {
      place.path.push(name)
      throw fail(place, 'air.missing_field', `the field ${shown(name)} is missing`)
    }
    entries.set(name, lowerMember(place, name, type, members.get(name)))
  }
  return entries
}

function lowerVariant(place: Place, arms: ReadonlyMap<string, TypeExpr>, value: unknown): Data {
  const members = membersOf(place, 'a variant', value)
  const tag = members.get('$tag')
  if (typeof tag !== 'string') throw mismatch(place, 'a variant with a text $tag', value)
  const type = arms.get(tag)
  if (type === undefined) {
    place.path.push('$tag')
    throw fail(place, 'air.unknown_arm', `the variant has no arm ${shown(tag)}`)
  }
  for (const key of members.keys()) {
    if (key === '$tag' || key === '$value') continue
    place.path.push(key)
    throw fail(place, 'air.unknown_key', `expected $tag and $value only, found the key ${shown(key)}`)
  }
  const unit = resolveType(type, place.table).kind === 'unit'
  if (unit === members.has('$value')) {
    throw fail(place, 'air.arm_payload', `the arm ${shown(tag)} ${unit ? 'has no' : 'needs a'} payload`)
  }
  if (unit) return new Map<Data, Data>([['$tag', tag]])
  return new Map<Data, Data>([
    ['$tag', tag],
    ['$value', lowerMember(place, '$value', type, members.get('$value'))],
  ])
}

/** The own enumerable members of an object literal or null-prototype object. */
function membersOf(place: Place, expected: string, value: unknown): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null) throw mismatch(place, expected, value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) throw mismatch(place, expected, value)
  return new Map(Object.entries(value))
}

function lowerMember(place: Place, step: string | number, type: TypeExpr, value: unknown): Data {
  place.path.push(step)
  const data = lower(place, type, value)
  place.path.pop()
  return data
}

function mismatch(place: Place, expected: string, found: unknown): AosError {
  return fail(place, 'air.type_mismatch', `expected ${expected}, found ${describe(found)}`)
}

function fail(place: Place, code: AirValueErrorCode, message: string): AosError {
  const path = [...place.path]
  return new AosError(code, `${formatPath(path)}: ${message}`, { path })
}

function describe(value: unknown): string {
  if (typeof value === 'string') return shown(value)
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return `${value}`
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return 'bytes'
  if (Array.isArray(value)) return 'an array'
  return value instanceof Map ? 'a Map' : typeof value === 'object' ? 'an object' : typeof value
}
