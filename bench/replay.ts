/** Everything derived again from the journal and compared, beside how fast the same events went in. */
import { nodeSha256, replayJournal } from '@aos/host'
import { EventMaker, makeBenchWorld, openBenchWorld } from './counter-world.ts'
import { makeRow, median, now, runRounds } from './measure.ts'
import type { BenchRow } from './measure.ts'
import { pump } from './pump.ts'
import type { BenchContext } from './run.ts'

const ROUNDS = 5
const LIVE_ROUNDS = 2
const EVENTS = 60_000

export async function benchReplay({ root, rounds }: BenchContext): Promise<readonly BenchRow[]> {
  const bench = await makeBenchWorld(root)
  try {
    const { opened, host } = await openBenchWorld(bench, nodeSha256)
    const maker = new EventMaker(host)
    await host.send(maker.start(Number.MAX_SAFE_INTEGER))
    const live = await runRounds(LIVE_ROUNDS, () => pump(host, EVENTS, () => maker.tick()))
    const replay = (verify: boolean) => (): number => {
      const started = now()
      const report = replayJournal(opened, { to: undefined, verify, onProgress: () => undefined })
      if (!report.ok) throw new Error('the replay differs')
      return report.entries / ((now() - started) / 1000)
    }
    const verified = await runRounds(rounds(ROUNDS), replay(true))
    const plain = await runRounds(rounds(ROUNDS), replay(false))
    await host.close()
    const ofLive = verified.map((rate) => rate / median(live))
    return [
      makeRow({ name: 'replay.verified', unit: 'events/s', rounds: verified }, { atLeast: 150_000 }),
      makeRow({ name: 'replay.plain', unit: 'events/s', rounds: plain }),
      makeRow({ name: 'replay.verified_to_live', unit: 'ratio', rounds: ofLive }, { atLeast: 1 }),
    ]
  } finally {
    bench.remove()
  }
}
