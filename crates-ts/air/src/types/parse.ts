/** Type expressions from JSON (spec/03-air.md, "Type expressions"). */
import type { ErrorPath } from '@aos/cbor'
import type { Checked } from '../codec/port.ts'
import { makeSink, report, reportStrict, shown, sortIssues, type IssueSink } from '../issues.ts'
import { isJsonArray, isJsonNumber, isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import { AIR_LIMITS } from '../limits.ts'
import type { MapKeyType, TypeExpr } from '../model.ts'
import { isAnnotationKey, isDefinitionName } from '../names.ts'
import { isMapKeyType, isPrimitiveType, isTypeWord } from './kinds.ts'

/** Where a type expression stands, and whether unknown keys of AIR v1 are only warned about. */
export interface ParseTypeOptions {
  /** Where the expression stands in the value that the caller gave. */
  readonly path?: ErrorPath
  readonly lenient?: boolean
}

/**
 * A type expression in either lens: `{"nat":{}}`, `{"ref":"demo/State@1"}` and so on, or a bare text that is a
 * primitive or a schema name. Issues: `air.bad_type`, `air.ambiguous_type`, `air.bad_name`, `air.bad_map_key`,
 * `air.unknown_key`, `air.missing_field`, `air.too_deep`, `air.too_large`.
 */
export function parseTypeExpr(node: JsonNode, options: ParseTypeOptions = {}): Checked<TypeExpr> {
  const sink = makeSink(options)
  const type = readType(node, { sink, path: [...(options.path ?? [])], depth: 0 })
  if (type !== undefined && sink.issues.length === 0) return { ok: true, value: type }
  return { ok: false, issues: sortIssues(sink.issues) }
}

interface Place {
  readonly sink: IssueSink
  readonly path: ErrorPath
  readonly depth: number
}

/** The expression, or undefined after at least one issue in the sink. */
export function readType(node: JsonNode, place: Place): TypeExpr | undefined {
  if (place.depth >= AIR_LIMITS.typeDepthMax) {
    report(place.sink, 'air.too_deep', place.path, `expected at most ${AIR_LIMITS.typeDepthMax} nested types`)
    return undefined
  }
  if (typeof node === 'string') return readWord(node, place)
  if (!isJsonObject(node)) {
    report(place.sink, 'air.bad_type', place.path, `expected a type expression, found ${sortOf(node)}`)
    return undefined
  }
  const form = formOf(node, place)
  if (form === undefined) return undefined
  const body = node.get(form) ?? null
  const inside = { ...place, path: [...place.path, form], depth: place.depth + 1 }
  if (isPrimitiveType(form)) {
    return readEmpty(body, inside) ? { kind: form } : undefined
  }
  return readForm(form, body, inside)
}

function readWord(word: string, place: Place): TypeExpr | undefined {
  if (isPrimitiveType(word)) return { kind: word }
  if (isDefinitionName(word)) return { kind: 'ref', name: word }
  report(place.sink, 'air.bad_type', place.path, `expected a primitive type or a schema name, found ${shown(word)}`)
  return undefined
}

/** The one key that says which form it is. Two are an error, not a choice. */
function formOf(node: JsonObject, place: Place): string | undefined {
  const keys = [...node.keys()]
  const [form, ...others] = keys.filter(isTypeWord)
  if (form === undefined) {
    const found = keys.length === 0 ? 'an empty object' : `the keys ${keys.map(shown).slice(0, 5).join(', ')}`
    report(place.sink, 'air.bad_type', place.path, `expected a type expression, found ${found}`)
    return undefined
  }
  reportUnknownKeys(node, isTypeWord, place)
  if (others.length === 0) return form
  report(
    place.sink,
    'air.ambiguous_type',
    place.path,
    `expected one type, found ${[form, ...others].map(shown).join(' and ')}`,
  )
  return undefined
}

function reportUnknownKeys(node: JsonObject, isKnown: (key: string) => boolean, place: Place): void {
  for (const key of node.keys()) {
    if (isKnown(key) || isAnnotationKey(key)) continue
    reportStrict(place.sink, 'air.unknown_key', [...place.path, key], `the key ${shown(key)} means nothing here`)
  }
}

function readEmpty(body: JsonNode, place: Place): boolean {
  if (!isJsonObject(body)) {
    report(place.sink, 'air.bad_type', place.path, `expected an empty object, found ${sortOf(body)}`)
    return false
  }
  reportUnknownKeys(body, () => false, place)
  return true
}

function readForm(form: string, body: JsonNode, place: Place): TypeExpr | undefined {
  switch (form) {
    case 'record': {
      const fields = readEntries(body, place)
      return fields && { kind: 'record', fields }
    }
    case 'variant': {
      const arms = readEntries(body, place)
      return arms && { kind: 'variant', arms }
    }
    case 'list': {
      const item = readType(body, place)
      return item && { kind: 'list', item }
    }
    case 'set': {
      const item = readType(body, place)
      return item && { kind: 'set', item }
    }
    case 'option': {
      const inner = readType(body, place)
      return inner && { kind: 'option', inner }
    }
    case 'map':
      return readMap(body, place)
    default:
      return readRef(body, place)
  }
}

function readEntries(body: JsonNode, place: Place): ReadonlyMap<string, TypeExpr> | undefined {
  if (!isJsonObject(body)) {
    report(place.sink, 'air.bad_type', place.path, `expected an object of types, found ${sortOf(body)}`)
    return undefined
  }
  if (body.size > AIR_LIMITS.typeEntriesMax) {
    report(place.sink, 'air.too_large', place.path, `expected at most ${AIR_LIMITS.typeEntriesMax} entries`)
    return undefined
  }
  const entries = new Map<string, TypeExpr>()
  for (const [name, node] of body) {
    const path = [...place.path, name]
    if (name === '') report(place.sink, 'air.bad_name', path, 'expected a name that is not empty')
    const type = readType(node, { ...place, path })
    if (type !== undefined) entries.set(name, type)
  }
  return entries.size === body.size ? entries : undefined
}

function readMap(body: JsonNode, place: Place): TypeExpr | undefined {
  if (!isJsonObject(body)) {
    report(place.sink, 'air.bad_type', place.path, `expected an object with key and value, found ${sortOf(body)}`)
    return undefined
  }
  reportUnknownKeys(body, (key) => key === 'key' || key === 'value', place)
  const key = readMember(body, 'key', place, readMapKey)
  const value = readMember(body, 'value', place, readType)
  return key === undefined || value === undefined ? undefined : { kind: 'map', key, value }
}

function readMember<T>(
  body: JsonObject,
  name: string,
  place: Place,
  read: (node: JsonNode, place: Place) => T | undefined,
): T | undefined {
  const path = [...place.path, name]
  const node = body.get(name)
  if (node !== undefined) return read(node, { ...place, path })
  report(place.sink, 'air.missing_field', path, `expected the field ${shown(name)}`)
  return undefined
}

function readMapKey(node: JsonNode, place: Place): MapKeyType | undefined {
  const type = readType(node, place)
  if (type === undefined) return undefined
  if (isMapKeyType(type.kind)) return type.kind
  report(place.sink, 'air.bad_map_key', place.path, `expected int, nat, text, uuid or hash, found ${type.kind}`)
  return undefined
}

function readRef(body: JsonNode, place: Place): TypeExpr | undefined {
  if (typeof body !== 'string') {
    report(place.sink, 'air.bad_type', place.path, `expected a schema name, found ${sortOf(body)}`)
    return undefined
  }
  if (isDefinitionName(body)) return { kind: 'ref', name: body }
  report(place.sink, 'air.bad_name', place.path, `expected a name like demo/State@1, found ${shown(body)}`)
  return undefined
}

/** What a node is, in words. */
export function sortOf(node: JsonNode | undefined): string {
  if (node === undefined) return 'nothing'
  if (node === null) return 'null'
  if (isJsonArray(node)) return 'an array'
  if (isJsonObject(node)) return 'an object'
  if (isJsonNumber(node)) return `the number ${node.text.slice(0, 40)}`
  return typeof node === 'boolean' ? String(node) : `the text ${shown(node)}`
}
