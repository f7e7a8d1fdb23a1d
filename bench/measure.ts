/** Figures with their spread. Nothing here decides whether a figure is good; the bars stand beside it. */

/** One line of the table. */
export interface BenchRow {
  /** `bench.figure`. */
  readonly name: string
  readonly unit: string
  /** Median of the rounds. */
  readonly value: number
  /** (largest − smallest) / median over the rounds. */
  readonly spread: number
  readonly bar?: number
  /** Whether `value` keeps the bar; absent when there is none. */
  readonly holds?: boolean
}

/** At least for rates, at most for times. */
export interface Bar {
  readonly atLeast?: number
  readonly atMost?: number
}

/** A row from the figures of several rounds. */
export function makeRow(
  row: { readonly name: string; readonly unit: string; readonly rounds: readonly number[] },
  bar: Bar = {},
): BenchRow {
  const value = median(row.rounds)
  const figure = { name: row.name, unit: row.unit, value: round(value), spread: round(spread(row.rounds)) }
  if (bar.atLeast !== undefined) return { ...figure, bar: bar.atLeast, holds: value >= bar.atLeast }
  if (bar.atMost !== undefined) return { ...figure, bar: bar.atMost, holds: value <= bar.atMost }
  return figure
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

function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values)
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
