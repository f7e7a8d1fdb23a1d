/** Everything derived again from the journal and compared, beside how fast the same events went in. */
import { nodeSha256, replayJournal } from '@aos/host'
import { EventMaker, makeBenchWorld, openBenchWorld } from './counter-world.ts'
import type { BenchWorld, OpenBenchWorld } from './counter-world.ts'
import { makeRow, now, ratios, runPairs, runRounds } from './measure.ts'
import type { BenchRow } from './measure.ts'
import { pump } from './pump.ts'
import type { BenchContext } from './run.ts'

const ROUNDS = 5
const EVENTS = 60_000
/** Of the world that is replayed. */
const HISTORY_EVENTS = 180_000

export async function benchReplay({ root, rounds, count }: BenchContext): Promise<readonly BenchRow[]> {
  const past = await makeBenchWorld(root)
  const present = await makeBenchWorld(root)
  try {
    const history = await openStarted(past)
    const live = await openStarted(present)
    await history.pump(count(HISTORY_EVENTS))
    const replay = (verify: boolean) => (): number => {
      const started = now()
      const report = replayJournal(history.opened, { to: undefined, verify, onProgress: () => undefined })
      if (!report.ok) throw new Error('the replay differs')
      return report.entries / ((now() - started) / 1000)
    }
    const pairs = await runPairs(rounds(ROUNDS), replay(true), () => live.pump(count(EVENTS)))
    const plain = await runRounds(rounds(ROUNDS), replay(false))
    await history.host.close()
    await live.host.close()
    return [
      makeRow({ name: 'replay.verified', unit: 'events/s', rounds: pairs.left }, { atLeast: 150_000 }),
      makeRow({ name: 'replay.plain', unit: 'events/s', rounds: plain }),
      makeRow(
        { name: 'replay.verified_to_live', unit: 'ratio', rounds: ratios(pairs.left, pairs.right) },
        { atLeast: 1 },
      ),
    ]
  } finally {
    past.remove()
    present.remove()
  }
}

interface StartedWorld extends OpenBenchWorld {
  /** Ticks; events a second. */
  readonly pump: (events: number) => Promise<number>
}

async function openStarted(bench: BenchWorld): Promise<StartedWorld> {
  const open = await openBenchWorld(bench, nodeSha256)
  const maker = new EventMaker(open.host)
  await open.host.send(maker.start(Number.MAX_SAFE_INTEGER))
  return { ...open, pump: (events) => pump(open.host, events, () => maker.tick()) }
}
