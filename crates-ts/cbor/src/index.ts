/** @aos/cbor: the one encoding of AgentOS (spec/02-encoding.md). */
export { AosError, formatPath, isAosError } from './error.ts'
export type { AosErrorOptions, ErrorPath, Issue } from './error.ts'
export { CBOR_ERRORS } from './errors.ts'
export type { CborErrorCode } from './errors.ts'
export {
  HASH_BYTES,
  compareBytes,
  equalBytes,
  formatHash,
  fromHex,
  hashBytes,
  hashText,
  isHash,
  parseHash,
  sha256,
  toHex,
} from './hash.ts'
export type { CanonicalBytes, Hash, HashBytes, Sha256Port } from './hash.ts'
export { DEPTH_MAX_DEFAULT, PREFIX, Tagged, hasPrefix } from './data.ts'
export type { Data } from './data.ts'
export { encode, encodeInto, encodeNode, hashWritten, hashWrittenInto, takeWritten } from './encode.ts'
export { checkCanonical, decode, readData } from './decode.ts'
export type { DecodeOptions } from './decode.ts'
export { decodeForeign, readForeign } from './foreign.ts'
export type { ForeignOptions } from './foreign.ts'
export { ItemCursor, skipItem } from './item-cursor.ts'
export { CborWriter } from './writer.ts'
export { NameItems } from './name-items.ts'
export { CborReader } from './reader.ts'
