/** Following references (spec/03-air.md, "References"). */
import { AosError } from '@aos/cbor'
import { shown } from '../issues.ts'
import type { SchemaTable, TypeExpr } from '../model.ts'

/** A type expression that is not a reference. */
export type ResolvedType = Exclude<TypeExpr, { kind: 'ref' }>

/**
 * The type behind a reference, aliases of aliases included; other types are given back. Only the outermost reference
 * is followed. Throws `air.unknown_schema`, or `air.recursive_type` with `details.cycle` for an alias of itself.
 */
export function resolveType(type: TypeExpr, table: SchemaTable): ResolvedType {
  if (type.kind !== 'ref') return type
  const direct = table.get(type.name)
  return direct === undefined || direct.kind === 'ref' ? resolveChain(type, table) : direct
}

function resolveChain(type: TypeExpr, table: SchemaTable): ResolvedType {
  const seen: string[] = []
  let current = type
  while (current.kind === 'ref') {
    const { name } = current
    if (seen.includes(name)) {
      const cycle = [...seen.slice(seen.indexOf(name)), name]
      throw new AosError('air.recursive_type', `the schemas refer to themselves: ${cycle.join(' → ')}`, {
        details: { cycle },
      })
    }
    seen.push(name)
    const next = table.get(name)
    if (next === undefined) {
      throw new AosError('air.unknown_schema', `no schema is called ${shown(name)}`, { details: { name } })
    }
    current = next
  }
  return current
}
