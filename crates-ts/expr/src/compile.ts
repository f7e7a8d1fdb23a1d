/** Expressions compiled once into closures (spec/09-expressions.md, "Evaluation"). */
import type { Expr } from '@aos/air'
import type { Sha256Port } from '@aos/cbor'
import { constantValue } from './constant.ts'
import { exprError } from './errors.ts'
import { EXPR_LIMITS } from './limits.ts'
import { OPERATORS } from './operators.ts'
import { parseReference, walkPath } from './reference.ts'
import type { Reference, ReferenceRoot } from './reference.ts'
import { listValue, mapValue, recordValue, setValue, variantValue } from './value.ts'
import type { ExprValue } from './value.ts'

/** What stands at the roots while one expression is evaluated. */
export interface ExprScope {
  /** undefined: nothing stands there, which is `expr.missing_reference`. */
  readonly lookUp: (root: ReferenceRoot) => ExprValue | undefined
}

/** An expression ready to be evaluated any number of times. */
export interface CompiledExpr {
  /** In the order in which they are written. */
  readonly references: readonly Reference[]
  /** Operands left to right, all of them; the first failure ends it. Throws `expr.*`. */
  readonly evaluate: (scope: ExprScope) => ExprValue
}

type Evaluate = CompiledExpr['evaluate']

/** Throws `expr.bad_reference`, `expr.bad_arity`, `expr.too_deep`, `expr.too_large`, `expr.type_mismatch` of constants. */
export function compileExpr(port: Sha256Port, expr: Expr): CompiledExpr {
  const compiler = new Compiler(port)
  const evaluate = compiler.compile(expr, 1)
  return { references: compiler.references, evaluate }
}

class Compiler {
  readonly references: Reference[] = []
  readonly #port: Sha256Port
  #nodes = 0

  constructor(port: Sha256Port) {
    this.#port = port
  }

  compile(expr: Expr, depth: number): Evaluate {
    this.#nodes += 1
    const { exprDepthMax, exprNodesMax } = EXPR_LIMITS
    if (depth > exprDepthMax) throw exprError('expr.too_deep', `more than ${exprDepthMax} nested parts`)
    if (this.#nodes > exprNodesMax) throw exprError('expr.too_large', `more than ${exprNodesMax} parts`)
    switch (expr.kind) {
      case 'constant': {
        const value = constantValue(expr)
        return () => value
      }
      case 'reference':
        return this.#reference(expr.text)
      case 'operation':
        return this.#operation(expr, depth)
      case 'record': {
        const fields = [...expr.fields].map(([name, field]) => ({ name, make: this.compile(field, depth + 1) }))
        return (scope) => {
          const made = new Map<string, ExprValue>()
          for (const { name, make } of fields) made.set(name, make(scope))
          return recordValue(made)
        }
      }
      case 'list':
      case 'set': {
        const items = expr.items.map((item) => this.compile(item, depth + 1))
        const make = expr.kind === 'list' ? listValue : setValue
        return (scope) => make(items.map((item) => item(scope)))
      }
      case 'map': {
        const entries = expr.entries.map((entry) => ({
          key: this.compile(entry.key, depth + 1),
          value: this.compile(entry.value, depth + 1),
        }))
        return (scope) => mapValue(entries.map(({ key, value }) => ({ key: key(scope), value: value(scope) })))
      }
      case 'variant': {
        const { tag } = expr
        const payload = expr.value === undefined ? undefined : this.compile(expr.value, depth + 1)
        return (scope) => variantValue(tag, payload?.(scope))
      }
    }
  }

  #reference(text: string): Evaluate {
    const reference = parseReference(text)
    this.references.push(reference)
    const { root, path } = reference
    return (scope) => {
      const value = scope.lookUp(root)
      if (value === undefined) throw exprError('expr.missing_reference', `nothing stands at ${text.slice(0, 80)} yet`)
      return walkPath(value, path)
    }
  }

  #operation(expr: Extract<Expr, { readonly kind: 'operation' }>, depth: number): Evaluate {
    const rule = OPERATORS[expr.operator]
    const count = expr.operands.length
    if (count < rule.least || count > (rule.most ?? count)) {
      const wanted = rule.most === undefined ? `at least ${rule.least}` : `${rule.least}`
      throw exprError('expr.bad_arity', `${expr.operator} takes ${wanted} operands, found ${count}`)
    }
    const operands = expr.operands.map((operand) => this.compile(operand, depth + 1))
    const port = this.#port
    return (scope) =>
      rule.apply(
        operands.map((operand) => operand(scope)),
        port,
      )
  }
}
