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
export { compareIssues, type AirIssue } from './issues.ts'
export { isDefinitionName, isReservedName } from './names.ts'
export { encodeTypeExpr, type Lens } from './types/node.ts'
export { parseTypeExpr, type ParseTypeOptions } from './types/parse.ts'
export { resolveType, type ResolvedType } from './types/resolve.ts'
export type * from './model.ts'
export type { Checked, FieldLocator, FieldRange, SchemaCodec } from './codec/port.ts'
