/** Values from and to JSON in both lenses (spec/03-values.md, "JSON"). */
import { encode, equalBytes } from '@aos/cbor'
import { type AirIssue, sortIssues } from '../issues.ts'
import { formatJson } from '../json-format.ts'
import { isJsonArray, isJsonObject, type JsonNode, type JsonObject, jsonInteger } from '../json.ts'
import type { SchemaTable, TypeExpr, Value } from '../model.ts'
import type { Lens } from '../types/node.ts'
import { type ResolvedType, resolveType } from '../types/resolve.ts'
import { formatBase64 } from './base64.ts'
import { valueToData } from './lower.ts'
import type { Reading } from './json-scalar.ts'
import { readSugar } from './json-sugar.ts'
import { looksTagged, readTagged, TAGGED_KEYS } from './json-tagged.ts'
import type { Checked } from './port.ts'
import { makeShapes } from './shape.ts'

/** How literals are read where the two lenses or two spellings differ. */
export interface ValueFromJsonOptions {
  /** The lens that is meant; without it both are tried, and a literal that both read differently is refused. */
  readonly lens?: Lens
  /** `canonical` refuses other spellings of dec128, uuid and hash texts (in definitions); `any` corrects them. */
  readonly spelling?: 'canonical' | 'any'
}

/**
 * The value that a JSON node means in a slot of the type, or every issue in order of path. A literal is in one lens as a
 * whole. Throws only for a bad type, as `compileSchema` does.
 */
export function valueFromJson(
  type: TypeExpr,
  table: SchemaTable,
  node: JsonNode,
  options: ValueFromJsonOptions = {},
): Checked<Value> {
  makeShapes(type, table)
  const spelling = options.spelling ?? 'any'
  const sugar: Reading = { table, issues: [], path: [], spelling }
  const tagged: Reading = { table, issues: [], path: [], spelling }
  if (options.lens === 'sugar') return result(sugar, readSugar(sugar, type, node))
  if (options.lens === 'tagged') return result(tagged, readTagged(tagged, type, node))
  const asSugar = readSugar(sugar, type, node)
  const resolved = resolveType(type, table)
  if (!looksTagged(resolved, node)) return result(sugar, asSugar)
  const asTagged = readTagged(tagged, type, node)
  if (asTagged === undefined)
    return result(asSugar === undefined && isTaggedMeant(resolved, table, node) ? tagged : sugar, asSugar)
  if (asSugar === undefined) return result(tagged, asTagged)
  if (equalBytes(encode(valueToData(type, table, asSugar)), encode(valueToData(type, table, asTagged)))) {
    return result(sugar, asSugar)
  }
  return { ok: false, issues: [ambiguity(type, table, { sugar: asSugar, tagged: asTagged })] }
}

function result(reading: Reading, value: Value | undefined): Checked<Value> {
  if (value === undefined || reading.issues.length > 0) return { ok: false, issues: sortIssues(reading.issues) }
  return { ok: true, value }
}

function ambiguity(
  type: TypeExpr,
  table: SchemaTable,
  readings: { readonly sugar: Value; readonly tagged: Value },
): AirIssue {
  const show = (value: Value): string => formatJson(valueToJson(type, table, value, { lens: 'tagged' }))
  const details = { sugar: show(readings.sugar), tagged: show(readings.tagged) }
  const message = `the literal means ${details.sugar} as sugar, but ${details.tagged} as a tagged literal`
  return { code: 'air.ambiguous_literal', path: [], message, details }
}

/** Which lens the issues are told in when neither reads: tagged, unless its key is also a name of the type's own. */
function isTaggedMeant(type: ResolvedType, table: SchemaTable, node: JsonObject): boolean {
  switch (type.kind) {
    case 'option': {
      const inner = resolveType(type.inner, table)
      return looksTagged(inner, node) && isTaggedMeant(inner, table, node)
    }
    case 'record':
      return !type.fields.has('record')
    case 'variant':
      return !type.arms.has('tag')
    case 'map': {
      const entries = node.get('map')
      return type.key !== 'text' || (isJsonArray(entries) && entries.every((entry) => isJsonObject(entry)))
    }
    default:
      return true
  }
}

/** In which lens a value is shown to people; both read back to the same bytes. */
export interface ValueToJsonOptions {
  /** `sugar` unless given. */
  readonly lens?: Lens
}

