/** Entries taken apart: every value of the bodies belongs to an item (spec/journal.cddl). */
import { decodeForeign, encodeNode } from '@aos/cbor'
import { expect, test } from 'vitest'
import { decodeEntry } from '../src/index.ts'
import type { DecodedEntry } from '../src/index.ts'
import { EffectBench, accepted } from './_effects.ts'
import { asMap } from './_util.ts'
import type { Script } from './_util.ts'

const schema = (name: string, type: unknown): object => ({ $kind: 'defschema', name, type })

/** A keyed reducer that sets a timer and raises an event, which starts a plan with a result. */
const WORLD = [
  schema('demo/Name@1', 'text'),
  schema('demo/Start@1', { record: { id: 'text', at: 'nat' } }),
  schema('demo/State@1', { record: { id: 'text' } }),
  schema('demo/Event@1', { variant: { Start: 'demo/Start@1', Fired: 'sys/TimerFired@1' } }),
  schema('demo/Told@1', { record: { id: 'text' } }),
  {
    $kind: 'defmodule',
    name: 'demo/Keyed@1',
    module_kind: 'reducer',
    key_schema: 'demo/Name@1',
    abi: { reducer: { state: 'demo/State@1', event: 'demo/Event@1', effects_emitted: ['timer.set'] } },
  },
  {
    $kind: 'defplan',
    name: 'demo/plan@1',
    input: 'demo/Told@1',
    output: 'demo/Name@1',
    steps: [
      { id: 'note', op: 'assign', expr: { ref: '@plan.input.id' }, bind: { as: 'id' } },
      { id: 'end', op: 'end', result: { ref: '@var:id' } },
    ],
    edges: [{ from: 'note', to: 'end' }],
  },
  { $kind: 'defpolicy', name: 'demo/policy@1', rules: [{ when: {}, decision: 'allow' }] },
  {
    $kind: 'manifest',
    air_version: '1',
    schemas: ['demo/Name@1', 'demo/Start@1', 'demo/State@1', 'demo/Event@1', 'demo/Told@1'],
    modules: ['demo/Keyed@1'],
    plans: ['demo/plan@1'],
    effects: ['sys/timer.set@1'],
    policies: ['demo/policy@1'],
    defaults: { policy: 'demo/policy@1', cap_grants: [{ name: 'timers', cap: 'sys/timer@1', params: {} }] },
    triggers: [{ event: 'demo/Told@1', plan: 'demo/plan@1' }],
    routing: { events: [{ event: 'demo/Event@1', reducer: 'demo/Keyed@1', key_field: '$value.id' }] },
  },
]

const keyed: Script = ({ value }) => {
  const event = asMap(value)
  const id = asMap(event.get('$value')).get('id') ?? ''
  if (event.get('$tag') !== 'Start') return { state: { id: 'fired' } }
  return {
    state: { id },
    effects: [{ kind: 'timer.set', params: { deliver_at_ns: 5, key: 'k' } }],
    events: [{ schema: 'demo/Told@1', value: { id } }],
  }
}

/** The n-th item of a type. */
function itemOf(entry: DecodedEntry, type: number): { readonly value: unknown; readonly key: unknown } {
  const found = entry.derived.find(({ fields }) => fields.get(0) === type)
  const read = (bytes: Uint8Array | undefined): unknown => (bytes === undefined ? undefined : decodeForeign(bytes))
  return { value: read(found?.value), key: read(found?.key) }
}

test('values and keys are given to the items that they belong to', () => {
  const bench = new EffectBench()
  bench.air(WORLD, { 'demo/Keyed@1': keyed })
  const sent = accepted(bench.event('demo/Event@1', { $tag: 'Start', $value: { id: 'a', at: 1 } }))
  const entry = decodeEntry(sent.entry)
  expect(entry.bodies?.values[0]).toEqual(encodeNode({ $tag: 'Start', $value: { id: 'a', at: 1 } }))
  expect(itemOf(entry, 0)).toEqual({ value: undefined, key: 'a' })
  expect(itemOf(entry, 1)).toEqual({ value: new Map([['id', 'a']]), key: undefined })
  const params = new Map<string, unknown>([
    ['key', 'k'],
    ['deliver_at_ns', 5],
  ])
  expect(itemOf(entry, 5)).toEqual({ value: params, key: 'a' })
  expect(itemOf(entry, 6)).toEqual({ value: new Map([['Text', 'a']]), key: undefined })
  expect(itemOf(entry, 7)).toEqual({ value: 'a', key: undefined })
  const given = entry.derived.flatMap(({ value, key }) => [value, key]).filter((part) => part !== undefined)
  expect(given.length + 1).toBe(entry.bodies?.values.length)
})
