/** The operators of expressions (spec/09-expressions.md, "Operators"). Each makes an expression; nothing is computed here. */
import type { AirType, Primitive, PrimitiveName } from './air-type.ts'
import { UNKNOWN, computedOf, makeTerm, memberOf, reference, resolved } from './computed.ts'
import type { Computed, ComputedType } from './computed.ts'
import { operation } from './expression-json.ts'
import type { ExprJson } from './expression-json.ts'
import type { Expr, PartsTerm, Sort, Term } from './expression.ts'
import { lower } from './lower.ts'
import type { Plain, Slot } from './slot.ts'

/** The logical time of the turn, `@now`. */
export const now: Term<'time'> = reference('@now', { kind: 'time' })

type Bool = Term<'bool'>
type Text = string | Term<'text'>
type Num = Term<'int' | 'nat'>
type Constant<S extends Sort> = S extends PrimitiveName ? Plain[S] : never

/** What may be compared with a term: another one of its sort, or a constant. */
export type Beside<A extends Term> =
  A extends PartsTerm<'option', infer Inner extends Term>
    ? null | Beside<Inner> | PartsTerm<'option', Inner>
    : A extends Term<infer S>
      ? Term<S> | Constant<S>
      : never

/** What `lt`, `le`, `gt` and `ge` compare: numbers with numbers, times with times, texts with texts. */
export type Ordered = Term<'int' | 'nat'> | Term<'time'> | Term<'duration'> | Term<'text'>

/** Equal in sort and value. A constant on the right has the sort of what stands on the left. */
export function eq<A extends Term>(left: A, right: Beside<A>): Bool {
  return compared('eq', left, right)
}

/** Not equal in sort or value. */
export function ne<A extends Term>(left: A, right: Beside<A>): Bool {
  return compared('ne', left, right)
}

/** Less than what stands on the right. */
export function lt<A extends Ordered>(left: A, right: Beside<A>): Bool {
  return compared('lt', left, right)
}

/** Less than, or equal to, what stands on the right. */
export function le<A extends Ordered>(left: A, right: Beside<A>): Bool {
  return compared('le', left, right)
}

/** Greater than what stands on the right. */
export function gt<A extends Ordered>(left: A, right: Beside<A>): Bool {
  return compared('gt', left, right)
}

/** Greater than, or equal to, what stands on the right. */
export function ge<A extends Ordered>(left: A, right: Beside<A>): Bool {
  return compared('ge', left, right)
}

/** True when all operands are. All of them are evaluated. */
export function and(first: Bool, second: Bool, ...more: readonly Bool[]): Bool {
  return made('bool', 'and', ...[first, second, ...more].map(jsonOf))
}

/** True when an operand is. All of them are evaluated. */
export function or(first: Bool, second: Bool, ...more: readonly Bool[]): Bool {
  return made('bool', 'or', ...[first, second, ...more].map(jsonOf))
}

/** True when the operand is false. */
export function not(operand: Bool): Bool {
  return made('bool', 'not', jsonOf(operand))
}

/** Texts in a row; of more than two the first two are joined first. */
export function concat(first: Text, second: Text, ...more: readonly Text[]): Term<'text'> {
  const joined = [second, ...more].reduce<ExprJson>(
    (left, right) => operation('concat', left, textOf(right)),
    textOf(first),
  )
  return makeTerm({ json: joined, type: { kind: 'text' } })
}

/** True when the text begins with the other one. */
export function startsWith(whole: Term<'text'>, begin: Text): Bool {
  return made('bool', 'starts_with', jsonOf(whole), textOf(begin))
}

/** True when the text ends with the other one. */
export function endsWith(whole: Term<'text'>, end: Text): Bool {
  return made('bool', 'ends_with', jsonOf(whole), textOf(end))
}

/** Entries of a collection, code points of a text, bytes. */
export function len(whole: Term<'list' | 'set' | 'map' | 'record' | 'text' | 'bytes'>): Term<'nat'> {
  return made('nat', 'len', jsonOf(whole))
}

/** The item at an index, or the value of a key. When there is none the plan ends (`expr.missing_field`). */
export function get<T extends Term>(whole: PartsTerm<'list', T>, index: number | Num): T
export function get<K extends Term, V extends Term>(
  whole: PartsTerm<'map', { readonly key: K; readonly value: V }>,
  key: Beside<K>,
): V
export function get(whole: Term, at: unknown): unknown {
  const { json, type } = needComputed(whole)
  const plain = resolved(type)
  const [keyType, partType]: readonly [ComputedType, ComputedType] =
    plain.kind === 'map'
      ? [plain.key, plain.value]
      : [{ kind: 'nat' }, plain.kind === 'list' || plain.kind === 'items' ? plain.item : UNKNOWN]
  return makeTerm({ json: operation('get', json, constant(at, keyType)), type: partType })
}

