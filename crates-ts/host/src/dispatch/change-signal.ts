/** Waiting for a change of what is under way. */
import { TIMER_MS_MAX } from './timers.ts'
import type { Timers } from './timers.ts'

/** Wakes all who wait, once for everything that changes in a turn of the event loop. */
export class ChangeSignal {
  readonly #timers: Timers
  readonly #waiting = new Set<() => void>()
  #isWaking = false

  constructor(timers: Timers) {
    this.#timers = timers
  }

  notify(): void {
    if (this.#waiting.size === 0 || this.#isWaking) return
    this.#isWaking = true
    setImmediate(() => {
      this.#isWaking = false
      const waiting = [...this.#waiting]
      this.#waiting.clear()
      for (const wake of waiting) wake()
    })
  }

  /** Until something changes, or that long. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel()
        this.#waiting.delete(wake)
        resolve()
      }
      const cancel = this.#timers.after(Math.min(ms, TIMER_MS_MAX), wake)
      this.#waiting.add(wake)
    })
  }
}
