/** Literals in the tagged lens: from JSON, as JSON, and fitted to the type of their slot (spec/03-air.md, "Slots"). */
import { compareBytes, encodeNode, equalBytes } from '@aos/cbor'
import { readMember as readPart, refuse as refuseValue, type Reading } from '../codec/json-scalar.ts'
import { refuseKey } from '../codec/json-sugar.ts'
import { shown } from '../issues.ts'
import { isJsonNumber, jsonInteger, type JsonNode, type JsonObject } from '../json.ts'
import { dataOfJson } from '../json-data.ts'
import type { TypeExpr } from '../model.ts'
import type { Expr, Literal } from '../plan-model.ts'
import { resolveType } from '../types/resolve.ts'
import {
  below,
  checkKeys,
  COLLECTION_FORMS,
  CONSTANT_SORTS,
  formOf,
  readCollection,
  readConstant,
  readMember,
  refuse,
  type FormPlace,
} from './forms.ts'
import { collectionJson, constantJson } from './parse-expr.ts'

const FORMS: ReadonlySet<string> = new Set(['tag', 'alias', ...COLLECTION_FORMS, ...CONSTANT_SORTS.keys()])

/** The literal, or undefined after at least one issue in the sink. */
export function readLiteral(node: JsonNode, place: FormPlace): Literal | undefined {
  const found = formOf(node, FORMS, place)
  if (found === undefined) return undefined
  const { form } = found
  const body = found.node.get(form) ?? null
  const sort = CONSTANT_SORTS.get(form)
  if (form === 'tag') return readVariant(found.node, place)
  if (form === 'alias') return readSecret(found.node, place)
  checkKeys(found.node, [form], place)
  const inside = below(place, form)
  if (sort !== undefined) {
    const value = readConstant(sort, body, inside)
    return value === undefined ? undefined : { kind: 'constant', sort, value }
  }
  const kind = COLLECTION_FORMS.find((each) => each === form)
  return kind && readCollection(kind, body, inside, readLiteral)
}

function readText(node: JsonNode, place: FormPlace): string | undefined {
  return typeof node === 'string' ? node : refuse('a text', node, place)
}

function readVariant(node: JsonObject, place: FormPlace): Literal | undefined {
  checkKeys(node, ['tag', 'value'], place)
  const tag = readMember('tag', node, place, readText)
  if (!node.has('value')) return tag === undefined ? undefined : { kind: 'variant', tag }
  const value = readMember('value', node, place, readLiteral)
  return tag === undefined || value === undefined ? undefined : { kind: 'variant', tag, value }
}

function readSecret(node: JsonObject, place: FormPlace): Literal | undefined {
  checkKeys(node, ['alias', 'version'], place)
  const alias = readMember('alias', node, place, readText)
  const version = readMember('version', node, place, (member, at) => {
    const number = isJsonNumber(member) ? Number(member.text) : 0
    return Number.isSafeInteger(number) && number >= 1 ? number : refuse('a version from 1', member, at)
  })
  return alias === undefined || version === undefined ? undefined : { kind: 'secret', alias, version }
}

/** The one JSON form of a literal, which is also its node. */
export function literalJson(literal: Literal): JsonNode {
  switch (literal.kind) {
    case 'constant':
      return constantJson(literal.sort, literal.value)
    case 'variant': {
      const members = new Map<string, JsonNode>([['tag', literal.tag]])
      if (literal.value !== undefined) members.set('value', literalJson(literal.value))
      return members
    }
    case 'secret':
      return new Map<string, JsonNode>([
        ['alias', literal.alias],
        ['version', jsonInteger(literal.version)],
      ])
    default:
      return collectionJson(literal, literalJson)
  }
}

/** The canonical bytes of a literal: what sets are ordered by. */
export function literalBytes(literal: Literal): Uint8Array {
  return encodeNode(dataOfJson(literalJson(literal)))
}

