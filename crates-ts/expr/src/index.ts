/** @aos/expr: the total expression language of plans and policies (spec/09-expressions.md). */
export { EXPR_ERRORS, type ExprErrorCode } from './errors.ts'
export { EXPR_LIMITS } from './limits.ts'
export {
  NULL_VALUE,
  boolValue,
  bytesValue,
  integerValue,
  isEqual,
  listValue,
  mapValue,
  recordValue,
  setValue,
  textValue,
  variantValue,
  type ExprEntry,
  type ExprKey,
  type ExprValue,
  type IntegerSort,
  type TextSort,
} from './value.ts'
export { findMember, memberOf, parseReference, type Reference, type ReferenceRoot } from './reference.ts'
export { encodeHashForm } from './hash-form.ts'
export { decodeStateForm, encodeStateForm } from './state-form.ts'
export { compileExpr, type CompiledExpr, type ExprScope } from './compile.ts'
export { constantValue, literalValue } from './constant.ts'
export { exprFromValue, valueFromExpr } from './convert.ts'
export { ANY, mayFill, type ExprType } from './type.ts'
export { checkExpr, type CheckedExpr, type TypeScope } from './check.ts'
export { checkDefinitions, checkExpressions, type DefinitionFindings } from './check-plan.ts'
