import { describe, expect, test } from 'vitest'
import { decodeForeign } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { decodeEntry } from '../src/index.ts'
import { EffectBench, accepted } from './_effects.ts'

/** A plan asks where the journal is, and says it in an event. */
function world(rule: object): readonly object[] {
  return [
    { $kind: 'defschema', name: 'demo/Ask@1', type: { record: { id: 'text' } } },
    { $kind: 'defschema', name: 'demo/Told@1', type: { record: { id: 'text', height: 'nat', manifest: 'hash' } } },
    { $kind: 'defpolicy', name: 'demo/policy@1', rules: [rule] },
    {
      $kind: 'defplan',
      name: 'demo/ask_plan@1',
      input: 'demo/Ask@1',
      steps: [
        { id: 'ask', op: 'emit_effect', kind: 'introspect.journal_head', params: { record: {} }, cap: 'looking', bind: { effect_id_as: 'asked' } }, // prettier-ignore
        { id: 'got', op: 'await_receipt', for: { ref: '@var:asked' }, bind: { as: 'head' } },
        { id: 'tell', op: 'raise_event', event: 'demo/Told@1', value: { record: { id: { ref: '@plan.input.id' }, height: { ref: '@var:head.meta.journal_height' }, manifest: { ref: '@var:head.meta.manifest_hash' } } } }, // prettier-ignore
        { id: 'end', op: 'end' },
      ],
      edges: [{ from: 'ask', to: 'got' }, { from: 'got', to: 'tell' }, { from: 'tell', to: 'end' }], // prettier-ignore
    },
    {
      $kind: 'manifest',
      air_version: '1',
      schemas: ['demo/Ask@1', 'demo/Told@1'],
      modules: [],
      plans: ['demo/ask_plan@1'],
      effects: ['sys/introspect.journal_head@1'],
      caps: ['sys/query@1'],
      policies: ['demo/policy@1'],
      defaults: { policy: 'demo/policy@1', cap_grants: [{ name: 'looking', cap: 'sys/query@1', params: { record: {} } }] }, // prettier-ignore
      triggers: [{ event: 'demo/Ask@1', plan: 'demo/ask_plan@1' }],
    },
  ]
}

function manifestOf({ world }: EffectBench): Hash {
  if (world.manifestHash === undefined) throw new Error('no manifest')
  return world.manifestHash
}

/** What the event that the plan raised in the entry says. */
function told(bench: EffectBench, height: number): unknown {
  const raised = decodeEntry(bench.entries[height] ?? new Uint8Array(0)).derived.find(
    ({ fields }) => fields.get(0) === 1,
  )
  const value = decodeForeign(raised?.value ?? new Uint8Array(0))
  return value instanceof Map ? Object.fromEntries(value as ReadonlyMap<string, unknown>) : undefined // a record
}

describe('an internal effect', () => {
  test('is performed in the turn that asks for it', () => {
    const bench = new EffectBench()
    bench.air(world({ when: {}, decision: 'allow' }))
    const { height, raised, effects } = accepted(bench.event('demo/Ask@1', { id: 'a' }))
    expect(raised.map(({ schema }) => schema)).toEqual(['demo/Told@1'])
    expect(effects.settled.map(({ status }) => status)).toEqual(['ok'])
    expect(effects.emitted.map(({ adapter }) => adapter)).toEqual(['kernel'])
    expect(effects.ended.map(({ code }) => code)).toEqual([undefined])
    expect(told(bench, height)).toEqual({ id: 'a', height, manifest: manifestOf(bench) })
    expect(bench.intents()).toEqual([])
    bench.checkReplay()
  })

  test('that waits for an approval is performed in the turn that releases it', () => {
    const bench = new EffectBench()
    bench.air(world({ when: {}, decision: 'require_approval' }))
    expect(accepted(bench.event('demo/Ask@1', { id: 'a' })).raised).toEqual([])
    const [parked] = bench.intents()
    if (parked === undefined) throw new Error('nothing waits')
    const { raised, height } = accepted(bench.approve(parked))
    expect(raised.map(({ schema }) => schema)).toEqual(['demo/Told@1'])
    expect(told(bench, height)).toEqual({ id: 'a', height, manifest: manifestOf(bench) })
    bench.checkReplay()
  })

  test('is refused by the gate like any other', () => {
    const bench = new EffectBench()
    bench.air(world({ when: {}, decision: 'deny' }))
    const { effects, raised } = accepted(bench.event('demo/Ask@1', { id: 'a' }))
    expect(effects.decisions.map(({ code }) => code)).toEqual(['policy.denied'])
    expect(raised).toEqual([])
    bench.checkReplay()
  })
})
