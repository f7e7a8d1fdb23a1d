/** Memory that nobody uses any more is given back to the system (spec/15-control.md, "Sleep"). */
import { OS_TIMERS } from '../dispatch/timers.ts'
import type { Cancel, Timers } from '../dispatch/timers.ts'

/** So long nobody did anything before the garbage is collected. */
const QUIET_MS = 2000
/** And so long before it is once more: an engine gives up the room for young objects only when it has seen that few come. */
const STILL_MS = 8000
/** Between two collections for want of memory. */
const WANT_MS_MIN = 10_000

/** So often something is done before a process is busy for good. */
const BUSY_TOUCHES = 200

/** What a collector takes from its thread. */
export interface GarbageCollectorOptions {
  /** `deeply`: also what the engine may want again, because nothing has been done for long. */
  readonly collect: (deeply: boolean) => void
  /** Called once, when there turns out to be work. */
  readonly onBusy?: () => void
  readonly timers?: Timers
}

/** Collects the garbage of a thread in which nothing happens: an engine that is idle does not do so by itself. */
export class GarbageCollector {
  readonly #collect: (deeply: boolean) => void
  readonly #onBusy: (() => void) | undefined
  readonly #timers: Timers
  #touches = 0
  #touchedAtMs = 0
  #collectedAtMs = -Infinity
  #cancel: Cancel | undefined

  constructor({ collect, onBusy, timers = OS_TIMERS }: GarbageCollectorOptions) {
    this.#collect = collect
    this.#onBusy = onBusy
    this.#timers = timers
  }

  /** Something is done, or so many things at once. Costs next to nothing. */
  touch(count = 1): void {
    this.#touchedAtMs = performance.now()
    if (this.#touches < BUSY_TOUCHES) {
      this.#touches += count
      if (this.#touches >= BUSY_TOUCHES) this.#onBusy?.()
    }
    if (this.#cancel === undefined) this.#wait(QUIET_MS, false)
  }

  /** To be told of heights while a world is opened. */
  watchReplay(): (height: number) => void {
    let last: number | undefined
    return (height) => {
      this.touch(height - (last ?? height - 1))
      last = height
    }
  }

  /** Memory is short. */
  want(): void {
    if (performance.now() >= this.#collectedAtMs + WANT_MS_MIN) this.#run(false)
  }

  stop(): void {
    this.#cancel?.()
  }

  /** Until nothing was done for that long; `again` after a first collection. */
  #wait(ms: number, again: boolean): void {
    this.#cancel = this.#timers.after(ms, () => {
      const quietMs = performance.now() - this.#touchedAtMs
      this.#cancel = undefined
      if (quietMs < QUIET_MS) this.#wait(QUIET_MS - quietMs, false)
      else if (again && quietMs < STILL_MS) this.#wait(STILL_MS, true)
      else {
        this.#run(again)
        if (!again) this.#wait(STILL_MS, true)
      }
    })
  }

  #run(deeply: boolean): void {
    this.#collectedAtMs = performance.now()
    this.#collect(deeply)
  }
}
