import { describe, expect, test } from 'vitest'
import { encodeNode } from '@aos/cbor'
import { accepted, refusal } from './_effects.ts'
import { GovernanceBench } from './_governance.ts'
import { asMap } from './_util.ts'
import type { Script } from './_util.ts'

const COUNT: Script = ({ state, value }) => {
  const by = Number(asMap(value).get('by'))
  if (by < 0) return { outcome: 'trap' }
  const fields = Object.fromEntries(state === undefined ? [['n', 0]] : asMap(state))
  return { state: { ...fields, n: Number(fields['n']) + by } }
}
/** From {n} to {n, note}. */
const ADD_NOTE: Script = ({ input }) => {
  const n = Number(asMap(input).get('n'))
  return n === 13 ? { outcome: 'trap' } : { output: { n, note: `was ${n}` }, fuel: 7 }
}
/** From {n, note} to {n, note, at}. */
const ADD_AT: Script = ({ input }) => ({ output: { ...Object.fromEntries(asMap(input)), at: 1 } })

interface Parts {
  readonly state?: object
  readonly key?: string
  readonly migrations?: readonly object[]
  readonly isThere?: boolean
}

const MODULES = ['demo/add_note@1', 'demo/add_at@1']

function world(parts: Parts = {}): readonly object[] {
  const isThere = parts.isThere ?? true
  return [
    { $kind: 'defschema', name: 'demo/Add@1', type: { record: { id: parts.key ?? 'text', by: 'int' } } },
    { $kind: 'defschema', name: 'demo/Count@1', type: { record: parts.state ?? { n: 'int' } } },
    { $kind: 'defschema', name: 'demo/Id@1', type: parts.key ?? 'text' },
    ...(isThere ? [{ $kind: 'defmodule', name: 'demo/count@1', module_kind: 'reducer', wasm_hash: '', key_schema: 'demo/Id@1', abi: { reducer: { state: 'demo/Count@1', event: 'demo/Add@1', effects_emitted: [], cap_slots: {} } } }] : []), // prettier-ignore
    ...MODULES.map((name) => ({ $kind: 'defmodule', name, module_kind: 'pure', wasm_hash: '', abi: { pure: { input: 'demo/Count@1', output: 'demo/Count@1' } } })), // prettier-ignore
    {
      $kind: 'manifest',
      air_version: '1',
      schemas: ['demo/Add@1', 'demo/Count@1', 'demo/Id@1'],
      modules: [...(isThere ? ['demo/count@1'] : []), ...MODULES],
      ...(isThere ? { routing: { events: [{ event: 'demo/Add@1', reducer: 'demo/count@1', key_field: 'id' }] } } : {}),
      ...(parts.migrations === undefined ? {} : { migrations: parts.migrations }),
    },
  ]
}

const SCRIPTS = { 'demo/count@1': COUNT, 'demo/add_note@1': ADD_NOTE, 'demo/add_at@1': ADD_AT }
const NOTED: Parts = { state: { n: 'int', note: 'text' }, migrations: [{ reducer: 'demo/count@1', module: 'demo/add_note@1' }] } // prettier-ignore
const DATED: Parts = { state: { n: 'int', note: 'text', at: 'int' }, migrations: [{ reducer: 'demo/count@1', module: 'demo/add_at@1' }] } // prettier-ignore

function started(): GovernanceBench {
  const bench = new GovernanceBench()
  bench.push(world(), SCRIPTS)
  return bench
}

const add = (bench: GovernanceBench, id: string, by: number): ReturnType<typeof accepted> => accepted(bench.event('demo/Add@1', { id, by })) // prettier-ignore
const state = (bench: GovernanceBench, id: string): unknown => {
  const found = bench.state('demo/count@1', id)
  return found === undefined ? undefined : Object.fromEntries(asMap(found))
}

