/** Exact integers: int is 64 bits with a sign, nat 64 bits without (spec/09-expressions.md, "Arithmetic"). */
import { exprError } from './errors.ts'
import { integerValue } from './value.ts'
import type { ExprValue, IntegerSort } from './value.ts'

/** The operators on integers. */
export type ArithmeticOperator = 'add' | 'sub' | 'mul' | 'div' | 'mod'

const INT_MIN = -(2n ** 63n)
const INT_MAX = 2n ** 63n - 1n
const NAT_MAX = 2n ** 64n - 1n

/** Of any of the four integer sorts. */
export function isInteger(value: ExprValue): value is Extract<ExprValue, { readonly value: bigint }> {
  return value.sort === 'int' || value.sort === 'nat' || value.sort === 'time' || value.sort === 'duration'
}

/** Throws `expr.type_mismatch`, `expr.overflow`, `expr.divide_by_zero`. */
export function calculate(operator: ArithmeticOperator, left: ExprValue, right: ExprValue): ExprValue {
  if (!isInteger(left) || !isInteger(right)) throw notFor(operator, left, right)
  const sort = resultSort(operator, left.sort, right.sort)
  if (sort === undefined) throw notFor(operator, left, right)
  const value = compute(operator, left.value, right.value)
  // The one operation that may leave the naturals: a smaller nat minus a larger one is an int.
  const made = sort === 'nat' && value < 0n ? 'int' : sort
  return integerValue(made, inRange(made, value))
}

/** undefined: the operator is not for these. */
export function resultSort(
  operator: ArithmeticOperator,
  left: IntegerSort,
  right: IntegerSort,
): IntegerSort | undefined {
  const isPlain = (sort: IntegerSort): boolean => sort === 'int' || sort === 'nat'
  if (isPlain(left) && isPlain(right)) return left === 'nat' && right === 'nat' ? 'nat' : 'int'
  if (operator !== 'add' && operator !== 'sub') return undefined
  if (left === 'duration' && right === 'duration') return 'duration'
  if (left === 'time' && right === 'duration') return 'time'
  if (operator === 'add') return left === 'duration' && right === 'time' ? 'time' : undefined
  return left === 'time' && right === 'time' ? 'duration' : undefined
}

function compute(operator: ArithmeticOperator, left: bigint, right: bigint): bigint {
  switch (operator) {
    case 'add':
      return left + right
    case 'sub':
      return left - right
    case 'mul':
      return left * right
    case 'div':
    case 'mod':
      if (right === 0n) throw exprError('expr.divide_by_zero', `${operator} by zero`)
      return operator === 'div' ? left / right : left % right
  }
}

function inRange(sort: IntegerSort, value: bigint): bigint {
  const [least, most] = sort === 'nat' || sort === 'time' ? [0n, NAT_MAX] : [INT_MIN, INT_MAX]
  if (value >= least && value <= most) return value
  throw exprError('expr.overflow', `${value} is out of the range of ${sort}`)
}

function notFor(operator: string, left: ExprValue, right: ExprValue): Error {
  return exprError('expr.type_mismatch', `${operator} is not for ${left.sort} and ${right.sort}`)
}
