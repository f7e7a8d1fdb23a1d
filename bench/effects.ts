/** Effects: asked for, performed by an adapter that answers at once, settled by signed receipts. */
import { EventPipeline, createEffectsHost } from '@aos/host'
import type { EffectsHostOptions, HostWorld } from '@aos/host'
import { doing, openEffectWorld } from './effect-world.ts'
import { gateRow } from './gate.ts'
import { makeRow, now, runRounds } from './measure.ts'
import type { BenchRow } from './measure.ts'
import type { BenchContext } from './run.ts'

const ROUNDS = 3
const EFFECTS = 4000
/** When sizes are those of the bars: so many that each round has checkpoints of its own. */
const EFFECTS_FULL = 20_000
const DECISIONS = 400
const QUIET_MS = 120_000

export async function benchEffects({ rounds, isFull, count }: BenchContext): Promise<readonly BenchRow[]> {
  const world = await openEffectWorld()
  const trips = (what: Trip['what'], signatures: Trip['signatures']): Promise<number> =>
    roundTrips(world.host, { what, signatures, effects: count(isFull ? EFFECTS_FULL : EFFECTS) })
  try {
    const gate = await gateRow(world.host, { rounds: rounds(ROUNDS), decisions: count(DECISIONS) })
    const each = await runRounds(rounds(ROUNDS), () => trips('again', 'each'))
    const batch = await runRounds(rounds(ROUNDS), () => trips('again', 'batch'))
    const marked = await runRounds(rounds(ROUNDS), () => trips('once', 'batch'))
    return [
      gate,
      makeRow({ name: 'effects.signed_each', unit: 'effects/s', rounds: each }, { atLeast: 5000 }),
      makeRow({ name: 'effects.signed_in_batches', unit: 'effects/s', rounds: batch }, { atLeast: 20_000 }),
      makeRow({ name: 'effects.marked_and_synced', unit: 'effects/s', rounds: marked }),
    ]
  } finally {
    await world.close()
  }
}

/** So many effects, one after the other. */
export interface Trip {
  readonly what: 'again' | 'once'
  readonly signatures: NonNullable<EffectsHostOptions['signatures']>
  readonly effects: number
}

/** Effects per second, from the first event to the last durable receipt. */
export async function roundTrips(host: HostWorld, { what, signatures, effects: asked }: Trip): Promise<number> {
  const payload = { answer: 'at once' }
  const effects = createEffectsHost(host, {
    environment: {},
    signatures,
    adapters: [
      {
        id: 'bench',
        kinds: ['bench.again', 'bench.once'],
        perform: () => Promise.resolve({ status: 'ok', payload, cost: new Map([['calls', 1]]) }),
        close: () => Promise.resolve(),
      },
    ],
  })
  await effects.start()
  if ((await effects.quiet({ timeoutMs: QUIET_MS })) !== 'quiet') throw new Error('what was left is still under way')
  const before = effects.counters.receipts
  const pipeline = new EventPipeline<undefined>(host, () => undefined)
  const started = now()
  for (let n = 0; n < asked; n += 1) {
    pipeline.push(doing(what, n), undefined)
    const room = pipeline.room()
    if (room !== undefined) await room
  }
  await pipeline.end()
  const ended = await effects.quiet({ timeoutMs: QUIET_MS })
  const seconds = (now() - started) / 1000
  const settled = effects.counters.receipts - before
  await effects.stop()
  if (ended !== 'quiet' || settled !== asked) throw new Error(`${settled} of ${asked} effects were settled`)
  return asked / seconds
}
