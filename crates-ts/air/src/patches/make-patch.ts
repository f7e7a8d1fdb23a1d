/** The patch between two sets of definitions (spec/18-patches.md, "Making a patch"). */
import { AosError, type Sha256Port } from '@aos/cbor'
import { builtinDefinition } from '../builtin/catalog.ts'
import {
  definitionsOf,
  KIND_OF_SECTION,
  makeDefinitionSet,
  type DefinitionSet,
  type NamedDefinition,
} from '../definitions/definition-set.ts'
import { hashDefinition } from '../definitions/node.ts'
import { REFERENCE_SECTIONS, type ReferenceSection } from '../definitions/parse-manifest.ts'
import { budgetsJson, grantsJson } from '../definitions/powers-json.ts'
import type { JsonNode } from '../json.ts'
import type { Manifest } from '../model.ts'
import { BLOCK_OPERATIONS, blockOf, hashBlock, isSameBlock, type BlockOperation } from './blocks.ts'
import type { DefinitionName, ListedName, OperationOf, Patch, PatchOperation, SectionOrder } from './patch-model.ts'

/** Two sets whose manifests are complete and list nothing that is not there. */
export interface MakePatchOptions {
  readonly sha256: Sha256Port
  readonly base: DefinitionSet
  readonly next: DefinitionSet
}

/**
 * The smallest patch that leads from the one set to the other, always the same one: `applyPatch` gives exactly `next`. Without
 * operations when both are the same. The inverse of a patch is the one from `next` to `base`.
 */
export function makePatch({ sha256, base, next }: MakePatchOptions): Patch {
  const sides: Sides = {
    sha256,
    base: makeDefinitionSet(base.manifest, definitionsOf(base)),
    next: makeDefinitionSet(next.manifest, definitionsOf(next)),
  }
  const sections = REFERENCE_SECTIONS.map((section) => compareSection(sides, section))
  const lists: OperationOf<'set_manifest_refs'> = {
    op: 'set_manifest_refs',
    add: sections.flatMap(({ listed }) => listed),
    remove: sections.flatMap(({ unlisted }) => unlisted),
    order: sections.flatMap(({ order }) => order),
  }
  const hasLists = lists.add.length + lists.remove.length + lists.order.length > 0
  return {
    kind: 'patch',
    version: '1',
    baseManifestHash: hashDefinition(sha256, base.manifest),
    operations: [
      ...sections.flatMap(({ operations }) => operations),
      ...(hasLists ? [lists] : []),
      ...compareDefaults(sides),
      ...BLOCK_OPERATIONS.flatMap((op) => compareBlock(sides, op)),
    ],
  }
}

interface Sides {
  readonly sha256: Sha256Port
  readonly base: DefinitionSet
  readonly next: DefinitionSet
}

/** What happens to one section that lists definitions. */
interface SectionChange {
  readonly operations: readonly PatchOperation[]
  readonly listed: readonly ListedName[]
  readonly unlisted: readonly DefinitionName[]
  readonly order: readonly SectionOrder[]
}

function compareSection({ base, next }: Sides, section: ReferenceSection): SectionChange {
  const kind = KIND_OF_SECTION[section]
  const [before, after] = [base.manifest[section], next.manifest[section]]
  const old = new Map(before.map(({ name, hash }) => [name, hash]))
  const kept = new Map(after.map(({ name, hash }) => [name, hash]))
  const gone = before.filter(({ name }) => !kept.has(name))
  const fresh = after.filter(({ name }) => !old.has(name))
  const own = (set: DefinitionSet, name: string): NamedDefinition | undefined => set[section].get(name)
  const removed = gone.filter(({ name }) => own(base, name) !== undefined)
  const added = fresh.flatMap(({ name }) => own(next, name) ?? [])
  const listed = fresh.filter(({ name }) => own(next, name) === undefined)
  const replaced = before.flatMap(({ name, hash }): PatchOperation[] => {
    const now = kept.get(name)
    if (now === undefined || now === hash) return []
    return [{ op: 'replace_def', definition: own(next, name) ?? needBuiltin(section, name), preHash: hash }]
  })
  const natural = [
    ...before.filter(({ name }) => kept.has(name)).map(({ name }) => name),
    ...added.map(({ name }) => name),
    ...listed.map(({ name }) => name),
  ]
  const names = after.map(({ name }) => name)
  return {
    operations: [
      ...removed.map(({ name, hash }): PatchOperation => ({ op: 'remove_def', kind, name, preHash: hash })),
      ...replaced,
      ...added.map((definition): PatchOperation => ({ op: 'add_def', definition })),
    ],
    listed: listed.map(({ name, hash }) => ({ kind, name, hash })),
    unlisted: gone.filter(({ name }) => own(base, name) === undefined).map(({ name }) => ({ kind, name })),
    order: names.every((name, index) => name === natural[index]) ? [] : [{ kind, names }],
  }
}

