import { describe, expect, test } from 'vitest'
import { decodeForeign } from '@aos/cbor'
import { decodeEntry } from '../src/index.ts'
import { accepted, refusal } from './_effects.ts'
import { GovernanceBench } from './_governance.ts'
import { asMap } from './_util.ts'
import type { Script } from './_util.ts'

interface Parts {
  /** Fields of the events that plans raise and await. */
  readonly done?: object
  readonly paid?: object
  readonly ask?: object
  readonly grants?: readonly object[]
  readonly rules?: readonly object[]
  readonly migrations?: readonly object[]
  readonly modules?: readonly object[]
  readonly plan?: object
  readonly state?: object
}

const GRANT = { name: 'asking', cap: 'demo/cap@1', params: { record: {} } }
const LEDGER: Script = ({ state, value }) => {
  const seen = state === undefined ? 0 : Number(asMap(state).get('seen'))
  return { state: { seen: seen + 1 }, events: [], effects: [], ...(value === null ? {} : {}) }
}
const PLAN = {
  $kind: 'defplan',
  name: 'demo/order_plan@1',
  input: 'demo/Order@1',
  steps: [
    { id: 'ask', op: 'emit_effect', kind: 'demo.ask', params: { record: { id: { ref: '@plan.input.id' } } }, cap: 'asking', bind: { effect_id_as: 'asked' } }, // prettier-ignore
    { id: 'got', op: 'await_receipt', for: { ref: '@var:asked' }, bind: { as: 'answer' } },
    { id: 'paid', op: 'await_event', event: 'demo/Paid@1', where: { op: 'eq', args: [{ ref: '@event.id' }, { ref: '@plan.input.id' }] }, bind: { as: 'paid' } }, // prettier-ignore
    { id: 'tell', op: 'raise_event', event: 'demo/Done@1', value: { record: { id: { ref: '@plan.input.id' }, code: { ref: '@var:answer.code' } } } }, // prettier-ignore
    { id: 'end', op: 'end' },
  ],
  edges: [{ from: 'ask', to: 'got' }, { from: 'got', to: 'paid' }, { from: 'paid', to: 'tell' }, { from: 'tell', to: 'end' }], // prettier-ignore
}

const schema = (name: string, record: object): object => ({ $kind: 'defschema', name, type: { record } })
const pure = (name: string, from: string, to: string): object => ({ $kind: 'defmodule', name, module_kind: 'pure', wasm_hash: '', abi: { pure: { input: from, output: to } } }) // prettier-ignore

function world(parts: Parts = {}): readonly object[] {
  const modules = parts.modules ?? []
  return [
    schema('demo/Order@1', { id: 'text' }),
    schema('demo/Ask@1', parts.ask ?? { id: 'text' }),
    schema('demo/Answer@1', { code: 'int' }),
    schema('demo/Done@1', parts.done ?? { id: 'text', code: 'int' }),
    schema('demo/Paid@1', parts.paid ?? { id: 'text' }),
    schema('demo/Seen@1', parts.state ?? { seen: 'int' }),
    { $kind: 'defeffect', name: 'demo/ask@1', kind: 'demo.ask', params_schema: 'demo/Ask@1', receipt_schema: 'demo/Answer@1', cap_type: 'demo', origin_scope: 'both' }, // prettier-ignore
    { $kind: 'defcap', name: 'demo/cap@1', cap_type: 'demo', schema: { record: {} } },
    { $kind: 'defpolicy', name: 'demo/policy@1', rules: parts.rules ?? [{ when: {}, decision: 'allow' }] },
    { $kind: 'defmodule', name: 'demo/ledger@1', module_kind: 'reducer', wasm_hash: '', key_schema: 'demo/Id@1', abi: { reducer: { state: 'demo/Seen@1', event: 'demo/Done@1', effects_emitted: [], cap_slots: {} } } }, // prettier-ignore
    { $kind: 'defschema', name: 'demo/Id@1', type: 'text' },
    parts.plan ?? PLAN,
    ...modules,
    {
      $kind: 'manifest',
      air_version: '1',
      schemas: [
        'demo/Order@1',
        'demo/Ask@1',
        'demo/Answer@1',
        'demo/Done@1',
        'demo/Paid@1',
        'demo/Seen@1',
        'demo/Id@1',
      ],
      modules: ['demo/ledger@1', ...modules.map((module) => (module as { readonly name: string }).name)],
      plans: ['demo/order_plan@1'],
      effects: ['demo/ask@1'],
      caps: ['demo/cap@1'],
      policies: ['demo/policy@1'],
      defaults: { policy: 'demo/policy@1', cap_grants: parts.grants ?? [GRANT] },
      triggers: [{ event: 'demo/Order@1', plan: 'demo/order_plan@1' }],
      routing: { events: [{ event: 'demo/Done@1', reducer: 'demo/ledger@1', key_field: 'id' }] },
      ...(parts.migrations === undefined ? {} : { migrations: parts.migrations }),
    },
  ]
}

