/** The sugar lens: JSON as people write it, read by the schema of the slot (spec/03-values.md, "Sugar lens"). */
import { encode, equalBytes } from '@aos/cbor'
import { shown } from '../issues.ts'
import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import type { MapKeyType, TypeExpr, Value } from '../model.ts'
import { resolveType } from '../types/resolve.ts'
import { valueToData } from './lower.ts'
import { readMember, type Reading, readSugarScalar, refuse, refuseKind } from './json-scalar.ts'
import { makeRecord, type MapKey, sortMap, sortSet } from './order.ts'

/** The value, or undefined after at least one issue was reported. */
export function readSugar(reading: Reading, slot: TypeExpr, node: JsonNode): Value | undefined {
  const type = resolveType(slot, reading.table)
  switch (type.kind) {
    case 'option':
      return node === null ? null : readSugar(reading, type.inner, node)
    case 'list':
      return readItems(reading, type.item, node)
    case 'set': {
      const items = readItems(reading, type.item, node)
      return items && sortSet(type.item, reading.table, items)
    }
    case 'map':
      return readMap(reading, type, node)
    case 'record':
      return readRecord(reading, type.fields, node)
    case 'variant':
      return readVariant(reading, type, node)
    default:
      return readSugarScalar(reading, type.kind, node)
  }
}

function readItems(reading: Reading, type: TypeExpr, node: JsonNode): readonly Value[] | undefined {
  if (!isJsonArray(node)) return refuseKind(reading, 'an array', node)
  const items = node.map((item, index) => readMember(reading, index, () => readSugar(reading, type, item)))
  return allRead(items)
}

/** The list when every element was read. */
export function allRead(items: readonly (Value | undefined)[]): readonly Value[] | undefined {
  const values = items.filter((item) => item !== undefined)
  return values.length === items.length ? values : undefined
}

type MapTypeExpr = Extract<TypeExpr, { kind: 'map' }>

function readMap(reading: Reading, type: MapTypeExpr, node: JsonNode): Value | undefined {
  if (isJsonObject(node) && type.key === 'text') {
    const entries = [...node].map(([key, item]): ReadEntry => {
      return [key, readMember(reading, key, () => readSugar(reading, type.value, item))]
    })
    return makeMap(reading, entries)
  }
  const expected = type.key === 'text' ? 'an object or an array of [key, value]' : 'an array of [key, value]'
  if (!isJsonArray(node)) return refuseKind(reading, expected, node)
  return makeMap(
    reading,
    node.map((pair, index) => readMember(reading, index, () => readPair(reading, type, pair))),
  )
}

function readPair(reading: Reading, type: MapTypeExpr, node: JsonNode): ReadEntry {
  const [key, item, ...more] = isJsonArray(node) ? node : []
  if (key === undefined || item === undefined || more.length > 0) {
    refuseKind(reading, 'a pair [key, value]', node)
    return [undefined, undefined]
  }
  return [
    readMember(reading, 0, () => readKey(reading, type.key, key)),
    readMember(reading, 1, () => readSugar(reading, type.value, item)),
  ]
}

function readKey(reading: Reading, kind: MapKeyType, node: JsonNode): MapKey | undefined {
  return asMapKey(readSugarScalar(reading, kind, node))
}

/** A value that can be a map key; the readers of key types give no other. */
export function asMapKey(value: Value | undefined): MapKey | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? value : undefined
}

/** What was read of an entry; undefined where an issue was reported. */
export type ReadEntry = readonly [MapKey | undefined, Value | undefined]

/** The map, with a second entry of one key reported at its index. */
export function makeMap(reading: Reading, entries: readonly ReadEntry[]): Value | undefined {
  const seen = new Set<MapKey>()
  const complete: [MapKey, Value][] = []
  for (const [index, [key, value]] of entries.entries()) {
    if (key === undefined) continue
    if (seen.has(key)) {
      readMember(reading, index, () =>
        refuse(reading, 'air.duplicate_map_key', `the key ${shown(String(key))} stands twice`),
      )
    } else if (value !== undefined) complete.push([key, value])
    seen.add(key)
  }
  return complete.length === entries.length ? sortMap(complete) : undefined
}

function readRecord(reading: Reading, fields: ReadonlyMap<string, TypeExpr>, node: JsonNode): Value | undefined {
  if (!isJsonObject(node)) return refuseKind(reading, 'an object', node)
  return readFields(reading, { fields, node, read: readSugar })
}

export interface RecordParts {
  readonly fields: ReadonlyMap<string, TypeExpr>
  readonly node: JsonObject
  /** Reads one field in the lens of the record. */
  readonly read: (reading: Reading, type: TypeExpr, node: JsonNode) => Value | undefined
}