/** The literal that an expression without references is folded to; undefined when it has any. */
export function foldExpr(expr: Expr): Literal | undefined {
  switch (expr.kind) {
    case 'constant':
      return expr
    case 'reference':
    case 'operation':
      return undefined
    case 'variant': {
      if (expr.value === undefined) return { kind: 'variant', tag: expr.tag }
      const value = foldExpr(expr.value)
      return value && { kind: 'variant', tag: expr.tag, value }
    }
    case 'record': {
      const fields = new Map<string, Literal>()
      for (const [name, field] of expr.fields) {
        const folded = foldExpr(field)
        if (folded === undefined) return undefined
        fields.set(name, folded)
      }
      return { kind: 'record', fields }
    }
    case 'list':
    case 'set': {
      const items = foldAll(expr.items)
      return items && { kind: expr.kind, items }
    }
    case 'map': {
      const [keys, values] = [
        foldAll(expr.entries.map(({ key }) => key)),
        foldAll(expr.entries.map(({ value }) => value)),
      ]
      if (keys === undefined || values === undefined) return undefined
      return {
        kind: 'map',
        entries: keys.flatMap((key, at) => (values[at] === undefined ? [] : [{ key, value: values[at] }])),
      }
    }
  }
}

function foldAll(exprs: readonly Expr[]): readonly Literal[] | undefined {
  const folded = exprs.map(foldExpr).filter((literal) => literal !== undefined)
  return folded.length === exprs.length ? folded : undefined
}

/**
 * The literal in the form in which it is hashed: fields in any order and none missing, sets in order and without repetition,
 * maps by their keys. undefined after an issue. A constant has exactly the sort of the type.
 */
export function fitLiteral(reading: Reading, literal: Literal, slot: TypeExpr): Literal | undefined {
  const type = resolveType(slot, reading.table)
  if (type.kind === 'option') return isNull(literal) ? literal : fitLiteral(reading, literal, type.inner)
  switch (type.kind) {
    case 'unit':
      if (isNull(literal) || (literal.kind === 'record' && literal.fields.size === 0)) return literal
      return mismatch(reading, type.kind, literal)
    case 'record':
      return literal.kind === 'record' ? fitRecord(reading, literal, type) : mismatch(reading, type.kind, literal)
    case 'variant':
      return fitVariant(reading, literal, type)
    case 'list':
    case 'set': {
      if (literal.kind !== type.kind) return mismatch(reading, type.kind, literal)
      const items = literal.items.map((item, at) =>
        readPart(reading, type.kind, () => readPart(reading, at, () => fitLiteral(reading, item, type.item))),
      )
      const known = items.filter((item) => item !== undefined)
      if (known.length < items.length) return undefined
      return { kind: type.kind, items: type.kind === 'set' ? sortedSet(known) : known }
    }
    case 'map':
      return literal.kind === 'map' ? fitMap(reading, literal, type) : mismatch(reading, type.kind, literal)
    default:
      if (literal.kind === 'constant' && literal.sort === type.kind) return literal
      return mismatch(reading, type.kind, literal)
  }
}

type TypeOf<Kind extends TypeExpr['kind']> = Extract<TypeExpr, { readonly kind: Kind }>
type LiteralOf<Kind extends Literal['kind']> = Extract<Literal, { readonly kind: Kind }>

function isNull(literal: Literal): boolean {
  return literal.kind === 'constant' && literal.sort === 'null'
}

function mismatch(reading: Reading, want: string, found: Literal): undefined {
  const sort = found.kind === 'constant' ? found.sort : found.kind
  return refuseValue(reading, 'air.type_mismatch', `expected a literal of the type ${want}, found ${sort}`)
}

const NULL: Literal = { kind: 'constant', sort: 'null', value: null }

