/** Every code that @aos/air produces (spec/08-errors.md is made from this table). */
export const AIR_ERRORS = {
  'air.bad_json': 'The text is not one JSON value as AIR reads JSON.',
  'air.duplicate_key': 'A JSON object has the same key twice.',
  'air.too_deep': 'JSON, a type expression, or a schema with its references followed, is nested too deeply.',
  'air.too_large': 'A definition, or a list in one, is larger than the limit.',
} as const
