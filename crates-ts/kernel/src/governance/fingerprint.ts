/**
 * Whether a schema means the same in two manifests (spec/17-governance.md, "Fingerprints"): types refer to others by name, so the name and its own hash do
 * not tell.
 */
import { compareText, encodeDefinition } from '@aos/air'
import type { SchemaTable, TypeExpr } from '@aos/air'
import { encode, formatHash, sha256 } from '@aos/cbor'
import type { Hash, Sha256Port } from '@aos/cbor'

/** Fingerprints of the schemas of a table, each worked out once. */
export function makeFingerprints(port: Sha256Port, table: SchemaTable): (name: string) => Hash {
  const known = new Map<string, Hash>()
  return (name) => {
    const found = known.get(name) ?? fingerprint(port, name, table)
    known.set(name, found)
    return found
  }
}

/** Hash over the schema and all that it refers to. Two of them are equal when their values are the same, and mean the same. */
function fingerprint(port: Sha256Port, name: string, table: SchemaTable): Hash {
  const names = [...reachable(name, table)].sort(compareText)
  return formatHash(sha256(port, encode([name, names.map((each) => [each, nodeHash(port, each, table)])])))
}

function nodeHash(port: Sha256Port, name: string, table: SchemaTable): Uint8Array | null {
  const type = table.get(name)
  return type === undefined ? null : sha256(port, encodeDefinition({ kind: 'defschema', name, type }))
}

function reachable(name: string, table: SchemaTable): ReadonlySet<string> {
  const found = new Set<string>([name])
  for (const each of found) {
    const type = table.get(each)
    if (type !== undefined) addReferences(type, found)
  }
  return found
}

function addReferences(type: TypeExpr, found: Set<string>): void {
  switch (type.kind) {
    case 'ref':
      found.add(type.name)
      return
    case 'record':
      for (const field of type.fields.values()) addReferences(field, found)
      return
    case 'variant':
      for (const arm of type.arms.values()) addReferences(arm, found)
      return
    case 'list':
    case 'set':
      addReferences(type.item, found)
      return
    case 'option':
      addReferences(type.inner, found)
      return
    case 'map':
      addReferences(type.value, found)
      return
    default:
  }
}
