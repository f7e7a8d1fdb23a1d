/** The bytes of a report (spec/24-shadow-report.md, "Bytes"): what a proposal is bound to by hash. */
import { formatJson, jsonInteger } from '@aos/air'
import type { JsonNode } from '@aos/air'
import type { ShadowReport } from './report.ts'

/** Canonical JSON: members ascending by name, no spaces, integers only. The same report gives the same bytes. */
export function encodeShadowReport(report: ShadowReport): Uint8Array {
  return new TextEncoder().encode(formatJson(nodeOf(report)))
}

function nodeOf(value: unknown): JsonNode {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return jsonInteger(value)
    throw new RangeError('a report has whole numbers only')
  }
  if (Array.isArray(value)) return value.map(nodeOf)
  if (typeof value !== 'object') throw new RangeError('a report has no such value')
  const members = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([name, item]): readonly [string, JsonNode] => [snakeCase(name), nodeOf(item)])
  members.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
  return new Map(members)
}

function snakeCase(name: string): string {
  return name
    .replace(/^is([A-Z])/, '$1')
    .replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`)
    .toLowerCase()
}
