/** Many cells: what an event costs beside a world of a thousand, and the memory of the process that holds them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openWorld } from '@aos/host'
import type { HostWorld } from '@aos/host'
import { Random } from '@aos/store'
import type { BenchWorld } from './bench-world.ts'
import { CELL_EVENT, Deposits, depositLine, fillCells, makeCellWorld, makePicker } from './cell-world.ts'
import { peakMemory, startHostProcess } from './host-process.ts'
import { makeLargeWorld } from './large-world.ts'
import { makeRow, now, ratios, runPairs, runRounds } from './measure.ts'
import type { BenchRow } from './measure.ts'
import { pump } from './pump.ts'
import type { BenchContext } from './run.ts'

const ROUNDS = 5
const MEMORY_ROUNDS = 3
const EVENTS = 20_000
/** When sizes are those of the bars: so many that each round has snapshots of its own. */
const EVENTS_FULL = 100_000
const CELLS_SMALL = 1000
/** What the bar is for, and what is measured when nobody asks for that. */
const CELLS_FULL = 1_000_000
const CELLS = 100_000
/** Cells that the events of the bar go to, evenly among all. */
const WORKING_SET = 10_000
const COST_RATIO_MAX = 1.5
const SEED = 1
const MEGABYTE = 1_000_000
/** `cache_bytes` of aos.json unless it says otherwise. */
const MEMORY_MAX: number = (256 * 1024 * 1024) / MEGABYTE
const CHANGES = 1000
const SNAPSHOT_MS_MAX = 150

export async function benchCells(context: BenchContext): Promise<readonly BenchRow[]> {
  const { root, isFull, count, onStep } = context
  const cells = count(isFull ? CELLS_FULL : CELLS)
  onStep(`${cells} cells`)
  const large = await makeLargeWorld(root, cells)
  const small = await makeCellWorld(root)
  try {
    const few = await openBench(small)
    await fillCells(few, 0, CELLS_SMALL)
    const many = await openBench(large)
    const cost = await costRows(context, { few, many, cells })
    const snapshot = await snapshotRow(context, many, cells)
    await few.close()
    await many.close()
    onStep(`memory of a process with ${cells} cells`)
    return [...cost, snapshot, await memoryRow(context, large, cells)]
  } finally {
    large.remove()
    small.remove()
  }
}

function openBench({ folder, environment }: BenchWorld): Promise<HostWorld> {
  return openWorld(folder, { environment })
}

interface CellHosts {
  readonly few: HostWorld
  readonly many: HostWorld
  readonly cells: number
}

async function costRows(
  { rounds, isFull, count }: BenchContext,
  { few, many, cells }: CellHosts,
): Promise<readonly BenchRow[]> {
  const random = new Random(SEED)
  const lane = (host: HostWorld, pick: () => number, events: number) => {
    const deposits = new Deposits(host)
    return () => pump(host, count(events), () => deposits.into(pick()))
  }
  const pickFew = makePicker(random, CELLS_SMALL, CELLS_SMALL)
  const events = isFull ? EVENTS_FULL : EVENTS
  const warm = await runPairs(
    rounds(ROUNDS),
    lane(many, makePicker(random, cells, WORKING_SET), events),
    lane(few, pickFew, events),
  )
  const uniform = await runPairs(
    rounds(ROUNDS),
    lane(many, makePicker(random, cells, cells), EVENTS),
    lane(few, pickFew, EVENTS),
  )
  const note = noteOf(isFull)
  const name = `cells.cost_${cells}_to_${CELLS_SMALL}`
  return [
    makeRow({ name: `cells.events_${CELLS_SMALL}`, unit: 'events/s', rounds: warm.right }),
    makeRow({ name: `cells.events_${cells}`, unit: 'events/s', rounds: warm.left }),
    makeRow({ name, unit: 'ratio', rounds: ratios(warm.right, warm.left), note }, { atMost: COST_RATIO_MAX }),
    makeRow({ name: `cells.uniform_events_${cells}`, unit: 'events/s', rounds: uniform.left }),
    makeRow({
      name: `cells.uniform_cost_${cells}_to_${CELLS_SMALL}`,
      unit: 'ratio',
      rounds: ratios(uniform.right, uniform.left),
      note: 'every cell equally likely, so most are not in the cache of a world that bounds it',
    }),
  ]
}

/** From the cut to the durable root, when so many cells have changed since the snapshot before. */
async function snapshotRow({ rounds, isFull, count }: BenchContext, host: HostWorld, cells: number): Promise<BenchRow> {
  const deposits = new Deposits(host)
  const pick = makePicker(new Random(SEED), cells, cells)
  const changes = count(CHANGES)
  const figures = await runRounds(rounds(ROUNDS), async () => {
    await host.createSnapshot()
    await pump(host, changes, () => deposits.into(pick()))
    const started = now()
    await host.createSnapshot()
    return now() - started
  })
  const note = noteOf(isFull)
  const name = `cells.snapshot_after_${changes}_of_${cells}`
  return makeRow({ name, unit: 'ms', rounds: figures, note }, { atMost: SNAPSHOT_MS_MAX })
}

function noteOf(isFull: boolean): string | undefined {
  return isFull ? undefined : `the bar is for ${CELLS_FULL.toLocaleString('en')}: --full`
}

/** The most memory of `aos run` while updates go to cells all over the world. */
async function memoryRow(
  { root, rounds, isFull, count }: BenchContext,
  bench: BenchWorld,
  cells: number,
): Promise<BenchRow> {
  const random = new Random(SEED)
  const file = join(bench.scratch, 'updates.ndjson')
  const lines = Array.from({ length: count(isFull ? EVENTS_FULL : EVENTS) }, () => depositLine(random.below(cells)))
  writeFileSync(file, `${lines.join('\n')}\n`)
  const host = await startHostProcess(root, bench)
  const peaks: number[] = []
  try {
    while (peaks.length < rounds(MEMORY_ROUNDS)) {
      const words = ['event', 'send', CELL_EVENT, `@${file}`, '--ndjson', '--json', '--world', bench.folder.root]
      peaks.push((await peakMemory(host, () => bench.command(words))) / MEGABYTE)
    }
  } finally {
    await host.stop()
  }
  const figure = { name: `cells.memory_${cells}`, unit: 'MB', rounds: peaks, note: noteOf(isFull) }
  return makeRow(figure, { atMost: MEMORY_MAX })
}
