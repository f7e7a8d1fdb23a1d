/** What is different between two JSON trees of definitions (spec/03-air.md, "Differences"). */
import type { ErrorPath } from '@aos/cbor'
import { formatJson } from '../json-format.ts'
import { isJsonArray, isJsonObject, type JsonNode } from '../json.ts'
import type { DiffItem } from './port.ts'

/**
 * Objects member by member, lists entry by entry. An entry is known by its identity, so that one that moved is not one
 * that changed; a list that has the same entries in another order is `reordered`.
 */
export function diffNodes(
  before: JsonNode | undefined,
  after: JsonNode | undefined,
  path: ErrorPath,
): readonly DiffItem[] {
  if (before === undefined) return after === undefined ? [] : [{ path, change: 'added', after }]
  if (after === undefined) return [{ path, change: 'removed', before }]
  if (isJsonObject(before) && isJsonObject(after)) return diffMembers(before, after, path)
  if (isJsonArray(before) && isJsonArray(after)) return diffLists(before, after, path)
  return sameNode(before, after) ? [] : [{ path, change: 'changed', before, after }]
}

function diffMembers(
  before: ReadonlyMap<string, JsonNode>,
  after: ReadonlyMap<string, JsonNode>,
  path: ErrorPath,
): readonly DiffItem[] {
  const names = [...new Set([...before.keys(), ...after.keys()])]
  return names.flatMap((name) => diffNodes(before.get(name), after.get(name), [...path, name]))
}

function diffLists(before: readonly JsonNode[], after: readonly JsonNode[], path: ErrorPath): readonly DiffItem[] {
  const [was, is] = [byIdentity(before), byIdentity(after)]
  if (was.size !== before.length || is.size !== after.length) {
    // With a repeated entry there is no telling which became which.
    return sameNode(before, after) ? [] : [{ path, change: 'changed', before, after }]
  }
  const items = diffMembers(was, is, path)
  const kept = [...was.keys()].filter((identity) => is.has(identity))
  const keptAfter = [...is.keys()].filter((identity) => was.has(identity))
  if (kept.every((identity, index) => identity === keptAfter[index])) return items
  return [...items, { path, change: 'reordered', before: kept, after: keptAfter }]
}

function byIdentity(list: readonly JsonNode[]): ReadonlyMap<string, JsonNode> {
  return new Map(list.map((entry) => [identityOf(entry), entry]))
}

/** By which members an entry of a list is known; the first that it has counts. */
const IDENTITIES: readonly (readonly [string, string?])[] = [
  ['name'],
  ['id'],
  ['event', 'reducer'],
  ['event', 'plan'],
  ['event', 'module'],
  ['reducer', 'module'],
  ['authority', 'role'],
  ['authority'],
  ['from', 'to'],
  ['pattern', 'adapter'],
]

/** A reference is known by its name, a route by event and reducer, a text by itself. */
function identityOf(entry: JsonNode): string {
  if (typeof entry === 'string') return entry
  if (isJsonObject(entry)) {
    for (const [first, second] of IDENTITIES) {
      const [one, other] = [entry.get(first), second === undefined ? '' : entry.get(second)]
      if (typeof one !== 'string' || typeof other !== 'string') continue
      return second === undefined ? one : `${one} -> ${other}`
    }
  }
  return formatJson(entry)
}

/** Of nodes that the same writer made. */
function sameNode(left: JsonNode, right: JsonNode): boolean {
  return formatJson(left) === formatJson(right)
}
