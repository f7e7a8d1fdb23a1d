/** Comparing definitions by meaning (spec/03-air.md, "Differences"). */
import { equalBytes, toHex } from '@aos/cbor'
import { BUILTIN_SCHEMAS } from '../builtin/schemas.ts'
import { definitionJson } from '../definitions/format.ts'
import { encodeDefinition } from '../definitions/node.ts'
import { comparePaths, compareText } from '../issues.ts'
import type { Definition, DefModule, DefSchema, SchemaTable, TypeExpr } from '../model.ts'
import type { DefPlan } from '../plan-model.ts'
import { checkAcceptance } from './acceptance.ts'
import { diffNodes } from './node-items.ts'
import type { AirDiff, DefinitionDiff, DiffItem } from './port.ts'
import { diffTypes, referencesOf } from './type-items.ts'

/** What is compared: definitions whose names are unique in their kind. */
export interface DiffDefinitionsOptions {
  readonly before: readonly Definition[]
  readonly after: readonly Definition[]
}

/**
 * What is different between two sets of definitions. Two definitions of one kind and name are the same exactly when their
 * hashes are; text, lens and the order of members are not looked at. Built-in schemas are at hand on both sides.
 */
export function diffDefinitions(options: DiffDefinitionsOptions): AirDiff {
  const before = makeSide(options.before)
  const after = makeSide(options.after)
  const labels = [...new Set([...before.definitions.keys(), ...after.definitions.keys()])]
  const moved = movedSchemas(before.table, after.table)
  const found = labels.flatMap((label) => {
    const [was, is] = [before.definitions.get(label), after.definitions.get(label)]
    if (was !== undefined && is !== undefined) return compareTwo(was, is, { before, after, moved })
    const only = is ?? was
    if (only === undefined) return []
    return [{ kind: only.kind, name: nameOf(only), change: is === undefined ? 'removed' : 'added', items: [] } as const]
  })
  const definitions = pointOutTwins(found, before, after).toSorted(compareDiffs)
  return { equal: definitions.length === 0, definitions }
}

interface Side {
  /** By kind and name. */
  readonly definitions: ReadonlyMap<string, Definition>
  readonly table: SchemaTable
}

function makeSide(definitions: readonly Definition[]): Side {
  const table = new Map<string, TypeExpr>()
  for (const [name, { type }] of BUILTIN_SCHEMAS) table.set(name, type)
  for (const each of definitions) if (each.kind === 'defschema') table.set(each.name, each.type)
  return { definitions: new Map(definitions.map((each) => [labelOf(each.kind, nameOf(each)), each])), table }
}

interface Sides {
  readonly before: Side
  readonly after: Side
  /** Names of schemas whose values may be others than before, directly or through references. */
  readonly moved: ReadonlySet<string>
}

type DefinitionOf<Kind extends Definition['kind']> = Extract<Definition, { kind: Kind }>

/** How a kind of definition is compared. */
interface Comparer<Kind extends Definition['kind']> {
  /** At least one when the hashes differ. */
  readonly items: (before: DefinitionOf<Kind>, after: DefinitionOf<Kind>) => readonly DiffItem[]
  /** The schemas that it refers to by name, and where. */
  readonly references: (definition: DefinitionOf<Kind>) => ReturnType<typeof referencesOf>
}

/** A new kind of definition does not compile without its row. */
const COMPARERS: { readonly [Kind in Definition['kind']]: Comparer<Kind> } = {
  defschema: {
    items: (before, after) => diffTypes(before.type, after.type, ['type']),
    references: ({ type }) => referencesOf(type, ['type']),
  },
  defmodule: {
    items: byMembers,
    references: moduleReferences,
  },
  defplan: {
    items: byMembers,
    references: planReferences,
  },
  defeffect: {
    items: byMembers,
    references: ({ paramsSchema, receiptSchema }) => [
      { name: paramsSchema, path: ['params_schema'] },
      { name: receiptSchema, path: ['receipt_schema'] },
    ],
  },
  defcap: {
    items: (before, after) => [
      ...byMembers({ ...before, schema: after.schema }, after),
      ...diffTypes(before.schema, after.schema, ['schema']),
    ],
    references: ({ schema }) => referencesOf(schema, ['schema']),
  },
  defpolicy: { items: byMembers, references: () => [] },
  defsecret: { items: byMembers, references: () => [] },
  manifest: {
    items: byMembers,
    // Its references hold hashes, which say themselves what has changed.
    references: () => [],
  },
}

function byMembers(before: Definition, after: Definition): readonly DiffItem[] {
  return diffNodes(definitionJson(before, 'tagged'), definitionJson(after, 'tagged'), [])
}

function planReferences({ input, output, locals, steps }: DefPlan): ReturnType<typeof referencesOf> {
  const ends = [{ name: input, path: ['input'] }, ...(output === undefined ? [] : [{ name: output, path: ['output'] }])]
  const variables = [...locals].map(([variable, name]) => ({ name, path: ['locals', variable] }))
  const events = steps.flatMap((step) =>
    step.op === 'raise_event' || step.op === 'await_event'
      ? [{ name: step.event, path: ['steps', step.id, 'event'] }]
      : [],
  )
  return [...ends, ...variables, ...events]
}

