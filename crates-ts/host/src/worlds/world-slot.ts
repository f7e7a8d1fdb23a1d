/** One world of a host of many: asleep, awake, or on the way (spec/15-control.md, "Sleep"). */
import { setMaxListeners } from 'node:events'
import { AosError, isAosError } from '@aos/cbor'
import { readOpening } from '@aos/store'
import type { HostClock } from '../clock.ts'
import type { EffectsHost } from '../dispatch/effects-face.ts'
import type { HostWorld } from '../host-world.ts'
import type { WorldFolder } from '../world-folder.ts'
import { dueAtMs, openingStamp, readRest, restOf, writeNote } from './rest.ts'
import type { WorldRest } from './rest.ts'
import type { WakeQueue, WakeReason } from './wake-queue.ts'

/** An open world with what performs its effects. */
export interface HeldWorld {
  readonly host: HostWorld
  /** undefined while there is no genesis, and when they cannot be performed here. */
  readonly effects: EffectsHost | undefined
  /** Why they cannot. */
  readonly trouble: AosError | undefined
  /** Ends performing effects; the world stays open. A second call does nothing. */
  stop(): Promise<void>
}

/** What an opening goes by. */
export interface WakeRequest {
  readonly folder: WorldFolder
  readonly reason: WakeReason
  readonly clock: HostClock | undefined
  /** The world takes nothing more and must be opened again. */
  readonly onFailure: (error: AosError) => void
}

/** What happened to a world, for logs and counts. */
export type SlotEvent =
  | { readonly kind: 'woke'; readonly reason: WakeReason; readonly ms: number }
  | { readonly kind: 'slept' }
  | { readonly kind: 'failed'; readonly error: AosError }

/** What a slot uses of the keeper that has it. */
export interface SlotPorts {
  readonly queue: WakeQueue
  readonly open: (request: WakeRequest) => Promise<HeldWorld>
  readonly wallMs: () => number
  /** What is due so soon is waited for awake. */
  readonly dueSoonMs: number
  readonly onEvent: (name: string, event: SlotEvent) => void
  /** Something was recorded. */
  readonly onEntry: () => void
  /** Its state changed, or it may be idle now. */
  readonly onChange: () => void
}

/** `waking` also while it waits for its turn to be opened. */
export type SlotState = 'asleep' | 'waking' | 'awake' | 'closing'

/** What a listing says of a world; plain data, which another thread can be given. */
export interface WorldReport {
  readonly name: string
  readonly state: SlotState
  /** A command, an effect or an entry is under way. */
  readonly isBusy: boolean
  /** undefined: nobody has looked yet. */
  readonly rest: WorldRest | undefined
  /** When it will be woken by itself; undefined while awake, and when nothing is due. */
  readonly wakesAtMs: number | undefined
  /** Why it could not be opened, failed, or performs no effects. */
  readonly error: { readonly code: string; readonly message: string } | undefined
}

const RETRY_MS = 1000
const RETRY_MS_MAX = 300_000
/** Somebody else has it, mostly for a moment. */
const LOCKED_RETRY_MS_MAX = 5000

/** Changes its state by `wake`, `sleep` and `fail` only; one at a time. */
export class WorldSlot {
  readonly name: string
  readonly folder: WorldFolder
  readonly #ports: SlotPorts
  #state: SlotState = 'asleep'
  #held: HeldWorld | undefined
  #moving: Promise<void> = Promise.resolve()
  #uses = 0
  /** While it is open: aborted when the world fails or the host stops. */
  #ending: AbortController | undefined
  #clock: HostClock | undefined
  #rest: WorldRest | undefined
  #stamp: string | undefined
  #error: AosError | undefined
  #failures = 0
  #retryAtMs = 0
  #usedAtMs = 0

  constructor(name: string, folder: WorldFolder, ports: SlotPorts) {
    this.name = name
    this.folder = folder
    this.#ports = ports
    // In this order: who opens it in between is noticed by the one or by the other.
    this.#stamp = openingStamp(folder)
    this.#rest = readRest(folder)
  }

