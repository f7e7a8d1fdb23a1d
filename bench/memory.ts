/** What a process takes that holds one idle world. */
import { setTimeout as sleep } from 'node:timers/promises'
import { makeBenchWorld } from './counter-world.ts'
import { startHostProcess } from './host-process.ts'
import { makeRow } from './measure.ts'
import type { BenchRow } from './measure.ts'
import type { BenchContext } from './run.ts'

const ROUNDS = 3
/** After serving began: a host that is idle gives back in two steps what starting needed for a moment. */
const IDLE_MS = 15_000
const MEGABYTES_MAX = 60
const MEGABYTE = 1_000_000

export async function benchMemory({ root, rounds, pause }: BenchContext): Promise<readonly BenchRow[]> {
  const bench = await makeBenchWorld(root)
  try {
    const idle: number[] = []
    while (idle.length < rounds(ROUNDS)) {
      const host = await startHostProcess(root, bench)
      try {
        await sleep(pause(IDLE_MS))
        idle.push(host.memory() / MEGABYTE)
      } finally {
        await host.stop()
      }
    }
    return [makeRow({ name: 'memory.idle_host', unit: 'MB', rounds: idle }, { atMost: MEGABYTES_MAX })]
  } finally {
    bench.remove()
  }
}
