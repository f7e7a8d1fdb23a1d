/** What a turn has done to plans and intents so far; nothing of it is visible outside before `merge` (K8). */
import type { Hash } from '@aos/cbor'
import type { Ledger } from '../gate/budgets.ts'
import { copyInstance } from '../plans/instance.ts'
import type { PlanInstance } from '../plans/instance.ts'
import { compareInstanceIds, compareIntents, putInstance, putIntent, waitedSchemas } from './effects-state.ts'
import type { EffectsState } from './effects-state.ts'
import type { Intent } from './intent.ts'

const NONE: readonly string[] = []

/** The turn's view: its own changes in front of the state. */
export class EffectsOverlay {
  readonly #state: EffectsState
  /** null: ended. */
  readonly #instances: Map<string, PlanInstance | null> = new Map()
  /** null: settled or cancelled. */
  readonly #intents: Map<Hash, Intent | null> = new Map()
  readonly #ledgers: Map<string, Ledger> = new Map()
  /** Ids and hashes that this turn made: the state need not be asked for them. */
  readonly #made: Set<string> = new Set()

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
    this.#made.add(instance.id)
    this.#instances.set(instance.id, instance)
  }

  endInstance(id: string): void {
    this.#instances.set(id, null)
  }

  /** Instances that may wait for events of a schema, in the order of their start. */
  waitingFor(schema: string): readonly string[] {
    const { waiting } = this.#state
    if (this.#instances.size === 0 && !waiting.has(schema)) return NONE
    const found = new Set<string>(waiting.of(schema))
    for (const [id, instance] of this.#instances) {
      if (instance !== null && waitedSchemas(instance).includes(schema)) found.add(id)
    }
    return [...found].filter((id) => this.hasInstance(id)).sort(compareInstanceIds)
  }

  intent(hash: Hash): Intent | undefined {
    const own = this.#intents.get(hash)
    return own === undefined ? this.#state.intents.get(hash) : (own ?? undefined)
  }

  /** Of this turn's own making. */
  addIntent(intent: Intent): void {
    this.#made.add(intent.hash)
    this.#intents.set(intent.hash, intent)
  }

  /** In another state than before. */
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

  /** Every intent as the turn sees it, in the order of emission. Costs a walk through all of them. */
  intents(): readonly Intent[] {
    const seen = new Map<Hash, Intent>()
    for (const intent of this.#state.intents.values()) seen.set(intent.hash, intent)
    for (const [hash, own] of this.#intents) {
      if (own === null) seen.delete(hash)
      else seen.set(hash, own)
    }
    return [...seen.values()].sort(compareIntents)
  }

  merge(): void {
    const state = this.#state
    for (const [id, instance] of this.#instances) {
      putInstance(state, { id, before: this.#made.has(id) ? undefined : state.instances.get(id), after: instance })
    }
    for (const [hash, intent] of this.#intents) {
      putIntent(state, { hash, before: this.#made.has(hash) ? undefined : state.intents.get(hash), after: intent })
    }
    for (const [grant, ledger] of this.#ledgers) this.#state.ledgers.set(grant, ledger)
  }
}
