/** Whether a schema is the same in two sets (spec/23-authority.md, "State": C1). */
import { equalBytes } from '@aos/cbor'
import { encodeDefinition } from '../definitions/node.ts'
import { referencesOf } from '../diff/type-items.ts'
import type { SchemaTable } from '../model.ts'

/** A schema by its name in a table. */
export interface SchemaInTable {
  readonly name: string
  readonly table: SchemaTable
}

/** True when both have one name, and it and every schema that it leads to have one node on both sides. */
export function isSameSchema(left: SchemaInTable, right: SchemaInTable): boolean {
  if (left.name !== right.name) return false
  // The nodes name what they refer to, so equal nodes lead to the same names.
  return [...reachable(left)].every((name) => {
    const [was, is] = [left.table.get(name), right.table.get(name)]
    if (was === undefined || is === undefined) return was === is
    const [before, after] = [was, is].map((type) => encodeDefinition({ kind: 'defschema', name, type }))
    return before !== undefined && after !== undefined && equalBytes(before, after)
  })
}

function reachable({ name, table }: SchemaInTable): ReadonlySet<string> {
  const found = new Set([name])
  for (const each of found) {
    const type = table.get(each)
    if (type !== undefined) for (const reference of referencesOf(type, [])) found.add(reference.name)
  }
  return found
}