/** True when a map has the key, or a list or set the item. */
export function has<T extends Term>(whole: PartsTerm<'list' | 'set', T>, item: Beside<T>): Bool
export function has<K extends Term>(whole: PartsTerm<'map', { readonly key: K }>, key: Beside<K>): Bool
export function has(whole: Term, part: unknown): Bool {
  return made('bool', 'has', jsonOf(whole), constant(part, partTypeOf(whole)))
}

/** True when a text or bytes have the other inside, a list or set the item, a map the key. */
export function contains(whole: Term<'text'>, part: Text): Bool
export function contains(whole: Term<'bytes'>, part: Term<'bytes'>): Bool
export function contains<T extends Term>(whole: PartsTerm<'list' | 'set', T>, item: Beside<T>): Bool
export function contains<K extends Term>(whole: PartsTerm<'map', { readonly key: K }>, key: Beside<K>): Bool
export function contains(whole: Term, part: unknown): Bool {
  return made('bool', 'contains', jsonOf(whole), constant(part, partTypeOf(whole)))
}

/** The hash of any value, with its sort in it (spec/09-expressions.md, "Hash form"). */
export function hashOf(value: Term): Term<'hash'> {
  return made('hash', 'hash', jsonOf(value))
}

/** The SHA-256 of bytes. */
export function hashBytes(value: Term<'bytes'>): Term<'hash'> {
  return made('hash', 'hash_bytes', jsonOf(value))
}

/** The sum of numbers, of a time and a duration, or of durations. */
export function add(left: Term<'time'>, right: Slot<Primitive<'duration'>>): Term<'time'>
export function add(left: Term<'duration'>, right: Term<'time'>): Term<'time'>
export function add(left: Term<'duration'>, right: Slot<Primitive<'duration'>>): Term<'duration'>
export function add(left: Term<'nat'>, right: Term<'nat'> | number | bigint): Term<'nat'>
export function add(left: Num, right: Num | number | bigint): Term<'int'>
export function add(left: Term, right: unknown): unknown {
  const first = kindOf(left)
  const second = first === 'time' ? 'duration' : first
  const json = operation('add', jsonOf(left), constant(right, { kind: second }))
  const isTime = first === 'time' || kindOf(right) === 'time'
  return makeTerm({ json, type: { kind: isTime ? 'time' : first === 'duration' ? first : widest(first, right) } })
}

/** The difference of numbers, times or durations. A nat less a larger nat is an int. */
export function sub(left: Term<'time'>, right: Term<'time'>): Term<'duration'>
export function sub(left: Term<'time'>, right: Slot<Primitive<'duration'>>): Term<'time'>
export function sub(left: Term<'duration'>, right: Slot<Primitive<'duration'>>): Term<'duration'>
export function sub(left: Num, right: Num | number | bigint): Num
export function sub(left: Term, right: unknown): unknown {
  const first = kindOf(left)
  const json = operation('sub', jsonOf(left), constant(right, { kind: first === 'time' ? 'duration' : first }))
  const ofTime = kindOf(right) === 'time' ? 'duration' : 'time'
  return makeTerm({
    json,
    type: { kind: first === 'time' ? ofTime : first === 'duration' ? first : widest(first, right) },
  })
}

/** The product of whole numbers. */
export function mul(left: Term<'nat'>, right: Term<'nat'> | number | bigint): Term<'nat'>
export function mul(left: Num, right: Num | number | bigint): Term<'int'>
export function mul(left: Term, right: unknown): unknown {
  return arithmetic('mul', left, right)
}

/** The quotient, cut towards zero. Division by zero ends the plan (`expr.divide_by_zero`). */
export function div(left: Term<'nat'>, right: Term<'nat'> | number | bigint): Term<'nat'>
export function div(left: Num, right: Num | number | bigint): Term<'int'>
export function div(left: Term, right: unknown): unknown {
  return arithmetic('div', left, right)
}

/** What division leaves, with the sign of the left side. */
export function mod(left: Term<'nat'>, right: Term<'nat'> | number | bigint): Term<'nat'>
export function mod(left: Num, right: Num | number | bigint): Term<'int'>
export function mod(left: Term, right: unknown): unknown {
  return arithmetic('mod', left, right)
}

