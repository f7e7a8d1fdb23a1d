/** Slots of plans, and parameters of grants: what JSON means where a schema says what is expected (spec/03-air.md, "Slots"). */
import { equalBytes, isAosError } from '@aos/cbor'
import { readSugar } from '../codec/json-sugar.ts'
import type { Reading } from '../codec/json-scalar.ts'
import { makeShapes } from '../codec/shape.ts'
import { valueToJson } from '../codec/value-json.ts'
import { makeSink, report, type AirIssue, type IssueSink } from '../issues.ts'
import { formatJson } from '../json-format.ts'
import { isJsonArray, isJsonObject, type JsonNode } from '../json.ts'
import type { SchemaTable, TypeExpr } from '../model.ts'
import type { Literal, PlanSlot } from '../plan-model.ts'
import type { FormPlace } from '../expressions/forms.ts'
import { fitLiteral, foldExpr, literalBytes, literalJson, readLiteral } from '../expressions/literal.ts'
import { exprJson, isConstantExpr, readExpr } from '../expressions/parse-expr.ts'

/** What a slot is read by. */
export interface SlotSchema {
  readonly type: TypeExpr
  readonly table: SchemaTable
}

/** One of the things that a node can mean. */
interface Meaning {
  readonly lens: 'expression' | 'tagged' | 'sugar'
  readonly slot: PlanSlot
  readonly warnings: readonly AirIssue[]
}

/** What came of reading a node in one way. */
interface Attempt<T> {
  readonly value: T | undefined
  readonly sink: IssueSink
}

/** Strict first: what only makes sense when keys are passed over must not compete with what makes sense as it stands. */
function attempt<T>(place: FormPlace, lenient: boolean, read: (place: FormPlace) => T | undefined): Attempt<T> {
  const sink = makeSink({ lenient })
  const value = read({ sink, path: place.path })
  return { value: sink.issues.length === 0 ? value : undefined, sink }
}

/**
 * An expression, a tagged literal or a sugar literal, whichever the type of the slot lets it be. What can be two of them with
 * different meanings is `air.ambiguous_value`; lenient reading takes the first of expression, tagged, sugar, as AIR v1 does.
 */
export function readTypedSlot(node: JsonNode, schema: SlotSchema, place: FormPlace): PlanSlot | undefined {
  if (!isSound(schema, place)) return undefined
  const strict = readMeanings(node, schema, place, false)
  const read = strict.meanings.length === 0 && place.sink.lenient ? readMeanings(node, schema, place, true) : strict
  if (read.meanings.length > 0) return choose(read.meanings, place)
  place.sink.issues.push(...read.failed.issues)
  return undefined
}

/** Everything that the node can mean; `failed` says what is wrong when that is nothing. */
function readMeanings(
  node: JsonNode,
  schema: SlotSchema,
  place: FormPlace,
  lenient: boolean,
): { readonly meanings: readonly Meaning[]; readonly failed: IssueSink } {
  const expr = attempt(place, lenient, (at) => readExpr(node, at))
  const constant = expr.value !== undefined && isConstantExpr(expr.value) ? foldExpr(expr.value) : undefined
  const fit = (literal: Literal | undefined, at: FormPlace): Literal | undefined =>
    literal && reading(schema, at, (trial) => fitLiteral(trial, literal, schema.type))
  const folded = attempt(place, lenient, (at) => fit(constant, at))
  const tagged = attempt(place, lenient, (at) => fit(readLiteral(node, at), at))
  const sugar = attempt(place, lenient, (at) => readSugarLiteral(node, schema, at))
  const meanings: Meaning[] = []
  if (expr.value !== undefined && constant === undefined) {
    const slot: PlanSlot = { kind: 'expression', expr: expr.value }
    meanings.push({ lens: 'expression', slot, warnings: expr.sink.warnings })
  }
  for (const [lens, { value, sink }] of [
    ['tagged', folded],
    ['tagged', tagged],
    ['sugar', sugar],
  ] as const) {
    if (value !== undefined) meanings.push({ lens, slot: { kind: 'literal', literal: value }, warnings: sink.warnings })
  }
  const isVariant = constant !== undefined && hasVariant(constant)
  const literal = isVariant ? folded : isTaggedMeant(node, schema) ? tagged : sugar
  return { meanings, failed: (isExpressionMeant(node) ? expr : literal).sink }
}

