/** What a turn has done to plans and intents so far; nothing of it is visible outside before `merge` (K8). */
import type { Hash } from '@aos/cbor'
import type { Ledger } from '../gate/budgets.ts'
import { copyInstance } from '../plans/instance.ts'
import type { PlanInstance } from '../plans/instance.ts'
import { compareInstanceIds, compareIntents, putInstance, putIntent, waitedSchemas } from './effects-state.ts'
import type { EffectsState } from './effects-state.ts'
import type { Intent } from './intent.ts'
import { TurnChanges, withOne } from './turn-changes.ts'

const NONE: readonly string[] = []

/** The turn's view: its own changes in front of the state. */
export class EffectsOverlay {
  readonly #state: EffectsState
  /** null: ended. */
  readonly #instances: TurnChanges<string, PlanInstance> = new TurnChanges()
  /** null: settled or cancelled. */
  readonly #intents: TurnChanges<Hash, Intent> = new TurnChanges()
  /** Settled or cancelled. */
  #settled: Intent[] = []
  #ledgers: Map<string, Ledger> | undefined

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
    this.#instances.put(id, copy)
    return copy
  }

  /** As it stands in this turn, to be looked at only. */
  look(id: string): Readonly<PlanInstance> | undefined {
    const own = this.#instances.get(id)
    return own === undefined ? this.#state.instances.get(id) : (own ?? undefined)
  }

  hasInstance(id: string): boolean {
    const own = this.#instances.get(id)
    return own === undefined ? this.#state.instances.has(id) : own !== null
  }

  startInstance(instance: PlanInstance): void {
    this.#instances.put(instance.id, instance, true)
  }

  endInstance(id: string): void {
    this.#instances.put(id, null)
  }

  /** Instances that may wait for events of a schema, in the order of their start. */
  waitingFor(schema: string): readonly string[] {
    const { waiting } = this.#state
    if (this.#instances.size === 0 && !waiting.has(schema)) return NONE
    const found = new Set<string>(waiting.of(schema))
    for (const { key, value } of this.#instances) {
      if (value !== null && waitedSchemas(value).includes(schema)) found.add(key)
    }
    return [...found].filter((id) => this.hasInstance(id)).sort(compareInstanceIds)
  }

  intent(hash: Hash): Intent | undefined {
    const own = this.#intents.get(hash)
    return own === undefined ? this.#state.intents.get(hash) : (own ?? undefined)
  }

  /** Of this turn's own making. */
  addIntent(intent: Intent): void {
    this.#intents.put(intent.hash, intent, true)
  }

  /** In another state than before. */
  putIntent(intent: Intent): void {
    this.#intents.put(intent.hash, intent)
  }

  settleIntent(intent: Intent): void {
    this.#intents.put(intent.hash, null)
    this.#settled = withOne(this.#settled, intent)
  }

  ledger(grant: string): Ledger | undefined {
    return this.#ledgers?.get(grant) ?? this.#state.ledgers.get(grant)
  }

  putLedger(grant: string, ledger: Ledger): void {
    this.#ledgers ??= new Map()
    this.#ledgers.set(grant, ledger)
  }

  /** Every intent as the turn sees it, in the order of emission. Costs a walk through all of them. */
  intents(): readonly Intent[] {
    const seen = new Map<Hash, Intent>()
    for (const intent of this.#state.intents.values()) seen.set(intent.hash, intent)
    for (const { key, value } of this.#intents) {
      if (value === null) seen.delete(key)
      else seen.set(key, value)
    }
    return [...seen.values()].sort(compareIntents)
  }

  merge(): void {
    const state = this.#state
    for (const { key, value, isMade } of this.#instances) {
      putInstance(state, { id: key, before: isMade ? undefined : state.instances.get(key), after: value })
    }
    for (const { key, value, isMade } of this.#intents) {
      putIntent(state, { hash: key, before: isMade ? undefined : state.intents.get(key), after: value })
    }
    for (const intent of this.#settled) state.settled.add(intent)
    for (const [grant, ledger] of this.#ledgers ?? []) state.ledgers.set(grant, ledger)
  }
}
