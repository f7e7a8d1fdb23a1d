/** What lies behind the newest snapshot: what opening would have to do again (K28; spec/16-snapshots.md, "When to cut"). */

/** Amounts behind the newest cut that has a root, or from the beginning, as recorded in entries. */
export interface TailAmounts {
  readonly entries: number
  /** Of whole entries. */
  readonly bytes: number
  readonly fuel: number
}

/** Adds up entries, and starts again from the cut whose root has come. */
export class TailCost implements TailAmounts {
  #entries = 0
  #bytes = 0
  #fuel = 0
  /** As of the newest cut, and as of the newest cut that has a root. */
  #atCut: TailAmounts = NOTHING
  #atRoot: TailAmounts = NOTHING

  get entries(): number {
    return this.#entries - this.#atRoot.entries
  }

  get bytes(): number {
    return this.#bytes - this.#atRoot.bytes
  }

  get fuel(): number {
    return this.#fuel - this.#atRoot.fuel
  }

  add(bytes: number, fuel: number): void {
    this.#entries += 1
    this.#bytes += bytes
    this.#fuel += fuel
  }

  /** The entry of the cut itself was added before. */
  cut(): void {
    this.#atCut = { entries: this.#entries, bytes: this.#bytes, fuel: this.#fuel }
  }

  /** The root of the newest cut. */
  root(): void {
    this.#atRoot = this.#atCut
  }
}

const NOTHING: TailAmounts = { entries: 0, bytes: 0, fuel: 0 }
