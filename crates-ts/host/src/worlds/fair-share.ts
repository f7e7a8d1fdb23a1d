/** Slices of what goes on for long, so that nobody who shares the thread waits for it (spec/15-control.md, "Fairness"). */

/** When so many run that a round would take longer, slices become shorter, down to what a group is worth. */
const ROUND_MS = 100
const SLICE_MS_MIN = 1
const SLICE_MS_MAX = 4
/** A machine that has other things to do stops a thread for longer than a slice: so many steps are taken all the same. */
const STEPS_MIN = 16
/** Unless the steps themselves are long. */
const PATIENCE_SLICES = 4

/**
 * Shares the time of one thread. Streams ask after every step whether their slice is over, and then pass: the thread hears whatever
 * has arrived, and after that one stream goes on, the worlds one after the other and those of a world one after the other.
 */
export class FairShare {
  /** Who waits for a slice, by world; the world that is next is first. */
  readonly #waiting = new Map<string, (() => void)[]>()
  #running = 0
  #isScheduled = false

  /** A stream of a world begins; it counts while it runs. */
  begin(world: string): FairSlice {
    return new FairSlice({
      enter: () => (this.#running += 1),
      leave: () => (this.#running -= 1),
      sliceMs: () => Math.min(SLICE_MS_MAX, Math.max(SLICE_MS_MIN, ROUND_MS / Math.max(1, this.#running))),
      pass: () => this.#pass(world),
    })
  }

  #pass(world: string): Promise<void> {
    return new Promise((resolve) => {
      const others = this.#waiting.get(world)
      if (others === undefined) this.#waiting.set(world, [resolve])
      else others.push(resolve)
      this.#schedule()
    })
  }

  /** One a round of the event loop: what arrives is heard between any two slices. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#goOn()
      if (this.#waiting.size > 0) this.#schedule()
    })
  }

  #goOn(): void {
    const [next] = this.#waiting
    if (next === undefined) return
    const [world, streams] = next
    const goOn = streams.shift()
    // To the end of the line, unless nobody of this world waits.
    this.#waiting.delete(world)
    if (streams.length > 0) this.#waiting.set(world, streams)
    goOn?.()
  }
}

interface Share {
  readonly enter: () => void
  readonly leave: () => void
  readonly sliceMs: () => number
  readonly pass: () => Promise<void>
}

/** The slices of one stream. */
export class FairSlice {
  readonly #share: Share
  #isRunning = false
  #beganAt = 0
  #steps = 0

  constructor(share: Share) {
    this.#share = share
  }

  /** Work is there: a slice begins, unless one has. */
  run(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#share.enter()
    this.#begin()
  }

  /** Nothing is there to be done for now. */
  rest(): void {
    if (!this.#isRunning) return
    this.#isRunning = false
    this.#share.leave()
  }

  /** To be asked after every step. */
  isOver(): boolean {
    this.#steps += 1
    const slices = (performance.now() - this.#beganAt) / this.#share.sliceMs()
    return slices >= (this.#steps < STEPS_MIN ? PATIENCE_SLICES : 1)
  }

  /** Lets all others have theirs. */
  async pass(): Promise<void> {
    await this.#share.pass()
    this.#begin()
  }

  #begin(): void {
    this.#beganAt = performance.now()
    this.#steps = 0
  }
}
