/** What each operator does with values that are there (spec/09-expressions.md, "Operators"). */
import type { ExprOperator } from '@aos/air'
import { formatHash, sha256 } from '@aos/cbor'
import type { Sha256Port } from '@aos/cbor'
import { calculate, isInteger } from './arithmetic.ts'
import { exprError } from './errors.ts'
import { compareCodePoints, encodeHashForm } from './hash-form.ts'
import { findMember, memberOf } from './reference.ts'
import { boolValue, integerValue, isEqual, textValue } from './value.ts'
import type { ExprValue } from './value.ts'

/** How many operands an operator takes, and what it makes of them. */
export interface OperatorRule {
  readonly least: number
  /** undefined: any number from `least`. */
  readonly most: number | undefined
  /** All operands are there already: nothing is short-circuited. Throws `expr.*`. */
  readonly apply: (operands: readonly ExprValue[], port: Sha256Port) => ExprValue
}

type Binary = (left: ExprValue, right: ExprValue) => ExprValue

function unary(apply: (operand: ExprValue, port: Sha256Port) => ExprValue): OperatorRule {
  return { least: 1, most: 1, apply: ([operand], port) => apply(needed(operand), port) }
}

function binary(apply: Binary): OperatorRule {
  return { least: 2, most: 2, apply: ([left, right]) => apply(needed(left), needed(right)) }
}

function needed(operand: ExprValue | undefined): ExprValue {
  if (operand === undefined) throw exprError('expr.bad_arity', 'an operand is missing')
  return operand
}

function comparison(holds: (order: number) => boolean, name: string): OperatorRule {
  return binary((left, right) => boolValue(holds(compare(name, left, right))))
}

function boolean(name: string, combine: (values: readonly boolean[]) => boolean): OperatorRule {
  const apply = (operands: readonly ExprValue[]): ExprValue =>
    boolValue(combine(operands.map((item) => truth(name, item))))
  return { least: 2, most: undefined, apply }
}

/** One rule for every operator of the language. */
export const OPERATORS: Readonly<Record<ExprOperator, OperatorRule>> = {
  len: unary(lengthOf),
  get: binary(get),
  has: binary((left, right) => boolValue(has(left, right))),
  eq: binary((left, right) => boolValue(isEqual(left, right))),
  ne: binary((left, right) => boolValue(!isEqual(left, right))),
  lt: comparison((order) => order < 0, 'lt'),
  le: comparison((order) => order <= 0, 'le'),
  gt: comparison((order) => order > 0, 'gt'),
  ge: comparison((order) => order >= 0, 'ge'),
  and: boolean('and', (values) => values.every(Boolean)),
  or: boolean('or', (values) => values.some(Boolean)),
  not: unary((operand) => boolValue(!truth('not', operand))),
  concat: binary((left, right) => textValue('text', text('concat', left) + text('concat', right))),
  hash: unary((operand, port) => textValue('hash', formatHash(sha256(port, encodeHashForm(operand))))),
  hash_bytes: unary((operand, port) => {
    if (operand.sort !== 'bytes') throw mismatch('hash_bytes', 'bytes', operand)
    return textValue('hash', formatHash(sha256(port, operand.value)))
  }),
  add: binary((left, right) => calculate('add', left, right)),
  sub: binary((left, right) => calculate('sub', left, right)),
  mul: binary((left, right) => calculate('mul', left, right)),
  div: binary((left, right) => calculate('div', left, right)),
  mod: binary((left, right) => calculate('mod', left, right)),
  starts_with: binary((left, right) => boolValue(text('starts_with', left).startsWith(text('starts_with', right)))),
  ends_with: binary((left, right) => boolValue(text('ends_with', left).endsWith(text('ends_with', right)))),
  contains: binary((left, right) => boolValue(contains(left, right))),
}

