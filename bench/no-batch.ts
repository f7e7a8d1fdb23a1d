/**
 * Every event alone in its group: sent, written, synced and answered before the next. No bar; it is what a caller gets that
 * waits, and the honest neighbour of the pipelined figure.
 */
import { nodeSha256 } from '@aos/host'
import { nodeDisk, openWorldStore } from '@aos/store'
import { EventMaker, makeBenchWorld, openBenchWorld } from './counter-world.ts'
import { makeRow, ratios, runPairs } from './measure.ts'
import type { BenchRow } from './measure.ts'
import { pump, sendEach } from './pump.ts'
import type { BenchContext } from './run.ts'
import { makeCountingDisk } from './watched-disk.ts'

const ROUNDS = 5
const EVENTS_ALONE = 2000
const EVENTS_PIPELINED = 20_000

export async function benchNoBatch({ root, rounds, count }: BenchContext): Promise<readonly BenchRow[]> {
  const bench = await makeBenchWorld(root)
  const eventsAlone = count(EVENTS_ALONE)
  try {
    const disk = makeCountingDisk(nodeDisk)
    const { host } = await openBenchWorld(bench, nodeSha256, await openWorldStore(bench.folder.store, { disk }))
    const maker = new EventMaker(host)
    await host.send(maker.start(Number.MAX_SAFE_INTEGER))
    const writes: number[] = []
    const pairs = await runPairs(
      rounds(ROUNDS),
      async () => {
        const before = disk.durableWrites()
        const rate = await sendEach(host, eventsAlone, () => maker.tick())
        writes.push((disk.durableWrites() - before) / eventsAlone)
        return rate
      },
      () => pump(host, count(EVENTS_PIPELINED), () => maker.tick()),
    )
    await host.close()
    const note = 'one event in a group, each awaited before the next is sent'
    return [
      makeRow({ name: 'no_batch.durable', unit: 'events/s', rounds: pairs.left, note }),
      makeRow({ name: 'no_batch.to_pipelined', unit: 'ratio', rounds: ratios(pairs.left, pairs.right) }),
      makeRow({ name: 'no_batch.durable_writes_per_event', unit: 'writes', rounds: writes.slice(1) }),
    ]
  } finally {
    bench.remove()
  }
}
