/**
 * Plans and intents as part of the world's state (K18; spec/06-kernel.md, "State").
 */
import type { Hash } from '@aos/cbor'
import { BYTE_KEYS, Collection, HASH_KEYS, TEXT_KEYS } from '../collections/collection.ts'
import { NUMBER_CHARACTERS, numberOf, orderedNumber, orderedText, textBehind } from '../collections/key-text.ts'
import type { NodeStore } from '../collections/node-store.ts'
import { OrderedSet } from '../collections/ordered-set.ts'
import type { Ledger } from '../gate/budgets.ts'
import type { PlanInstance } from '../plans/instance.ts'
import { deadlinesOf } from '../plans/waits.ts'
import { decodeInstance, encodeInstance } from '../snapshot/instance-record.ts'
import { decodeIntent, encodeIntent } from '../snapshot/intent-record.ts'
import type { PinnedDefinitions } from '../snapshot/pinned.ts'
import { LEDGER_RECORDS, PRESENCE_RECORDS } from '../snapshot/small-records.ts'
import type { StateRoots } from '../state.ts'
import { DueList } from './due-list.ts'
import type { Intent } from './intent.ts'
import { SettledIntents } from './settled-intents.ts'

/** Running plans, intents and budgets of a world. */
export interface EffectsState {
  /** Open, parked and dead ones, by hash. */
  readonly intents: Collection<Intent>
  readonly settled: SettledIntents
  /** By id. */
  readonly instances: Collection<PlanInstance>
  /** By grant. */
  readonly ledgers: Collection<Ledger>
  readonly due: DueList
  /** Instances with an open wait, by event schema. */
  readonly waiting: WaitingSets
}

/** Of a world in which nothing was ever asked for, or of a snapshot. */
export function makeEffectsState(nodes: NodeStore, pinned: PinnedDefinitions, roots: StateRoots): EffectsState {
  const intents = { encode: encodeIntent, decode: (bytes: Uint8Array) => decodeIntent(bytes, pinned) }
  const instances = { encode: encodeInstance, decode: (bytes: Uint8Array) => decodeInstance(bytes, pinned) }
  const { collection } = roots
  return {
    intents: new Collection(nodes, { keys: HASH_KEYS, records: intents }, collection('intents')),
    settled: new SettledIntents({
      byHash: new Collection(nodes, { keys: BYTE_KEYS, records: PRESENCE_RECORDS }, collection('settled')),
      byHeight: new OrderedSet(nodes, collection('settled_by_height')),
    }),
    instances: new Collection(nodes, { keys: TEXT_KEYS, records: instances }, collection('instances')),
    ledgers: new Collection(nodes, { keys: TEXT_KEYS, records: LEDGER_RECORDS }, collection('budgets')),
    due: new DueList(new OrderedSet(nodes, collection('due'))),
    waiting: new WaitingSets(nodes, roots.waits),
  }
}

/** Who waits for events of which schema. */
export class WaitingSets {
  readonly #nodes: NodeStore
  readonly #sets = new Map<string, OrderedSet>()

  constructor(nodes: NodeStore, roots: StateRoots['waits']) {
    this.#nodes = nodes
    for (const [schema, root] of roots) this.#sets.set(schema, new OrderedSet(nodes, root))
  }

  sets(): Iterable<readonly [string, OrderedSet]> {
    return this.#sets
  }

  has(schema: string): boolean {
    return this.#sets.get(schema)?.isEmpty === false
  }

