/** Named bounds of AIR text and types (spec/03-air.md, "Limits"). Exceeding one is `air.too_deep` or `air.too_large`. */
export interface AirLimits {
  /** Nested JSON arrays and objects in one text. */
  readonly jsonDepthMax: number
  /** Nesting of one type expression, refs not followed. */
  readonly typeDepthMax: number
  /** Nesting of a schema with its refs followed. */
  readonly expandedDepthMax: number
  /** Bytes of one definition's canonical node. */
  readonly definitionBytesMax: number
  /** Fields of a record or arms of a variant. */
  readonly typeEntriesMax: number
  /** Entries of one list of a definition: references, routes, effect kinds. */
  readonly listEntriesMax: number
  /** Steps of a plan. */
  readonly planStepsMax: number
  /** Edges of a plan. */
  readonly planEdgesMax: number
  /** Rules of a policy. */
  readonly policyRulesMax: number
  /** Operations of a patch. */
  readonly patchOperationsMax: number
  /** Bytes of a patch's canonical node. */
  readonly patchBytesMax: number
  /** Parts of a value that a comparison of schemas writes out as a witness. */
  readonly witnessPartsMax: number
}

/** The bounds that hold in every world; definitions beyond them are refused (spec/03-air.md, "Limits"). */
export const AIR_LIMITS: AirLimits = {
  jsonDepthMax: 256,
  typeDepthMax: 32,
  expandedDepthMax: 64,
  definitionBytesMax: 1_048_576,
  typeEntriesMax: 1024,
  listEntriesMax: 4096,
  planStepsMax: 1024,
  planEdgesMax: 4096,
  policyRulesMax: 1024,
  patchOperationsMax: 4096,
  patchBytesMax: 16_777_216,
  witnessPartsMax: 4096,
}