function moduleReferences({ keySchema, reducer, pure }: DefModule): ReturnType<typeof referencesOf> {
  const members: readonly (readonly [readonly string[], string | undefined])[] = [
    [['key_schema'], keySchema],
    [['abi', 'reducer', 'state'], reducer?.state],
    [['abi', 'reducer', 'event'], reducer?.event],
    [['abi', 'reducer', 'context'], reducer?.context],
    [['abi', 'reducer', 'annotations'], reducer?.annotations],
    [['abi', 'pure', 'input'], pure?.input],
    [['abi', 'pure', 'output'], pure?.output],
    [['abi', 'pure', 'context'], pure?.context],
  ]
  return members.flatMap(([path, name]) => (name === undefined ? [] : [{ name, path }]))
}

function compareTwo(before: Definition, after: Definition, sides: Sides): readonly DefinitionDiff[] {
  const same = equalBytes(encodeDefinition(before), encodeDefinition(after))
  const items = same ? affectedItems(after, sides) : comparerOf(after).items(before, after)
  if (same && items.length === 0) return []
  const diff: DefinitionDiff = {
    kind: after.kind,
    name: nameOf(after),
    change: same ? 'affected' : 'changed',
    items: items.toSorted(compareItems),
  }
  if (before.kind !== 'defschema' || after.kind !== 'defschema') return [diff]
  return [{ ...diff, ...verdicts(before, after, sides) }]
}

/** The comparer of a definition's kind, for definitions of that kind. */
function comparerOf(definition: Definition): Comparer<Definition['kind']> {
  return COMPARERS[definition.kind] as Comparer<Definition['kind']> // the callers pass it only definitions of this kind
}

function affectedItems(definition: Definition, { moved }: Sides): readonly DiffItem[] {
  return comparerOf(definition)
    .references(definition)
    .filter(({ name }) => moved.has(name))
    .map(({ name, path }) => ({ path, change: 'reference_affected', before: name, after: name }))
}

function verdicts(
  before: DefSchema,
  after: DefSchema,
  sides: Sides,
): Pick<DefinitionDiff, 'acceptsOld' | 'acceptedByOld'> {
  const was = { type: before.type, table: sides.before.table }
  const is = { type: after.type, table: sides.after.table }
  return { acceptsOld: checkAcceptance(was, is), acceptedByOld: checkAcceptance(is, was) }
}

/** Schemas that differ, and all that lead to one of them; a cycle of references comes to an end like any other set. */
function movedSchemas(before: SchemaTable, after: SchemaTable): ReadonlySet<string> {
  const moved = new Set<string>()
  const usedBy = new Map<string, string[]>()
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(name), after.get(name)]
    if (was === undefined || is === undefined || diffTypes(was, is, []).length > 0) moved.add(name)
    for (const { name: target } of is === undefined ? [] : referencesOf(is, [])) {
      const users = usedBy.get(target) ?? []
      users.push(name)
      usedBy.set(target, users)
    }
  }
  // Entries that are added while a Set is walked are walked too.
  for (const name of moved) for (const user of usedBy.get(name) ?? []) moved.add(user)
  return moved
}

/** Names the removed twin of what was added, and the other way round: a hint, never a rename. */
function pointOutTwins(diffs: readonly DefinitionDiff[], before: Side, after: Side): readonly DefinitionDiff[] {
  const twins = { added: contents(diffs, 'removed', before), removed: contents(diffs, 'added', after) }
  return diffs.map((diff) => {
    if (diff.change !== 'added' && diff.change !== 'removed') return diff
    const definition = (diff.change === 'added' ? after : before).definitions.get(labelOf(diff.kind, diff.name))
    const twin = definition && twins[diff.change].get(contentOf(definition))
    return twin === undefined ? diff : { ...diff, sameContentAs: twin }
  })
}

/** Of two with the same content the one whose name comes first counts. */
function contents(
  diffs: readonly DefinitionDiff[],
  change: 'added' | 'removed',
  side: Side,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const diff of diffs.toSorted(compareDiffs)) {
    const definition = side.definitions.get(labelOf(diff.kind, diff.name))
    if (diff.change !== change || definition === undefined) continue
    const content = contentOf(definition)
    if (!names.has(content)) names.set(content, diff.name)
  }
  return names
}

function contentOf(definition: Definition): string {
  return toHex(encodeDefinition(definition.kind === 'manifest' ? definition : { ...definition, name: '' }))
}

function labelOf(kind: Definition['kind'], name: string): string {
  return `${kind} ${name}`
}

function nameOf(definition: Definition): string {
  return definition.kind === 'manifest' ? 'manifest' : definition.name
}

const KIND_ORDER: Readonly<Record<Definition['kind'], number>> = {
  defschema: 0,
  defmodule: 1,
  defplan: 2,
  defeffect: 3,
  defcap: 4,
  defpolicy: 5,
  defsecret: 6,
  manifest: 7,
}

function compareDiffs(left: DefinitionDiff, right: DefinitionDiff): number {
  return KIND_ORDER[left.kind] - KIND_ORDER[right.kind] || compareText(left.name, right.name)
}

function compareItems(left: DiffItem, right: DiffItem): number {
  return comparePaths(left.path, right.path) || compareText(left.change, right.change)
}
