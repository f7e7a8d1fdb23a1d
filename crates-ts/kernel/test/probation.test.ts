import { describe, expect, test } from 'vitest'
import type { Patch } from '@aos/air'
import { accepted, refusal } from './_effects.ts'
import { GovernanceBench } from './_governance.ts'
import { asMap } from './_util.ts'
import type { Script } from './_util.ts'

const GOOD: Script = ({ state, value }) => {
  const n = state === undefined ? 0 : Number(asMap(state).get('n'))
  return { state: { n: n + Number(asMap(value).get('by')) } }
}
const BAD: Script = () => ({ outcome: 'trap' })

function world(wasmHash = '', state: object = { n: 'int' }): readonly object[] {
  return [
    { $kind: 'defschema', name: 'demo/Add@1', type: { record: { by: 'int' } } },
    { $kind: 'defschema', name: 'demo/Count@1', type: { record: state } },
    { $kind: 'defmodule', name: 'demo/good@1', module_kind: 'reducer', wasm_hash: wasmHash, abi: { reducer: { state: 'demo/Count@1', event: 'demo/Add@1', effects_emitted: [], cap_slots: {} } } }, // prettier-ignore
    {
      $kind: 'manifest',
      air_version: '1',
      schemas: ['demo/Add@1', 'demo/Count@1'],
      modules: ['demo/good@1'],
      routing: { events: [{ event: 'demo/Add@1', reducer: 'demo/good@1' }] },
    },
  ]
}

const WINDOW_NS = 60_000_000_000n
/** At most one delivery may fail. */
const AT_MOST_ONE: NonNullable<Patch['probation']> = {
  windowNs: WINDOW_NS,
  invariant: {
    kind: 'operation',
    operator: 'le',
    operands: [
      { kind: 'reference', text: '@world.failed' },
      { kind: 'constant', sort: 'nat', value: 1n },
    ],
  },
}

function started(): { readonly bench: GovernanceBench; readonly bad: readonly object[] } {
  const bench = new GovernanceBench()
  bench.push(world(), { 'demo/good@1': GOOD, 'demo/bad@1': BAD })
  return { bench, bad: world(bench.keep(new TextEncoder().encode('demo/bad@1'))) }
}

const add = (bench: GovernanceBench): ReturnType<typeof accepted> => accepted(bench.event('demo/Add@1', { by: 1 }))

describe('a change on probation', () => {
  test('is taken back in the entry in which its invariant fails', () => {
    const { bench, bad } = started()
    add(bench)
    const before = bench.world.manifestHash
    bench.change(bad, { patch: { probation: AT_MOST_ONE } })
    expect(bench.world.probation?.proposal).toBe(1)
    expect(add(bench).governance).toEqual([])
    const second = add(bench)
    expect(second.governance).toMatchObject([{ proposal: 1, change: 'reverted', hash: before }])
    expect(bench.world.manifestHash).toBe(before)
    expect(bench.world.manifestHeight).toBe(second.height)
    expect([bench.world.probation, bench.proposal(1).status]).toEqual([undefined, 'reverted'])
    add(bench)
    expect(bench.state('demo/good@1')).toEqual(new Map([['n', 2]]))
    bench.checkReplay()
  })

  test('is kept when its time is over, and counts across a snapshot', () => {
    const { bench, bad } = started()
    bench.change(bad, { patch: { probation: AT_MOST_ONE } })
    add(bench)
    bench.world = bench.openFrom(bench.snapshot())
    expect(bench.world.probation?.counts).toEqual([3, 1, 1, 0, 0, 0, 0])
    bench.skip(WINDOW_NS)
    expect(add(bench).governance).toMatchObject([{ proposal: 1, change: 'kept' }])
    expect(add(bench).governance).toEqual([])
    expect(bench.world.probation).toBeUndefined()
    bench.checkReplay()
  })

  test('gives way to what comes into force after it', () => {
    const { bench, bad } = started()
    bench.change(bad, { patch: { probation: AT_MOST_ONE } })
    bench.change(world())
    expect(bench.world.probation).toBeUndefined()
    add(bench)
    bench.checkReplay()
  })

  test('needs a way back, and an invariant that can be judged', () => {
    const { bench } = started()
    add(bench)
    const wider = world('', { n: 'int', note: { option: 'text' } })
    expect(refusal(bench.propose(wider, undefined, { probation: AT_MOST_ONE }))).toBe('gov.state_schema')
    const unknown = { ...AT_MOST_ONE, invariant: { kind: 'reference', text: '@world.nonsense' } } as const
    const { bad } = started()
    expect(refusal(bench.propose(bad, undefined, { probation: unknown }))).toBe('gov.bad_patch')
    expect(refusal(bench.propose(bad, undefined, { probation: { ...AT_MOST_ONE, invariant: { kind: 'reference', text: '@now' } } }))).toBe('gov.bad_patch') // prettier-ignore
  })

  test('is over on a fork where another manifest is put in force', () => {
    const { bench, bad } = started()
    bench.change(bad, { patch: { probation: AT_MOST_ONE } })
    const number = bench.proposed(world())
    const fork = bench.replayed(false)
    expect(fork.probation?.proposal).toBe(1)
    fork.force(bench.proposal(number).manifest)
    expect(fork.probation).toBeUndefined()
    expect(bench.world.probation?.proposal).toBe(1)
  })
})