/** True when a variant has this arm. */
export function is<P extends { readonly [name: string]: unknown }>(
  variant: PartsTerm<'variant', P>,
  name: keyof P & string,
): Bool {
  return made('bool', 'eq', memberOf(needComputed(variant), '$tag').json, { text: name })
}

/** What an arm of a variant carries. With another arm there the plan ends, or finds a field of the same name. */
export function arm<P extends { readonly [name: string]: unknown }, K extends keyof P & string>(
  variant: PartsTerm<'variant', P>,
  name: K,
): P[K] {
  const computed = needComputed(variant)
  const plain = resolved(computed.type)
  const type = plain.kind === 'variant' ? (plain.arms[name] ?? UNKNOWN) : UNKNOWN
  return makeTerm({ ...memberOf(computed, '$value'), type })
}

/** What is in an option, when the author knows that it is there: nothing is checked before the value is used. */
export function present<T>(maybe: PartsTerm<'option', T>): T {
  const { json, type } = needComputed(maybe)
  const plain = resolved(type)
  return makeTerm({ json, type: plain.kind === 'option' ? plain.inner : plain })
}

/** A record of terms, for `compute`: where a schema is known, an object does. */
export function recordOf<const F extends { readonly [field: string]: Term }>(fields: F): Term<'record'> & F {
  const parts = Object.entries(fields).map(([name, term]) => [name, needComputed(term)] as const)
  const json = { record: Object.fromEntries(parts.map(([name, part]) => [name, part.json])) }
  const types = Object.fromEntries(parts.map(([name, part]) => [name, part.type]))
  return makeTerm({ json, type: { kind: 'parts', fields: types } })
}

/** A list of terms, for `compute`: where a schema is known, an array does. */
export function listOf<T extends Term>(items: readonly T[]): PartsTerm<'list', T> {
  const parts = items.map(needComputed)
  const type = parts[0]?.type ?? UNKNOWN
  return makeTerm({ json: { list: parts.map(({ json }) => json) }, type: { kind: 'items', item: type } })
}

/** A constant as a term, for operators that take no bare ones. */
export function literal<T extends AirType>(type: T, value: Slot<T>): Expr<T> {
  return makeTerm({ json: constant(value, type), type })
}

/** True for what an operator or a step gave. */
export function isTerm(value: unknown): value is Term {
  return computedOf(value) !== undefined
}

/** The JSON of a term; what is none is an error that TypeScript reports before. */
export function jsonOf(term: Term): ExprJson {
  return needComputed(term).json
}

function needComputed(term: Term): Computed {
  return computedOf(term) ?? { json: constant(term, UNKNOWN), type: UNKNOWN }
}

function made<S extends PrimitiveName>(kind: S, operator: string, ...operands: readonly ExprJson[]): Term<S & Sort> {
  return makeTerm({ json: operation(operator, ...operands), type: { kind } })
}

function compared(operator: string, left: Term, right: unknown): Bool {
  const { json, type } = needComputed(left)
  return made('bool', operator, json, constant(right, type))
}

function arithmetic(operator: string, left: Term, right: unknown): unknown {
  const kind = kindOf(left)
  return makeTerm({
    json: operation(operator, jsonOf(left), constant(right, { kind })),
    type: { kind: widest(kind, right) },
  })
}

/** nat with nat is nat; with an int on either side it is int. */
function widest(left: PrimitiveName, right: unknown): PrimitiveName {
  const other = computedOf(right) === undefined ? left : kindOf(right)
  return left === 'nat' && other === 'nat' ? 'nat' : 'int'
}

function kindOf(value: unknown): PrimitiveName {
  const computed = computedOf(value)
  const kind = computed === undefined ? 'int' : resolved(computed.type).kind
  return kind === 'nat' || kind === 'time' || kind === 'duration' ? kind : 'int'
}

function partTypeOf(whole: Term): ComputedType {
  const plain = resolved(needComputed(whole).type)
  if (plain.kind === 'map') return plain.key
  if (plain.kind === 'list' || plain.kind === 'set' || plain.kind === 'items') return plain.item
  return plain
}

function textOf(value: Text): ExprJson {
  return constant(value, { kind: 'text' })
}

/** Secrets have no place in an operand. */
function constant(value: unknown, type: ComputedType): ExprJson {
  return lower(value, type, { form: 'expression', path: [], onSecret: () => undefined })
}
