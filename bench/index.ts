/** The benches by name. `aos bench` prints their rows. */
import { join } from 'node:path'
import { benchEffects } from './effects.ts'
import { benchLatency } from './latency.ts'
import type { BenchRow } from './measure.ts'
import { benchReplay } from './replay.ts'
import { benchStart } from './start.ts'
import { benchThroughput } from './throughput.ts'

export type { BenchRow } from './measure.ts'

type Bench = (root: string) => Promise<readonly BenchRow[]>

const BENCHES: ReadonlyMap<string, Bench> = new Map([
  ['throughput', benchThroughput],
  ['latency', benchLatency],
  ['replay', benchReplay],
  ['start', benchStart],
  ['effects', benchEffects],
])

export const BENCH_NAMES: readonly string[] = [...BENCHES.keys()]

export interface RunBenchesOptions {
  /** The checkout; default: the folder above this file. */
  readonly root?: string
  /** Called before each bench. */
  readonly onBench?: (name: string) => void
}

/** Runs the named benches one after the other, or all. Throws RangeError for a name that is none of BENCH_NAMES. */
export async function runBenches(
  names: readonly string[] = [],
  options: RunBenchesOptions = {},
): Promise<readonly BenchRow[]> {
  const root = options.root ?? join(import.meta.dirname, '..')
  const chosen = names.length === 0 ? BENCH_NAMES : names
  const unknown = chosen.find((name) => !BENCHES.has(name))
  if (unknown !== undefined) throw new RangeError(`no bench ${unknown}; there are ${BENCH_NAMES.join(', ')}`)
  const rows: BenchRow[] = []
  for (const name of chosen) {
    options.onBench?.(name)
    rows.push(...((await BENCHES.get(name)?.(root)) ?? []))
  }
  return rows
}