describe('a state schema that changes', () => {
  test('needs a migration when there are states that do not fit', () => {
    const bench = started()
    expect(refusal(bench.propose(world({ state: { n: 'int', note: 'text' } })))).toBe('accepted') // nothing is there
    add(bench, 'a', 1)
    const refused = bench.propose(world({ state: { n: 'int', note: 'text' } }))
    expect(refusal(refused)).toBe('gov.state_schema')
    expect(refused.kind === 'refused' && refused.error.message).toContain('note')
    expect(refused.kind === 'refused' && refused.error.details).toMatchObject({
      fields: [{ path: '$.record.note', change: 'field_added', after: '"text"' }],
    })
    expect(refusal(bench.propose(world({ state: { n: 'nat' } })))).toBe('gov.state_schema')
    expect(refusal(bench.propose(world({ ...NOTED, key: 'nat' })))).toBe('gov.key_schema')
    expect(refusal(bench.propose(world(NOTED)))).toBe('accepted')
  })

  test('brings each cell on when it is first touched, and stays so whatever comes of that', () => {
    const bench = started()
    add(bench, 'a', 1)
    add(bench, 'b', 2)
    add(bench, 'c', 13)
    expect(bench.change(world(NOTED)).migrations).toEqual([])
    // Reads bring on and write nothing.
    expect(state(bench, 'a')).toEqual({ n: 1, note: 'was 1' })
    const before = bench.world.readCell('demo/count@1', encodeNode('b'))
    const first = add(bench, 'a', 5)
    expect(first.migrations).toMatchObject([{ from: 0, to: 1, outcome: 'ok', fuel: 7 }])
    expect(state(bench, 'a')).toEqual({ n: 6, note: 'was 1' })
    expect(add(bench, 'a', 1).migrations).toEqual([])
    // The delivery fails, the state stays brought on.
    const failing = add(bench, 'b', -1)
    expect([failing.steps[0]?.outcome, failing.migrations.length]).toEqual(['trap', 1])
    expect(bench.world.readCell('demo/count@1', encodeNode('b'))).toEqual(before)
    expect(add(bench, 'b', 1).migrations).toEqual([])
    // One cell that cannot be brought on is left as it is; nothing else is touched.
    const stuck = add(bench, 'c', 1)
    expect([stuck.steps[0]?.outcome, stuck.migrations[0]?.outcome]).toEqual(['migration_failed', 'trap'])
    expect(() => state(bench, 'c')).toThrow(expect.objectContaining({ code: 'kernel.migration_failed' }) as Error)
    expect(add(bench, 'd', 4).steps[0]?.outcome).toBe('bad_output') // the old code on the new schema: a new cell has no note
    bench.checkReplay()
  })

  test('is rehearsed over all cells', () => {
    const bench = started()
    for (let n = 0; n < 40; n += 1) add(bench, `c${n}`, n)
    const number = bench.proposed(world(NOTED))
    const fork = bench.replayed(false)
    fork.force(bench.proposal(number).manifest)
    const outcomes = [...fork.rehearse('demo/count@1')]
    expect(outcomes.length).toBe(40)
    expect(outcomes.filter(({ outcome }) => outcome !== 'ok').map(({ key }) => key)).toEqual([encodeNode('c13')])
    expect([...bench.world.rehearse('demo/count@1')]).toEqual([])
  })

  test('twice goes through both migrations, across a snapshot', () => {
    const bench = started()
    for (const [at, id] of ['a', 'b', 'c'].entries()) add(bench, id, at + 1)
    bench.change(world(NOTED))
    add(bench, 'a', 1)
    bench.change(world(DATED))
    const root = bench.snapshot()
    bench.world = bench.openFrom(root)
    expect(state(bench, 'a')).toEqual({ n: 2, note: 'was 1', at: 1 })
    expect(add(bench, 'a', 1).migrations).toMatchObject([{ from: 1, to: 2 }])
    expect(add(bench, 'b', 1).migrations).toMatchObject([{ from: 0, to: 2 }])
    expect(state(bench, 'b')).toEqual({ n: 3, note: 'was 2', at: 1 })
    expect(Object.fromEntries([...bench.world.listCells('demo/count@1')].map(({ key, size }) => [String.fromCharCode(...key.subarray(-1)), size]))).toMatchObject({ c: expect.any(Number) as number }) // prettier-ignore
    bench.checkReplay()
  })

  test('is noticed although the reducer was away meanwhile', () => {
    const bench = started()
    add(bench, 'a', 1)
    bench.change(world({ isThere: false }))
    expect(refusal(bench.propose(world({ state: { n: 'int', note: 'text' } })))).toBe('gov.state_schema')
    bench.change(world(NOTED))
    add(bench, 'a', 1)
    expect(state(bench, 'a')).toEqual({ n: 2, note: 'was 1' })
    bench.checkReplay()
  })
})
