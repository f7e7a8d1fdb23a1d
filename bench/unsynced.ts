/**
 * What syncing costs: the same events with and without it, by turns, pipelined and each alone. What is not synced is not
 * durable, so these figures have no bar.
 */
import { nodeSha256 } from '@aos/host'
import type { HostWorld } from '@aos/host'
import { nodeDisk, openWorldStore } from '@aos/store'
import type { Disk } from '@aos/store'
import { EventMaker, makeBenchWorld, openBenchWorld } from './counter-world.ts'
import type { BenchWorld } from './counter-world.ts'
import { makeRow, ratios, runPairs } from './measure.ts'
import type { BenchRow } from './measure.ts'
import { pump, sendEach } from './pump.ts'
import type { BenchContext } from './run.ts'
import { makeUnsyncedDisk } from './watched-disk.ts'

const ROUNDS = 5
const EVENTS_PIPELINED = 40_000
const EVENTS_ALONE = 2000

interface Lane {
  readonly host: HostWorld
  readonly pipelined: () => Promise<number>
  readonly alone: () => Promise<number>
}

export async function benchUnsynced({ root, rounds, count }: BenchContext): Promise<readonly BenchRow[]> {
  const worlds = [await makeBenchWorld(root), await makeBenchWorld(root)] as const
  try {
    const unsynced = await openLane(worlds[0], makeUnsyncedDisk(nodeDisk), count)
    const durable = await openLane(worlds[1], nodeDisk, count)
    const pipelined = await runPairs(rounds(ROUNDS), unsynced.pipelined, durable.pipelined)
    const alone = await runPairs(rounds(ROUNDS), unsynced.alone, durable.alone)
    await unsynced.host.close()
    await durable.host.close()
    const note = 'NOT DURABLE: nothing was synced, and a power failure loses what was acknowledged'
    return [
      makeRow({ name: 'unsynced.not_durable', unit: 'events/s', rounds: pipelined.left, note }),
      makeRow({ name: 'unsynced.to_durable', unit: 'ratio', rounds: ratios(pipelined.left, pipelined.right), note }),
      makeRow({ name: 'unsynced.no_batch_not_durable', unit: 'events/s', rounds: alone.left, note }),
      makeRow({ name: 'unsynced.no_batch_to_durable', unit: 'ratio', rounds: ratios(alone.left, alone.right), note }),
    ]
  } finally {
    for (const world of worlds) world.remove()
  }
}

async function openLane(bench: BenchWorld, disk: Disk, count: BenchContext['count']): Promise<Lane> {
  const { host } = await openBenchWorld(bench, nodeSha256, await openWorldStore(bench.folder.store, { disk }))
  const maker = new EventMaker(host)
  await host.send(maker.start(Number.MAX_SAFE_INTEGER))
  const tick = () => maker.tick()
  return {
    host,
    pipelined: () => pump(host, count(EVENTS_PIPELINED), tick),
    alone: () => sendEach(host, count(EVENTS_ALONE), tick),
  }
}
