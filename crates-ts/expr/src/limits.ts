/** Bounds of the expression language (spec/09-expressions.md, "Limits"). They belong to the engine. */
export const EXPR_LIMITS = {
  /** Parts of one expression: operations, constants, references, fields, items. */
  exprNodesMax: 4096,
  /** Nested parts. */
  exprDepthMax: 64,
  /** Nested values: what is walked is never deeper. */
  exprValueDepthMax: 128,
  /** Bytes of one value while it is computed, counted as in the specification. */
  exprBytesMax: 4_194_304,
} as const
