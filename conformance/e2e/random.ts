/** Chance with a seed that the run prints: `AOS_SEED` repeats it. */

export const SEED: number = Number(process.env['AOS_SEED'] ?? '20260401')

/** mulberry32: small, and the same everywhere. Returns numbers in [0, 1). */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** A whole number in [low, high). */
export function pickInteger(random: () => number, range: { readonly low: number; readonly high: number }): number {
  return range.low + Math.floor(random() * (range.high - range.low))
}
