/** What a person waits for: a process that starts, answers and ends, on a warm disk. */
import { COUNTER_REDUCER, makeBenchWorld } from './counter-world.ts'
import { makeRow, now, runRounds } from './measure.ts'
import type { BenchRow } from './measure.ts'
import type { BenchContext } from './run.ts'

const ROUNDS = 15

export async function benchStart({ root, rounds }: BenchContext): Promise<readonly BenchRow[]> {
  const bench = await makeBenchWorld(root)
  try {
    const time = (args: readonly string[]) => async (): Promise<number> => {
      const started = now()
      await bench.command(args)
      return now() - started
    }
    const version = await runRounds(rounds(ROUNDS), time(['--version']))
    const state = await runRounds(rounds(ROUNDS), time(['state', 'get', COUNTER_REDUCER, '--world', bench.folder.root]))
    return [
      makeRow({ name: 'start.version', unit: 'ms', rounds: version }, { atMost: 120 }),
      makeRow({ name: 'start.state_get', unit: 'ms', rounds: state }, { atMost: 250 }),
    ]
  } finally {
    bench.remove()
  }
}
