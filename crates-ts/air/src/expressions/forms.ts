/** What expressions and literals have in common in JSON: constants and collections (spec/09-expressions.md, "Forms"). */
import type { ErrorPath } from '@aos/cbor'
import { readInteger, readSugarScalar, isEmptyObject, type Reading } from '../codec/json-scalar.ts'
import { report, reportStrict, shown, type IssueSink } from '../issues.ts'
import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import type { Value } from '../model.ts'
import { isAnnotationKey } from '../names.ts'
import type { ConstantSort } from '../plan-model.ts'
import { sortOf } from '../types/parse.ts'

/** Sorts of constants by the key that names them in JSON. */
export const CONSTANT_SORTS: ReadonlyMap<string, ConstantSort> = new Map<string, ConstantSort>([
  ['null', 'null'],
  ['bool', 'bool'],
  ['int', 'int'],
  ['nat', 'nat'],
  ['dec128', 'dec128'],
  ['bytes_b64', 'bytes'],
  ['text', 'text'],
  ['time_ns', 'time'],
  ['duration_ns', 'duration'],
  ['hash', 'hash'],
  ['uuid', 'uuid'],
])

/** The key of a constant in JSON. */
export function constantKey(sort: ConstantSort): string {
  for (const [key, each] of CONSTANT_SORTS) if (each === sort) return key
  return sort
}

/** Where an expression or a literal stands, and where its issues go. */
export interface FormPlace {
  readonly sink: IssueSink
  readonly path: ErrorPath
}

/** The place of a part. */
export function below(place: FormPlace, ...steps: readonly (string | number)[]): FormPlace {
  return { sink: place.sink, path: [...place.path, ...steps] }
}

/** Which of the forms an object has, by its keys; undefined after an issue when it has none or two. */
export function formOf(
  node: JsonNode,
  forms: ReadonlySet<string>,
  place: FormPlace,
): { readonly form: string; readonly node: JsonObject } | undefined {
  if (!isJsonObject(node)) {
    report(place.sink, 'air.bad_expression', place.path, `expected an expression (an object), found ${sortOf(node)}`)
    return undefined
  }
  const [form, other] = [...node.keys()].filter((key) => forms.has(key))
  if (form === undefined) {
    report(place.sink, 'air.bad_expression', place.path, `expected a key such as "ref", "op" or "text"`)
    return undefined
  }
  if (other !== undefined) {
    const message = `the keys ${shown(form)} and ${shown(other)} are two forms`
    report(place.sink, 'air.bad_expression', place.path, message)
    return undefined
  }
  return { form, node }
}

/** Reports the keys of a form that mean nothing. */
export function checkKeys(node: JsonObject, known: readonly string[], place: FormPlace): void {
  for (const key of node.keys()) {
    if (known.includes(key) || isAnnotationKey(key)) continue
    reportStrict(place.sink, 'air.unknown_key', [...place.path, key], `the key ${shown(key)} means nothing here`)
  }
}

/** The value of a constant; undefined after an issue. */
export function readConstant(sort: ConstantSort, body: JsonNode, place: FormPlace): Value | undefined {
  if (sort === 'null') {
    if (isEmptyObject(body)) return null
    report(place.sink, 'air.type_mismatch', place.path, `expected {}, found ${sortOf(body)}`)
    return undefined
  }
  const reading: Reading = { table: new Map(), issues: [], path: [...place.path], spelling: 'canonical' }
  const isMoment = sort === 'time' || sort === 'duration'
  const value = isMoment ? readInteger(reading, sort, body) : readSugarScalar(reading, sort, body)
  place.sink.issues.push(...reading.issues)
  return value
}

/** Parts of collections, read by `read`; both models have these kinds. */
export type Collection<T> =
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, T> }
  | { readonly kind: 'list' | 'set'; readonly items: readonly T[] }
  | { readonly kind: 'map'; readonly entries: readonly { readonly key: T; readonly value: T }[] }

/** The keys of collections. */
export const COLLECTION_FORMS: readonly Collection<unknown>['kind'][] = ['record', 'list', 'set', 'map']

/** A record, list, set or map; undefined after an issue. */
export function readCollection<T>(
  kind: Collection<T>['kind'],
  body: JsonNode,
  place: FormPlace,
  read: (node: JsonNode, place: FormPlace) => T | undefined,
): Collection<T> | undefined {
  if (kind === 'record') {
    if (!isJsonObject(body)) return refuse('an object', body, place)
    const fields = [...body].map(([name, field]) => [name, read(field, below(place, name))] as const)
    const known = fields.flatMap(([name, field]) => (field === undefined ? [] : [[name, field] as const]))
    return known.length === fields.length ? { kind, fields: new Map(known) } : undefined
  }
  if (!isJsonArray(body)) return refuse('an array', body, place)
  if (kind === 'map') {
    const entries = body.map((entry, index) => readEntry(entry, below(place, index), read))
    const known = entries.filter((entry) => entry !== undefined)
    return known.length === entries.length ? { kind, entries: known } : undefined
  }
  const items = body.map((item, index) => read(item, below(place, index)))
  const known = items.filter((item): item is T & ({} | null) => item !== undefined)
  return known.length === items.length ? { kind, items: known } : undefined
}

function readEntry<T>(
  node: JsonNode,
  place: FormPlace,
  read: (node: JsonNode, place: FormPlace) => T | undefined,
): { readonly key: T; readonly value: T } | undefined {
  if (!isJsonObject(node)) return refuse('an object with "key" and "value"', node, place)
  checkKeys(node, ['key', 'value'], place)
  const [key, value] = [readMember('key', node, place, read), readMember('value', node, place, read)]
  return key === undefined || value === undefined ? undefined : { key, value }
}

/** A member that must be there. */
export function readMember<T>(
  name: string,
  node: JsonObject,
  place: FormPlace,
  read: (node: JsonNode, place: FormPlace) => T | undefined,
): T | undefined {
  const member = node.get(name)
  if (member !== undefined) return read(member, below(place, name))
  report(place.sink, 'air.missing_field', [...place.path, name], `expected the field ${shown(name)}`)
  return undefined
}

/** Reports a node of another sort. */
export function refuse(want: string, found: JsonNode | undefined, place: FormPlace): undefined {
  report(place.sink, 'air.type_mismatch', place.path, `expected ${want}, found ${sortOf(found)}`)
  return undefined
}
