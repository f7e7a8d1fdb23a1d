/** The effects of one open world (spec/14-dispatch.md). */
import { existsSync } from 'node:fs'
import { AosError, formatHash, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { Ingress, IntentReport, TurnResult } from '@aos/kernel'
import { inFlightOf, openIntents, reviewIngress } from '../governance/in-flight.ts'
import type { OnTurn } from '../host-world.ts'
import { HostSecrets } from '../secrets/host-secrets.ts'
import { findHostKey } from '../receipts/host-key.ts'
import { parseReceiptFile } from '../receipts/receipt-file.ts'
import { ReceiptVerifier } from '../receipts/signed-receipt.ts'
import type { SignedReceipt } from '../receipts/signed-receipt.ts'
import { Arrivals } from './arrivals.ts'
import type { Arrival } from './arrivals.ts'
import { ChangeSignal } from './change-signal.ts'
import { adaptersById, makeDispatchCatalog } from './dispatch-catalog.ts'
import type { DispatchCatalog } from './dispatch-catalog.ts'
import { DispatchLog } from './dispatch-log.ts'
import { Dispatcher } from './dispatcher.ts'
import type {
  EffectsCounters,
  EffectsEvent,
  EffectsHost,
  EffectsHostOptions,
  EffectsState,
  EffectsWorld,
} from './effects-face.ts'
import { Settler, hostFault, receiptIngress } from './settler.ts'
import type { Settled } from './settler.ts'
import { StreamPace } from './stream-pace.ts'
import { Ticker } from './ticker.ts'
import { TimeLimits } from './time-limits.ts'
import { OS_TIMERS } from './timers.ts'
import type { Timers } from './timers.ts'

const STOP_GRACE_MS = 5000

/** One for an open world; it does nothing before `start`. */
export function createEffectsHost(host: EffectsWorld, options: EffectsHostOptions): EffectsHost {
  return new WorldEffects(host, options)
}

interface Parts {
  readonly log: DispatchLog
  readonly dispatcher: Dispatcher
  readonly settler: Settler
  readonly ticker: Ticker
  readonly unobserve: () => void
  readonly release: () => void
}

class WorldEffects implements EffectsHost {
  readonly #host: EffectsWorld
  readonly #options: EffectsHostOptions
  readonly #timers: Timers
  readonly #verifier = new ReceiptVerifier()
  readonly #counters = {
    calls: 0,
    lookups: 0,
    retries: 0,
    receipts: 0,
    unknown: 0,
    refused: 0,
    dead: 0,
    ticks: 0,
  }
  #parts: Parts | undefined
  readonly #arrivals: Arrivals
  readonly #pace: StreamPace = new StreamPace(() => this.#arrivals.opening + (this.#parts?.settler.pending ?? 0))
  #failure: AosError | undefined
  #isStopped = false
  #isReviewing = false
  #catalog: { readonly of: Hash; readonly catalog: DispatchCatalog } | undefined
  readonly #changes: ChangeSignal
  /** Receipts from outside go in as they came. */
  #intake: Promise<unknown> = Promise.resolve()

  constructor(host: EffectsWorld, options: EffectsHostOptions) {
    this.#host = host
    this.#options = options
    this.#timers = options.timers ?? OS_TIMERS
    this.#changes = new ChangeSignal(this.#timers)
    this.#arrivals = new Arrivals({
      durable: () => host.durable(),
      onArrive: (arrival) => {
        this.#arrive(arrival)
      },
      onFailure: (thrown) => {
        this.#fail(thrown)
      },
    })
  }

  get counters(): EffectsCounters {
    return { ...this.#counters }
  }

  get state(): EffectsState {
    const { dispatcher, settler } = this.#parts ?? {}
    return {
      queued: (dispatcher?.queued ?? 0) + this.#arrivals.entries,
      running: dispatcher?.running ?? 0,
      settling: settler?.pending ?? 0,
    }
  }

  get inFlight(): readonly Hash[] {
    const { log, dispatcher } = this.#parts ?? {}
    if (log === undefined || dispatcher === undefined) return inFlightOf(this.#host)
    return openIntents(this.#host.kernel).filter((hash) => log.isMarked(hash) || dispatcher.inFlight.has(hash))
  }

  get failure(): AosError | undefined {
    return this.#failure
  }

  async start(): Promise<void> {
    if (this.#parts !== undefined) return
    const { kernel, id: world, folder } = this.#host
    if (existsSync(folder.imported)) {
      throw new AosError('transfer.imported', 'this world was imported, so it performs no effects', {
        hint: 'when the world that it was exported from performs none any more: `aos world adopt`',
      })
    }
    const key = findHostKey(this.#host.keyFolder, kernel.keys)
    // What is open now is dispatched when this state is durable; of what comes later the turns tell.
    const left = [...kernel.listIntents()].filter(({ status }) => status !== 'parked')
    const open = left.map(({ hash }) => hash)
    const log = new DispatchLog(this.#host.folder.dispatchLog, { world, open })
    // A log that was made anew marks what nobody may have called; only what is open matters.
    if (log.loss !== undefined && open.length > 0) this.#emit({ type: 'log_lost', reason: log.loss })
    for (const intent of [...log.marks.keys()]) if (kernel.readIntent(intent) === undefined) log.settle(intent)
    const fail = (thrown: unknown): void => {
      this.#fail(thrown)
    }
    const settler = new Settler({
      host: this.#host,
      key,
      verifier: this.#verifier,
      signsEach: this.#options.signatures === 'each',
      onSettled: (settled) => {
        this.#pace.note()
        for (const one of settled) this.#onSettled(one)
        this.#changes.notify()
      },
      onFailure: fail,
    })
    const dispatcher = this.#makeDispatcher(log, settler)
    const ticker = new Ticker({
      host: this.#host,
      timers: this.#timers,
      onTick: (height) => {
        this.#counters.ticks += 1
        this.#emit({ type: 'tick', height })
        this.#changes.notify()
      },
      onFailure: fail,
    })
    const unobserve = this.#host.observe((result, ingress) => {
      this.#onTurn(result, ingress)
    })
    const release = this.#host.brakeStreams(() => this.#pace.wait())
    this.#parts = { log, dispatcher, settler, ticker, unobserve, release }
    if (kernel.needsReview) this.#review()
    this.#host.flush()
    await this.#host.durable()
    for (const intent of left) dispatcher.add(intent)
    ticker.look()
  }

  async quiet({ timeoutMs }: { readonly timeoutMs: number }): Promise<'quiet' | 'waiting'> {
    const endNs = this.#timers.wallNs() + BigInt(Math.ceil(timeoutMs)) * 1_000_000n
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const leftMs = Number((endNs - this.#timers.wallNs()) / 1_000_000n)
      if (!this.#isBusy(leftMs)) {
        // The last word is the disk's.
        await this.#host.durable()
        if (!this.#isBusy(leftMs)) return 'quiet'
      }
      if (leftMs <= 0) return 'waiting'
      await this.#changes.wait(leftMs)
    }
  }

  async stop({ graceMs = STOP_GRACE_MS }: { readonly graceMs?: number } = {}): Promise<void> {
    const parts = this.#parts
    if (parts === undefined || this.#isStopped) return
    this.#isStopped = true
    parts.ticker.stop()
    await parts.dispatcher.stop(graceMs)
    await parts.settler.drain()
    await this.#intake
    parts.unobserve()
    parts.release()
    await parts.log.close()
    this.#changes.notify()
  }

  submitReceipt(text: string): Promise<TurnResult> {
    const answer = this.#intake.then(async () => {
      const signed = parseReceiptFile(text)
      await this.#verifier.verify(this.#host.kernel.keys, [signed])
      const result = await this.#host.send(receiptIngress(signed))
      if (result.kind === 'refused' && result.error.code === 'host.quarantined') this.#giveUp(signed)
      return result
    })
    this.#intake = answer.catch(() => undefined)
    return answer
  }

  send(ingress: Ingress): Promise<TurnResult> {
    return this.#host.send(ingress)
  }

  /** The machine failed twice at what came from outside: the effect is reported as unknown (K11). */
  #giveUp({ receipt }: SignedReceipt): void {
    const intent = this.#host.kernel.readIntent(formatHash(receipt.intentHash))
    if (intent === undefined) return
    const { startedNs, finishedNs } = receipt
    this.#parts?.settler.add({ kind: 'receipt', intent, result: hostFault(), startedNs, finishedNs })
  }

  #makeDispatcher(log: DispatchLog, settler: Settler): Dispatcher {
    const { kernel } = this.#host
    return new Dispatcher({
      ground: {
        log,
        content: this.#host.store.content,
        secrets: new HostSecrets(this.#host.vault, this.#options.environment),
        timers: this.#timers,
        limits: new TimeLimits(this.#timers),
        chance: this.#options.chance ?? Math.random,
        onEvent: (event) => {
          this.#onCall(event)
        },
      },
      adapters: adaptersById(this.#options.adapters),
      readIntent: (hash) => kernel.readIntent(hash),
      catalog: () => this.#catalogInForce(),
      mayCall: () => !kernel.needsReview,
      keys: () => kernel.keys,
      isQuarantined: (hash) => this.#host.isReceiptQuarantined(hash),
      onDone: (settling) => {
        settler.add(settling)
      },
      onFailure: (thrown) => {
        this.#fail(thrown)
      },
      onChange: () => {
        this.#changes.notify()
      },
    })
  }

  /** Of the manifest in force (G8). */
  #catalogInForce(): DispatchCatalog {
    const { definitions } = this.#host
    const { manifestHash } = definitions
    if (this.#catalog?.of !== manifestHash) {
      const catalog = makeDispatchCatalog(definitions, this.#host.readContent)
      this.#catalog = { of: manifestHash, catalog }
    }
    return this.#catalog.catalog
  }

  /** A turn waits to become durable; what it opened is dispatched after that. */
  readonly #onTurn = (result: Parameters<OnTurn>[0], ingress: Ingress): void => {
    if (this.#host.kernel.needsReview) this.#reviewSoon()
    const { emitted, changed, settled } = result.effects
    const mayFallDue = ingress.kind === 'clock' || this.#host.kernel.nextDueNs !== undefined
    if (emitted.length + changed.length + settled.length === 0 && !mayFallDue) return
    const opened: Hash[] = []
    for (const { status, hash } of emitted) if (status === 'open') opened.push(hash)
    for (const { intent, change } of changed) {
      if (change === 'released' || change === 'requeued') opened.push(intent)
    }
    this.#arrivals.add({ opened, gone: settled.map(({ intent }) => intent) })
  }

  /** After the turn that asks for it; nothing is called before. */
  #reviewSoon(): void {
    if (this.#isReviewing) return
    this.#isReviewing = true
    setImmediate(() => {
      this.#isReviewing = false
      if (!this.#isStopped && this.#failure === undefined && this.#host.kernel.needsReview) this.#review()
    })
  }

  /** Open intents are judged by what is in force, but for those that are in flight (spec/17-governance.md, "Change"). */
  #review(): void {
    try {
      const result = this.#host.submit(reviewIngress(this.inFlight))
      if (result.kind === 'refused') throw result.error
    } catch (thrown) {
      this.#fail(thrown)
      return
    }
    this.#host.flush()
    this.#parts?.dispatcher.resume()
    this.#changes.notify()
  }

  #arrive({ opened, gone }: Arrival): void {
    this.#pace.note()
    const { dispatcher, log, ticker } = this.#parts ?? {}
    // Settled, by whom it may be: marks are not needed any more.
    for (const intent of gone) {
      dispatcher?.forget(intent)
      log?.settle(intent)
    }
    if (gone.length > 0) log?.compact()
    for (const hash of opened) {
      const intent: IntentReport | undefined = this.#host.kernel.readIntent(hash)
      dispatcher?.forget(hash)
      if (intent !== undefined && !this.#isStopped) dispatcher?.add(intent)
    }
    ticker?.look()
    this.#changes.notify()
  }

  #onCall(event: EffectsEvent): void {
    if (event.type === 'call') this.#counters.calls += 1
    if (event.type === 'lookup') this.#counters.lookups += 1
    if (event.type === 'retry') this.#counters.retries += 1
    this.#emit(event)
  }

  #onSettled(settled: Settled): void {
    const { settling } = settled
    const { intent } = settling
    if (settled.kind === 'refused') {
      this.#counters.refused += 1
      this.#emit({ type: 'refused', intent: intent.hash, code: settled.error.code })
    } else if (settling.kind === 'dead') {
      this.#counters.dead += 1
      this.#emit({ type: 'dead', intent: intent.hash, height: settled.height, code: settling.code })
    } else {
      const { status, code } = settling.result
      this.#counters.receipts += 1
      if (status === 'unknown') this.#counters.unknown += 1
      this.#emit({ type: 'receipt', intent: intent.hash, height: settled.height, status, code })
    }
  }

  #fail(thrown: unknown): void {
    this.#pace.note()
    if (this.#failure !== undefined) return
    this.#failure = isAosError(thrown)
      ? thrown
      : new AosError('host.fault', `performing effects failed: ${String(thrown)}`, { cause: thrown })
    this.#parts?.ticker.stop()
    void this.#parts?.dispatcher.stop(0)
    this.#emit({ type: 'failed', code: this.#failure.code, message: this.#failure.message })
    this.#changes.notify()
  }

  #emit(event: EffectsEvent): void {
    this.#options.onEvent?.(event)
  }

  #isBusy(withinMs: number): boolean {
    const { queued, running, settling } = this.state
    if (queued + running + settling > 0 || this.#isReviewing) return true
    const nextMs = this.#parts?.ticker.nextMs
    return this.#parts?.ticker.isBusy === true || (nextMs !== undefined && nextMs <= withinMs)
  }
}