function lengthOf(operand: ExprValue): ExprValue {
  switch (operand.sort) {
    case 'list':
    case 'set':
      return natOf(operand.items.length)
    case 'map':
      return natOf(operand.entries.length)
    case 'record':
      return natOf(operand.fields.size)
    case 'bytes':
      return natOf(operand.value.length)
    case 'text':
      return natOf(countCodePoints(operand.value))
    default:
      throw mismatch('len', 'a list, set, map, record, text or bytes', operand)
  }
}

function natOf(count: number): ExprValue {
  return integerValue('nat', BigInt(count))
}

function countCodePoints(value: string): number {
  let count = 0
  for (const _ of value) count += 1
  return count
}

function get(container: ExprValue, key: ExprValue): ExprValue {
  switch (container.sort) {
    case 'record':
    case 'variant':
      return memberOf(container, text('get', key))
    case 'map': {
      const found = container.entries.find((entry) => isEqual(entry.key, key))
      if (found === undefined) throw exprError('expr.missing_field', 'the map has no such key')
      return found.value
    }
    case 'list': {
      const found = key.sort === 'nat' || key.sort === 'int' ? container.items[Number(key.value)] : undefined
      if (found !== undefined) return found
      if (!isInteger(key)) throw mismatch('get', 'a position', key)
      throw exprError('expr.missing_field', `the list has no position ${key.value}`)
    }
    default:
      throw mismatch('get', 'a record, variant, map or list', container)
  }
}

function has(container: ExprValue, key: ExprValue): boolean {
  switch (container.sort) {
    case 'record':
    case 'variant':
      return findMember(container, text('has', key)) !== undefined
    case 'map':
      return container.entries.some((entry) => isEqual(entry.key, key))
    case 'list':
    case 'set':
      return container.items.some((item) => isEqual(item, key))
    default:
      throw mismatch('has', 'a record, variant, map, list or set', container)
  }
}

function contains(container: ExprValue, part: ExprValue): boolean {
  switch (container.sort) {
    case 'text':
      return container.value.includes(text('contains', part))
    case 'bytes':
      if (part.sort !== 'bytes') throw mismatch('contains', 'bytes', part)
      return includesBytes(container.value, part.value)
    case 'list':
    case 'set':
      return container.items.some((item) => isEqual(item, part))
    case 'map':
      return container.entries.some((entry) => isEqual(entry.key, part))
    default:
      throw mismatch('contains', 'a text, bytes, list, set or map', container)
  }
}

/** Knuth, Morris and Pratt: the work is the sum of both lengths, not their product. */
function includesBytes(whole: Uint8Array, part: Uint8Array): boolean {
  if (part.length === 0) return true
  const border = new Uint32Array(part.length)
  for (let at = 1, length = 0; at < part.length; at += 1) {
    while (length > 0 && part[at] !== part[length]) length = border[length - 1] ?? 0
    if (part[at] === part[length]) length += 1
    border[at] = length
  }
  for (let at = 0, length = 0; at < whole.length; at += 1) {
    while (length > 0 && whole[at] !== part[length]) length = border[length - 1] ?? 0
    if (whole[at] === part[length]) length += 1
    if (length === part.length) return true
  }
  return false
}

function compare(name: string, left: ExprValue, right: ExprValue): number {
  if (isInteger(left) && isInteger(right)) return left.value < right.value ? -1 : left.value > right.value ? 1 : 0
  if (left.sort === 'text' && right.sort === 'text') return compareCodePoints(left.value, right.value)
  throw exprError('expr.type_mismatch', `${name} is not for ${left.sort} and ${right.sort}`)
}

function truth(name: string, operand: ExprValue): boolean {
  if (operand.sort === 'bool') return operand.value
  throw mismatch(name, 'a bool', operand)
}

function text(name: string, operand: ExprValue): string {
  if (operand.sort === 'text') return operand.value
  throw mismatch(name, 'a text', operand)
}

function mismatch(name: string, expected: string, found: ExprValue): Error {
  return exprError('expr.type_mismatch', `${name} needs ${expected}, found a ${found.sort}`)
}
