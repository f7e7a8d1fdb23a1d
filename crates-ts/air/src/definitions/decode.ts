/** Definitions from canonical nodes (spec/03-air.md, "Nodes and hashes"). */
import { AosError, decode, equalBytes, type ErrorPath } from '@aos/cbor'
import { issuesError } from '../issues.ts'
import { jsonOfData } from '../json-data.ts'
import { AIR_LIMITS } from '../limits.ts'
import type { Definition } from '../model.ts'
import { encodeDefinition } from './node.ts'
import { parseDefinitions } from './parse.ts'

/**
 * The definition whose node is exactly `bytes`; anything that `encodeDefinition` would not write (another key order,
 * unknown or annotation keys, bare words, an optional member that is empty) is refused. Names under `sys/` are accepted.
 * Throws `cbor.*`, the first `air.*` issue with all of them in `details.issues`, or `air.not_canonical`.
 */
export function decodeDefinition(bytes: Uint8Array): Definition {
  if (bytes.length > AIR_LIMITS.definitionBytesMax) {
    throw new AosError(
      'air.too_large',
      `expected at most ${AIR_LIMITS.definitionBytesMax} bytes, found ${bytes.length}`,
    )
  }
  const node = jsonOfData(decode(bytes, { prefix: 'required', depthMax: AIR_LIMITS.jsonDepthMax }), [])
  if (Array.isArray(node)) throw mismatch([], 'a definition')
  const parsed = parseDefinitions(node, { reserved: 'accepted', slots: 'normal' })
  if (!parsed.ok) throw issuesError(parsed.issues)
  const [definition] = parsed.value
  if (definition === undefined) throw mismatch([], 'a definition')
  if (!equalBytes(encodeDefinition(definition), bytes)) {
    throw new AosError('air.not_canonical', `the node of this ${definition.kind} is not in canonical form`)
  }
  return definition
}

function mismatch(path: ErrorPath, want: string): AosError {
  return new AosError('air.type_mismatch', `expected ${want} in the node of a definition`, { path })
}
