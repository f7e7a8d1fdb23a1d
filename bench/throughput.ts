/** Many events through one world: pipelined, each durable before its reply, checked, hashed, stepped in isolation. */
import { nodeSha256 } from '@aos/host'
import type { HostWorld } from '@aos/host'
import { CountingSha256, EventMaker, makeBenchWorld, makeKernel, openBenchWorld } from './counter-world.ts'
import type { OpenBenchWorld } from './counter-world.ts'
import { measureDiskLimit } from './disk-limit.ts'
import { makeRow, now, ratios, runPairs, runRounds } from './measure.ts'
import type { BenchRow } from './measure.ts'
import { pump } from './pump.ts'
import type { BenchContext } from './run.ts'

const ROUNDS = 5
const EVENTS = 60_000

export async function benchThroughput({ root, rounds, count }: BenchContext): Promise<readonly BenchRow[]> {
  const bench = await makeBenchWorld(root)
  const events = count(EVENTS)
  try {
    const sha256 = new CountingSha256(nodeSha256)
    const open = await openBenchWorld(bench, sha256)
    const maker = new EventMaker(open.host)
    await open.host.send(maker.start(Number.MAX_SAFE_INTEGER))
    const hashes: number[] = []
    const { left: durable, right: limit } = await runPairs(
      rounds(ROUNDS),
      async () => {
        const before = sha256.count
        const rate = await pump(open.host, events, () => maker.tick())
        hashes.push((sha256.count - before) / events)
        return rate
      },
      () => {
        const entryBytes = entryBytesOf(open)
        return measureDiskLimit({ folder: bench.scratch, sha256: nodeSha256, entryBytes, events })
      },
    )
    const entryBytes = entryBytesOf(open)
    const kernelOnly = await runRounds(rounds(ROUNDS), () => pumpKernel(open, maker, events))
    await open.host.close()
    const share = ratios(durable, limit)
    return [
      makeRow({ name: 'throughput.durable', unit: 'events/s', rounds: durable }, { atLeast: 100_000 }),
      makeRow({ name: 'throughput.limit', unit: 'events/s', rounds: limit }),
      makeRow({ name: 'throughput.share_of_limit', unit: 'ratio', rounds: share }, { atLeast: 0.2 }),
      makeRow({ name: 'throughput.kernel_only', unit: 'events/s', rounds: kernelOnly }),
      makeRow({ name: 'throughput.hashes_per_event', unit: 'hashes', rounds: hashes.slice(1) }),
      makeRow({ name: 'throughput.entry_bytes', unit: 'bytes', rounds: [entryBytes] }),
    ]
  } finally {
    bench.remove()
  }
}

/** The same turns on a second kernel; their entries are dropped. */
function pumpKernel({ opened, host }: OpenBenchWorld, maker: EventMaker, events: number): number {
  const kernel = makeKernel(opened, nodeSha256)
  for (const [record] of firstEntries(host)) kernel.replay(record, { verify: false })
  const entropy = new Uint8Array(16).fill(1)
  const started = now()
  for (let sent = 0; sent < events; sent += 1) {
    const result = kernel.submit(maker.tick(), { nowNs: BigInt(sent), entropy })
    if (result.kind !== 'accepted') throw new Error(`a tick was ${result.kind}`)
  }
  return events / ((now() - started) / 1000)
}

/** Genesis, manifest and the start event. */
function* firstEntries(host: HostWorld): Generator<readonly [Uint8Array]> {
  for (const batch of host.store.journal.read({ from: 0, to: 2 })) for (const record of batch) yield [record.bytes]
}

/** Of the newest entries the one of middle length: a snapshot among them is no event. */
function entryBytesOf({ host }: OpenBenchWorld): number {
  // The kernel is ahead of what can be read.
  const height = host.store.journal.head?.height ?? 0
  const lengths: number[] = []
  for (const batch of host.store.journal.read({ from: Math.max(0, height - 14) }))
    for (const { bytes } of batch) lengths.push(bytes.length)
  return lengths.sort((left, right) => left - right)[Math.floor(lengths.length / 2)] ?? 0
}