function started(parts: Parts = {}): GovernanceBench {
  const bench = new GovernanceBench()
  bench.push(world(parts), { 'demo/ledger@1': LEDGER })
  return bench
}

const order = (bench: GovernanceBench, id: string): ReturnType<typeof accepted> => accepted(bench.event('demo/Order@1', { id })) // prettier-ignore
const codes = ({ effects }: ReturnType<typeof accepted>): readonly (string | undefined)[] => effects.ended.map(({ code }) => code) // prettier-ignore
const WITHOUT = { grants: [], plan: { ...PLAN, steps: PLAN.steps.slice(4), edges: [] } }

describe('what is in flight when a change comes into force', () => {
  test('goes on by its own definitions: nothing is lost, nothing done twice', () => {
    const bench = started()
    for (let at = 0; at < 500; at += 1) order(bench, `a${at}`)
    const waiting = bench.intents()
    expect(waiting.length).toBe(500)
    for (const intent of waiting.slice(0, 300)) accepted(bench.receipt(intent, { code: 1 }))
    expect(bench.intents().length).toBe(200)
    const change = bench.change(world({ plan: { ...PLAN, steps: PLAN.steps.slice(4), edges: [] } }))
    expect([change.effects.settled, change.effects.changed, change.effects.ended]).toEqual([[], [], []])
    for (const intent of bench.intents()) accepted(bench.receipt(intent, { code: 2 }))
    const told: string[] = []
    for (let at = 0; at < 500; at += 1) {
      const result = accepted(bench.event('demo/Paid@1', { id: `a${at}` }))
      expect(codes(result)).toEqual([undefined])
      told.push(...result.raised.map(({ schema: name }) => name))
    }
    expect(told.length).toBe(500)
    expect([bench.intents(), [...bench.world.listInstances()]]).toEqual([[], []])
    expect(bench.state('demo/ledger@1', 'a499')).toEqual(new Map([['seen', 1]]))
    bench.checkReplay()
  })

  test('has no power that was taken away: those that still need it end with `cap.revoked`', () => {
    const bench = started()
    for (let at = 0; at < 60; at += 1) order(bench, `a${at}`)
    const intents = bench.intents()
    for (const intent of intents.slice(0, 20)) accepted(bench.receipt(intent, { code: 1 }))
    const inFlight = intents.slice(20, 30).map(({ hash }) => hash)
    const change = bench.change(world(WITHOUT), { inFlight })
    // Open ones that nobody had begun to perform are denied in the entry of the change, and their plans end.
    expect(change.effects.settled.map(({ status, code }) => [status, code])).toEqual(Array.from({ length: 30 }, () => ['denied', 'cap.revoked'])) // prettier-ignore
    expect(codes(change)).toEqual(Array.from({ length: 30 }, () => 'cap.revoked'))
    expect(bench.intents().map(({ hash }) => hash)).toEqual(inFlight)
    // What was in flight counts when it comes; what waits for events goes on.
    for (const intent of bench.intents()) accepted(bench.receipt(intent, { code: 2 }))
    for (let at = 0; at < 30; at += 1) expect(codes(accepted(bench.event('demo/Paid@1', { id: `a${at}` })))).toEqual([undefined]) // prettier-ignore
    expect([...bench.world.listInstances()]).toEqual([])
    bench.checkReplay()
  })

  test('that is pushed by an owner is judged again when the host says what is in flight', () => {
    const bench = started()
    order(bench, 'a')
    order(bench, 'b')
    const [first] = bench.intents()
    bench.push(world(WITHOUT))
    expect(bench.world.needsReview).toBe(true)
    expect(bench.intents().length).toBe(2)
    const review = accepted(bench.command({ op: 'review', inFlight: first === undefined ? [] : [first.hash] }, null))
    expect(codes(review)).toEqual(['cap.revoked'])
    expect(bench.world.needsReview).toBe(false)
    expect(bench.intents().map(({ hash }) => hash)).toEqual([first?.hash])
    bench.checkReplay()
  })

  test('waits for an approval when the new policy asks for one', () => {
    const bench = started()
    order(bench, 'a')
    const change = bench.change(world({ rules: [{ when: {}, decision: 'require_approval' }] }))
    expect(change.effects.changed.map(({ change: what }) => what)).toEqual(['parked'])
    const [intent] = bench.intents()
    expect(intent?.status).toBe('parked')
    if (intent !== undefined) accepted(bench.approve(intent))
    expect(bench.intents().map(({ status }) => status)).toEqual(['open'])
    bench.checkReplay()
  })
})