  get state(): SlotState {
    return this.#state
  }

  /** When somebody last did something with it, by the wall clock. */
  get usedAtMs(): number {
    return this.#usedAtMs
  }

  /** True when putting it to sleep interrupts nothing. */
  get isIdle(): boolean {
    if (this.#state !== 'awake' || this.#uses > 0 || this.#held === undefined) return false
    const { host, effects } = this.#held
    if (host.failure !== undefined || host.durable() !== undefined) return false
    if (effects === undefined) return true
    const { queued, running, settling } = effects.state
    const nowMs = this.#ports.wallMs()
    return queued + running + settling === 0 && (dueAtMs(host, nowMs) ?? Infinity) > nowMs + this.#ports.dueSoonMs
  }

  /** When it is to be woken by itself, and why; undefined when it need not. */
  get nextWake(): { readonly atMs: number; readonly reason: WakeReason } | undefined {
    if (this.#state !== 'asleep') return undefined
    if (this.#rest === undefined) return { atMs: this.#retryAtMs, reason: 'look' }
    const { wakeAtMs } = this.#rest
    return wakeAtMs === undefined ? undefined : { atMs: Math.max(wakeAtMs, this.#retryAtMs), reason: 'due' }
  }

  /** Runs on the world, which stays awake that long. Throws what opening throws, and `control.busy`. */
  async use<T>(body: (world: HeldWorld, signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#uses += 1
    try {
      const held = await this.wake('command')
      this.#ending ??= makeEnding()
      return await body(held, this.#ending.signal)
    } finally {
      this.#uses -= 1
      this.#usedAtMs = this.#ports.wallMs()
      this.check()
      this.#ports.onChange()
    }
  }

  /** Resolves when it is awake. Throws what opening throws. */
  async wake(reason: WakeReason): Promise<HeldWorld> {
    for (;;) {
      this.check()
      if (this.#state === 'awake' && this.#held !== undefined) return this.#held
      if (this.#state === 'asleep') this.#move(this.#open(reason))
      else if (this.#state === 'waking' && reason === 'command') this.#ports.queue.hurry(this.name)
      await this.#moving
    }
  }

  /** Closes it. Resolves when the lock is free. */
  async sleep(): Promise<void> {
    if (this.#state === 'waking') await this.#moving.catch(() => undefined)
    if (this.#state === 'awake') this.#move(this.#close())
    await this.#moving.catch(() => undefined)
  }

  /** It takes nothing more: whoever uses it is told, and the next use opens it again. */
  fail(error: AosError): void {
    if (this.#state !== 'awake') return
    this.#remember(error)
    this.#ending?.abort()
    this.#move(this.#close())
  }

  /** Looks whether it takes nothing more. */
  check(): void {
    const failure = this.#held?.host.failure
    if (failure !== undefined) this.fail(failure)
  }

  /** Ends what uses it and performs its effects; `sleep` is to follow. */
  async stop(): Promise<void> {
    this.#ending?.abort()
    if (this.#state === 'awake') await this.#held?.stop()
  }

  /** Looks whether anybody else has opened it while it slept; then nobody knows what is left in it. */
  notice(): void {
    if (this.#state !== 'asleep' || this.#rest === undefined) return
    const stamp = openingStamp(this.folder)
    if (stamp === this.#stamp) return
    this.#stamp = stamp
    this.#rest = readRest(this.folder)
  }

  report(): WorldReport {
    const wallMs = this.#ports.wallMs()
    const { host, effects, trouble } = this.#held ?? {}
    const error = this.#error ?? trouble
    return {
      name: this.name,
      state: this.#state,
      isBusy: this.#state === 'awake' && !this.isIdle,
      rest: host === undefined ? this.#rest : restOf(host, { wallMs, ticks: effects !== undefined }),
      wakesAtMs: this.nextWake?.atMs,
      error: error === undefined ? undefined : { code: error.code, message: error.message },
    }
  }

  #move(moving: Promise<void>): void {
    this.#moving = moving
    // Whoever waits for it is told; nobody may be waiting.
    moving.catch(() => undefined)
  }

  async #open(reason: WakeReason): Promise<void> {
    const { queue, open, wallMs, onEvent, onEntry, onChange } = this.#ports
    this.#state = 'waking'
    try {
      await queue.enter(this.name, reason)
    } catch (error) {
      this.#state = 'asleep'
      throw error
    }
    const started = performance.now()
    try {
      const held = await open({
        folder: this.folder,
        reason,
        clock: this.#clock,
        onFailure: (error) => {
          this.fail(error)
        },
      })
      this.#held = held
      this.#state = 'awake'
      this.#error = undefined
      // After a look it may go to sleep at once.
      this.#usedAtMs = reason === 'look' ? 0 : wallMs()
      held.host.observe(() => {
        this.#usedAtMs = wallMs()
        onEntry()
      })
      onEvent(this.name, { kind: 'woke', reason, ms: performance.now() - started })
    } catch (thrown) {
      this.#state = 'asleep'
      throw this.#remember(thrown)
    } finally {
      queue.leave()
      onChange()
    }
  }

  /** Never rejects: what is wrong is remembered. */
  async #close(): Promise<void> {
    const held = this.#held
    if (held === undefined) return
    const { host } = held
    this.#state = 'closing'
    this.#clock = host.hostClock
    try {
      const rest = await this.#settle(held)
      const opening = readOpening(this.folder.store)
      await host.close({ isCleanStop: true })
      this.#stamp = openingStamp(this.folder)
      // A snapshot may have been cut. Now that the lock is free somebody else may have it already.
      const isKnown = rest !== undefined && readOpening(this.folder.store) === opening
      this.#rest = isKnown ? { ...rest, height: host.kernel.head?.height } : undefined
      if (this.#rest !== undefined && opening !== undefined) writeNote(this.folder, opening, this.#rest)
      if (rest !== undefined) {
        this.#failures = 0
        this.#error = held.trouble
      }
    } catch (thrown) {
      this.#rest = undefined
      this.#remember(thrown)
    }
    this.#held = undefined
    this.#ending = undefined
    this.#state = 'asleep'
    this.#ports.onEvent(this.name, { kind: 'slept' })
    this.#ports.queue.pump()
    this.#ports.onChange()
  }

  /** Ends the effects and says what is left; undefined when that cannot be said. */
  async #settle(held: HeldWorld): Promise<WorldRest | undefined> {
    const { host } = held
    const height = host.kernel.head?.height
    const ticks = held.effects !== undefined
    await held.stop()
    if (host.failure !== undefined) return undefined
    await host.durable()
    const wallMs = this.#ports.wallMs()
    const rest = restOf(host, { wallMs, ticks })
    // Something came in while the effects ended; what it asks for has not been called.
    return host.kernel.head?.height === height ? rest : { ...rest, wakeAtMs: wallMs }
  }

  #remember(thrown: unknown): AosError {
    const error = isAosError(thrown)
      ? thrown
      : new AosError('host.fault', `the world could not be opened or closed: ${String(thrown)}`, { cause: thrown })
    const max = error.code === 'store.locked' ? LOCKED_RETRY_MS_MAX : RETRY_MS_MAX
    this.#retryAtMs = this.#ports.wallMs() + Math.min(max, RETRY_MS * 2 ** Math.min(this.#failures, 20))
    this.#failures += 1
    if (this.#error?.code !== error.code) this.#ports.onEvent(this.name, { kind: 'failed', error })
    this.#error = error
    return error
  }
}

/** Every call under way listens to it. */
function makeEnding(): AbortController {
  const ending = new AbortController()
  setMaxListeners(0, ending.signal)
  return ending
}
