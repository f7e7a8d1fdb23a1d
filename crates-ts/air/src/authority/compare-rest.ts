/** What nothing else speaks of, so that no difference goes without an item (spec/23-authority.md, "Rules": A14). */
import { encodeNode, equalBytes } from '@aos/cbor'
import { builtinDefinition } from '../builtin/catalog.ts'
import { definitionNode } from '../definitions/node.ts'
import { REFERENCE_SECTIONS, type ReferenceSection } from '../definitions/parse-manifest.ts'
import type { Manifest } from '../model.ts'
import { namesOfBoth } from './items.ts'
import type { AuthorityItem, AuthoritySection } from './port.ts'
import type { Sides } from './side.ts'

/** Items for all that is different and that `found` is not about. */
export function compareRest(sides: Sides, found: readonly AuthorityItem[]): readonly AuthorityItem[] {
  const items = [
    ...REFERENCE_SECTIONS.flatMap((section) => compareListed(sides, section, found)),
    ...compareSlots(sides),
    ...compareMigrations(sides),
  ]
  return [...items, ...compareManifests(sides, [...found, ...items])]
}

/** Definitions that are listed on one side only, or with another hash. Effects have their items by kind. */
function compareListed(
  { before, after }: Sides,
  section: ReferenceSection,
  found: readonly AuthorityItem[],
): readonly AuthorityItem[] {
  if (section === 'effects') return []
  // The policy that decides has its items in a section of its own.
  const about: AuthoritySection = section === 'policies' ? 'policy' : section
  const spokenOf = new Set(found.filter((item) => item.section === about).map(({ name }) => name))
  const listed = ({ manifest }: Sides['before']): readonly string[] => manifest[section].map(({ name }) => name)
  return namesOfBoth(listed(before), listed(after)).flatMap((name): readonly AuthorityItem[] => {
    const [was, is] = [before.hashOf(section, name), after.hashOf(section, name)]
    const item = { section, name, rule: 'A14' } as const
    if (was === is || spokenOf.has(name)) return []
    if (was === undefined) return [{ ...item, change: 'keeps', reason: `it is new, and ${GIVES_NOTHING[section]}` }]
    if (is === undefined) {
      if (isAlwaysThere(section, name)) return [{ ...item, change: 'keeps', reason: 'it need not be listed' }]
      return [{ ...item, change: 'narrows', reason: 'it is gone' }]
    }
    return [{ ...item, change: 'keeps', reason: `it is another one, and ${GIVES_NOTHING[section]}` }]
  })
}

/** Built-in schemas and capabilities need not be listed (spec/03-air.md, "Validation"). */
function isAlwaysThere(section: ReferenceSection, name: string): boolean {
  return (section === 'schemas' || section === 'caps') && builtinDefinition(section, name) !== undefined
}

/** Why a definition that no rule speaks of changes nothing that the gate looks at. */
const GIVES_NOTHING: { readonly [section in ReferenceSection]: string } = {
  schemas: 'what depends on a type has an item of its own',
  modules: 'no effect comes with it',
  plans: 'no effect comes with it',
  effects: 'it means the same',
  caps: 'it gives nothing without a grant',
  policies: 'it is not the policy that decides',
  secrets: 'it says the same in other words',
}

/** Where slots lead counts by what the reducer may ask for (A9). */
function compareSlots({ before, after }: Sides): readonly AuthorityItem[] {
  const [old, fresh] = [before.manifest.moduleBindings, after.manifest.moduleBindings]
  return namesOfBoth(old.keys(), fresh.keys()).flatMap((name): readonly AuthorityItem[] => {
    const [was, is] = [old.get(name), fresh.get(name)]
    const item = { section: 'module_bindings', name, rule: 'A14' } as const
    if (is === undefined) return [{ ...item, change: 'narrows', reason: 'no slot of it is bound' }]
    const isSame = was?.size === is.size && [...is].every(([slot, grant]) => was.get(slot) === grant)
    return isSame ? [] : [{ ...item, change: 'keeps', reason: 'what its slots lead to is said of the module' }]
  })
}

function compareMigrations({ before, after }: Sides): readonly AuthorityItem[] {
  const labels = ({ migrations }: Manifest): readonly string[] =>
    migrations.map((each) => `${each.kind === 'state' ? each.reducer : each.event} -> ${each.module}`)
  const [old, fresh] = [new Set(labels(before.manifest)), new Set(labels(after.manifest))]
  return namesOfBoth(old, fresh).flatMap((name): readonly AuthorityItem[] => {
    if (old.has(name) === fresh.has(name)) return []
    return [{ section: 'migrations', name, rule: 'A14', change: 'keeps', reason: 'a migration asks for no effect' }]
  })
}

/** Of what part of a manifest items are, by its key in the node. A key that is not here is not known. */
const SECTIONS_OF: ReadonlyMap<string, readonly AuthoritySection[]> = new Map(
  Object.entries({
    schemas: ['schemas'],
    modules: ['modules'],
    plans: ['plans'],
    effects: ['effects'],
    caps: ['caps'],
    policies: ['policy', 'policies'],
    secrets: ['secrets'],
    defaults: ['grants', 'policy'],
    module_bindings: ['module_bindings'],
    routing: ['routing'],
    triggers: ['triggers'],
    bindings: ['bindings'],
    approvers: ['approvers'],
    approvals: ['approvals'],
    limits: ['limits'],
    migrations: ['migrations'],
  } satisfies Readonly<Record<string, readonly AuthoritySection[]>>),
)

/** Sections of which no item speaks although their bytes differ: the order of lists, and whatever this release does not know. */
function compareManifests({ before, after }: Sides, found: readonly AuthorityItem[]): readonly AuthorityItem[] {
  const [old, fresh] = [membersOf(before.manifest), membersOf(after.manifest)]
  const spokenOf = new Set(found.map(({ section }) => section))
  return namesOfBoth(old.keys(), fresh.keys()).flatMap((name): readonly AuthorityItem[] => {
    const [was, is] = [old.get(name), fresh.get(name)]
    if (was !== undefined && is !== undefined && equalBytes(was, is)) return []
    const item = { section: 'manifest', name, rule: 'A14' } as const
    const sections = SECTIONS_OF.get(name)
    if (sections === undefined) return [{ ...item, change: 'widens', reason: 'what this section does is not known' }]
    if (sections.some((section) => spokenOf.has(section))) return []
    return [{ ...item, change: 'keeps', reason: 'it says the same in another order or form' }]
  })
}

function membersOf(manifest: Manifest): ReadonlyMap<string, Uint8Array> {
  const node = definitionNode(manifest)
  if (!(node instanceof Map)) return new Map()
  return new Map([...node].map(([key, member]) => [String(key), encodeNode(member)]))
}
