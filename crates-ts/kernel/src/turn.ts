/** Runs deliveries and plan steps until the queue is quiet, on an overlay (K8 to K10; spec/06-kernel.md, "Turn"). */
import { hashBytes } from '@aos/cbor'
import type { Hash, HashBytes } from '@aos/cbor'
import type { EffectsReport, GovernanceReport, MigrationReport, RaisedReport, StepReport } from './api.ts'
import type { Catalog } from './catalog.ts'
import type { Cell } from './cells/cell.ts'
import { FIRST_GENERATION, migrate } from './cells/migrate.ts'
import type { Migration } from './cells/migrate.ts'
import { writeMigration } from './cells/migration-item.ts'
import type { TurnBound } from './codes.ts'
import { failed } from './delivery.ts'
import type { DeliveryResult, DeliveryRunner, TurnFacts } from './delivery.ts'
import type { EntryWriter } from './entry-writer.ts'
import { GovernanceTurn } from './governance/governance-turn.ts'
import type { MadeBlobs } from './internal/made-blobs.ts'
import { TurnBlobs } from './internal/turn-blobs.ts'
import { COMMIT_SCHEMA, noteCommit } from './internal/workspace-trees.ts'
import { CHANGE_LIMITS, LIMITS } from './limits.ts'
import type { Overlay } from './overlay.ts'
import type { KernelPorts } from './ports.ts'
import { routeEvent } from './routing.ts'
import type { Delivery, Requester, RoutedEvent } from './routing.ts'
import type { WorldState } from './state.ts'
import { EffectTurn, NOTHING_DONE } from './turn-effects.ts'
import type { InternalWork, PlanWork } from './turn-effects.ts'

/** What one turn starts with, and what it writes to. */
export interface TurnInput {
  readonly ports: KernelPorts
  readonly state: WorldState
  readonly runner: DeliveryRunner
  /** Absent when only the state is wanted (replay without verification). */
  readonly writer: EntryWriter | undefined
  readonly facts: TurnFacts
  /** The sender of the ingress. */
  readonly by: Requester
  /** The event of the ingress, for plans; its deliveries are given. */
  readonly event: RoutedEvent | undefined
  readonly deliveries: readonly Delivery[]
  /** Content that the ingress lists. */
  readonly blobs: readonly HashBytes[]
  /** What an ingress of another kind does to plans and intents, before the queue runs. */
  readonly prepare: ((effects: EffectTurn) => void) | undefined
  /** Content that this turn makes. */
  readonly made: MadeBlobs
  /** False in worlds whose engine has no gate: plans do not exist and effects are denied. */
  readonly hasGate: boolean
}

/** How a turn ended; `bound` is the limit that dropped it, if one did (K8). */
export interface TurnEnd {
  readonly bound: TurnBound | undefined
  readonly fuel: number
  readonly steps: readonly StepReport[]
  readonly migrations: readonly MigrationReport[]
  readonly raised: readonly RaisedReport[]
  readonly effects: EffectsReport
  readonly governance: readonly GovernanceReport[]
}

type TurnBounds = Readonly<Record<'turnFuelMax' | 'turnItemsMax' | 'turnBytesMax', number>>

type Work = Delivery | PlanWork | InternalWork

const NOTHING: readonly never[] = []

/** Runs to quiescence or to a bound; the caller merges or drops the overlay. Throws only for a fault. */
export function runTurn(input: TurnInput, overlay: Overlay): TurnEnd {
  return new Turn(input, overlay).run()
}

/** The counts of a turn, and what waits in its queue. */
export class Turn {
  readonly input: TurnInput
  readonly overlay: Overlay
  queue: Work[] = []
  // Most turns have one step and nothing else: a list that grows takes room for many.
  #steps: StepReport[] | undefined
  #raised: RaisedReport[] | undefined
  #migrations: MigrationReport[] | undefined
  #effects: EffectTurn | undefined
  #governance: GovernanceTurn | undefined
  #bounds: TurnBounds = LIMITS
  fuel = 0
  bytes = 0
  items = 0

  constructor(input: TurnInput, overlay: Overlay) {
    this.input = input
    this.overlay = overlay
  }

