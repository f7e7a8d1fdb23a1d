/** How far streams of events may run ahead of the effects that they ask for (spec/14-dispatch.md, "Order"). */
import { performance } from 'node:perf_hooks'
import type { EventLoopUtilization } from 'node:perf_hooks'
import { CatchUp } from '../catch-up.ts'

/** Few effects on their way are quicker than many: what one needs in memory is gone before the collector has to move it. */
const BOUND_MIN = 64
/** Where the disk is slow, more of them share a write. */
const BOUND_MAX = 1024
/** A process that is less busy than this while a stream waits has room for more. */
const BUSY_SHARE = 0.75

/** Asked before every event of a stream. */
export class StreamPace {
  readonly #open: () => number
  readonly #catchUp: CatchUp = new CatchUp(() => this.#open() >= this.#bound)
  #bound = BOUND_MIN
  /** Where the event loop stood when the stream began to wait. */
  #since: EventLoopUtilization | undefined

  /** `open`: effects on their way whose next step is this process's: not yet durable, or with a result that is not. */
  constructor(open: () => number) {
    this.#open = open
  }

  /** A promise when a stream has to wait; it never rejects. Cheap. */
  wait(): Promise<void> | undefined {
    const waiting = this.#catchUp.wait()
    if (waiting !== undefined) this.#since ??= performance.eventLoopUtilization()
    return waiting
  }

  /** To be called whenever fewer are on their way: who waits goes on when half of them have come through. */
  note(): void {
    if (this.#since === undefined || this.#open() > this.#bound / 2) return
    const { utilization } = performance.eventLoopUtilization(this.#since)
    this.#bound = utilization < BUSY_SHARE ? Math.min(BOUND_MAX, this.#bound * 2) : Math.max(BOUND_MIN, this.#bound / 2)
    this.#since = undefined
    this.#catchUp.release()
  }
}
