/** The gate: what a decision among 64 grants and 100 rules costs, with the intent that it lets pass, journaled. */
import type { HostWorld } from '@aos/host'
import { MANY, doing } from './effect-world.ts'
import type { Doing } from './effect-world.ts'
import { makeRow, median, now, percentile, runRounds } from './measure.ts'
import type { BenchRow } from './measure.ts'

const MICROSECONDS_MAX = 10

/** On a world of `openEffectWorld`; the row has stood under `effects` since there were effects. */
export async function gateRow(
  host: HostWorld,
  { rounds, decisions }: { readonly rounds: number; readonly decisions: number },
): Promise<BenchRow> {
  const figures = await runRounds(rounds, () => decide(host, decisions))
  return makeRow({ name: 'effects.decision_p50', unit: 'µs', rounds: figures }, { atMost: MICROSECONDS_MAX })
}

/** Microseconds of a decision and its intent, journaled: a turn that asks for many, less one that asks for none. */
async function decide(host: HostWorld, decisions: number): Promise<number> {
  const many = await turns(host, 'many', decisions)
  const none = await turns(host, 'none', decisions)
  return ((percentile(many, 0.5) - median(none)) / MANY) * 1000
}

/** Milliseconds of each turn. */
async function turns(host: HostWorld, what: Doing, decisions: number): Promise<readonly number[]> {
  const times: number[] = []
  for (let n = 0; n < decisions; n += 1) {
    const started = now()
    const result = host.submit(doing(what, n))
    times.push(now() - started)
    if (result.kind !== 'accepted') throw new Error(`an event was ${result.kind}`)
    for (const { intent } of result.effects.changed) throw new Error(`the intent ${intent} was changed`)
    if (n % 64 === 0) await host.read(() => undefined)
  }
  return times
}
