/** Objects whose absent members are left out. */
import type { JsonNode } from '../json.ts'

/** The members that are there, in the order given. */
export function members(entries: readonly (readonly [string, JsonNode | undefined])[]): ReadonlyMap<string, JsonNode> {
  return new Map(entries.flatMap(([key, member]) => (member === undefined ? [] : [[key, member]])))
}
