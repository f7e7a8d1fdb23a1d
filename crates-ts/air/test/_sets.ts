/** Sets of definitions: read from JSON, patched, and for property tests made up, not sound as worlds but complete. */
import { formatHash, isAosError } from '@aos/cbor'
import fc from 'fast-check'
import {
  applyPatch,
  BUILTIN_CAPS,
  BUILTIN_EFFECTS,
  BUILTIN_MODULES,
  BUILTIN_SCHEMAS,
  completeManifest,
  completePatch,
  decodeDefinition,
  encodeDefinition,
  makeDefinitionSet,
  parseDefinitions,
  parseJson,
  parsePatch,
  SECTION_OF_KIND,
  sortDefinitions,
  ZERO_HASH,
} from '../src/index.ts'
import type { Definition, DefinitionSet, Manifest, NamedDefinition, Patch } from '../src/index.ts'
import { definitions, manifest } from './arbitrary-definitions.ts'
import { choices, editOnce } from './_edits.ts'
import { NODE_SHA256 } from './_util.ts'

const BUILTINS: readonly NamedDefinition[] = [
  ...[...BUILTIN_SCHEMAS.values()].slice(0, 3),
  ...[...BUILTIN_EFFECTS.values()].slice(0, 3),
  ...[...BUILTIN_CAPS.values()].slice(0, 3),
  ...[...BUILTIN_MODULES.values()].slice(0, 3),
]

/** Built-in modules as another release would bring them. */
const OTHER_BYTES: readonly NamedDefinition[] = [...BUILTIN_MODULES.values()]
  .slice(0, 3)
  .map((module) => ({ ...module, wasmHash: formatHash(new Uint8Array(32).fill(7)) }))

function labelOf({ kind, name }: NamedDefinition): string {
  return `${kind} ${name}`
}

const named = definitions.filter((each): each is NamedDefinition => each.kind !== 'manifest')

const parts: fc.Arbitrary<readonly NamedDefinition[]> = fc.uniqueArray(
  fc.oneof({ weight: 4, arbitrary: named }, fc.constantFrom(...BUILTINS), fc.constantFrom(...OTHER_BYTES)),
  { selector: labelOf, maxLength: 6 },
)

/** Lists every definition, in the order given. */
export function makeSet(sections: Manifest, all: readonly NamedDefinition[]): DefinitionSet {
  const lists = Object.fromEntries(
    Object.entries(SECTION_OF_KIND).map(([kind, section]) => [
      section,
      all.filter((each) => each.kind === kind).map(({ name }) => ({ name, hash: ZERO_HASH })),
    ]),
  )
  const listing: Manifest = { ...sections, ...lists }
  const complete = completeManifest({ ...sortDefinitions(all), manifest: listing, sha256: NODE_SHA256 })
  return makeDefinitionSet(complete, all)
}

/** Grants and approvers without repeated names: operations are about them by name. */
const sections: fc.Arbitrary<Manifest> = manifest.map((each) => {
  const seen = new Set<string>()
  return { ...each, grants: each.grants.filter(({ name }) => !seen.has(name) && seen.add(name) !== undefined) }
})

/** Another manifest in which some sections are as before, and grants perhaps but for their budgets. */
function mixed(before: Manifest, other: Manifest, numbers: readonly number[]): Manifest {
  const keys = Object.keys(other) as readonly (keyof Manifest)[]
  const taken = keys.filter((_, index) => (numbers[index] ?? 0) > 7)
  const next: Manifest = { ...before, ...Object.fromEntries(taken.map((key) => [key, other[key]])) }
  const grants = before.grants.map(({ budgets: _, ...grant }) => grant)
  const routes = { routes: next.routes, hasRouting: next.hasRouting || next.routes.length > 0 }
  return (numbers[20] ?? 0) > 6 ? { ...next, ...routes, grants } : { ...next, ...routes }
}

/** Some are gone, some edited, some new, some in another place. */
function changed(
  before: readonly NamedDefinition[],
  fresh: readonly NamedDefinition[],
  numbers: readonly number[],
): readonly NamedDefinition[] {
  const kept = before.flatMap((each, index): NamedDefinition[] => {
    const choice = numbers[index] ?? 0
    if (choice === 0) return []
    if (choice > 3) return [each]
    const own = !each.name.startsWith('sys/')
    const edited = own ? editOnce(each, numbers.slice(index)) : each
    return edited.kind === 'manifest' || !isReadable(edited) ? [each] : [edited]
  })
  const labels = new Set(kept.map(labelOf))
  const added = fresh.filter((each) => !labels.has(labelOf(each)))
  const place = numbers[30] ?? 0
  if (place < 4) return [...kept, ...added]
  return place < 8 ? [...added, ...kept] : [...kept.toReversed(), ...added]
}

/** Edits may take a definition out of its form. */
function isReadable(definition: Definition): boolean {
  try {
    decodeDefinition(encodeDefinition(definition))
    return true
  } catch (error) {
    if (!isAosError(error)) throw error
    return false
  }
}

/** Two sets that have something in common. */
export const setPairs: fc.Arbitrary<{ readonly base: DefinitionSet; readonly next: DefinitionSet }> = fc
  .record({ before: parts, fresh: parts, first: sections, second: sections, numbers: choices })
  .map(({ before, fresh, first, second, numbers }) => ({
    base: makeSet(first, before),
    next: makeSet(mixed(first, second, numbers), changed(before, fresh, numbers)),
  }))

/** Everything that a set is, byte for byte. */
export function bytesOfSet({ manifest: own, ...sorted }: DefinitionSet): readonly string[] {
  const all: readonly Definition[] = [own, ...Object.values(sorted).flatMap((section) => [...section.values()])]
  return all.map((each) => Buffer.from(encodeDefinition(each)).toString('hex'))
}

/** The set of definitions as authored, with hashes in the place of placeholders. */
export function setOf(json: readonly unknown[]): DefinitionSet {
  const parsed = parseDefinitions(parseJson(JSON.stringify(json)))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const own = parsed.value.find((each): each is Manifest => each.kind === 'manifest')
  if (own === undefined) throw new Error('expected a manifest')
  const complete = completeManifest({ ...sortDefinitions(parsed.value), manifest: own, sha256: NODE_SHA256 })
  return makeDefinitionSet(complete, parsed.value)
}

/** A patch as authored, completed for its base. */
export function patchOf(json: unknown, base: DefinitionSet): Patch {
  const parsed = parsePatch(parseJson(JSON.stringify(json)), { base })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return completePatch({ sha256: NODE_SHA256, base, patch: parsed.value })
}

/** What a patch makes of its base, which it has to fit. */
export function patchedSet(base: DefinitionSet, patch: Patch): DefinitionSet {
  const applied = applyPatch({ sha256: NODE_SHA256, base, patch })
  if (!applied.ok) throw new Error(JSON.stringify(applied.issues))
  return applied.value
}
