/** AIR's JSON in results, with every digit of its numbers. */
import { formatJson } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { JsonText } from './json-text.ts'

/** For `data`; undefined stays undefined. */
export function embedNode(node: JsonNode | undefined): JsonText | undefined {
  return node === undefined ? undefined : new JsonText(formatJson(node))
}

/** For people. */
export function prettyNode(node: JsonNode): string {
  return formatJson(node, { indent: 2 })
}

/** Replaces numbers of AIR's JSON by their text, wherever they stand. */
export function embedAny(value: unknown): unknown {
  if (isNumber(value)) return new JsonText(value.text)
  if (Array.isArray(value)) return value.map((item) => embedAny(item))
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [key, embedAny(member)]))
  return value
}

function isNumber(value: unknown): value is { readonly kind: 'number'; readonly text: string } {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'number' && 'text' in value
}
