/** The benches by name, one file per bar. A new one is a file and a line here. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchCells } from './cells.ts'
import { comparisonText, compareRows } from './compare.ts'
import { benchEffects } from './effects.ts'
import { benchLatency } from './latency.ts'
import { machineText } from './machine.ts'
import { benchMemory } from './memory.ts'
import { benchNoBatch } from './no-batch.ts'
import { benchOpen } from './open.ts'
import { benchReplay } from './replay.ts'
import { parseBase } from './run-document.ts'
import type { BaseRun } from './run-document.ts'
import { runEntries } from './run.ts'
import type { BenchEntry, BenchRun } from './run.ts'
import { benchScaling } from './scaling.ts'
import { benchStart } from './start.ts'
import { rowsText } from './table.ts'
import type { TableStyle } from './table.ts'
import { benchThroughput } from './throughput.ts'
import { benchUnsynced } from './unsynced.ts'
import { benchWorlds } from './worlds.ts'

export type { ComparedRow } from './compare.ts'
export type { BenchRow } from './measure.ts'
export type { BaseRow, BaseRun } from './run-document.ts'
export type { BenchRun } from './run.ts'

const ENTRIES: readonly BenchEntry[] = [
  { name: 'throughput', run: benchThroughput },
  { name: 'no-batch', run: benchNoBatch },
  { name: 'unsynced', run: benchUnsynced },
  { name: 'latency', run: benchLatency },
  { name: 'replay', run: benchReplay },
  { name: 'open', run: benchOpen },
  { name: 'cells', run: benchCells },
  { name: 'effects', run: benchEffects },
  { name: 'start', run: benchStart },
  { name: 'memory', run: benchMemory },
  { name: 'worlds', run: benchWorlds },
  { name: 'scaling', run: benchScaling, isAsked: true },
]

/** Everything that can be named. */
export const BENCH_NAMES: readonly string[] = ENTRIES.map(({ name }) => name)

export interface RunBenchesOptions {
  /** The checkout. */
  readonly root: string
  /** Instead of what each bench takes for itself. */
  readonly rounds?: number | undefined
  /** Sizes as the bars name them. */
  readonly isFull?: boolean
  /** A hundredth of the sizes: whether benches run, not what they find. */
  readonly isTrial?: boolean
  /** Called before each bench. */
  readonly onBench?: (name: string) => void
  /** Called for each file that is written for people. */
  readonly onFile?: (path: string) => void
  /** Called before something that takes long. */
  readonly onStep?: (what: string) => void
}

/** Runs the named benches one after the other, or all but `scaling`. Throws RangeError for a name that is none of BENCH_NAMES. */
export function runBenches(names: readonly string[], options: RunBenchesOptions): Promise<BenchRun> {
  const { root, rounds, isFull = false, isTrial = false, onBench = ignore, onFile = ignore, onStep = ignore } = options
  const resultsFolder = isTrial ? mkdtempSync(join(tmpdir(), 'aos-bench-')) : join(root, 'bench', 'results')
  return runEntries(ENTRIES, names, { root, rounds, isFull, isTrial, resultsFolder, onBench, onFile, onStep })
}

function ignore(): void {
  return undefined
}

/** A run for a terminal: machine, table, bars, and the comparison when there is a base. */
export function runText(run: BenchRun, base: BaseRun | undefined, style: TableStyle): string {
  const parts = [
    machineText(run.machine),
    rowsText(run.rows, style),
    ...(base === undefined ? [] : [comparisonText(base, { ...run, rows: compareRows(base.rows, run.rows) }, style)]),
  ]
  return parts.join('\n\n')
}

export { compareRows, parseBase }
