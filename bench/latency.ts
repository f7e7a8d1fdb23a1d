/** One event at a time, each waited for, beside one durable write of a page in the same run. */
import { nodeSha256 } from '@aos/host'
import { EventMaker, makeBenchWorld, openBenchWorld } from './counter-world.ts'
import { measureDurableWrites } from './disk-limit.ts'
import { makeRow, now, percentile, runRounds } from './measure.ts'
import type { BenchRow } from './measure.ts'
import type { BenchContext } from './run.ts'

const ROUNDS = 5
const EVENTS = 400

export async function benchLatency({ root, rounds, count }: BenchContext): Promise<readonly BenchRow[]> {
  const bench = await makeBenchWorld(root)
  const eventCount = count(EVENTS)
  try {
    const { host } = await openBenchWorld(bench, nodeSha256)
    const maker = new EventMaker(host)
    await host.send(maker.start(Number.MAX_SAFE_INTEGER))
    const ratios: number[] = []
    const writes: number[] = []
    const events = await runRounds(rounds(ROUNDS), async () => {
      const write = percentile(await measureDurableWrites(bench.scratch, eventCount), 0.5)
      const times: number[] = []
      for (let sent = 0; sent < eventCount; sent += 1) {
        const started = now()
        await host.send(maker.tick())
        times.push(now() - started)
      }
      const event = percentile(times, 0.5)
      writes.push(write)
      ratios.push(event / write)
      return event
    })
    await host.close()
    return [
      makeRow({ name: 'latency.durable_write_p50', unit: 'ms', rounds: writes.slice(1) }),
      makeRow({ name: 'latency.event_p50', unit: 'ms', rounds: events }),
      makeRow({ name: 'latency.event_to_write', unit: 'ratio', rounds: ratios.slice(1) }, { atMost: 2 }),
    ]
  } finally {
    bench.remove()
  }
}
