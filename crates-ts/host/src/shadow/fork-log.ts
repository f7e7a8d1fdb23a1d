/** What one fork of a shadow run did, by names that the other fork has, too. */
import { toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { DecisionReport, EffectsReport, IntentReport, StepReport, TurnResult, World } from '@aos/kernel'
import { hashOf } from './hash-of.ts'
import { Counter, ForkNames } from './fork-names.ts'
import type { PlanState } from './report.ts'

type Accepted = Extract<TurnResult, { readonly kind: 'accepted' }>

/** One decision, and the intent that it let pass. */
export interface LoggedDecision {
  readonly height: number
  readonly decision: DecisionReport
  readonly origin: string
}

/** An intent that the fork emitted. */
export interface LoggedIntent {
  readonly intent: IntentReport
  readonly origin: string
}

/** A delivery, with the height of the entry in which it was made and how it ended. */
export interface LoggedStep {
  readonly height: number
  readonly step: StepReport
}

/** A reducer, and the prefixed canonical bytes under which it keeps a state; undefined where it has only one. */
export interface CellPlace {
  readonly reducer: string
  readonly key: Uint8Array | undefined
}

/** How an entry of the fork went. */
export type TurnEnding = 'ok' | 'turn_limit' | 'refused' | 'passed'

/** Grows entry by entry. All maps keep the order of what happened. */
export class ForkLog {
  readonly names: ForkNames
  readonly decisions: Map<string, LoggedDecision> = new Map<string, LoggedDecision>()
  readonly intents: Map<string, LoggedIntent> = new Map<string, LoggedIntent>()
  readonly steps: Map<string, LoggedStep> = new Map<string, LoggedStep>()
  readonly plans: Map<string, PlanState> = new Map<string, PlanState>()
  readonly turns: Map<number, TurnEnding> = new Map<number, TurnEnding>()
  readonly cells: Map<string, CellPlace> = new Map<string, CellPlace>()
  readonly costs: Map<string, number> = new Map<string, number>()
  fuel = 0
  readonly #counter = new Counter()
  readonly #nameOfIntent = new Map<Hash, string>()
  readonly #intentOfRequest = new Map<string, Hash>()

  constructor(world: World) {
    this.names = new ForkNames(world)
    for (const { id } of world.listInstances()) this.plans.set(this.names.instance(id), { status: 'running' })
  }

  /** What became of one entry; `fuel` is that of its header. */
  add(result: Accepted, fuel: number): void {
    const { height, steps, migrations, effects, outcome } = result
    this.turns.set(height, outcome)
    this.fuel += fuel
    for (const step of steps) {
      const name = `${height} ${cellName(step)}`
      this.steps.set(this.#counter.next(`step ${name}`), { height, step })
      if (outcome === 'ok') this.#touch(step)
    }
    for (const migration of migrations) this.#touch(migration)
    this.#addEffects(height, effects)
  }

  /** An entry that the fork did not have. */
  skip(height: number, ending: 'refused' | 'passed'): void {
    this.turns.set(height, ending)
  }

  /** What a receipt cost. */
  addCost(cost: ReadonlyMap<string, number>): void {
    for (const [dimension, amount] of cost) this.costs.set(dimension, (this.costs.get(dimension) ?? 0) + amount)
  }

  /** The name of an intent that this fork emitted. */
  nameOf(intent: Hash): string | undefined {
    return this.#nameOfIntent.get(intent)
  }

  /** The intent that a request led to at a height. */
  intentOf(height: number, request: Uint8Array): Hash | undefined {
    return this.#intentOfRequest.get(`${height} ${toHex(request)}`)
  }

  #addEffects(height: number, effects: EffectsReport): void {
    for (const id of effects.started) this.plans.set(this.names.start(id), { status: 'running' })
    for (const decision of effects.decisions) {
      const { origin, effectKind } = decision
      const name = this.#counter.next(`decision ${this.names.asking({ origin, effectKind, height })}`)
      this.decisions.set(name, { height, decision, origin: this.names.origin(origin) })
    }
    for (const intent of effects.emitted) {
      const asking = this.names.asking(intent)
      const name = this.#counter.next(`intent ${asking} ${toHex(intent.paramsHash)}`)
      this.intents.set(name, { intent, origin: this.names.origin(intent.origin) })
      this.#nameOfIntent.set(intent.hash, name)
      this.#intentOfRequest.set(`${height} ${toHex(intent.requestHash)}`, intent.hash)
    }
    for (const { instance, code, step, result } of effects.ended) {
      this.plans.set(this.names.instance(instance), {
        status: code === undefined ? 'ok' : 'failed',
        ...(code === undefined ? {} : { code }),
        ...(step === undefined ? {} : { step }),
        ...(result === undefined ? {} : { result: hashOf(result) }),
      })
    }
  }

  #touch({ reducer, key }: CellPlace): void {
    this.cells.set(cellName({ reducer, key }), { reducer, key })
  }
}

/** The same for the same cell. */
export function cellName({ reducer, key }: CellPlace): string {
  return key === undefined ? reducer : `${reducer} ${toHex(key)}`
}