function fitRecord(reading: Reading, literal: LiteralOf<'record'>, type: TypeOf<'record'>): Literal | undefined {
  const before = reading.issues.length
  const fields = new Map<string, Literal>()
  readPart(reading, 'record', () => {
    for (const name of literal.fields.keys()) {
      if (!type.fields.has(name)) {
        readPart(reading, name, () => refuseKey(reading, name))
      }
    }
    for (const [name, field] of type.fields) {
      const given = literal.fields.get(name)
      readPart(reading, name, () => {
        const isOptional = resolveType(field, reading.table).kind === 'option'
        if (given === undefined && !isOptional) {
          refuseValue(reading, 'air.missing_field', `the field ${shown(name)} is missing`)
          return
        }
        const fitted = given === undefined ? NULL : fitLiteral(reading, given, field)
        if (fitted !== undefined) fields.set(name, fitted)
      })
    }
  })
  return reading.issues.length === before ? { kind: 'record', fields } : undefined
}

function fitVariant(reading: Reading, literal: Literal, type: TypeOf<'variant'>): Literal | undefined {
  if (literal.kind === 'secret') {
    const arm = type.arms.get('secret')
    if (arm?.kind === 'ref' && arm.name === 'sys/SecretRef@1') return literal
    return mismatch(reading, 'variant', literal)
  }
  if (literal.kind !== 'variant') return mismatch(reading, 'variant', literal)
  const arm = type.arms.get(literal.tag)
  if (arm === undefined) {
    const known = [...type.arms.keys()].map(shown).join(', ')
    return refuseValue(reading, 'air.unknown_arm', `expected one of ${known}, found ${shown(literal.tag)}`)
  }
  const kind = resolveType(arm, reading.table).kind
  if (literal.value === undefined) {
    if (kind === 'unit') return literal
    if (kind === 'option') return { ...literal, value: NULL }
    return refuseValue(reading, 'air.arm_payload', `the arm ${shown(literal.tag)} needs a payload`)
  }
  const { value } = literal
  const fitted = readPart(reading, 'value', () => fitLiteral(reading, value, arm))
  if (fitted === undefined) return undefined
  return kind === 'unit' ? { kind: 'variant', tag: literal.tag } : { kind: 'variant', tag: literal.tag, value: fitted }
}

function fitMap(reading: Reading, literal: LiteralOf<'map'>, type: TypeOf<'map'>): Literal | undefined {
  const before = reading.issues.length
  const entries: { readonly key: Literal; readonly value: Literal; readonly bytes: Uint8Array; readonly at: number }[] =
    []
  const inside = <T>(at: number, part: string, read: () => T): T =>
    readPart(reading, 'map', () => readPart(reading, at, () => readPart(reading, part, read)))
  for (const [at, entry] of literal.entries.entries()) {
    const key = inside(at, 'key', () => fitLiteral(reading, entry.key, { kind: type.key }))
    const value = inside(at, 'value', () => fitLiteral(reading, entry.value, type.value))
    if (key !== undefined && value !== undefined) entries.push({ key, value, bytes: literalBytes(key), at })
  }
  entries.sort((left, right) => compareBytes(left.bytes, right.bytes) || left.at - right.at)
  for (const [index, { bytes, at }] of entries.entries()) {
    const isRepeated = index > 0 && equalBytes(entries[index - 1]?.bytes ?? bytes, bytes)
    if (isRepeated) inside(at, 'key', () => refuseValue(reading, 'air.duplicate_map_key', 'the key stands twice'))
  }
  return reading.issues.length > before
    ? undefined
    : { kind: 'map', entries: entries.map(({ key, value }) => ({ key, value })) }
}

function sortedSet(items: readonly Literal[]): readonly Literal[] {
  const keyed = items.map((item) => ({ item, bytes: literalBytes(item) }))
  keyed.sort((left, right) => compareBytes(left.bytes, right.bytes))
  return keyed
    .filter(({ bytes }, at) => at === 0 || !equalBytes(keyed[at - 1]?.bytes ?? bytes, bytes))
    .map(({ item }) => item)
}
