/** Memory that nobody uses any more is given back to the system (spec/15-control.md, "Sleep"). */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { OS_TIMERS } from '../dispatch/timers.ts'
import type { Cancel, Timers } from '../dispatch/timers.ts'

/** So long nobody did anything before the garbage is collected. */
const QUIET_MS = 2000
/** And so long before it is once more: an engine gives up the room for young objects only when it has seen that few come. */
const STILL_MS = 8000
/** Between two collections for want of memory. */
const WANT_MS_MIN = 10_000

/** What a collector takes from its thread. */
export interface GarbageCollectorOptions {
  readonly collect: () => void
  readonly timers?: Timers
}

/** Collects the garbage of a thread in which nothing happens: an engine that is idle does not do so by itself. */
export class GarbageCollector {
  readonly #collect: () => void
  readonly #timers: Timers
  #touchedAtMs = 0
  #collectedAtMs = -Infinity
  #cancel: Cancel | undefined

  constructor({ collect, timers = OS_TIMERS }: GarbageCollectorOptions) {
    this.#collect = collect
    this.#timers = timers
  }

  /** Something is done. Costs next to nothing. */
  touch(): void {
    this.#touchedAtMs = performance.now()
    if (this.#cancel === undefined) this.#wait(QUIET_MS, false)
  }

  /** Memory is short. */
  want(): void {
    if (performance.now() >= this.#collectedAtMs + WANT_MS_MIN) this.#run()
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
        this.#run()
        if (!again) this.#wait(STILL_MS, true)
      }
    })
  }

  #run(): void {
    this.#collectedAtMs = performance.now()
    this.#collect()
  }
}

/** So much more than what is alive may lie in memory before V8 collects: what it grows by unless told may be twice that. */
const GROWING_PERCENT = 20

/** For a process that holds worlds for long: garbage is collected sooner, so that less memory is taken. Some events cost more. */
export function collectSooner(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`)
}

/** What collects the garbage of this thread. Costs tens of milliseconds each time. */
export function findCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  return () => {
    if (typeof collect === 'function') collect()
  }
}
