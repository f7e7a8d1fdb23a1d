/**
 * How figures change with size, as charts: events a second against cells (a busy few, and all alike), opening against history, cost of an event against the
 * length of the journal, cost of an effect against those before it. Flat lines are the aim.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeSha256, openWorld } from '@aos/host'
import { Random } from '@aos/store'
import { Deposits, fillCells, makeCellWorld, makePicker } from './cell-world.ts'
import { EventMaker, makeBenchWorld, openBenchWorld } from './counter-world.ts'
import { openEffectWorld } from './effect-world.ts'
import { roundTrips } from './effects.ts'
import { machineLine } from './machine.ts'
import { makeRow, runRounds } from './measure.ts'
import type { BenchRow } from './measure.ts'
import { openingMs } from './open.ts'
import { pump } from './pump.ts'
import type { BenchContext } from './run.ts'
import { drawChart } from './svg-chart.ts'
import type { Chart } from './svg-chart.ts'

const ROUNDS = 5
const SIZES = [1000, 3000, 10_000, 30_000, 100_000] as const
const SIZES_FULL = [...SIZES, 300_000, 1_000_000] as const
const EVENTS = 20_000
/** So many that each round has checkpoints and snapshots of its own. */
const EVENTS_BUSY = 100_000
/** As the bar has it. */
const WORKING_SET = 10_000
const JOURNAL_EVENTS = 2000
/** So many that each round has checkpoints of its own. */
const EFFECTS = 10_000
/** Shorter journals than this are warm-up. */
const JOURNAL_MIN = 10_000
const SEED = 1
const MICROSECONDS = 1_000_000
const OPEN_MS_MAX = 300

/** A chart with the rows that its points are. */
interface Scaling {
  /** First part of the file's name, and of the rows'. */
  readonly name: string
  readonly unit: string
  readonly sizes: readonly number[]
  readonly chart: Omit<Chart, 'points' | 'footer'>
  /** Figures of the rounds at each size, from small to large. */
  readonly measure: (context: BenchContext, sizes: readonly number[]) => Promise<readonly (readonly number[])[]>
}

const SCALINGS: readonly Scaling[] = [
  {
    name: 'busy',
    unit: 'events/s',
    sizes: SIZES_FULL,
    chart: {
      title: 'Durable events a second against the number of cells, 10,000 of them busy',
      xLabel: `cells; events go to ${WORKING_SET.toLocaleString('en')} of them, evenly among all`,
      yLabel: 'events/s',
    },
    measure: (context, sizes) =>
      measureCells(context, { sizes, busyMax: WORKING_SET, events: context.isFull ? EVENTS_BUSY : EVENTS }),
  },
  {
    name: 'cells',
    unit: 'events/s',
    sizes: SIZES_FULL,
    chart: {
      title: 'Durable events a second against the number of cells, none busier than others',
      xLabel: 'cells, each equally likely',
      yLabel: 'events/s',
    },
    measure: (context, sizes) => measureCells(context, { sizes, busyMax: Number.POSITIVE_INFINITY, events: EVENTS }),
  },
  {
    name: 'open',
    unit: 'ms',
    sizes: SIZES_FULL,
    chart: {
      title: 'Opening a world against the length of its history',
      xLabel: 'entries in the journal, one cell each',
      yLabel: 'opening, ms',
      bar: { y: OPEN_MS_MAX, label: `bar: at most ${OPEN_MS_MAX} ms with 1,000,000 entries` },
    },
    measure: measureOpening,
  },
  {
    name: 'journal',
    unit: 'µs',
    sizes: SIZES_FULL.filter((size) => size >= JOURNAL_MIN),
    chart: {
      title: 'Cost of a durable event against the length of the journal',
      xLabel: 'entries in the journal',
      yLabel: 'µs per event, pipelined',
    },
    measure: measureJournal,
  },
  {
    name: 'effects',
    unit: 'µs',
    sizes: SIZES_FULL.filter((size) => size >= JOURNAL_MIN),
    chart: {
      title: 'Cost of an effect against the number of those that a world has settled',
      xLabel: 'settled effects; receipts signed in batches',
      yLabel: 'µs per effect, from the event to the durable receipt',
    },
    measure: measureEffects,
  },
]

