/** The value of a type that says nothing: what a receipt event holds when there is no receipt (spec/12-receipts.md, "Receipt events"). */
import { resolveType } from '@aos/air'
import type { SchemaTable, TypeExpr, Value } from '@aos/air'

const NO_BYTES_HASH = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Zero, nothing, the hash of no bytes, the first arm in canonical order of its tags. */
export function emptyValue(type: TypeExpr, table: SchemaTable): Value {
  const resolved = resolveType(type, table)
  switch (resolved.kind) {
    case 'bool':
      return false
    case 'int':
    case 'nat':
    case 'time':
    case 'duration':
      return 0
    case 'dec128':
      return '0'
    case 'text':
      return ''
    case 'hash':
      return NO_BYTES_HASH
    case 'uuid':
      return '00000000-0000-0000-0000-000000000000'
    case 'bytes':
      return new Uint8Array(0)
    case 'unit':
    case 'option':
      return null
    case 'list':
    case 'set':
      return []
    case 'map':
      return new Map()
    case 'record':
      return emptyRecord(resolved.fields, table)
    case 'variant':
      return emptyArm(resolved.arms, table)
  }
}

function emptyRecord(fields: ReadonlyMap<string, TypeExpr>, table: SchemaTable): Value {
  const made: Record<string, Value> = Object.create(null) as Record<string, Value> // no inherited names
  for (const [name, field] of fields) made[name] = emptyValue(field, table)
  return made
}

function emptyArm(arms: ReadonlyMap<string, TypeExpr>, table: SchemaTable): Value {
  const [first] = [...arms].sort(([left], [right]) => left.length - right.length || (left < right ? -1 : 1))
  if (first === undefined) return null
  const [tag, arm] = first
  const payload = emptyValue(arm, table)
  return payload === null && resolveType(arm, table).kind === 'unit' ? { $tag: tag } : { $tag: tag, $value: payload }
}
