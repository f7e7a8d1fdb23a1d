/** Checks of an expression before it runs: references, arity, types as far as they are known (spec/09-expressions.md, "Static checks"). */
import type { Expr, ExprOperator, SchemaTable } from '@aos/air'
import { isAosError } from '@aos/cbor'
import type { ErrorPath, Issue } from '@aos/cbor'
import { resultSort } from './arithmetic.ts'
import type { ExprErrorCode } from './errors.ts'
import { EXPR_LIMITS } from './limits.ts'
import { OPERATORS } from './operators.ts'
import { parseReference } from './reference.ts'
import type { ReferenceRoot } from './reference.ts'
import { ANY, describeType, expand, mayBeKey, memberType } from './type.ts'
import type { ExprType } from './type.ts'
import type { IntegerSort } from './value.ts'

/** What an expression may refer to at the place where it stands. */
export interface TypeScope {
  readonly table: SchemaTable
  /** undefined: nothing of that name can stand there. */
  readonly lookUp: (root: ReferenceRoot) => ExprType | undefined
}

/** What a check found: the type as far as it is known, and what is certainly wrong. */
export interface CheckedExpr {
  readonly type: ExprType
  /** Paths go through the JSON form: `args`, `record`, `list`, `set`, `map`, `variant`. */
  readonly issues: readonly Issue[]
}

/** Finds what is certainly wrong, and never anything that could be right. */
export function checkExpr(expr: Expr, scope: TypeScope, path: ErrorPath = []): CheckedExpr {
  const checker = new Checker(scope)
  const type = checker.check(expr, path, 1)
  return { type, issues: checker.issues }
}

const BOOL: ExprType = { kind: 'bool' }
const TEXT: ExprType = { kind: 'text' }
const INTEGERS: ReadonlySet<string> = new Set<IntegerSort>(['int', 'nat', 'time', 'duration'])

class Checker {
  readonly issues: Issue[] = []
  readonly #scope: TypeScope
  #nodes = 0

  constructor(scope: TypeScope) {
    this.#scope = scope
  }

  check(expr: Expr, path: ErrorPath, depth: number): ExprType {
    this.#nodes += 1
    if (depth > EXPR_LIMITS.exprDepthMax)
      return this.#report('expr.too_deep', path, 'the expression is nested too deep')
    if (this.#nodes === EXPR_LIMITS.exprNodesMax + 1)
      this.#report('expr.too_large', path, 'the expression has too many parts')
    switch (expr.kind) {
      case 'constant':
        return { kind: expr.sort }
      case 'reference':
        return this.#reference(expr.text, path)
      case 'operation':
        return this.#operation(expr, path, depth)
      case 'record':
        return {
          kind: 'record',
          fields: new Map(
            [...expr.fields].map(([name, field]) => [name, this.check(field, [...path, 'record', name], depth + 1)]),
          ),
        }
      case 'list':
      case 'set':
        return this.#collection(expr.kind, expr.items, path, depth)
      case 'map':
        for (const [index, { key, value }] of expr.entries.entries()) {
          this.#key(this.check(key, [...path, 'map', index, 'key'], depth + 1), [...path, 'map', index, 'key'])
          this.check(value, [...path, 'map', index, 'value'], depth + 1)
        }
        return { kind: 'map', key: ANY, value: ANY }
      case 'variant': {
        const value =
          expr.value === undefined ? undefined : this.check(expr.value, [...path, 'variant', 'value'], depth + 1)
        return { kind: 'arm', tag: expr.tag, value }
      }
    }
  }

  #collection(kind: 'list' | 'set', items: readonly Expr[], path: ErrorPath, depth: number): ExprType {
    const types = items.map((item, index) => this.check(item, [...path, kind, index], depth + 1))
    if (kind === 'set') for (const [index, type] of types.entries()) this.#key(type, [...path, kind, index])
    // Of one item the type is known; of several it is that of each only if they agree, which a slot's check would need.
    return { kind, item: types.length === 1 ? (types[0] ?? ANY) : ANY }
  }

  #key(type: ExprType, path: ErrorPath): void {
    if (mayBeKey(type, this.#scope.table)) return
    this.#report('expr.type_mismatch', path, `a ${this.#name(type)} is no key`)
  }

  #reference(text: string, path: ErrorPath): ExprType {
    let reference: ReturnType<typeof parseReference>
    try {
      reference = parseReference(text)
    } catch (error) {
      if (!isAosError(error)) throw error
      return this.#report('expr.bad_reference', path, error.message)
    }
    let type = this.#scope.lookUp(reference.root)
    if (type === undefined)
      return this.#report('expr.bad_reference', path, `nothing is named by ${text.slice(0, 80)} here`)
    for (const name of reference.path) {
      const member = memberType(type, name, this.#scope.table)
      if (member === 'none') {
        return this.#report('expr.missing_field', path, `${text.slice(0, 80)}: a ${this.#name(type)} has no ${name}`)
      }
      type = member
    }
    return type
  }

  #operation(expr: Extract<Expr, { readonly kind: 'operation' }>, path: ErrorPath, depth: number): ExprType {
    const rule = OPERATORS[expr.operator]
    const types = expr.operands.map((operand, index) => this.check(operand, [...path, 'args', index], depth + 1))
    const count = types.length
    if (count < rule.least || count > (rule.most ?? count)) {
      this.#report('expr.bad_arity', path, `${expr.operator} with ${count} operands`)
      return ANY
    }
    const at = (index: number): ErrorPath => [...path, 'args', index]
    const name = expr.operands[1]
    const member = expr.operator === 'get' && name?.kind === 'constant' && name.sort === 'text' ? name.value : undefined
    if (typeof member === 'string') return this.#member(types[0] ?? ANY, member, at)
    return this.#result(expr.operator, types, at, path)
  }