/** Writes an SVG each to the results folder; each point is a row, too. */
export async function benchScaling(context: BenchContext): Promise<readonly BenchRow[]> {
  const footer = machineLine(context.machine)
  const rows: BenchRow[] = []
  for (const { name, unit, sizes, chart, measure } of SCALINGS) {
    const measured = sizes.filter((size) => context.isFull || size <= (SIZES.at(-1) ?? 0)).map(context.count)
    context.onStep(chart.title)
    const figures = await measure(context, measured)
    const points = measured.map((size, index) => ({
      size,
      row: makeRow({ name: `scaling.${name}_${size}`, unit, rounds: figures[index] ?? [] }),
    }))
    rows.push(...points.map(({ row }) => row))
    const path = join(context.resultsFolder, `${name}.svg`)
    mkdirSync(context.resultsFolder, { recursive: true })
    const drawn = points.map(({ size, row: { value, min, max } }) => ({ x: size, y: value, min, max }))
    writeFileSync(path, drawChart({ ...chart, points: drawn, footer }))
    context.onFile(path)
  }
  return rows
}

/** One world that grows; events go to `busyMax` of its cells at most. */
async function measureCells(
  { root, rounds, count }: BenchContext,
  { sizes, busyMax, events }: { readonly sizes: readonly number[]; readonly busyMax: number; readonly events: number },
): Promise<readonly (readonly number[])[]> {
  const bench = await makeCellWorld(root)
  try {
    const host = await openWorld(bench.folder, { environment: bench.environment })
    const deposits = new Deposits(host)
    const random = new Random(SEED)
    const figures: (readonly number[])[] = []
    let cells = 0
    for (const size of sizes) {
      await fillCells(host, cells, size)
      cells = size
      const pick = makePicker(random, cells, busyMax)
      figures.push(await runRounds(rounds(ROUNDS), () => pump(host, count(events), () => deposits.into(pick()))))
    }
    await host.close()
    return figures
  } finally {
    bench.remove()
  }
}

/** One world that grows between openings; each entry has a cell of its own. */
async function measureOpening(
  { root, rounds }: BenchContext,
  sizes: readonly number[],
): Promise<readonly (readonly number[])[]> {
  const bench = await makeCellWorld(root)
  try {
    const figures: (readonly number[])[] = []
    for (const size of sizes) {
      const host = await openWorld(bench.folder, { environment: bench.environment })
      const entries = (host.kernel.head?.height ?? 0) + 1
      await fillCells(host, entries, size)
      await host.close()
      figures.push(await runRounds(rounds(ROUNDS), () => openingMs(bench)))
    }
    return figures
  } finally {
    bench.remove()
  }
}

/** One world and one cell; the rounds begin where the journal has the length. */
async function measureJournal(
  { root, rounds, count }: BenchContext,
  sizes: readonly number[],
): Promise<readonly (readonly number[])[]> {
  const bench = await makeBenchWorld(root)
  try {
    const { host } = await openBenchWorld(bench, nodeSha256)
    const maker = new EventMaker(host)
    await host.send(maker.start(Number.MAX_SAFE_INTEGER))
    const tick = () => maker.tick()
    const figures: (readonly number[])[] = []
    for (const size of sizes) {
      await pump(host, Math.max(0, size - (host.kernel.head?.height ?? 0) - 1), tick)
      figures.push(
        await runRounds(rounds(ROUNDS), async () => MICROSECONDS / (await pump(host, count(JOURNAL_EVENTS), tick))),
      )
    }
    await host.close()
    return figures
  } finally {
    bench.remove()
  }
}

/** One world; the rounds begin where it has settled so many effects. */
async function measureEffects(
  { rounds, count }: BenchContext,
  sizes: readonly number[],
): Promise<readonly (readonly number[])[]> {
  const world = await openEffectWorld()
  let settled = 0
  const microseconds = async (effects: number): Promise<number> => {
    const rate = await roundTrips(world.host, { what: 'again', signatures: 'batch', effects })
    settled += effects
    return MICROSECONDS / rate
  }
  try {
    const figures: (readonly number[])[] = []
    for (const size of sizes) {
      if (size > settled) await microseconds(size - settled)
      figures.push(await runRounds(rounds(ROUNDS), () => microseconds(count(EFFECTS))))
    }
    return figures
  } finally {
    await world.close()
  }
}
