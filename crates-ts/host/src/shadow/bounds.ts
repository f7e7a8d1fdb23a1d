/** How far a shadow run may go (spec/24-shadow-report.md, "Bounds"): what passes a bound is a finding, never a run without an end. */

/** Bounds of one run. */
export interface ShadowBounds {
  /** Entries of the stretch, unless it is given. */
  readonly entriesMax: number
  /** Entries behind the stretch: seeds, answers of the script, timers. */
  readonly moreEntriesMax: number
  /** Fuel that the candidate may use, and four times what the base used on top. */
  readonly fuelMax: number
  /** Fuel of bringing on cells. */
  readonly rehearsalFuelMax: number
  /** Of the machine, for everything. */
  readonly timeMs: number
  /** Items of one list of the report. */
  readonly listedMax: number
}

/** For whoever says nothing else. */
export const SHADOW_BOUNDS: ShadowBounds = {
  entriesMax: 1000,
  moreEntriesMax: 1000,
  fuelMax: 2_000_000_000,
  rehearsalFuelMax: 20_000_000_000,
  timeMs: 300_000,
  listedMax: 200,
}

/** How many times what the base used a candidate may use. */
const FUEL_TIMES = 4

/** Which bound was passed. */
export type PassedBound = 'fuel_limit' | 'time_limit' | 'entries_limit'

/** The bounds of a run that has begun. */
export class Budget {
  readonly bounds: ShadowBounds
  readonly #nowMs: () => number
  readonly #endMs: number

  constructor(bounds: ShadowBounds, nowMs: () => number) {
    this.bounds = bounds
    this.#nowMs = nowMs
    this.#endMs = nowMs() + bounds.timeMs
  }

  get isOutOfTime(): boolean {
    return this.#nowMs() > this.#endMs
  }

  /** The first bound that a candidate has passed. */
  passedBy(fuel: { readonly base: number; readonly candidate: number }): PassedBound | undefined {
    if (fuel.candidate > this.bounds.fuelMax + FUEL_TIMES * fuel.base) return 'fuel_limit'
    return this.isOutOfTime ? 'time_limit' : undefined
  }
}