  run(): TurnEnd {
    const { input } = this
    const bound = input.hasGate ? this.#start() : undefined
    if (bound !== undefined) return this.#end(bound)
    if (this.queue.length === 0) this.queue = [...input.deliveries]
    else this.queue.push(...input.deliveries)
    for (let ordinal = 0; ordinal < this.queue.length; ordinal += 1) {
      const work = this.queue[ordinal]
      if (work === undefined) break
      const passed = this.#do(work, ordinal)
      if (passed !== undefined) return this.#end(passed)
    }
    return this.#end(undefined)
  }

  /** Fuel that one call may use now; 0 or less: none is left. */
  get fuelLimit(): number {
    return Math.min(LIMITS.stepFuelMax, this.#bounds.turnFuelMax - this.fuel)
  }

  /** Counts an item that is about to be written; gives its index (K2). */
  nextItem(): number {
    this.items += 1
    return this.items
  }

  get governance(): GovernanceTurn {
    this.#governance ??= new GovernanceTurn(this)
    return this.#governance
  }

  /** What the gate judges by, and what it is the manifest of: that of this turn, or what it puts in force. */
  get inForce(): { readonly manifest: Hash; readonly catalog: Catalog } {
    const { state, facts } = this.input
    return this.overlay.change ?? { manifest: facts.manifestHash, catalog: state.catalog }
  }

  /** Content as one internal effect sees it. */
  blobs(): TurnBlobs {
    const { overlay, input, fuelLimit } = this
    return new TurnBlobs({
      made: input.made,
      isKnown: (hash) => overlay.isBlobKnown(hash),
      know: (hash) => {
        overlay.knowBlob(hash)
      },
      fuelLimit,
    })
  }

  /** A turn that puts another manifest in force may have to judge everything again that is in flight. */
  widen(): void {
    const { changeFuelMax, changeItemsMax, changeBytesMax } = CHANGE_LIMITS
    this.#bounds = { turnFuelMax: changeFuelMax, turnItemsMax: changeItemsMax, turnBytesMax: changeBytesMax }
  }

  get effects(): EffectTurn {
    this.#effects ??= new EffectTurn(this)
    return this.#effects
  }

  /** Writes a raised event and leads it on: to plans that wait or start, then to reducers. Throws `kernel.key_*` before anything is written. */
  raise(event: RoutedEvent, from: number, by: Requester | undefined): void {
    const { catalog } = this.input.state
    const index = this.items + 1
    const deliveries = routeEvent(catalog, event, index, by)
    this.nextItem()
    this.bytes += event.value.length
    this.#raised ??= []
    this.#raised.push({ schema: event.schema, index })
    this.input.writer?.raised({ schema: event.schema, value: event.value, key: event.key, delivery: from })
    if (event.schema === COMMIT_SCHEMA) noteCommit(event, this)
    if (this.#concernsPlans(event.schema)) this.effects.accept(event, index, by ?? this.input.by)
    for (const delivery of deliveries) this.queue.push(delivery)
  }

  #end(bound: TurnBound | undefined): TurnEnd {
    const effects = this.#effects?.report ?? NOTHING_DONE
    const governance = this.#governance?.report ?? NOTHING
    return {
      bound,
      fuel: this.fuel,
      steps: this.#steps ?? NOTHING,
      migrations: this.#migrations ?? NOTHING,
      raised: this.#raised ?? NOTHING,
      effects,
      governance,
    }
  }

  #start(): TurnBound | undefined {
    const { event, prepare, by } = this.input
    prepare?.(this.effects)
    if (event?.schema === COMMIT_SCHEMA) noteCommit(event, this)
    if (event !== undefined && this.#concernsPlans(event.schema)) this.effects.accept(event, 0, by)
    return this.#passed()
  }

  /** Most events neither start a plan nor end a wait: for them nothing is made. */
  #concernsPlans(schema: string): boolean {
    const { hasGate, state } = this.input
    if (!hasGate) return false
    const { triggers } = state.catalog.actions
    return this.overlay.hasEffects || triggers.has(schema) || state.effects.waiting.has(schema)
  }

