/** A comparison as JSON (spec/03-air.md, "Differences"). */
import { formatPath } from '@aos/cbor'
import type { JsonNode } from '../json.ts'
import type { Acceptance, AirDiff, DefinitionDiff, DiffItem } from './port.ts'

/** The document of `aos air diff --json`: equal comparisons give equal documents. */
export function airDiffJson(diff: AirDiff): JsonNode {
  return members([
    ['equal', diff.equal],
    ['definitions', diff.definitions.map(definitionDiffJson)],
  ])
}

function definitionDiffJson(diff: DefinitionDiff): JsonNode {
  return members([
    ['kind', diff.kind],
    ['name', diff.name],
    ['change', diff.change],
    ['same_content_as', diff.sameContentAs],
    ['items', diff.items.map(itemJson)],
    ['accepts_old', diff.acceptsOld?.verdict],
    ['accepts_old_reason', reasonJson(diff.acceptsOld)],
    ['accepted_by_old', diff.acceptedByOld?.verdict],
    ['accepted_by_old_reason', reasonJson(diff.acceptedByOld)],
  ])
}

function itemJson(item: DiffItem): JsonNode {
  return members([
    ['path', formatPath(item.path)],
    ['change', item.change],
    ['before', item.before],
    ['after', item.after],
  ])
}

function reasonJson(acceptance: Acceptance | undefined): JsonNode | undefined {
  if (acceptance === undefined || acceptance.verdict === 'yes') return undefined
  const { code, message } = acceptance
  if (acceptance.verdict === 'unknown') return members([['code', code], ['message', message]]) // prettier-ignore
  return members([
    ['code', code],
    ['path', formatPath(acceptance.path)],
    ['message', message],
    ['witness', acceptance.witness],
  ])
}

function members(entries: readonly (readonly [string, JsonNode | undefined])[]): JsonNode {
  return new Map(entries.flatMap(([key, member]) => (member === undefined ? [] : [[key, member]])))
}
