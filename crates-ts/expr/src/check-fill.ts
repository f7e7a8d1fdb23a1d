/** Whether an expression can fill a slot, with the part that cannot (spec/09-expressions.md, "Checks of plans"). */
import { resolveType } from '@aos/air'
import type { Expr, TypeExpr } from '@aos/air'
import type { ErrorPath, Issue } from '@aos/cbor'
import { checkExpr } from './check.ts'
import type { TypeScope } from './check.ts'
import { describeType, mayFill } from './type.ts'

/** Everything of the expression that certainly does not fit. The expression itself was checked. */
export function checkFill(expr: Expr, slot: TypeExpr, scope: TypeScope, path: ErrorPath): readonly Issue[] {
  const { table } = scope
  const { type } = checkExpr(expr, scope)
  if (mayFill(type, slot, table)) return []
  const wanted = resolveType(slot, table)
  if (wanted.kind === 'option') return checkFill(expr, wanted.inner, scope, path)
  if (expr.kind === 'record' && wanted.kind === 'record') {
    const given = [...expr.fields].flatMap(([name, field]) => {
      const at = [...path, 'record', name]
      const member = wanted.fields.get(name)
      if (member !== undefined) return checkFill(field, member, scope, at)
      return [{ code: 'expr.missing_field', path: at, message: `the schema has no field ${name.slice(0, 80)}` }]
    })
    const missing = [...wanted.fields].flatMap(([name, member]) => {
      if (expr.fields.has(name) || resolveType(member, table).kind === 'option') return []
      const message = `the record lacks the field ${name.slice(0, 80)}`
      return [{ code: 'expr.type_mismatch', path: [...path, 'record'], message }]
    })
    return [...given, ...missing]
  }
  if (expr.kind === 'variant' && expr.value !== undefined && wanted.kind === 'variant') {
    const arm = wanted.arms.get(expr.tag)
    if (arm !== undefined) return checkFill(expr.value, arm, scope, [...path, 'variant', 'value'])
  }
  if (expr.kind === 'list' && wanted.kind === 'list') {
    return expr.items.flatMap((item, index) => checkFill(item, wanted.item, scope, [...path, 'list', index]))
  }
  const message = `expected a value of the type ${wanted.kind}, found a ${describeType(type, table)}`
  return [{ code: 'expr.type_mismatch', path: [...path], message }]
}