/**
 * The JSON of a value. Sugar: a unit arm is `{"Done": null}`, times and durations are texts of decimal nanoseconds, bytes
 * are base64, a map is an object when its keys are texts, else an array of pairs. `valueFromJson` with the same lens
 * gives the value back. Throws `air.*` with path for a value that is not of the type.
 */
export function valueToJson(
  type: TypeExpr,
  table: SchemaTable,
  value: Value,
  options: ValueToJsonOptions = {},
): JsonNode {
  makeShapes(type, table)
  valueToData(type, table, value)
  return options.lens === 'tagged' ? writeTagged(type, table, value) : writeSugar(type, table, value)
}

function writeSugar(slot: TypeExpr, table: SchemaTable, value: Value): JsonNode {
  const type = resolveType(slot, table)
  if (type.kind === 'option') return value === null ? null : writeSugar(type.inner, table, value)
  if (type.kind === 'time' || type.kind === 'duration') return String(value)
  if (type.kind === 'variant') {
    const { tag, payload } = partsOf(value)
    const arm = type.arms.get(tag)
    const written = arm === undefined || payload === undefined ? null : writeSugar(arm, table, payload)
    // An object whose only key is $tag would be read as the canonical form.
    if (tag === '$tag' && payload !== undefined)
      return new Map<string, JsonNode>([
        ['$tag', tag],
        ['$value', written],
      ])
    return new Map([[tag, written]])
  }
  if (type.kind === 'map') {
    const entries = [...(value as ReadonlyMap<string, Value>)] // checked by valueToJson
    const pairs = entries.map(([key, item]): [JsonNode, JsonNode] => [
      writeSugar({ kind: type.key }, table, key),
      writeSugar(type.value, table, item),
    ])
    return type.key === 'text' ? new Map(pairs as [string, JsonNode][]) : pairs // text keys are written as texts
  }
  return writeCommon(type, value, (inner, item) => writeSugar(inner, table, item))
}

function writeTagged(slot: TypeExpr, table: SchemaTable, value: Value): JsonNode {
  const type = resolveType(slot, table)
  if (type.kind === 'option') {
    return value === null ? new Map([['null', EMPTY_OBJECT]]) : writeTagged(type.inner, table, value)
  }
  if (type.kind === 'variant') {
    const { tag, payload } = partsOf(value)
    const arm = type.arms.get(tag)
    const written = new Map<string, JsonNode>([['tag', tag]])
    if (arm !== undefined && payload !== undefined) written.set('value', writeTagged(arm, table, payload))
    return written
  }
  const wrap = (content: JsonNode): JsonNode => new Map([[TAGGED_KEYS[type.kind], content]])
  if (type.kind === 'unit') return wrap(EMPTY_OBJECT)
  if (type.kind === 'map') {
    const entries = [...(value as ReadonlyMap<string, Value>)] // checked by valueToJson
    return wrap(
      entries.map(([key, item]) => {
        const keyNode = writeTagged({ kind: type.key }, table, key)
        return new Map([
          ['key', keyNode],
          ['value', writeTagged(type.value, table, item)],
        ])
      }),
    )
  }
  return wrap(writeCommon(type, value, (inner, item) => writeTagged(inner, table, item)))
}

const EMPTY_OBJECT: JsonObject = new Map()

/** What both lenses write alike, the wrapper of the tagged one aside. */
function writeCommon(
  type: Exclude<ResolvedType, { kind: 'option' | 'variant' | 'map' }>,
  value: Value,
  write: (type: TypeExpr, value: Value) => JsonNode,
): JsonNode {
  if (typeof value === 'number' || typeof value === 'bigint') return jsonInteger(value)
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (value instanceof Uint8Array) return formatBase64(value)
  if (type.kind === 'list' || type.kind === 'set') {
    return (value as readonly Value[]).map((item) => write(type.item, item)) // checked by valueToJson
  }
  if (type.kind !== 'record') return null // every other type was a scalar
  const members = value as { readonly [field: string]: Value } // checked by valueToJson
  return new Map([...type.fields].map(([name, field]) => [name, write(field, members[name] ?? null)]))
}

function partsOf(value: Value): { readonly tag: string; readonly payload: Value | undefined } {
  const members = value as { readonly [field: string]: Value } // a variant, checked by valueToJson
  return { tag: String(members['$tag']), payload: members['$value'] }
}
