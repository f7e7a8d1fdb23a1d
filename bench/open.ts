/** Opening a world with a long history of many cells, and reading one cell of it from a new process. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openWorld } from '@aos/host'
import { Random } from '@aos/store'
import type { BenchWorld } from './bench-world.ts'
import { CELL_EVENT, CELL_KEY, CELL_REDUCER, cellKey, depositLine } from './cell-world.ts'
import { startHostProcess } from './host-process.ts'
import { makeLargeWorld } from './large-world.ts'
import { makeRow, now, runPairs, runRounds } from './measure.ts'
import type { BenchRow } from './measure.ts'
import type { BenchContext } from './run.ts'

const ROUNDS = 3
/** What the bar is for, and what is measured when nobody asks for that. */
const ENTRIES_FULL = 1_000_000
const ENTRIES = 100_000
const ENTRIES_SMALL = 10
const OPEN_MS_MAX = 300
const READ_MS_MAX = 50
const COLD_CELLS = 1000
/** Events between an opening and a kill, each round some more, so that kills lie elsewhere between two checkpoints. */
const EVENTS_TO_KILL = 4000
const EVENTS_MORE = 217
const KILLS = 7
const SEED = 1

export async function benchOpen({ root, rounds, isFull, count, onStep }: BenchContext): Promise<readonly BenchRow[]> {
  const entries = count(isFull ? ENTRIES_FULL : ENTRIES)
  const note = isFull ? undefined : `the bar is for ${ENTRIES_FULL.toLocaleString('en')}: --full`
  onStep(`${entries} entries`)
  const large = await makeLargeWorld(root, entries)
  const small = await makeLargeWorld(root, ENTRIES_SMALL)
  try {
    const opening = await runPairs(
      rounds(ROUNDS),
      () => openingMs(large),
      () => openingMs(small),
    )
    const reading = await runPairs(
      rounds(ROUNDS),
      () => readingMs(large, entries),
      () => readingMs(small, ENTRIES_SMALL),
    )
    const cold = await runRounds(rounds(ROUNDS), () => coldReadUs(large, entries, count(COLD_CELLS)))
    const killed = await afterKills({
      root,
      bench: large,
      entries,
      kills: rounds(KILLS),
      events: count(EVENTS_TO_KILL),
    })
    const beyond = reading.left.map((ms, index) => ms - (reading.right[index] ?? Number.NaN))
    return [
      makeRow({ name: `open.entries_${entries}`, unit: 'ms', rounds: opening.left, note }, { atMost: OPEN_MS_MAX }),
      makeRow(
        {
          name: `open.after_kill_${entries}`,
          unit: 'ms',
          rounds: killed,
          note,
        },
        { atMost: OPEN_MS_MAX },
      ),
      makeRow({ name: `open.cold_cell_${entries}`, unit: 'µs', rounds: cold }),
      makeRow({ name: `open.entries_${ENTRIES_SMALL}`, unit: 'ms', rounds: opening.right }),
      makeRow({ name: `open.state_get_${entries}`, unit: 'ms', rounds: reading.left }),
      makeRow(
        { name: `open.state_get_${entries}_beyond_small`, unit: 'ms', rounds: beyond, note },
        { atMost: READ_MS_MAX },
      ),
    ]
  } finally {
    large.remove()
    small.remove()
  }
}

/** Milliseconds until a world in this process takes events; closing it is not counted. */
export async function openingMs(bench: BenchWorld): Promise<number> {
  const started = now()
  const host = await openWorld(bench.folder, { environment: bench.environment })
  const ms = now() - started
  await host.close()
  return ms
}

/** Milliseconds of openings of which each follows a kill in the midst of events. */
async function afterKills(work: {
  readonly root: string
  readonly bench: BenchWorld
  readonly entries: number
  readonly kills: number
  readonly events: number
}): Promise<readonly number[]> {
  const { root, bench, entries, kills, events } = work
  const random = new Random(SEED)
  const file = join(bench.scratch, 'to-kill.ndjson')
  const figures: number[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    const lines = Array.from({ length: events + kill * EVENTS_MORE }, () => depositLine(random.below(entries)))
    writeFileSync(file, `${lines.join('\n')}\n`)
    const host = await startHostProcess(root, bench)
    try {
      await bench.command(['event', 'send', CELL_EVENT, `@${file}`, '--ndjson', '--json', '--world', bench.folder.root])
    } finally {
      await host.kill()
    }
    figures.push(await openingMs(bench))
  }
  return figures
}

/** Microseconds of one cell of those that lie all over a world just opened: nothing of them is in memory but what the system keeps. */
async function coldReadUs(bench: BenchWorld, entries: number, cells: number): Promise<number> {
  const host = await openWorld(bench.folder, { environment: bench.environment })
  const step = Math.floor(entries / cells)
  const codec = host.definitions.codec(CELL_KEY)
  const keys = Array.from({ length: cells }, (_, at) => codec.encode(cellKey(at * step)))
  const started = now()
  const found = keys.filter((key) => host.kernel.readCell(CELL_REDUCER, key) !== undefined)
  const us = ((now() - started) * 1000) / cells
  await host.close()
  if (found.length < cells / 2) throw new Error(`${found.length} of ${cells} cells were found`)
  return us
}

/** Milliseconds of a new process that prints one cell: no process has that cell in memory. */
async function readingMs(bench: BenchWorld, entries: number): Promise<number> {
  const key = cellKey(Math.floor(entries / 2))
  const started = now()
  await bench.command(['state', 'get', CELL_REDUCER, '--key', key, '--world', bench.folder.root])
  return now() - started
}
