/** Figures with their spread. Nothing here decides whether a figure is good; the bars stand beside it. */

/** One line of the table; as JSON it is a part of `aos bench --json` (spec/schemas/output-bench.schema.json). */
export interface BenchRow {
  /** `bench.figure`. A figure that depends on a size names it, so that runs of different sizes are never compared. */
  readonly name: string
  readonly unit: string
  /** Median of the rounds. */
  readonly value: number
  /** (largest − smallest) / median over the rounds. */
  readonly spread: number
  /** The smallest and the largest of the rounds. */
  readonly min: number
  readonly max: number
  /** Rounds that were counted, without the warm-up. */
  readonly rounds: number
  readonly bar?: number
  /** On which side of the bar a good figure lies. */
  readonly bar_is?: 'at_least' | 'at_most'
  /** Whether the median keeps the bar; absent when there is none. */
  readonly holds?: boolean
  /** What a reader must know to read the figure right. */
  readonly note?: string
}

/** At least for rates, at most for times. */
export interface Bar {
  readonly atLeast?: number
  readonly atMost?: number
}

export interface Figure {
  readonly name: string
  readonly unit: string
  /** One figure a round; at least one. */
  readonly rounds: readonly number[]
  readonly note?: string | undefined
}

/** A row from the figures of several rounds. Throws RangeError when a round gave no finite number, or there is none. */
export function makeRow({ name, unit, rounds, note }: Figure, bar: Bar = {}): BenchRow {
  if (rounds.length === 0 || !rounds.every(Number.isFinite)) {
    throw new RangeError(`${name}: expected finite figures, found ${rounds.join(', ') || 'none'}`)
  }
  const value = median(rounds)
  return {
    name,
    unit,
    value: round(value),
    spread: round(spread(rounds)),
    min: round(Math.min(...rounds)),
    max: round(Math.max(...rounds)),
    rounds: rounds.length,
    ...barOf(value, bar),
    ...(note === undefined ? {} : { note }),
  }
}

function barOf(value: number, { atLeast, atMost }: Bar): Pick<BenchRow, 'bar' | 'bar_is' | 'holds'> {
  if (atLeast !== undefined) return { bar: atLeast, bar_is: 'at_least', holds: value >= atLeast }
  if (atMost !== undefined) return { bar: atMost, bar_is: 'at_most', holds: value <= atMost }
  return {}
}

/** The middle of the values; the mean of the middle two when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** The value below which `share` of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** (largest − smallest) / median; relative to the largest distance from zero when the median is zero. */
export function spread(values: readonly number[]): number {
  const width = Math.max(...values) - Math.min(...values)
  if (width === 0) return 0
  const middle = Math.abs(median(values))
  return width / (middle === 0 ? Math.max(...values.map(Math.abs)) : middle)
}

/** Four significant digits are more than the spread allows. */
function round(value: number): number {
  return Number(value.toPrecision(4))
}

/** Milliseconds since an arbitrary start, with fractions. */
export function now(): number {
  return performance.now()
}

/** Runs rounds one after the other; the first is warm-up and is thrown away. */
export async function runRounds(count: number, body: () => Promise<number> | number): Promise<readonly number[]> {
  const figures: number[] = []
  for (let index = 0; index <= count; index += 1) {
    const figure = await body()
    if (index > 0) figures.push(figure)
  }
  return figures
}

/** Rounds of two things by turns, so that a change of the machine meets both; the first pair is thrown away. */
export async function runPairs(
  count: number,
  left: () => Promise<number> | number,
  right: () => Promise<number> | number,
): Promise<{ readonly left: readonly number[]; readonly right: readonly number[] }> {
  const lefts: number[] = []
  const rights: number[] = []
  for (let index = 0; index <= count; index += 1) {
    const pair = [await left(), await right()] as const
    if (index === 0) continue
    lefts.push(pair[0])
    rights.push(pair[1])
  }
  return { left: lefts, right: rights }
}

/** The figures of each pair divided: what remains when a machine is slow for a while. */
export function ratios(over: readonly number[], under: readonly number[]): readonly number[] {
  return over.map((value, index) => value / (under[index] ?? Number.NaN))
}