/** The only meaning, or the first when all mean the same. */
function choose(meanings: readonly Meaning[], place: FormPlace): PlanSlot | undefined {
  const [first] = meanings
  if (first === undefined) return undefined
  const other = meanings.find(({ slot }) => !sameSlot(slot, first.slot))
  if (other !== undefined) {
    const details = { [first.lens]: showSlot(first.slot), [other.lens]: showSlot(other.slot) }
    const message = `this is ${showSlot(first.slot)} as ${nameOf(first)}, but ${showSlot(other.slot)} as ${nameOf(other)}`
    const issue: AirIssue = { code: 'air.ambiguous_value', path: [...place.path], message, details }
    if (!place.sink.lenient) {
      place.sink.issues.push(issue)
      return undefined
    }
    place.sink.warnings.push(issue)
  }
  place.sink.warnings.push(...first.warnings)
  return first.slot
}

function nameOf({ lens }: Meaning): string {
  return lens === 'expression' ? 'an expression' : `a ${lens === 'tagged' ? 'tagged' : 'plain'} literal`
}

function sameSlot(left: PlanSlot, right: PlanSlot): boolean {
  if (left.kind === 'literal' && right.kind === 'literal') {
    return equalBytes(literalBytes(left.literal), literalBytes(right.literal))
  }
  return left.kind === right.kind
}

function showSlot(slot: PlanSlot): string {
  return formatJson(slotJson(slot))
}

/** The JSON of a slot in its normal form, which is also its node. */
export function slotJson(slot: PlanSlot): JsonNode {
  return slot.kind === 'literal' ? literalJson(slot.literal) : exprJson(slot.expr)
}

/** A slot that no schema describes: an expression, or a literal in the tagged lens. */
export function readUntypedSlot(node: JsonNode, place: FormPlace): PlanSlot | undefined {
  const { lenient } = place.sink
  const literal = attempt(place, lenient, (at) => readLiteral(node, at))
  const expr = attempt(place, lenient, (at) => readExpr(node, at))
  if (literal.value !== undefined) {
    place.sink.warnings.push(...literal.sink.warnings)
    return { kind: 'literal', literal: literal.value }
  }
  if (expr.value !== undefined) {
    place.sink.warnings.push(...expr.sink.warnings)
    return { kind: 'expression', expr: expr.value }
  }
  if (isExpressionMeant(node) || formKeys(node) > 0) {
    place.sink.issues.push(...expr.sink.issues)
    return undefined
  }
  const hint =
    'no schema says what stands here: write an expression, a tagged literal, or declare the variable in locals'
  report(place.sink, 'air.untyped_value', place.path, hint)
  return undefined
}

/** A tagged or a sugar literal of the type; with `schema` undefined only a tagged one. */
export function readLiteralSlot(node: JsonNode, schema: SlotSchema | undefined, place: FormPlace): Literal | undefined {
  if (schema === undefined) return readLiteral(node, place)
  if (!isSound(schema, place)) return undefined
  const strict = readLiterals(node, schema, place, false)
  const read = strict.meanings.length === 0 && place.sink.lenient ? readLiterals(node, schema, place, true) : strict
  const chosen = choose(read.meanings, place)
  if (chosen?.kind === 'literal') return chosen.literal
  if (read.meanings.length === 0) place.sink.issues.push(...read.failed.issues)
  return undefined
}

