/** @aos/air: the AIR model, its JSON, types, definitions, validator, and compiled schema codecs (spec/03-air.md). */
export {
  isJsonArray,
  isJsonNumber,
  isJsonObject,
  jsonInteger,
  parseJson,
  type JsonNode,
  type JsonNumber,
  type JsonObject,
  type JsonPosition,
  type ParseJsonOptions,
} from './json.ts'
export { formatJson, type FormatJsonOptions } from './json-format.ts'
export { AIR_LIMITS, type AirLimits } from './limits.ts'
export { AIR_ERRORS, type AirErrorCode } from './errors.ts'
export { compareIssues, compareText, type AirIssue } from './issues.ts'
export { isDefinitionName, isReservedName } from './names.ts'
export { BUILTIN_WASM, readBuiltinWasm, type BuiltinWasm } from './builtin/wasm-modules.ts'
export { BUILTIN_SCHEMA_HASHES, BUILTIN_SCHEMAS } from './builtin/schemas.ts'
export { BUILTIN_EFFECT_HASHES, BUILTIN_EFFECTS } from './builtin/effects.ts'
export { BUILTIN_CAP_HASHES, BUILTIN_CAPS } from './builtin/caps.ts'
export { BUILTIN_MODULES } from './builtin/modules.ts'
export { ALLOW_ALL } from './definitions/parse-rules.ts'
export { decodeDefinition } from './definitions/decode.ts'
export {
  definitionsOf,
  makeDefinitionSet,
  SECTION_OF_KIND,
  sortDefinitions,
  type DefinitionKind,
  type DefinitionSet,
  type NamedDefinition,
  type SortedDefinitions,
} from './definitions/definition-set.ts'
export { definitionJson, formatDefinition, type FormatDefinitionOptions } from './definitions/format.ts'
export { isPlaceholder, ZERO_HASH } from './definitions/hash-field.ts'
export { definitionNode, encodeDefinition, hashDefinition } from './definitions/node.ts'
export { EMPTY_MANIFEST } from './definitions/parse-manifest.ts'
export {
  parseDefinitions,
  surveyDefinitions,
  type ParseDefinitionsOptions,
  type ParsedDefinitions,
} from './definitions/parse.ts'
export type { KnownDefinitions } from './definitions/known.ts'
export { checkManifest, findManifestIssues } from './manifest/check.ts'
export { slotsOf, type SlotOf, type StepSlot } from './manifest/check-plans.ts'
export { completeManifest, type CompleteManifestOptions } from './manifest/complete.ts'
export type { CheckManifestOptions, ManifestSet } from './manifest/scope.ts'
export { encodeTypeExpr, type Lens } from './types/node.ts'
export { parseTypeExpr, type ParseTypeOptions } from './types/parse.ts'
export { resolveType, type ResolvedType } from './types/resolve.ts'
export { checkOutput, makeJsonSchemas } from './documents/documents.ts'
export type { DocumentIssue, JsonSchemaDocument, PrintedDocument } from './documents/documents.ts'
export { diffDefinitions, type DiffDefinitionsOptions } from './diff/diff.ts'
export { airDiffJson } from './diff/json.ts'
export { DIFF_SIGNS, diffItemText } from './diff/text.ts'
export type { Acceptance, AirDiff, DefinitionDiff, DiffItem, ItemChange } from './diff/port.ts'
export { checkAcceptance, type TypeInTable } from './diff/acceptance.ts'
export type * from './model.ts'
export type * from './plan-model.ts'
export type { Checked, FieldLocator, FieldRange, SchemaCodec } from './codec/port.ts'
export { AIR_VALUE_ERRORS, type AirValueErrorCode } from './codec/value-errors.ts'
export { compileSchema } from './codec/compile.ts'
export { makeDynamicCodec, type DynamicCodec } from './codec/dynamic.ts'
export { valueFromJson, valueToJson, type ValueFromJsonOptions, type ValueToJsonOptions } from './codec/value-json.ts'
export { formatBase64 } from './codec/base64.ts'
export { parseDuration, parseInstant } from './codec/moment.ts'
export { PATCH_ERRORS, type PatchErrorCode } from './patches/patch-errors.ts'
export type * from './patches/patch-model.ts'
export { decodePatch, parsePatch, type ParsedPatch, type ParsePatchOptions } from './patches/parse-patch.ts'
export { encodePatch, formatPatch, hashPatch } from './patches/patch-json.ts'
export { applyPatch, type ApplyPatchOptions } from './patches/apply-patch.ts'
export { completePatch } from './patches/complete-patch.ts'
export { makePatch, type MakePatchOptions } from './patches/make-patch.ts'
export { summarizePatch, type PatchSummary, type SummarizePatchOptions } from './patches/summary.ts'
export { patchText, type PatchTextOptions } from './patches/patch-text.ts'
export { compareAuthority, type CompareAuthorityOptions } from './authority/compare-authority.ts'
export type { AuthorityItem, AuthorityReport, AuthorityRule, AuthoritySection } from './authority/port.ts'
export { diffSchemas } from './diff/schemas.ts'
export { compareState, type CompareStateOptions } from './state/compare-state.ts'
export type { StateItem, StateReport, StateSubject, StateVerdict } from './state/port.ts'
