/**
 * Which byte of the original each part of rewritten code comes from. Only a trap report asks: the module is then rewritten
 * once more with a record, so that admission pays nothing for it. What the rewriter adds counts to the instruction that it
 * is added for.
 */

const NOWHERE = -1

/** Marks are kept in the order of the rewritten code; a mark holds until the next one. */
export class PositionRecord {
  /** Offsets in the rewritten code; what has not been placed yet counts from its segment or function. */
  readonly #at: number[] = []
  readonly #original: number[] = []
  #function = 0
  #segment = 0
  #codeStart = 0

  /** `codeAt`: the first instruction of the original, which the prologue counts to. */
  beginFunction(codeAt: number): void {
    this.#function = this.#at.length
    this.mark(0, codeAt)
    this.beginSegment(codeAt)
  }

  /** The price of a segment counts to its first instruction. */
  beginSegment(original: number): void {
    this.#segment = this.#at.length
    this.mark(0, original)
  }

  /** From `at` on, counted from the start of the segment's own code, the code comes from `original`. */
  mark(at: number, original: number): void {
    this.#at.push(at)
    this.#original.push(original)
  }

  /** The segment was written: its price at `priceAt`, its own code at `codeAt`, counted from the start of the body. */
  endSegment(priceAt: number, codeAt: number): void {
    this.#shift(this.#segment, this.#segment + 1, priceAt)
    this.#shift(this.#segment + 1, this.#at.length, codeAt)
  }

  /** The body stands behind `prologueBytes`; what follows at `epilogueAt` counts to `end`. */
  endFunction(prologueBytes: number, epilogueAt: number, end: number): void {
    // The segment that was begun behind the last `end` holds nothing.
    this.#at.length = this.#segment
    this.#original.length = this.#segment
    this.#shift(this.#function + 1, this.#at.length, prologueBytes)
    this.mark(epilogueAt, end)
  }

  /** The function stands at `start`, counted from the start of the bodies. */
  placeFunction(start: number): void {
    this.#shift(this.#function, this.#at.length, start)
  }

  /** From `end` on stand functions of the rewriter. */
  endBodies(end: number): void {
    this.mark(end, NOWHERE)
  }

  /** The bodies begin at `codeStart`, counted from the start of the rewritten module. */
  finish(codeStart: number): void {
    this.#codeStart = codeStart
  }

  /** Offset in the original for one in the rewritten module; undefined in code that the rewriter added. */
  find(rewrittenOffset: number): number | undefined {
    const at = rewrittenOffset - this.#codeStart
    let low = 0
    let high = this.#at.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#at[middle] ?? 0) <= at) low = middle + 1
      else high = middle
    }
    const original = this.#original[low - 1]
    return original === undefined || original === NOWHERE ? undefined : original
  }

  #shift(from: number, to: number, by: number): void {
    for (let index = from; index < to; index += 1) this.#at[index] = (this.#at[index] ?? 0) + by
  }
}