  #result(
    operator: ExprOperator,
    types: readonly ExprType[],
    at: (index: number) => ErrorPath,
    path: ErrorPath,
  ): ExprType {
    const [left = ANY, right = ANY] = types
    switch (operator) {
      case 'and':
      case 'or':
      case 'not':
        for (const [index, type] of types.entries()) this.#want(operator, type, ['bool'], at(index))
        return BOOL
      case 'eq':
      case 'ne':
        this.#comparable(left, right, path)
        return BOOL
      case 'lt':
      case 'le':
      case 'gt':
      case 'ge':
        this.#want(operator, left, [...INTEGERS, 'text'], at(0))
        this.#want(operator, right, [...INTEGERS, 'text'], at(1))
        this.#sameGround(operator, left, right, path)
        return BOOL
      case 'add':
      case 'sub':
      case 'mul':
      case 'div':
      case 'mod':
        return this.#arithmetic(operator, left, right, at, path)
      case 'concat':
      case 'starts_with':
      case 'ends_with':
        this.#want(operator, left, ['text'], at(0))
        this.#want(operator, right, ['text'], at(1))
        return operator === 'concat' ? TEXT : BOOL
      case 'len':
        this.#want(operator, left, ['list', 'set', 'map', 'record', 'text', 'bytes'], at(0))
        return { kind: 'nat' }
      case 'hash':
        return { kind: 'hash' }
      case 'hash_bytes':
        this.#want(operator, left, ['bytes'], at(0))
        return { kind: 'hash' }
      case 'get':
        this.#want(operator, left, ['record', 'schema', 'arm', 'map', 'list'], at(0))
        return this.#got(left)
      case 'has':
        this.#want(operator, left, ['record', 'schema', 'arm', 'map', 'list', 'set'], at(0))
        return BOOL
      case 'contains':
        this.#want(operator, left, ['text', 'bytes', 'list', 'set', 'map'], at(0))
        return BOOL
    }
  }

  /** `get` of a name that is written out. */
  #member(container: ExprType, name: string, at: (index: number) => ErrorPath): ExprType {
    const known = expand(container, this.#scope.table)
    if (known.kind === 'list') return this.#report('expr.type_mismatch', at(1), 'a position in a list is no text')
    this.#want('get', container, ['record', 'schema', 'arm', 'map'], at(0))
    const member = memberType(container, name, this.#scope.table)
    if (member !== 'none') return member
    // A map with keys of another sort, or what `#want` reported.
    if (known.kind !== 'record' && known.kind !== 'schema' && known.kind !== 'arm' && known.kind !== 'option')
      return ANY
    return this.#report('expr.missing_field', at(1), `a ${this.#name(container)} has no ${name.slice(0, 80)}`)
  }

  #got(container: ExprType): ExprType {
    const known = expand(container, this.#scope.table)
    if (known.kind === 'list') return known.item
    return known.kind === 'map' ? known.value : ANY
  }

  #arithmetic(
    operator: 'add' | 'sub' | 'mul' | 'div' | 'mod',
    left: ExprType,
    right: ExprType,
    at: (index: number) => ErrorPath,
    path: ErrorPath,
  ): ExprType {
    this.#want(operator, left, [...INTEGERS], at(0))
    this.#want(operator, right, [...INTEGERS], at(1))
    const [one, other] = [this.#integer(left), this.#integer(right)]
    if (one === undefined || other === undefined) return ANY
    const sort = resultSort(operator, one, other)
    if (sort === undefined)
      return this.#report('expr.type_mismatch', path, `${operator} is not for ${one} and ${other}`)
    // A nat minus a nat may be an int.
    return operator === 'sub' && sort === 'nat' ? ANY : { kind: sort }
  }

  #integer(type: ExprType): IntegerSort | undefined {
    const { kind } = expand(type, this.#scope.table)
    return kind === 'int' || kind === 'nat' || kind === 'time' || kind === 'duration' ? kind : undefined
  }

  /** An order exists among integers and among texts, not between them. */
  #sameGround(operator: string, left: ExprType, right: ExprType, path: ErrorPath): void {
    const [one, other] = [expand(left, this.#scope.table).kind, expand(right, this.#scope.table).kind]
    const clash = (one === 'text' && INTEGERS.has(other)) || (other === 'text' && INTEGERS.has(one))
    if (clash) this.#report('expr.type_mismatch', path, `${operator} is not for ${one} and ${other}`)
  }

  #comparable(left: ExprType, right: ExprType, path: ErrorPath): void {
    const [one, other] = [this.#ground(left), this.#ground(right)]
    if (one === undefined || other === undefined || one === other) return
    this.#report('expr.never_equal', path, `a ${one} never equals a ${other}`)
  }

  /** The sort that every value of the type has; undefined when that cannot be told. */
  #ground(type: ExprType): string | undefined {
    const { kind } = expand(type, this.#scope.table)
    if (kind === 'any' || kind === 'option' || kind === 'null') return undefined
    return kind === 'schema' || kind === 'arm' ? 'variant' : kind
  }

  #want(operator: string, type: ExprType, kinds: readonly string[], path: ErrorPath): void {
    const known = expand(type, this.#scope.table)
    if (known.kind === 'any' || kinds.includes(known.kind)) return
    // An absent option is found at run time; what is in it is judged here.
    if (known.kind === 'option') return this.#want(operator, known.inner, kinds, path)
    this.#report('expr.type_mismatch', path, `${operator} is not for a ${this.#name(type)}`)
  }

  #name(type: ExprType): string {
    return describeType(type, this.#scope.table)
  }

  #report(code: ExprErrorCode, path: ErrorPath, message: string): ExprType {
    this.issues.push({ code, path: [...path], message })
    return ANY
  }
}
