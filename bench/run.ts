/** How benches are run: one after the other, by name, each giving rows. */
import type { BenchRow } from './measure.ts'
import { machineFacts } from './machine.ts'
import type { MachineFacts } from './machine.ts'

/** In a trial sizes are divided by this. */
const TRIAL_SIZE = 100
/** In a trial times are divided by this. */
const TRIAL_PAUSE = 10
const TRIAL_NOTE = 'a trial: a hundredth of the size; the figure says nothing'

/** What a bench is told. */
export interface BenchContext {
  /** The checkout, with the command bundled. */
  readonly root: string
  /** As it was before the first bench. */
  readonly machine: MachineFacts
  /** How many rounds a figure gets; a bench gives its own number, which a person may overrule. */
  readonly rounds: (usual: number) => number
  /** Sizes as the bars name them (1,000,000), which take minutes, instead of a tenth. */
  readonly isFull: boolean
  /** How many of something: the usual number, or a hundredth in a trial. */
  readonly count: (usual: number) => number
  /** Milliseconds to wait or to measure for: the usual ones, or a tenth in a trial. */
  readonly pause: (usual: number) => number
  /** Where files go that a bench writes for people. */
  readonly resultsFolder: string
  /** Called for each such file. */
  readonly onFile: (path: string) => void
  /** Called before something that takes long. */
  readonly onStep: (what: string) => void
}

/** Measures; gives at least one row. */
export type Bench = (context: BenchContext) => Promise<readonly BenchRow[]>

/** A bench by its name; `isAsked` ones run only when they are named. */
export interface BenchEntry {
  readonly name: string
  readonly run: Bench
  readonly isAsked?: true
}

export interface RunOptions {
  readonly root: string
  readonly rounds: number | undefined
  readonly isFull: boolean
  /** Small sizes, which show that benches run and nothing else. */
  readonly isTrial: boolean
  readonly resultsFolder: string
  /** Called before each bench. */
  readonly onBench: (name: string) => void
  readonly onFile: (path: string) => void
  readonly onStep: (what: string) => void
}

/** What a run found out, and on what machine. */
export interface BenchRun {
  /** As it was before the first bench. */
  readonly machine: MachineFacts
  readonly names: readonly string[]
  readonly rows: readonly BenchRow[]
}

/** Runs the named benches, or all that need not be asked for. Throws RangeError for a name that is none. */
export async function runEntries(
  entries: readonly BenchEntry[],
  names: readonly string[],
  options: RunOptions,
): Promise<BenchRun> {
  const chosen = chooseEntries(entries, names)
  const machine = machineFacts(options.root)
  const context: BenchContext = {
    root: options.root,
    machine,
    rounds: (usual) => options.rounds ?? usual,
    isFull: options.isFull,
    count: (usual) => (options.isTrial ? Math.ceil(usual / TRIAL_SIZE) : usual),
    pause: (usual) => (options.isTrial ? usual / TRIAL_PAUSE : usual),
    resultsFolder: options.resultsFolder,
    onFile: options.onFile,
    onStep: options.onStep,
  }
  const rows: BenchRow[] = []
  for (const { name, run } of chosen) {
    options.onBench(name)
    rows.push(...(await run(context)).map((row) => (options.isTrial ? { ...row, note: trialNote(row) } : row)))
  }
  return { machine, names: chosen.map(({ name }) => name), rows }
}

function trialNote({ note }: BenchRow): string {
  return note === undefined ? TRIAL_NOTE : `${note}; ${TRIAL_NOTE}`
}

/** In the order of the table, whatever the order of the names; each once. */
export function chooseEntries(entries: readonly BenchEntry[], names: readonly string[]): readonly BenchEntry[] {
  const unknown = names.find((name) => !entries.some((entry) => entry.name === name))
  if (unknown !== undefined) {
    throw new RangeError(`expected one of ${entries.map(({ name }) => name).join(', ')}, found ${unknown}`)
  }
  return entries.filter(({ name, isAsked }) => (names.length === 0 ? isAsked !== true : names.includes(name)))
}