  /** Ids in the order of their start. */
  *of(schema: string): Generator<string, void, undefined> {
    for (const key of this.#sets.get(schema)?.keys() ?? []) yield idOfKey(key)
  }

  /** Makes the set when there is none. */
  open(schema: string): OrderedSet {
    let set = this.#sets.get(schema)
    if (set === undefined) {
      set = new OrderedSet(this.#nodes)
      this.#sets.set(schema, set)
    }
    return set
  }

  add(schema: string, id: string): void {
    this.open(schema).add(keyOfId(id))
  }

  delete(schema: string, id: string): void {
    this.#sets.get(schema)?.delete(keyOfId(id))
  }
}

/** Height, index, plan: keys in the order in which instances were started. */
function keyOfId(id: string): string {
  const [height, index, plan] = partsOf(id)
  return orderedNumber(BigInt(height)) + orderedNumber(BigInt(index)) + orderedText(plan)
}

function idOfKey(key: string): string {
  const height = numberOf(key)
  const index = numberOf(key.slice(NUMBER_CHARACTERS))
  return `${height}.${index}/${textBehind(key, 2 * NUMBER_CHARACTERS)}`
}

/** Separates an instance from its step in the id of a due wait; stands in neither. */
const WAIT_MARK = '#'

/** The id of an open wait in the list of what is due. */
export function dueWait(instance: string, step: string): string {
  return `${instance}${WAIT_MARK}${step}`
}

/** undefined for the id of a timer. */
export function parseDueWait(id: string): { readonly instance: string; readonly step: string } | undefined {
  const at = id.indexOf(WAIT_MARK)
  return at < 0 ? undefined : { instance: id.slice(0, at), step: id.slice(at + 1) }
}

/** Puts an instance in the place of what was known of it; `after` null: it has ended. */
export function putInstance(
  state: EffectsState,
  change: {
    readonly id: string
    readonly before: PlanInstance | undefined
    readonly after: PlanInstance | null
  },
): void {
  const { id, before, after } = change
  if (before !== undefined) forgetWaits(state, before)
  if (after === null) {
    if (before !== undefined) state.instances.delete(id)
    return
  }
  if (before === undefined) state.instances.add(id, after)
  else state.instances.set(id, after)
  rememberWaits(state, after)
}

/** Puts an intent in the place of what was known of it; `after` null: it goes. */
export function putIntent(
  state: EffectsState,
  change: { readonly hash: Hash; readonly before: Intent | undefined; readonly after: Intent | null },
): void {
  const { hash, before, after } = change
  if (before?.dueNs !== undefined) state.due.remove({ atNs: before.dueNs, id: hash })
  if (after === null) {
    if (before !== undefined) state.intents.delete(hash)
    return
  }
  if (before === undefined) state.intents.add(hash, after)
  else state.intents.set(hash, after)
  if (after.dueNs !== undefined && after.status === 'open') state.due.add({ atNs: after.dueNs, id: hash })
}

/** Event schemas that open waits of an instance are for. */
export function waitedSchemas(instance: PlanInstance): readonly string[] {
  let schemas: string[] | undefined
  for (let index = 0; index < instance.steps.length; index += 1) {
    const step = instance.plan.steps[index]
    if (step?.op !== 'await_event' || instance.steps[index]?.status !== 'waiting') continue
    schemas ??= []
    schemas.push(step.event)
  }
  return schemas ?? NONE
}

const NONE: readonly string[] = []

function rememberWaits(state: EffectsState, instance: PlanInstance): void {
  for (const schema of waitedSchemas(instance)) state.waiting.add(schema, instance.id)
  for (const { step, atNs } of deadlinesOf(instance)) state.due.add({ atNs, id: dueWait(instance.id, step) })
}

function forgetWaits(state: EffectsState, instance: PlanInstance): void {
  for (const schema of waitedSchemas(instance)) state.waiting.delete(schema, instance.id)
  for (const { step, atNs } of deadlinesOf(instance)) state.due.remove({ atNs, id: dueWait(instance.id, step) })
}

/** By height, then index, then plan name: the order in which they were started. */
export function compareInstanceIds(left: string, right: string): number {
  const [leftHeight, leftIndex, leftPlan] = partsOf(left)
  const [rightHeight, rightIndex, rightPlan] = partsOf(right)
  if (leftHeight !== rightHeight) return leftHeight - rightHeight
  if (leftIndex !== rightIndex) return leftIndex - rightIndex
  return leftPlan < rightPlan ? -1 : leftPlan > rightPlan ? 1 : 0
}

/** By height, then index: the order in which they were emitted. */
export function compareIntents(left: Intent, right: Intent): number {
  return left.height - right.height || left.index - right.index
}

function partsOf(id: string): readonly [number, number, string] {
  const slash = id.indexOf('/')
  const dot = id.indexOf('.')
  return [Number(id.slice(0, dot)), Number(id.slice(dot + 1, slash)), id.slice(slash + 1)]
}
