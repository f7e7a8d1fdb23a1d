/** New texts of AIR files: what changed is written where it stands, the rest is not touched (spec/22-sync.md, "Definitions"). */
import { definitionJson, formatJson, isJsonObject } from '@aos/air'
import type { DefinitionKind, JsonNode, JsonObject } from '@aos/air'
import type { AirFiles, AirText, Placed } from './air-files.ts'
import { MANIFEST } from './items.ts'
import { applySplices, editParts, editValue, layOut, marginAt } from './json-edit.ts'
import type { Splice } from './json-edit.ts'
import { spansOfJson } from './json-spans.ts'
import type { JsonSpan } from './json-spans.ts'

/** What the files are to say. */
export interface AirChange {
  /** By item; in the order in which new ones are written. */
  readonly write: ReadonlyMap<string, { readonly kind: DefinitionKind; readonly node: JsonNode }>
  readonly remove: ReadonlySet<string>
  /** undefined: it stays as it is. */
  readonly manifest: JsonObject | undefined
  /** Items that are written anew from end to end when they change, not only where they differ. */
  readonly whole: ReadonlySet<string>
}

/** A file before and after; undefined where there is none. */
export interface TextChange {
  readonly file: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** The changes, and the file in which each item then stands or stood. */
export interface EditedAir {
  readonly texts: readonly AirText[]
  readonly changes: readonly TextChange[]
  readonly places: ReadonlyMap<string, string>
}

/** Where definitions of a kind go when there are none yet. */
const USUAL_FILES: { readonly [Kind in DefinitionKind]: string } = {
  defschema: 'schemas',
  defmodule: 'modules',
  defplan: 'plans',
  defeffect: 'effects',
  defcap: 'caps',
  defpolicy: 'policy',
  defsecret: 'secrets',
}

interface FileView {
  readonly file: string
  readonly text: string
  readonly span: JsonSpan
  /** In the order of the text. */
  readonly items: readonly { readonly item: string; readonly placed: Placed }[]
}

/** A new definition, or the manifest. */
interface Addition {
  readonly item: string
  readonly kind: DefinitionKind
  readonly node: JsonNode
}

/** New texts for all of it. */
export function editAirFiles(air: AirFiles, change: AirChange): EditedAir {
  const views = viewsOf(air)
  const places = new Map<string, string>()
  for (const { file, items } of views) for (const { item } of items) places.set(item, file)
  const added = new Map<string, Addition[]>()
  for (const [item, { kind, node }] of change.write) {
    if (air.definitions.has(item)) continue
    const file = places.get(item) ?? chooseFile(air, views, { change, kind, added })
    places.set(item, file)
    added.set(file, [...(added.get(file) ?? []), { item, kind, node }])
  }
  const texts: TextChange[] = views.map((view) => ({
    file: view.file,
    before: view.text,
    after: editFile(view, change, added.get(view.file) ?? []),
  }))
  for (const [file, additions] of added) {
    if (views.some((view) => view.file === file)) continue
    texts.push({ file, before: undefined, after: newList(additions) })
  }
  if (change.manifest !== undefined && air.manifest === undefined) {
    const file = freeFile(air, views, MANIFEST)
    places.set(MANIFEST, file)
    texts.push({ file, before: undefined, after: `${formatJson(change.manifest, { indent: 2 })}\n` })
  }
  return {
    texts: texts.flatMap(({ file, after }) => (after === undefined ? [] : [{ file, text: after }])),
    changes: texts.filter(({ before, after }) => before !== after),
    places,
  }
}

function viewsOf({ texts, definitions, manifest }: AirFiles): readonly FileView[] {
  const all: { item: string; placed: Placed }[] = [...definitions].map(([item, placed]) => ({ item, placed }))
  if (manifest !== undefined) all.push({ item: MANIFEST, placed: manifest })
  return texts.map(({ file, text }) => ({
    file,
    text,
    span: spansOfJson(text),
    items: all
      .filter(({ placed }) => placed.file === file)
      .toSorted((left, right) => left.placed.index - right.placed.index),
  }))
}

/** The list with most of the kind; else the file that is usual for it. */
function chooseFile(
  air: AirFiles,
  views: readonly FileView[],
  {
    change,
    kind,
    added,
  }: {
    readonly change: AirChange
    readonly kind: DefinitionKind
    readonly added: ReadonlyMap<string, readonly Addition[]>
  },
): string {
  const counts = views
    .filter(({ span }) => span.items !== undefined)
    .map(({ file, items }) => {
      const alike = items.filter(({ item, placed }) => placed.definition.kind === kind && !change.remove.has(item))
      return { file, count: alike.length }
    })
  const best = Math.max(0, ...counts.map(({ count }) => count))
  const found = best > 0 ? counts.find(({ count }) => count === best) : undefined
  if (found !== undefined) return found.file
  const begun = [...added].find(([, additions]) => additions.some((each) => each.kind === kind))
  return begun?.[0] ?? freeFile(air, views, USUAL_FILES[kind])
}

/** A list that has the usual name takes more; a file of one definition does not. */
function freeFile({ airDir }: AirFiles, views: readonly FileView[], stem: string): string {
  for (let number = 1; ; number += 1) {
    const name = `${stem}${number === 1 ? '' : `-${number}`}.air.json`
    const file = airDir === '' ? name : `${airDir}/${name}`
    const known = views.find((view) => view.file === file)
    if (known === undefined || (known.span.items !== undefined && stem !== MANIFEST)) return file
  }
}

function editFile(view: FileView, change: AirChange, additions: readonly Addition[]): string | undefined {
  const { text, span, items } = view
  const splices: Splice[] = []
  const spans = span.items ?? [span]
  const parts = items.map(({ item, placed }, index) => {
    const place = spans[index] ?? span
    const { start, end } = place
    const isKept = !change.remove.has(item)
    const node = item === MANIFEST ? change.manifest : change.write.get(item)?.node
    if (isKept && node !== undefined) {
      const from = definitionJson(placed.definition, 'sugar')
      const isDerived = place.members?.some(({ key }) => DERIVED.has(key)) !== true
      const sides = isDerived ? { from: asAuthored(from), to: asAuthored(node) } : { from, to: node }
      if (change.whole.has(item))
        splices.push({ start, end, text: layOut(asAuthored(node), text, marginAt(text, start)) })
      else splices.push(...editValue(text, place, sides))
    }
    return { start, end, isKept }
  })
  const isEmptied = !parts.some(({ isKept }) => isKept)
  if (isEmptied && parts.length > 0 && additions.length === 0) return undefined
  if (span.items === undefined) return applySplices(text, splices)
  const added = additions.map(({ kind, node }) => ({
    after: items.findLastIndex(({ placed }) => placed.definition.kind === kind),
    text: (margin: string) => layOut(asAuthored(node), text, margin),
  }))
  const behind = added.map(({ after, text: write }) => ({
    after: after === -1 ? parts.length - 1 : after,
    text: write,
  }))
  return applySplices(text, [...splices, ...editParts(text, { span, parts, added: behind })])
}

/** What follows from the steps of a plan. */
const DERIVED: ReadonlySet<string> = new Set(['required_caps', 'allowed_effects'])

/** Without what is derived: whoever changes a step need not change it. */
function asAuthored(node: JsonNode): JsonNode {
  if (!isJsonObject(node) || node.get('$kind') !== 'defplan') return node
  return new Map([...node].filter(([key]) => !DERIVED.has(key)))
}

function newList(additions: readonly Addition[]): string {
  return `${formatJson(
    additions.map(({ node }) => asAuthored(node)),
    { indent: 2 },
  )}\n`
}
