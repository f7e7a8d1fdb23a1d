/** The wall clock as a world may believe it (spec/06-kernel.md, "Time"). */

/** The two clocks of a machine, in nanoseconds. */
export interface Clocks {
  /** Since 1970. Somebody may set it. */
  wallNs(): bigint
  /** Since some moment in the past. Nobody can set it. */
  monotonicNs(): bigint
}

/** What the clock of an open world says. */
export interface ClockReport {
  /** The wall clock has jumped ahead and is not believed until somebody accepts it. */
  readonly held: boolean
  readonly wallNs: bigint
  /** What an ingress would be stamped with now. */
  readonly stampedNs: bigint
}

/** A jump beyond this is held: an hour. */
export const JUMP_NS_MAX = 3_600_000_000_000n

/** The clocks of the machine. The wall clock has milliseconds, in each of which it gives the same number. */
export function makeOsClocks(): Clocks {
  let wallMs = 0
  let wallNs = 0n
  return {
    wallNs() {
      const nowMs = Date.now()
      if (nowMs === wallMs) return wallNs
      wallMs = nowMs
      wallNs = BigInt(nowMs) * 1_000_000n
      return wallNs
    },
    monotonicNs: () => process.hrtime.bigint(),
  }
}

/** Gives the time for stamps; holds a jump ahead of the monotonic clock until it is accepted or taken back. */
export class HostClock {
  readonly #clocks: Clocks
  /** A wall time that was believed, and the monotonic time then. */
  #believedNs: bigint
  #atNs: bigint
  #isHeld = false

  /** With `heldFromNs`, the stamp of the last entry, a jump that happened while the world was closed is held, too. */
  constructor(clocks: Clocks = makeOsClocks(), heldFromNs?: bigint) {
    this.#clocks = clocks
    this.#believedNs = clocks.wallNs()
    this.#atNs = clocks.monotonicNs()
    if (heldFromNs === undefined || this.#believedNs - heldFromNs <= JUMP_NS_MAX) return
    this.#believedNs = heldFromNs
    this.#isHeld = true
  }

  /** As of the last stamp. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  /** The time to stamp: the wall clock, or while it is held, what it should be. */
  nowNs(): bigint {
    const wallNs = this.#clocks.wallNs()
    // The wall clock has milliseconds, in which many stamps may fall: what was believed is believed.
    if (wallNs === this.#believedNs && !this.#isHeld) return wallNs
    const monotonicNs = this.#clocks.monotonicNs()
    const expectedNs = this.#believedNs + (monotonicNs - this.#atNs)
    this.#isHeld = wallNs - expectedNs > JUMP_NS_MAX
    if (this.#isHeld) return expectedNs
    this.#believedNs = wallNs
    this.#atNs = monotonicNs
    return wallNs
  }

  report(): ClockReport {
    const stampedNs = this.nowNs()
    return { held: this.#isHeld, wallNs: this.#clocks.wallNs(), stampedNs }
  }

  /** The wall clock, whatever it says. */
  wallNs(): bigint {
    return this.#clocks.wallNs()
  }

  /** Believes the wall clock from now on. */
  accept(): void {
    this.#believedNs = this.#clocks.wallNs()
    this.#atNs = this.#clocks.monotonicNs()
    this.#isHeld = false
  }
}