  #passed(): TurnBound | undefined {
    const { turnFuelMax, turnItemsMax, turnBytesMax } = this.#bounds
    if (this.fuel > turnFuelMax) return 'fuel'
    if (this.items > turnItemsMax) return 'items'
    return this.bytes > turnBytesMax ? 'bytes' : undefined
  }

  #do(work: Work, ordinal: number): TurnBound | undefined {
    if ('reducer' in work) return this.#deliver(work, ordinal)
    if ('instance' in work) this.effects.advance(work)
    else this.effects.perform(work)
    return this.#passed()
  }

  #deliver(delivery: Delivery, ordinal: number): TurnBound | undefined {
    const { overlay, fuelLimit } = this
    if (fuelLimit <= 0) return 'fuel'
    this.#noteModule(delivery)
    const cell = overlay.cell(delivery)
    const isOlder = cell.pending === undefined && cell.generation < cell.table.generation
    const migration = isOlder && cell.state !== undefined ? this.#bringOn(delivery, cell, cell.state) : undefined
    if (migration?.outcome === 'out_of_fuel' && fuelLimit < LIMITS.stepFuelMax) return 'fuel'
    const old = cell.pending === undefined ? cell.state : (cell.pending ?? undefined)
    let result =
      migration === undefined || migration.outcome === 'ok'
        ? this.#run(delivery, old, ordinal)
        : failed('migration_failed', 0, migration.note)
    if (result.outcome === 'out_of_fuel' && fuelLimit < LIMITS.stepFuelMax) return 'fuel'
    const emitted = result.effect === undefined ? undefined : this.effects.gate.judgeReducer(delivery, result.effect)
    if (emitted?.kind === 'denied') result = failed('effect_denied', result.fuel, emitted.note)
    const index = this.nextItem()
    if (this.items + result.raised.length > this.#bounds.turnItemsMax) return 'items'
    if (result.state !== undefined) overlay.write(cell, result.state)
    this.bytes += result.state?.length ?? 0
    this.#record(delivery, result)
    if (emitted?.kind === 'passed') this.effects.open(emitted.passed)
    for (const event of result.raised) this.raise(event, index, delivery.by)
    return this.#passed()
  }

  #run(delivery: Delivery, old: Uint8Array | undefined, ordinal: number): DeliveryResult {
    const { input, fuelLimit } = this
    const { facts, hasGate } = input
    const result = input.runner.run(input.state.catalog, delivery, old, { facts, ordinal, fuelLimit, hasGate })
    this.fuel += result.fuel
    return result
  }

  /** A state of an older generation is brought on before anything is delivered to it, and stays so whatever comes of that. */
  #bringOn({ reducer, key }: Delivery, cell: Cell, given: Uint8Array): Migration {
    const { ports, state, writer } = this.input
    const { modules } = state.generations.get(reducer.name) ?? FIRST_GENERATION
    const [from, to] = [cell.generation, cell.table.generation]
    const migration = migrate(given, {
      ports,
      modules: modules.slice(from),
      accepts: (bytes) => {
        reducer.stateCodec.accepts(bytes)
      },
      fuelLimit: this.fuelLimit,
    })
    const { outcome, fuel, state: made } = migration
    this.fuel += fuel
    this.nextItem()
    if (made !== undefined) this.overlay.write(cell, made)
    this.bytes += made?.length ?? 0
    writer?.item(writeMigration(ports.sha256, { reducer: reducer.name, key, from, to, outcome, fuel, state: made }))
    this.#migrations ??= []
    this.#migrations.push({ reducer: reducer.name, key, from, to, outcome, fuel, note: migration.note })
    return migration
  }

  #record(delivery: Delivery, result: DeliveryResult): void {
    const { reducer, key, cause } = delivery
    const { outcome, fuel, note, state } = result
    const step: StepReport = { reducer: reducer.name, key, outcome, fuel, note }
    if (this.#steps === undefined) this.#steps = [step]
    else this.#steps.push(step)
    this.input.writer?.delivery({
      reducer: reducer.name,
      key,
      module: reducer.wasmHashBytes,
      outcome,
      fuel,
      state,
      cause,
    })
  }

  /** The first use of a module stands in the entry with the hash of the bytes that run. */
  #noteModule(delivery: Delivery): void {
    const { wasmHash, wasmHashBytes, module } = delivery.reducer
    if (this.overlay.moduleSeen(wasmHash)) return
    this.overlay.useModule(wasmHash, module.rewrittenHash)
    this.nextItem()
    this.input.writer?.moduleUse(wasmHashBytes, hashBytes(module.rewrittenHash))
  }
}
