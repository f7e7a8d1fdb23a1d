/**
 * Plans and intents as part of the world's state, and a turn's changes to them (K8, K18; spec/06-kernel.md, "State").
 */
import type { Hash } from '@aos/cbor'
import type { Ledger } from '../gate/budgets.ts'
import { copyInstance } from '../plans/instance.ts'
import type { PlanInstance } from '../plans/instance.ts'
import { deadlinesOf } from '../plans/waits.ts'
import { DueList } from './due-list.ts'
import type { Intent } from './intent.ts'

/** Running plans, intents and budgets of a world. */
export interface EffectsState {
  /** Open, parked and dead ones, in the order of emission. */
  readonly intents: Map<Hash, Intent>
  /** Hexadecimal hashes of those that are settled or cancelled: a second receipt is told apart from a foreign one. */
  readonly settled: Set<string>
  /** In the order of their start. */
  readonly instances: Map<string, PlanInstance>
  /** By grant. */
  readonly ledgers: Map<string, Ledger>
  /** Built from the above. */
  readonly due: DueList
  /** Instances with an open wait, by event schema. */
  readonly waiting: Map<string, Set<string>>
}

/** Of a world in which nothing was ever asked for. */
export function makeEffectsState(): EffectsState {
  return {
    intents: new Map(),
    settled: new Set(),
    instances: new Map(),
    ledgers: new Map(),
    due: new DueList(),
    waiting: new Map(),
  }
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

/** What a turn has changed so far; nothing is visible outside before `merge`. */
export class EffectsOverlay {
  readonly #state: EffectsState
  /** null: ended. */
  readonly #instances: Map<string, PlanInstance | null> = new Map()
  /** null: settled or cancelled. */
  readonly #intents: Map<Hash, Intent | null> = new Map()
  readonly #ledgers: Map<string, Ledger> = new Map()

  constructor(state: EffectsState) {
    this.#state = state
  }

  /** The turn's own copy; undefined when there is none or it has ended. */
  instance(id: string): PlanInstance | undefined {
    const own = this.#instances.get(id)
    if (own !== undefined) return own ?? undefined
    const known = this.#state.instances.get(id)
    if (known === undefined) return undefined
    const copy = copyInstance(known)
    this.#instances.set(id, copy)
    return copy
  }

  hasInstance(id: string): boolean {
    return this.#instances.has(id) ? this.#instances.get(id) !== null : this.#state.instances.has(id)
  }

  startInstance(instance: PlanInstance): void {
    this.#instances.set(instance.id, instance)
  }

  endInstance(id: string): void {
    this.#instances.set(id, null)
  }

  /** Instances that may wait for events of a schema, in the order of their start. */
  waitingFor(schema: string): readonly string[] {
    const known = this.#state.waiting.get(schema)
    if ((known?.size ?? 0) === 0 && this.#instances.size === 0) return NONE
    const found = new Set<string>(known)
    for (const [id, instance] of this.#instances) if (instance !== null && waitsFor(instance, schema)) found.add(id)
    return [...found].filter((id) => this.hasInstance(id)).sort(compareInstanceIds)
  }

  intent(hash: Hash): Intent | undefined {
    const own = this.#intents.get(hash)
    return own === undefined ? this.#state.intents.get(hash) : (own ?? undefined)
  }

  putIntent(intent: Intent): void {
    this.#intents.set(intent.hash, intent)
  }

  settleIntent(hash: Hash): void {
    this.#intents.set(hash, null)
  }

  ledger(grant: string): Ledger | undefined {
    return this.#ledgers.get(grant) ?? this.#state.ledgers.get(grant)
  }

  putLedger(grant: string, ledger: Ledger): void {
    this.#ledgers.set(grant, ledger)
  }

  /** Every intent as the turn sees it, in the order of emission. */
  *intents(): Iterable<Intent> {
    for (const [hash, intent] of this.#state.intents) {
      const own = this.#intents.get(hash)
      if (own !== null) yield own ?? intent
    }
    for (const [hash, own] of this.#intents) if (own !== null && !this.#state.intents.has(hash)) yield own
  }

  merge(): void {
    const state = this.#state
    for (const [id, instance] of this.#instances) {
      const before = state.instances.get(id)
      if (before !== undefined) forgetInstance(state, before)
      if (instance === null) state.instances.delete(id)
      else {
        state.instances.set(id, instance)
        indexInstance(state, instance)
      }
    }
    for (const [hash, intent] of this.#intents) {
      const before = state.intents.get(hash)
      if (before?.dueNs !== undefined) state.due.remove({ atNs: before.dueNs, id: hash })
      if (intent === null) {
        state.intents.delete(hash)
        state.settled.add(hash.slice('sha256:'.length))
      } else {
        state.intents.set(hash, intent)
        if (intent.dueNs !== undefined && intent.status === 'open') state.due.add({ atNs: intent.dueNs, id: hash })
      }
    }
    for (const [grant, ledger] of this.#ledgers) state.ledgers.set(grant, ledger)
  }
}

const NONE: readonly string[] = []

function waitsFor(instance: PlanInstance, schema: string): boolean {
  return instance.plan.steps.some(
    (step, index) => step.op === 'await_event' && step.event === schema && instance.steps[index]?.status === 'waiting',
  )
}

function waitedSchemas(instance: PlanInstance): readonly string[] {
  let schemas: string[] | undefined
  for (let index = 0; index < instance.steps.length; index += 1) {
    const step = instance.plan.steps[index]
    if (step?.op !== 'await_event' || instance.steps[index]?.status !== 'waiting') continue
    schemas ??= []
    schemas.push(step.event)
  }
  return schemas ?? NONE
}

function indexInstance(state: EffectsState, instance: PlanInstance): void {
  for (const schema of waitedSchemas(instance)) {
    const known = state.waiting.get(schema)
    if (known === undefined) state.waiting.set(schema, new Set([instance.id]))
    else known.add(instance.id)
  }
  for (const { step, atNs } of deadlinesOf(instance)) state.due.add({ atNs, id: dueWait(instance.id, step) })
}

function forgetInstance(state: EffectsState, instance: PlanInstance): void {
  for (const schema of waitedSchemas(instance)) state.waiting.get(schema)?.delete(instance.id)
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

function partsOf(id: string): readonly [number, number, string] {
  const slash = id.indexOf('/')
  const dot = id.indexOf('.')
  return [Number(id.slice(0, dot)), Number(id.slice(dot + 1, slash)), id.slice(slash + 1)]
}
