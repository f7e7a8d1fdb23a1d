/** Expressions as they stand in AIR (spec/09-expressions.md, "Forms"). */

/** JSON as a builder makes it. Numbers that do not fit are texts, which AIR reads as well. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** An expression or a literal: an object with one form. */
export type ExprJson = { readonly [form: string]: Json }

/** `{"op": …, "args": […]}`. */
export function operation(operator: string, ...operands: readonly ExprJson[]): ExprJson {
  return { op: operator, args: operands }
}
