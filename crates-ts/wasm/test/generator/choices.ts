/**
 * A sequence of choices, drawn from a seed or read from a list. Everything that is generated is a pure function of it, so
 * a failure is made smaller by making the list shorter and its numbers smaller. Zero is the simplest choice everywhere,
 * and what lies behind the end of a list is zero.
 */
export class Choices {
  /** What was chosen so far: this list gives the same again. */
  readonly taken: number[] = []
  private readonly source: () => number

  private constructor(source: () => number) {
    this.source = source
  }

  static fromSeed(seed: number): Choices {
    return new Choices(randomWords(seed))
  }

  /** Any list of whole numbers from 0. */
  static fromList(list: readonly number[]): Choices {
    let at = 0
    return new Choices(() => {
      at += 1
      return list[at - 1] ?? 0
    })
  }

  /** A number from 0 to `count` - 1. */
  below(count: number): number {
    const value = this.source() % count
    this.taken.push(value)
    return value
  }

  /** True once in `count` times; false is the simple choice. */
  rarely(count: number): boolean {
    return this.below(count) === count - 1
  }

  /** One of the list; the first is the simplest. */
  pick<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)]
    if (found === undefined) throw new Error('choices: an empty list')
    return found
  }

  /** An index, each as often as its weight says; the first is the simplest. */
  weighted(weights: readonly number[]): number {
    let value = this.below(weights.reduce((sum, weight) => sum + weight, 0))
    return weights.findIndex((weight) => (value -= weight) < 0)
  }

  /** 32 bits. */
  word(): number {
    return this.below(2 ** 32)
  }
}

/** 32-bit words from a seed (splitmix32). */
export function randomWords(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e37_79b9) | 0
    let word = state ^ (state >>> 16)
    word = Math.imul(word, 0x21f0_aaad)
    word ^= word >>> 15
    word = Math.imul(word, 0x735a_2d97)
    return (word ^ (word >>> 15)) >>> 0
  }
}

/** The seed of one module of a run. */
export function moduleSeed(seed: number, index: number): number {
  return randomWords(Math.imul(seed, 0x9e37_79b1) ^ Math.imul(index + 1, 0x85eb_ca6b))()
}
