/** The gate: what a decision among 64 grants and 100 rules costs, with the intent that it lets pass, journaled. */
import type { HostWorld } from '@aos/host'
import { MANY, doing } from './effect-world.ts'
import type { Doing } from './effect-world.ts'
import { makeRow, median, now, percentile, runRounds } from './measure.ts'
import type { BenchRow } from './measure.ts'

const DECISIONS = 400
const MICROSECONDS_MAX = 10

/** On a world of `openEffectWorld`; the row has stood under `effects` since there were effects. */
export async function gateRow(host: HostWorld, rounds: number): Promise<BenchRow> {
  const decisions = await runRounds(rounds, () => decide(host))
  return makeRow({ name: 'effects.decision_p50', unit: 'µs', rounds: decisions }, { atMost: MICROSECONDS_MAX })
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