describe('schemas of what is in flight', () => {
  const refused = (parts: Parts): string => {
    const bench = started()
    order(bench, 'a')
    return refusal(bench.propose(world(parts)))
  }

  test('that it can still await take only what it knows', () => {
    expect(refused({ paid: { id: 'text', by: 'text' } })).toBe('gov.live_schema')
    expect(refused({ paid: { id: 'nat' }, plan: { ...PLAN, steps: PLAN.steps.slice(4), edges: [] } })).toBe('gov.live_schema') // prettier-ignore
  })

  test('that it can still raise take what it says, or an upcaster leads there', () => {
    const done = { id: 'text', code: 'int', note: 'text' }
    const plan = { ...PLAN, steps: PLAN.steps.slice(4), edges: [] }
    expect(refused({ done, plan })).toBe('gov.live_schema')
    const bench = started()
    order(bench, 'a')
    const [intent] = bench.intents()
    if (intent !== undefined) accepted(bench.receipt(intent, { code: 7 }))
    bench.scripts.set('demo/up_done@1', ({ input }) => ({ output: { ...Object.fromEntries(asMap(input)), note: 'before' } })) // prettier-ignore
    const modules = [pure('demo/up_done@1', 'demo/Done@1', 'demo/Done@1')]
    bench.change(world({ done, plan, modules, migrations: [{ event: 'demo/Done@1', module: 'demo/up_done@1' }] }))
    const { raised, height } = accepted(bench.event('demo/Paid@1', { id: 'a' }))
    expect(raised.length).toBe(1)
    const item = decodeEntry(bench.entries[height] ?? new Uint8Array(0)).derived.find(({ fields }) => fields.get(0) === 1) // prettier-ignore
    expect(decodeForeign(item?.value ?? new Uint8Array(0))).toEqual(new Map<string, unknown>([['id', 'a'], ['code', 7], ['note', 'before']])) // prettier-ignore
    bench.checkReplay()
  })

  test('of parameters that it can still ask with', () => {
    const plan = { ...PLAN, steps: PLAN.steps.slice(4), edges: [] }
    const late = { ...PLAN, steps: [{ id: 'wait', op: 'await_event', event: 'demo/Paid@1', bind: { as: 'p' } }, ...PLAN.steps], edges: [{ from: 'wait', to: 'ask' }, ...PLAN.edges] } // prettier-ignore
    const bench = started({ plan: late })
    order(bench, 'a')
    expect(refusal(bench.propose(world({ ask: { id: 'text', why: 'text' }, plan })))).toBe('gov.live_schema')
    // Nobody is left who would.
    accepted(bench.submit({ kind: 'cancel', principal: 'local:test', instance: [...bench.world.listInstances()][0]?.id ?? '' })) // prettier-ignore
    expect(refusal(bench.propose(world({ ask: { id: 'text', why: 'text' }, plan })))).toBe('accepted')
  })
})
