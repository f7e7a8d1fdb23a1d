/** Ticks when something is due (spec/06-kernel.md, "Time"; spec/14-dispatch.md, "Timers"). */
import type { EffectsReport } from '@aos/kernel'
import type { EffectsWorld } from './effects-face.ts'
import { TIMER_MS_MAX } from './timers.ts'
import type { Cancel, Timers } from './timers.ts'

const NS_PER_MS = 1_000_000n

/** Ticks in a row that change nothing of what is due before the next one waits. */
const IDLE_TICKS_MAX = 8
const IDLE_PAUSE_MS = 1000

/** What a ticker works with. */
export interface TickerOptions {
  readonly host: EffectsWorld
  readonly timers: Timers
  /** When the entry is durable. */
  readonly onTick: (height: number) => void
  readonly onFailure: (thrown: unknown) => void
}

/** Keeps one wait for the next thing that is due in a world. */
export class Ticker {
  readonly #options: TickerOptions
  #wait: { readonly atNs: bigint; readonly cancel: Cancel } | undefined
  #isTicking = false
  #isStopped = false
  #idleTicks = 0

  constructor(options: TickerOptions) {
    this.#options = options
  }

  /** True while something is due that has not been ticked. */
  get isBusy(): boolean {
    return this.#isTicking || (!this.#isStopped && (this.#leftMs() ?? 1) <= 0)
  }

  /** Milliseconds until the next thing is due; undefined when nothing is, or when only a journaled clock moves time. */
  get nextMs(): number | undefined {
    return this.#leftMs()
  }

  /** Looks at what is due; to be called after every durable entry. */
  look(): void {
    if (this.#isTicking || this.#isStopped) return
    const dueNs = this.#options.host.kernel.nextDueNs
    if (this.#wait?.atNs === dueNs) return
    this.#wait?.cancel()
    this.#wait = undefined
    const leftMs = this.#leftMs()
    if (dueNs === undefined || leftMs === undefined) return
    if (leftMs <= 0) void this.#tick()
    else this.#waitFor(dueNs, leftMs)
  }

  stop(): void {
    this.#isStopped = true
    this.#wait?.cancel()
    this.#wait = undefined
  }

  #waitFor(atNs: bigint, ms: number): void {
    const cancel = this.#options.timers.after(Math.min(ms, TIMER_MS_MAX), () => {
      this.#wait = undefined
      this.look()
    })
    this.#wait = { atNs, cancel }
  }

  #leftMs(): number | undefined {
    const { kernel } = this.#options.host
    const dueNs = kernel.nextDueNs
    if (dueNs === undefined) return undefined
    const { clock, logicalNowNs } = kernel.time
    if (dueNs <= logicalNowNs) return 0
    if (clock === 'virtual') return undefined
    const left = dueNs - this.#nowNs()
    return left <= 0n ? 0 : Number((left + NS_PER_MS - 1n) / NS_PER_MS)
  }

  /** As an ingress would be stamped now: a held jump of the wall clock makes nothing due. */
  #nowNs(): bigint {
    const { host, timers } = this.#options
    return host.clock?.stampedNs ?? timers.wallNs()
  }

  async #tick(): Promise<void> {
    const { host, onTick, onFailure } = this.#options
    this.#isTicking = true
    try {
      const before = host.kernel.nextDueNs
      const result = await host.send({ kind: 'tick', principal: 'host:clock' })
      if (result.kind === 'refused') throw result.error
      const isIdle = result.kind === 'accepted' && !hasEffects(result.effects) && host.kernel.nextDueNs === before
      this.#idleTicks = isIdle ? this.#idleTicks + 1 : 0
      this.#isTicking = false
      onTick(result.height)
      if (this.#idleTicks > IDLE_TICKS_MAX && before !== undefined) this.#waitFor(before, IDLE_PAUSE_MS)
      else this.look()
    } catch (thrown) {
      this.#isTicking = false
      this.#isStopped = true
      onFailure(thrown)
    }
  }
}

function hasEffects({ settled, ended, emitted, changed }: EffectsReport): boolean {
  return settled.length + ended.length + emitted.length + changed.length > 0
}
