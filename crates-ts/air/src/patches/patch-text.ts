/** What a patch changes, in words, for people (spec/18-patches.md, "Documents"). Nothing may compare them. */
import { diffDefinitions } from '../diff/diff.ts'
import type { DefinitionDiff, DiffItem } from '../diff/port.ts'
import { DIFF_SIGNS, diffItemText } from '../diff/text.ts'
import {
  definitionsOf,
  SECTION_OF_KIND,
  type DefinitionKind,
  type DefinitionSet,
} from '../definitions/definition-set.ts'
import { formatDefinition } from '../definitions/format.ts'
import type { Definition } from '../model.ts'

/** The sets that a patch leads from and to. */
export interface PatchTextOptions {
  readonly base: DefinitionSet
  readonly next: DefinitionSet
}

/**
 * Definition by definition: what is added in full in the sugar lens, what is changed item by item, then the sections of the
 * manifest. Of its lists only what no definition shows. No newline at the end; empty when nothing differs.
 */
export function patchText({ base, next }: PatchTextOptions): string {
  const after: readonly Definition[] = [...definitionsOf(next), next.manifest]
  const { definitions } = diffDefinitions({ before: [...definitionsOf(base), base.manifest], after })
  const shown = new Set(definitions.flatMap((diff) => (diff.change === 'affected' ? [] : [placeOf(diff)])))
  return definitions.flatMap((diff) => linesOf(diff, after, shown)).join('\n')
}

function linesOf(diff: DefinitionDiff, after: readonly Definition[], shown: ReadonlySet<string>): readonly string[] {
  const items = diff.kind === 'manifest' ? diff.items.filter((item) => !isShown(item, shown)) : diff.items
  if (diff.kind === 'manifest' && items.length === 0) return []
  const twin = diff.sameContentAs === undefined ? '' : ` (same content as ${diff.sameContentAs})`
  const definition = after.find(
    (each) => each.kind === diff.kind && each.kind !== 'manifest' && each.name === diff.name,
  )
  const whole =
    diff.change === 'added' && definition !== undefined ? formatDefinition(definition, { lens: 'sugar' }) : ''
  return [
    `${DIFF_SIGNS[diff.change]} ${diff.kind} ${diff.name}${twin}`,
    ...whole.split('\n').flatMap((line) => (line === '' ? [] : [`    ${line}`])),
    ...items.map((item) => `    ${diffItemText(item)}`),
  ]
}

/** An entry of a list whose definition is shown. */
function isShown({ path }: DiffItem, shown: ReadonlySet<string>): boolean {
  return shown.has(`${String(path[0])} ${String(path[1])}`)
}

function placeOf({ kind, name }: DefinitionDiff): string {
  return kind === 'manifest' ? 'manifest' : `${SECTION_OF_KIND[kind satisfies DefinitionKind]} ${name}`
}
