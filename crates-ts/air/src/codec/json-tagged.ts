/** The tagged lens: JSON that names its types, read by the schema of the slot (spec/03-values.md, "Tagged lens"). */
import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import type { PrimitiveType, TypeExpr, Value } from '../model.ts'
import { type ResolvedType, resolveType } from '../types/resolve.ts'
import {
  isEmptyObject,
  readInteger,
  readMember,
  type Reading,
  readSugarScalar,
  refuse,
  refuseKind,
} from './json-scalar.ts'
import { allRead, asMapKey, makeMap, readArm, type ReadEntry, readFields, refuseOtherKeys } from './json-sugar.ts'
import { sortSet } from './order.ts'

/** The wrapper key of each type; a variant has `tag` and perhaps `value` instead. */
export const TAGGED_KEYS: Readonly<Record<Exclude<ResolvedType['kind'], 'option' | 'variant'>, string>> = {
  bool: 'bool',
  int: 'int',
  nat: 'nat',
  dec128: 'dec128',
  bytes: 'bytes_b64',
  text: 'text',
  time: 'time_ns',
  duration: 'duration_ns',
  hash: 'hash',
  uuid: 'uuid',
  unit: 'null',
  list: 'list',
  set: 'set',
  map: 'map',
  record: 'record',
}

/** The value, or undefined after at least one issue was reported. */
export function readTagged(reading: Reading, slot: TypeExpr, node: JsonNode): Value | undefined {
  const type = resolveType(slot, reading.table)
  if (type.kind === 'option') return isTaggedNull(node) ? null : readTagged(reading, type.inner, node)
  if (!isJsonObject(node)) return refuseKind(reading, 'a tagged literal (an object)', node)
  if (type.kind === 'variant') return readVariant(reading, type, node)
  if (type.kind === 'unit' && isEmptyObject(node.get('record')) && node.size === 1) return null
  const key = TAGGED_KEYS[type.kind]
  const content = node.get(key)
  if (content === undefined) return refuse(reading, 'air.type_mismatch', `expected a literal {"${key}": …}`)
  const before = reading.issues.length
  refuseOtherKeys(reading, node, [key])
  const value = readMember(reading, key, () => readContent(reading, type, content))
  return reading.issues.length === before ? value : undefined
}

/** True when the keys of the node are those of a tagged literal of the type, so that this lens may be meant. */
export function looksTagged(type: ResolvedType, node: JsonNode): node is JsonObject {
  if (!isJsonObject(node)) return false
  if (type.kind === 'option' || type.kind === 'unit') return true
  if (type.kind === 'variant') return typeof node.get('tag') === 'string'
  return node.has(TAGGED_KEYS[type.kind])
}

function isTaggedNull(node: JsonNode): boolean {
  return isJsonObject(node) && node.size === 1 && isEmptyObject(node.get('null'))
}

type WrappedType = Exclude<ResolvedType, { kind: 'option' | 'variant' }>

function readContent(reading: Reading, type: WrappedType, node: JsonNode): Value | undefined {
  switch (type.kind) {
    case 'list':
      return readItems(reading, type.item, node)
    case 'set': {
      const items = readItems(reading, type.item, node)
      return items && sortSet(type.item, reading.table, items)
    }
    case 'map':
      if (!isJsonArray(node)) return refuseKind(reading, 'an array of {"key", "value"}', node)
      return makeMap(
        reading,
        node.map((entry, index) => readMember(reading, index, () => readEntry(reading, type, entry))),
      )
    case 'record':
      if (!isJsonObject(node)) return refuseKind(reading, 'an object', node)
      return readFields(reading, { fields: type.fields, node, read: readTagged })
    default:
      return readScalar(reading, type.kind, node)
  }
}

function readScalar(reading: Reading, kind: PrimitiveType, node: JsonNode): Value | undefined {
  if (kind === 'time' || kind === 'duration') return readInteger(reading, kind, node)
  if (kind === 'unit') return isEmptyObject(node) ? null : refuseKind(reading, 'an empty object', node)
  return readSugarScalar(reading, kind, node)
}

function readItems(reading: Reading, type: TypeExpr, node: JsonNode): readonly Value[] | undefined {
  if (!isJsonArray(node)) return refuseKind(reading, 'an array', node)
  return allRead(node.map((item, index) => readMember(reading, index, () => readTagged(reading, type, item))))
}

function readEntry(reading: Reading, type: Extract<TypeExpr, { kind: 'map' }>, node: JsonNode): ReadEntry {
  const key = isJsonObject(node) ? node.get('key') : undefined
  const item = isJsonObject(node) ? node.get('value') : undefined
  if (!isJsonObject(node) || key === undefined || item === undefined) {
    refuseKind(reading, 'an object with "key" and "value"', node)
    return [undefined, undefined]
  }
  refuseOtherKeys(reading, node, ['key', 'value'])
  return [
    asMapKey(readMember(reading, 'key', () => readTagged(reading, { kind: type.key }, key))),
    readMember(reading, 'value', () => readTagged(reading, type.value, item)),
  ]
}

function readVariant(
  reading: Reading,
  type: Extract<TypeExpr, { kind: 'variant' }>,
  node: JsonObject,
): Value | undefined {
  const tag = node.get('tag')
  if (typeof tag !== 'string') return refuse(reading, 'air.type_mismatch', 'expected a literal {"tag": …}')
  const before = reading.issues.length
  refuseOtherKeys(reading, node, ['tag', 'value'])
  const value = readArm(reading, type, { tag, payload: node.get('value'), step: 'value', read: readTagged })
  return reading.issues.length === before ? value : undefined
}
