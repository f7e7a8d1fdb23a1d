/** One manifest of two, part by part (spec/22-sync.md, "Definitions"). */
import type { JsonNode } from '@aos/air'
import { orderItem } from './compare-items.ts'
import type { Verdicts } from './compare-items.ts'
import { LIST_SECTIONS, sectionOf } from './items.ts'
import type { ManifestParts } from './items.ts'

/** What the side that changes go to has, what the other has, and what becomes of it. */
export interface MergeParts {
  readonly from: ManifestParts
  readonly to: ManifestParts
  /** Without conflicts. */
  readonly verdicts: Verdicts
}

/** Lists are in the order of `from`, unless that of `to` stays; what only the other has stands behind what it stood behind there. */
export function mergeParts({ from, to, verdicts }: MergeParts): ManifestParts {
  const chosen = (part: string): JsonNode | undefined => (verdicts.get(part) === 'kept' ? to.get(part) : from.get(part))
  const merged = new Map<string, JsonNode>()
  const take = (part: string): void => {
    const node = chosen(part)
    if (node !== undefined) merged.set(part, node)
  }
  for (const section of LIST_SECTIONS) {
    const inSection = (parts: ManifestParts): readonly string[] =>
      [...parts.keys()].filter((part) => sectionOf(part) === section && chosen(part) !== undefined)
    const sides = [inSection(from), inSection(to)] as const
    const [first, second] = verdicts.get(orderItem(section)) === 'kept' ? [sides[1], sides[0]] : sides
    for (const part of interleave(first, second)) take(part)
  }
  for (const part of new Set([...from.keys(), ...to.keys()])) if (sectionOf(part) === undefined) take(part)
  return merged
}

/** All of the first, in its order; what only the second has goes behind what stands before it there. */
function interleave(first: readonly string[], second: readonly string[]): readonly string[] {
  const all = [...first]
  let before = -1
  for (const part of second) {
    const at = all.indexOf(part)
    if (at === -1) all.splice(before + 1, 0, part)
    before = all.indexOf(part)
  }
  return all
}
