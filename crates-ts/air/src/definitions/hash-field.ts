/** Hashes that stand in definitions, and the placeholder for one that is not known yet (spec/03-air.md, "Placeholders"). */
import { formatHash, isHash, type ErrorPath, type Hash } from '@aos/cbor'
import { report, type IssueSink } from '../issues.ts'
import type { JsonNode } from '../json.ts'
import { sortOf } from '../types/parse.ts'

/** 32 zero bytes: the hash of nothing, in the place of one that the loader fills in. */
export const ZERO_HASH: Hash = formatHash(new Uint8Array(32))

/**
 * True for the hash of zeros, which an author writes where a build puts the real one (spec/03-air.md, "Placeholders").
 */
export function isPlaceholder(hash: Hash): boolean {
  return hash === ZERO_HASH
}

/** A hash, or the placeholder for a member that is absent, null, empty, `sha256`, `sha256:` or all zeros. */
export function readHash(node: JsonNode | undefined, sink: IssueSink, path: ErrorPath): Hash | undefined {
  if (node === undefined || node === null || node === '' || node === 'sha256' || node === 'sha256:') return ZERO_HASH
  if (isHash(node)) return node
  report(sink, 'air.bad_hash', path, `expected sha256: and 64 lower-case hex digits, found ${sortOf(node)}`)
  return undefined
}
