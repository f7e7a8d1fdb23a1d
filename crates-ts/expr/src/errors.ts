/** Codes of the expression language (spec/08-errors.md). Those of evaluation may stand in a journal. */
import { AosError } from '@aos/cbor'
import type { AosErrorOptions } from '@aos/cbor'

/** Every code, with what it means. */
export const EXPR_ERRORS = {
  'expr.bad_reference': 'a reference is not of a form that exists here',
  'expr.bad_arity': 'an operator has too few or too many operands',
  'expr.too_large': 'an expression has too many parts, or a value of it too many bytes',
  'expr.too_deep': 'an expression is nested too deep',
  'expr.missing_reference': 'a reference names something that does not stand there yet',
  'expr.missing_field': 'a record has no such field, a map no such key, a list no such position',
  'expr.type_mismatch': 'an operand or a result is of another type than is needed',
  'expr.overflow': 'an integer result is out of range',
  'expr.divide_by_zero': 'a divisor is zero',
  'expr.never_equal': 'two values of types that are never equal are compared',
  'expr.bad_state_form': 'a value that was read back from a snapshot is not in its form',
} as const

/** A code of this package. */
export type ExprErrorCode = keyof typeof EXPR_ERRORS

/** The one maker of this package's errors. */
export function exprError(code: ExprErrorCode, message: string, options: AosErrorOptions = {}): AosError {
  return new AosError(code, message, options)
}