function needBuiltin(section: ReferenceSection, name: string): NamedDefinition {
  const builtin = builtinDefinition(section, name)
  if (builtin !== undefined && builtin.kind !== 'manifest') return builtin
  throw new AosError('air.invariant', `the manifest lists ${name} in ${section}, which is not in the set`)
}

/** Of grants of which only budgets differ, only these are set. */
function compareDefaults({ sha256, base, next }: Sides): readonly PatchOperation[] {
  const [before, after] = [base.manifest, next.manifest]
  const policy = before.policy === after.policy ? {} : { policy: after.policy ?? null }
  const isAbout = isSameBlock(grantsJson(before.grants), grantsJson(after.grants))
    ? 'nothing'
    : aboutBudgets(before, after)
  const grants = isAbout === 'more' ? { grants: after.grants } : {}
  const defaults = { op: 'set_defaults', ...policy, ...grants } as const
  const hasDefaults = 'policy' in policy || 'grants' in grants
  const budgets = after.grants.flatMap((grant, index): PatchOperation[] => {
    const old = budgetsJson(before.grants[index]?.budgets)
    if (isAbout !== 'budgets' || isSameBlock(old, budgetsJson(grant.budgets))) return []
    const preHash = hashBlock(sha256, old)
    return [{ op: 'set_budgets', grant: grant.name, preHash, budgets: grant.budgets ?? new Map() }]
  })
  return [...(hasDefaults ? [defaults] : []), ...budgets]
}

function aboutBudgets(before: Manifest, after: Manifest): 'budgets' | 'more' {
  const without = ({ grants }: Manifest): JsonNode => grantsJson(grants.map(({ budgets: _, ...grant }) => grant))
  return isSameBlock(without(before), without(after)) ? 'budgets' : 'more'
}

function compareBlock({ sha256, base, next }: Sides, op: BlockOperation['op']): readonly PatchOperation[] {
  const before = blockOf(op, base.manifest)
  const isRoutingSame = op !== 'set_routing_events' || base.manifest.hasRouting === next.manifest.hasRouting
  if (isSameBlock(before, blockOf(op, next.manifest)) && isRoutingSame) return []
  return [blockOperation(op, next.manifest, hashBlock(sha256, before))]
}

function blockOperation(op: BlockOperation['op'], next: Manifest, preHash: BlockOperation['preHash']): BlockOperation {
  const { moduleBindings, routes, hasRouting, triggers, bindings, approvers, approvals, limits, migrations } = next
  switch (op) {
    case 'set_module_bindings':
      return { op, preHash, bindings: moduleBindings }
    case 'set_routing_events':
      return { op, preHash, ...(hasRouting ? { routes } : {}) }
    case 'set_triggers':
      return { op, preHash, triggers }
    case 'set_bindings':
      return { op, preHash, bindings }
    case 'set_approvers':
      return { op, preHash, approvers, approvals }
    case 'set_limits':
      return { op, preHash, limits: limits ?? new Map() }
    case 'set_migrations':
      return { op, preHash, migrations }
  }
}
