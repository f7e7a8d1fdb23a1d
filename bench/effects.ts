/** Effects: asked for behind many grants and rules, performed by an adapter that answers at once, settled by signed receipts. */
import { EventPipeline, createEffectsHost } from '@aos/host'
import type { EffectsHostOptions, HostWorld } from '@aos/host'
import { MANY, doing, openEffectWorld } from './effect-world.ts'
import type { Doing } from './effect-world.ts'
import { makeRow, median, now, percentile, runRounds } from './measure.ts'
import type { BenchRow } from './measure.ts'

const ROUNDS = 3
const EFFECTS = 4000
const DECISIONS = 400
const QUIET_MS = 120_000

export async function benchEffects(): Promise<readonly BenchRow[]> {
  const world = await openEffectWorld()
  try {
    const gate = await runRounds(ROUNDS, () => decide(world.host))
    const each = await runRounds(ROUNDS, () => roundTrips(world.host, 'again', 'each'))
    const batch = await runRounds(ROUNDS, () => roundTrips(world.host, 'again', 'batch'))
    const marked = await runRounds(ROUNDS, () => roundTrips(world.host, 'once', 'batch'))
    return [
      makeRow({ name: 'effects.decision_p50', unit: 'µs', rounds: gate }, { atMost: 10 }),
      makeRow({ name: 'effects.signed_each', unit: 'effects/s', rounds: each }, { atLeast: 5000 }),
      makeRow({ name: 'effects.signed_in_batches', unit: 'effects/s', rounds: batch }, { atLeast: 20_000 }),
      makeRow({ name: 'effects.marked_and_synced', unit: 'effects/s', rounds: marked }),
    ]
  } finally {
    await world.close()
  }
}

/** Microseconds of a decision and its intent, journaled: a turn that asks for many, less one that asks for none. */
async function decide(host: HostWorld): Promise<number> {
  const many = await turns(host, 'many')
  const none = await turns(host, 'none')
  return ((percentile(many, 0.5) - median(none)) / MANY) * 1000
}

/** Milliseconds of each turn. */
async function turns(host: HostWorld, what: Doing): Promise<readonly number[]> {
  const times: number[] = []
  for (let n = 0; n < DECISIONS; n += 1) {
    const started = now()
    const result = host.submit(doing(what, n))
    times.push(now() - started)
    if (result.kind !== 'accepted') throw new Error(`an event was ${result.kind}`)
    for (const { intent } of result.effects.changed) throw new Error(`the intent ${intent} was changed`)
    if (n % 64 === 0) await host.read(() => undefined)
  }
  return times
}

/** Effects per second, from the first event to the last durable receipt. */
async function roundTrips(
  host: HostWorld,
  what: 'again' | 'once',
  signatures: NonNullable<EffectsHostOptions['signatures']>,
): Promise<number> {
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
  for (let n = 0; n < EFFECTS; n += 1) {
    pipeline.push(doing(what, n), undefined)
    const room = pipeline.room()
    if (room !== undefined) await room
  }
  await pipeline.end()
  const ended = await effects.quiet({ timeoutMs: QUIET_MS })
  const seconds = (now() - started) / 1000
  const settled = effects.counters.receipts - before
  await effects.stop()
  if (ended !== 'quiet' || settled !== EFFECTS) throw new Error(`${settled} of ${EFFECTS} effects were settled`)
  return EFFECTS / seconds
}
