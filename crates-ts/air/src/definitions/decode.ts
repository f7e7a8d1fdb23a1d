/** Definitions from canonical nodes (spec/03-air.md, "Nodes and hashes"). */
import { AosError, decode, equalBytes, type Data, type ErrorPath } from '@aos/cbor'
import { issuesError } from '../issues.ts'
import type { JsonNode } from '../json.ts'
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
  const node = jsonOf(decode(bytes, { prefix: 'required' }), [])
  if (Array.isArray(node)) throw mismatch([], 'a definition')
  const parsed = parseDefinitions(node, { reserved: 'accepted' })
  if (!parsed.ok) throw issuesError(parsed.issues)
  const [definition] = parsed.value
  if (definition === undefined) throw mismatch([], 'a definition')
  if (!equalBytes(encodeDefinition(definition), bytes)) {
    throw new AosError('air.not_canonical', `the node of this ${definition.kind} is not in canonical form`)
  }
  return definition
}

/** Definitions hold texts, booleans, nulls, arrays and maps with text keys; nothing else has a JSON form here. */
function jsonOf(data: Data, path: ErrorPath): JsonNode {
  if (data === null || typeof data === 'boolean' || typeof data === 'string') return data
  if (data instanceof Map) {
    const members = new Map<string, JsonNode>()
    for (const [key, member] of data) {
      if (typeof key !== 'string') throw mismatch(path, 'text keys')
      members.set(key, jsonOf(member, [...path, key]))
    }
    return members
  }
  if (Array.isArray(data)) return data.map((item: Data, index) => jsonOf(item, [...path, index]))
  throw mismatch(path, 'text, a boolean, null, an array or a map')
}

function mismatch(path: ErrorPath, want: string): AosError {
  return new AosError('air.type_mismatch', `expected ${want} in the node of a definition`, { path })
}