function readLiterals(
  node: JsonNode,
  schema: SlotSchema,
  place: FormPlace,
  lenient: boolean,
): { readonly meanings: readonly Meaning[]; readonly failed: IssueSink } {
  const tagged = attempt(place, lenient, (at) => {
    const literal = readLiteral(node, at)
    return literal && reading(schema, at, (trial) => fitLiteral(trial, literal, schema.type))
  })
  const sugar = attempt(place, lenient, (at) => readSugarLiteral(node, schema, at))
  const both = [
    ['tagged', tagged],
    ['sugar', sugar],
  ] as const
  const meanings = both.flatMap(([lens, { value, sink }]): Meaning[] =>
    value === undefined ? [] : [{ lens, slot: { kind: 'literal', literal: value }, warnings: sink.warnings }],
  )
  return { meanings, failed: (isTaggedMeant(node, schema) ? tagged : sugar).sink }
}

function readSugarLiteral(node: JsonNode, schema: SlotSchema, place: FormPlace): Literal | undefined {
  const value = reading(schema, place, (trial) => readSugar(trial, schema.type, node))
  if (value === undefined) return undefined
  const literal = readLiteral(valueToJson(schema.type, schema.table, value, { lens: 'tagged' }), place)
  return literal && reading(schema, place, (trial) => fitLiteral(trial, literal, schema.type))
}

/** Reads values; in lenient reading an unknown key is a warning, as it is in definitions. */
function reading<T>(schema: SlotSchema, place: FormPlace, read: (reading: Reading) => T): T {
  const { sink, path } = place
  const unknownKeys = sink.lenient ? sink.warnings : undefined
  return read({
    table: schema.table,
    issues: sink.issues,
    path: [...path],
    spelling: 'canonical',
    ...(unknownKeys === undefined ? {} : { unknownKeys }),
  })
}

/** False after an issue: the schema refers to what is not there, or to itself. */
function isSound({ type, table }: SlotSchema, place: FormPlace): boolean {
  try {
    makeShapes(type, table)
    return true
  } catch (error) {
    if (!isAosError(error)) throw error
    report(place.sink, 'air.unknown_schema', place.path, `the schema of this value cannot be used: ${error.message}`)
    return false
  }
}

/** True when a reference or an operation stands in it, so that its author had an expression in mind. */
function isExpressionMeant(node: JsonNode): boolean {
  if (isJsonArray(node)) return node.some(isExpressionMeant)
  if (!isJsonObject(node)) return false
  const reference = node.get('ref')
  if (typeof reference === 'string' && reference.startsWith('@')) return true
  if (typeof node.get('op') === 'string' && node.has('args')) return true
  return [...node.values()].some(isExpressionMeant)
}

const TAGGED_KEYS: readonly string[] = ['record', 'list', 'set', 'map', 'tag', 'alias', 'null', 'text', 'nat', 'int', 'bool', 'hash', 'bytes_b64', 'time_ns', 'duration_ns', 'dec128', 'uuid', 'variant'] // prettier-ignore

function formKeys(node: JsonNode): number {
  return isJsonObject(node) ? TAGGED_KEYS.filter((key) => node.has(key)).length : 0
}

/** True when its only keys are those of a tagged literal and none is a field or arm of the type. */
function isTaggedMeant(node: JsonNode, { type, table }: SlotSchema): boolean {
  if (!isJsonObject(node) || formKeys(node) === 0) return false
  const named = fieldsOf(type, table)
  return ![...node.keys()].some((key) => named.has(key))
}

function fieldsOf(type: TypeExpr, table: SchemaTable): ReadonlyMap<string, TypeExpr> {
  switch (type.kind) {
    case 'ref': {
      const target = table.get(type.name)
      return target === undefined ? new Map() : fieldsOf(target, table)
    }
    case 'option':
      return fieldsOf(type.inner, table)
    case 'record':
      return type.fields
    case 'variant':
      return type.arms
    default:
      return new Map()
  }
}

function hasVariant(literal: Literal): boolean {
  switch (literal.kind) {
    case 'variant':
      return true
    case 'record':
      return [...literal.fields.values()].some(hasVariant)
    case 'list':
    case 'set':
      return literal.items.some(hasVariant)
    case 'map':
      return literal.entries.some(({ value }) => hasVariant(value))
    default:
      return false
  }
}
