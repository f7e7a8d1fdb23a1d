/** Expressions from JSON and as JSON (spec/09-expressions.md, "Forms"). */
import { formatBase64 } from '../codec/base64.ts'
import { report, shown } from '../issues.ts'
import { isJsonArray, isJsonObject, jsonInteger, type JsonNode, type JsonObject } from '../json.ts'
import type { ConstantSort, Expr, ExprOperator } from '../plan-model.ts'
import type { Value } from '../model.ts'
import { compareKeys } from '../types/key-order.ts'
import {
  below,
  checkKeys,
  COLLECTION_FORMS,
  CONSTANT_SORTS,
  constantKey,
  formOf,
  readCollection,
  readConstant,
  readMember,
  refuse,
  type FormPlace,
} from './forms.ts'

/** A row is missing or too many when this does not compile. */
const OPERATORS: { readonly [Name in ExprOperator]: true } = {
  len: true,
  get: true,
  has: true,
  eq: true,
  ne: true,
  lt: true,
  le: true,
  gt: true,
  ge: true,
  and: true,
  or: true,
  not: true,
  concat: true,
  hash: true,
  hash_bytes: true,
  add: true,
  sub: true,
  mul: true,
  div: true,
  mod: true,
  starts_with: true,
  ends_with: true,
  contains: true,
}

/** The operators by name. */
export const EXPR_OPERATORS: readonly string[] = Object.keys(OPERATORS)

function isOperator(name: string): name is ExprOperator {
  return Object.hasOwn(OPERATORS, name)
}

const FORMS: ReadonlySet<string> = new Set(['ref', 'op', 'variant', ...COLLECTION_FORMS, ...CONSTANT_SORTS.keys()])

/** The expression, or undefined after at least one issue in the sink. Only objects are expressions. */
export function readExpr(node: JsonNode, place: FormPlace): Expr | undefined {
  const found = formOf(node, FORMS, place)
  if (found === undefined) return undefined
  const { form } = found
  const body = found.node.get(form) ?? null
  checkKeys(found.node, form === 'op' ? ['op', 'args'] : [form], place)
  const inside = below(place, form)
  const sort = CONSTANT_SORTS.get(form)
  if (sort !== undefined) {
    const value = readConstant(sort, body, inside)
    return value === undefined ? undefined : { kind: 'constant', sort, value }
  }
  switch (form) {
    case 'ref':
      return typeof body === 'string' ? { kind: 'reference', text: body } : refuse('a text', body, inside)
    case 'op':
      return readOperation(found.node, place)
    case 'variant':
      return readVariant(body, inside)
    default: {
      const kind = COLLECTION_FORMS.find((each) => each === form)
      return kind && readCollection(kind, body, inside, readExpr)
    }
  }
}

function readOperation(node: JsonObject, place: FormPlace): Expr | undefined {
  const [name, args] = [node.get('op'), node.get('args')]
  const operator = typeof name === 'string' && isOperator(name) ? name : undefined
  if (operator === undefined) {
    const found = typeof name === 'string' ? shown(name) : 'something else'
    report(place.sink, 'air.bad_expression', [...place.path, 'op'], `expected an operator, found ${found}`)
  }
  if (!isJsonArray(args)) return refuse('an array of operands', args, below(place, 'args'))
  const operands = args.map((operand, index) => readExpr(operand, below(place, 'args', index)))
  const known = operands.filter((operand) => operand !== undefined)
  if (operator === undefined || known.length < operands.length) return undefined
  return { kind: 'operation', operator, operands: known }
}

function readVariant(body: JsonNode, place: FormPlace): Expr | undefined {
  if (!isJsonObject(body)) return refuse('an object with "tag"', body, place)
  checkKeys(body, ['tag', 'value'], place)
  const tag = readMember('tag', body, place, (node, at) =>
    typeof node === 'string' ? node : refuse('a text', node, at),
  )
  if (!body.has('value')) return tag === undefined ? undefined : { kind: 'variant', tag }
  const value = readMember('value', body, place, readExpr)
  return tag === undefined || value === undefined ? undefined : { kind: 'variant', tag, value }
}

/** True when nothing in it refers or computes. */
export function isConstantExpr(expr: Expr): boolean {
  switch (expr.kind) {
    case 'constant':
      return true
    case 'reference':
    case 'operation':
      return false
    case 'record':
      return [...expr.fields.values()].every(isConstantExpr)
    case 'list':
    case 'set':
      return expr.items.every(isConstantExpr)
    case 'map':
      return expr.entries.every(({ key, value }) => isConstantExpr(key) && isConstantExpr(value))
    case 'variant':
      return expr.value === undefined || isConstantExpr(expr.value)
  }
}

/** The one JSON form of an expression, which is also its node. */
export function exprJson(expr: Expr): JsonNode {
  switch (expr.kind) {
    case 'constant':
      return constantJson(expr.sort, expr.value)
    case 'reference':
      return new Map([['ref', expr.text]])
    case 'operation':
      return new Map<string, JsonNode>([['op', expr.operator], ['args', expr.operands.map(exprJson)]]) // prettier-ignore
    case 'variant': {
      const body = new Map<string, JsonNode>([['tag', expr.tag]])
      if (expr.value !== undefined) body.set('value', exprJson(expr.value))
      return new Map([['variant', body]])
    }
    default:
      return collectionJson(expr, exprJson)
  }
}

/** `{"nat": 5}` and its like. */
export function constantJson(sort: ConstantSort, value: Value): JsonNode {
  return new Map([[constantKey(sort), bodyJson(sort, value)]])
}

function bodyJson(sort: ConstantSort, value: Value): JsonNode {
  if (sort === 'null') return new Map<string, JsonNode>()
  if (value instanceof Uint8Array) return formatBase64(value)
  if (typeof value === 'number' || typeof value === 'bigint') return jsonInteger(value)
  return typeof value === 'string' || typeof value === 'boolean' ? value : null
}

/** A collection with its parts written by `write`; fields stand in canonical order. */
export function collectionJson<T>(
  collection:
    | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, T> }
    | { readonly kind: 'list' | 'set'; readonly items: readonly T[] }
    | { readonly kind: 'map'; readonly entries: readonly { readonly key: T; readonly value: T }[] },
  write: (part: T) => JsonNode,
): JsonNode {
  switch (collection.kind) {
    case 'record': {
      const fields = [...collection.fields].toSorted(([left], [right]) => compareKeys(left, right))
      return new Map([['record', new Map(fields.map(([name, field]) => [name, write(field)]))]])
    }
    case 'map': {
      const entries = collection.entries.map(({ key, value }) => new Map([['key', write(key)], ['value', write(value)]])) // prettier-ignore
      return new Map([['map', entries]])
    }
    default:
      return new Map([[collection.kind, collection.items.map(write)]])
  }
}
