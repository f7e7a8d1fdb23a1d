/** @aos/cbor: the one encoding of AgentOS (spec/02-encoding.md). */
export { AosError, formatPath, isAosError } from './error.ts'
export type { AosErrorOptions, ErrorPath, Issue } from './error.ts'
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