/** The record: unknown keys refused, an absent option read as null, any other absent field refused. */
export function readFields(reading: Reading, { fields, node, read }: RecordParts): Value | undefined {
  const before = reading.issues.length
  const record = makeRecord()
  for (const [name, type] of fields) {
    const member = node.get(name)
    const isOptional = resolveType(type, reading.table).kind === 'option'
    readMember(reading, name, () => {
      if (member !== undefined) record[name] = read(reading, type, member) ?? null
      else if (isOptional) record[name] = null
      else refuse(reading, 'air.missing_field', `the field ${shown(name)} is missing`)
    })
  }
  refuseOtherKeys(reading, node, [...fields.keys()])
  return reading.issues.length === before ? record : undefined
}

/** Reports every key that is not one of those. */
export function refuseOtherKeys(reading: Reading, node: JsonObject, known: readonly string[]): void {
  const names = new Set(known)
  for (const key of node.keys()) {
    if (names.has(key)) continue
    readMember(reading, key, () => refuseKey(reading, key))
  }
}

/** An issue, or a warning where unknown keys are passed over. */
export function refuseKey(reading: Reading, key: string): void {
  const issues = reading.unknownKeys ?? reading.issues
  issues.push({ code: 'air.unknown_key', path: [...reading.path], message: `there is no key ${shown(key)} here` })
}

type VariantTypeExpr = Extract<TypeExpr, { kind: 'variant' }>

/** A bare text for a unit arm, an object of one key, or the `$tag`/`$value` of the canonical form. */
function readVariant(reading: Reading, type: VariantTypeExpr, node: JsonNode): Value | undefined {
  if (typeof node === 'string')
    return readArm(reading, type, { tag: node, payload: undefined, step: node, read: readSugar })
  if (!isJsonObject(node)) return refuseKind(reading, 'a variant: {"Arm": value}, or "Arm" for a unit arm', node)
  const tag = node.get('$tag')
  if (typeof tag !== 'string') return readOneKey(reading, type, node)
  if (node.size > 1 || !type.arms.has('$tag')) return readTagAndValue(reading, type, { tag, node })
  const canonical: Reading = { ...reading, issues: [] }
  const oneKey: Reading = { ...reading, issues: [] }
  const first = readTagAndValue(canonical, type, { tag, node })
  const second = readOneKey(oneKey, type, node)
  if (first === undefined && second === undefined) reading.issues.push(...canonical.issues)
  if (first === undefined || second === undefined) return first ?? second
  const isSame = equalBytes(encodeOf(reading, type, first), encodeOf(reading, type, second))
  return isSame
    ? first
    : refuse(reading, 'air.ambiguous_literal', `the arm ${shown(tag)}, or the arm "$tag" with ${shown(tag)}`)
}

function encodeOf(reading: Reading, type: TypeExpr, value: Value): Uint8Array {
  return encode(valueToData(type, reading.table, value))
}

function readTagAndValue(
  reading: Reading,
  type: VariantTypeExpr,
  { tag, node }: { readonly tag: string; readonly node: JsonObject },
): Value | undefined {
  const before = reading.issues.length
  refuseOtherKeys(reading, node, ['$tag', '$value'])
  const value = readArm(reading, type, { tag, payload: node.get('$value'), step: '$value', read: readSugar })
  return reading.issues.length === before ? value : undefined
}

function readOneKey(reading: Reading, type: VariantTypeExpr, node: JsonObject): Value | undefined {
  const [entry, ...more] = node
  if (entry === undefined || more.length > 0)
    return refuse(reading, 'air.type_mismatch', 'expected exactly one key, the arm')
  return readArm(reading, type, { tag: entry[0], payload: entry[1], step: entry[0], read: readSugar })
}

export interface ArmParts {
  readonly tag: string
  readonly payload: JsonNode | undefined
  /** The key under which the payload stands. */
  readonly step: string
  /** Reads the payload in the lens of the variant. */
  readonly read: (reading: Reading, type: TypeExpr, node: JsonNode) => Value | undefined
}

/** The variant with this arm. */
export function readArm(reading: Reading, type: VariantTypeExpr, parts: ArmParts): Value | undefined {
  const { tag, payload, step, read } = parts
  const slot = type.arms.get(tag)
  if (slot === undefined) {
    const known = [...type.arms.keys()].map(shown).join(', ')
    return refuse(reading, 'air.unknown_arm', `expected one of ${known}, found ${shown(tag)}`)
  }
  const arm = resolveType(slot, reading.table)
  const variant = makeRecord()
  variant['$tag'] = tag
  if (payload === undefined) {
    if (arm.kind === 'unit') return variant
    if (arm.kind !== 'option') return refuse(reading, 'air.arm_payload', `the arm ${shown(tag)} needs a payload`)
    variant['$value'] = null
    return variant
  }
  const value = readMember(reading, step, () => read(reading, arm, payload))
  if (value === undefined) return undefined
  if (arm.kind !== 'unit') variant['$value'] = value
  return variant
}
