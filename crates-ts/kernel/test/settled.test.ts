import { describe, expect, test } from 'vitest'
import { decodeSnapshot } from '../src/snapshot/snapshot-record.ts'
import type { IntentReport, KernelSemantics, World } from '../src/index.ts'
import { Checkpoints } from './_checkpoints.ts'
import { EffectBench, accepted, refusal } from './_effects.ts'
import { order, world } from './_order-world.ts'
import { OWNER_AUTH, engineOf } from './_util.ts'

/** A world of this engine in which orders can be made. */
function benchOf(semantics: KernelSemantics): EffectBench {
  const bench = new EffectBench()
  bench.genesis(semantics)
  bench.key('register', 'demo')
  bench.air(world())
  return bench
}

/** Orders are made and answered; returns their intents. */
function settle(bench: EffectBench, count: number): readonly IntentReport[] {
  const intents: IntentReport[] = []
  for (let at = 0; at < count; at += 1) order(bench, `order ${at}`)
  for (const intent of bench.intents()) {
    intents.push(intent)
    accepted(bench.receipt(intent, { code: 1 }))
  }
  return intents
}

/** Sizes of the two collections in a snapshot of the world as it is. */
function sizes(bench: EffectBench): readonly (number | undefined)[] {
  const root = bench.snapshot()
  const record = decodeSnapshot(bench.content.get(root) ?? new Uint8Array(0))
  return ['settled', 'settled_by_height'].map((name) => record.collections.get(name)?.count)
}

/** What a second receipt is told, in this world and in the same one opened from what is stored. */
function expectSettled(bench: EffectBench, intent: IntentReport, opened: World): void {
  const kept = bench.world
  for (const at of [kept, opened]) {
    bench.world = at
    expect(refusal(bench.receipt(intent, { code: 2 }))).toBe('kernel.intent_settled')
    expect(refusal(bench.receipt(intent, { code: 2 }, { change: { intentHash: new Uint8Array(32) } }))).toBe('kernel.intent_unknown') // prettier-ignore
  }
  bench.world = kept
}

describe('settled intents', () => {
  test('lie by the height of their emission, and a second receipt is told apart from a foreign one', () => {
    const bench = benchOf(4)
    const intents = settle(bench, 80)
    const root = bench.snapshot()
    const opened = bench.openFrom(root)
    for (const intent of intents.slice(0, 3)) expectSettled(bench, intent, opened)
    const [first] = intents
    if (first === undefined) throw new Error('no intent')
    const elsewhere = bench.receipt(first, { code: 2 }, { change: { height: first.height + 1 } })
    expect(refusal(elsewhere)).toBe('kernel.intent_unknown')
    expect(sizes(bench)).toEqual([undefined, 80])
    bench.checkReplay()
  })

  test('of an older engine lie by hash, and stay there when the engine changes', () => {
    const bench = benchOf(3)
    const old = settle(bench, 50)
    expect(sizes(bench)).toEqual([50, undefined])
    accepted(bench.submit({ kind: 'engine', principal: 'local:me', engine: engineOf(bench), auth: OWNER_AUTH }))
    const young = settle(bench, 40)
    const root = bench.snapshot()
    const opened = bench.openFrom(root)
    for (const intent of [old[0], old.at(-1), young[0], young.at(-1)]) {
      if (intent === undefined) throw new Error('no intent')
      expectSettled(bench, intent, opened)
    }
    expect(sizes(bench)).toEqual([50, 40])
    bench.checkReplay()
  })

  test('are changes of checkpoints like all others', () => {
    const bench = benchOf(3)
    const checkpoints = new Checkpoints(bench)
    const old = settle(bench, 5)
    checkpoints.take()()
    accepted(bench.submit({ kind: 'engine', principal: 'local:me', engine: engineOf(bench), auth: OWNER_AUTH }))
    const young = settle(bench, 5)
    checkpoints.take()()
    const last = settle(bench, 1)
    for (const intent of [...old, ...young, ...last]) expectSettled(bench, intent, checkpoints.open())
  })

  test('add few nodes to an old world', () => {
    const nodesOf = (bench: EffectBench, semantics: string): number => {
      settle(bench, 600)
      bench.snapshot()
      settle(bench, 60)
      accepted(bench.submit({ kind: 'snapshot_cut', principal: 'host:snapshot' }))
      const made = bench.world.sliceSnapshot(Number.POSITIVE_INFINITY).length
      expect(made, semantics).toBeGreaterThan(0)
      return made
    }
    const byHash = nodesOf(benchOf(3), '3')
    const byHeight = nodesOf(benchOf(4), '4')
    expect(byHeight).toBeLessThan(byHash / 2)
  })
})
