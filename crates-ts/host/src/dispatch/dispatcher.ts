/** Which intent is performed when: in the order of emission, a bounded number at a time for each adapter (spec/14-dispatch.md, "Order"). */
import type { Adapter } from '@aos/adapters'
import type { Hash } from '@aos/cbor'
import type { IntentReport, KeyReport } from '@aos/kernel'
import { performEffect } from './call-effect.ts'
import type { CallPolicy, DispatchCatalog } from './dispatch-catalog.ts'
import type { CallGround } from './pending-call.ts'
import { hostFault } from './settler.ts'
import type { Settling } from './settler.ts'
import { StopNotice } from './stop-notice.ts'

/** What a dispatcher asks about the world and tells. */
export interface DispatcherOptions {
  readonly ground: CallGround
  readonly adapters: ReadonlyMap<string, Adapter>
  /** As the state says now; what is not open any more is not called. */
  readonly readIntent: (hash: Hash) => IntentReport | undefined
  readonly catalog: () => DispatchCatalog
  /** False: nothing more is called until `resume`. */
  readonly mayCall: () => boolean
  readonly keys: () => readonly KeyReport[]
  /** The machine failed twice at a receipt for it (K11). */
  readonly isQuarantined: (hash: Hash) => boolean
  readonly onDone: (settling: Settling) => void
  /** Something that is not the fault of an adapter: nothing is called any more. */
  readonly onFailure: (thrown: unknown) => void
  /** A place became free, or a queue shorter. */
  readonly onChange: () => void
}

interface Lane {
  readonly queue: Hash[]
  running: number
}

/** Performs what it is given. Whoever gives an intent has seen that it is durable. */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #lanes = new Map<string, Lane>()
  /** Queued, running, or told and not settled yet: what is given again is passed over. */
  readonly #known = new Set<Hash>()
  readonly #running = new Set<Hash>()
  /** Ends calls that may be made again. */
  readonly #soft = new StopNotice()
  /** Ends all calls. */
  readonly #hard = new StopNotice()
  /** Who waits until nothing runs. */
  #idle: (() => void)[] = []

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  get queued(): number {
    let count = 0
    for (const lane of this.#lanes.values()) count += lane.queue.length
    return count
  }

  get running(): number {
    return this.#running.size
  }

  /** Takes a durable intent. What is not open, is done by ticks, or is done elsewhere is left alone. */
  add(intent: IntentReport): void {
    const { hash, adapter } = intent
    if (this.#soft.isGiven || this.#known.has(hash) || this.#running.has(hash) || !this.#isMine(intent)) return
    this.#known.add(hash)
    const lane = this.#lanes.get(adapter) ?? { queue: [], running: 0 }
    this.#lanes.set(adapter, lane)
    lane.queue.push(hash)
    this.#pump(lane)
  }

  /** Calls that have begun, and what came of them is not told yet. */
  get inFlight(): ReadonlySet<Hash> {
    return this.#running
  }

  /** What was held back goes on. */
  resume(): void {
    for (const lane of this.#lanes.values()) this.#pump(lane)
  }

  /** What is open again may be given again. */
  forget(hash: Hash): void {
    this.#known.delete(hash)
  }

  /** Calls of kinds that are not idempotent get that long; what is queued stays. */
  async stop(graceMs: number): Promise<void> {
    this.#soft.give()
    for (const lane of this.#lanes.values()) lane.queue.length = 0
    const cancel = this.#options.ground.timers.after(graceMs, () => {
      this.#hard.give()
    })
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
    cancel()
  }

  /** A foreign adapter has a key of its own in the world: its receipts come from outside. */
  #isMine({ status, dueNs, adapter }: IntentReport): boolean {
    if (status !== 'open' || dueNs !== undefined) return false
    if (this.#options.adapters.has(adapter)) return true
    return !this.#options.keys().some(({ role, revoked }) => role === adapter && revoked === undefined)
  }

  #pump(lane: Lane): void {
    if (!this.#options.mayCall()) return
    for (let hash = lane.queue[0]; hash !== undefined; hash = lane.queue[0]) {
      const intent = this.#options.readIntent(hash)
      if (intent?.status !== 'open') {
        lane.queue.shift()
        this.#known.delete(hash)
        continue
      }
      const catalog = this.#options.catalog()
      const policy = catalog.policyOf(intent)
      if (lane.running >= policy.concurrencyMax) return
      lane.queue.shift()
      lane.running += 1
      this.#running.add(hash)
      this.#run(lane, { intent, policy, catalog })
    }
  }

  #run(lane: Lane, work: Work): void {
    try {
      const told = this.#answer(work)
      if (told !== undefined) {
        this.#end(lane, work, told)
        return
      }
    } catch (thrown) {
      this.#fail(lane, work, thrown)
      return
    }
    this.#perform(work).then(
      (settling) => {
        this.#end(lane, work, settling)
      },
      (thrown: unknown) => {
        this.#fail(lane, work, thrown)
      },
    )
  }

  /** undefined: nothing is told, and the intent stays as it is. */
  #end(lane: Lane, work: Work, settling: Settling | undefined): void {
    try {
      if (settling === undefined) this.#known.delete(work.intent.hash)
      else this.#options.onDone(settling)
    } catch (thrown) {
      this.#options.onFailure(thrown)
    }
    this.#leave(lane, work)
  }

  #fail(lane: Lane, work: Work, thrown: unknown): void {
    this.#options.onFailure(thrown)
    this.#leave(lane, work)
  }

  /** The place becomes free. */
  #leave(lane: Lane, { intent }: Work): void {
    lane.running -= 1
    this.#running.delete(intent.hash)
    if (!this.#soft.isGiven) this.#pump(lane)
    this.#options.onChange()
    if (this.#running.size > 0) return
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }

  /** What is to be told without a call. */
  #answer({ intent }: Work): Settling | undefined {
    const { adapters, ground, isQuarantined } = this.#options
    if (isQuarantined(intent.hash)) {
      const nowNs = ground.timers.wallNs()
      return { kind: 'receipt', intent, result: hostFault(), startedNs: nowNs, finishedNs: nowNs }
    }
    return adapters.has(intent.adapter) ? undefined : { kind: 'dead', intent, code: 'no_adapter' }
  }

  /** undefined: the host stopped, and the intent stays as it is. */
  #perform({ intent, policy, catalog }: Work): Promise<Settling | undefined> {
    const { adapters, ground } = this.#options
    const adapter = adapters.get(intent.adapter)
    const stopped = policy.idempotent ? this.#soft : this.#hard
    if (adapter === undefined) return Promise.resolve(undefined)
    return performEffect({ intent, adapter, policy, catalog, stopped }, ground)
  }
}

interface Work {
  readonly intent: IntentReport
  readonly policy: CallPolicy
  readonly catalog: DispatchCatalog
}
