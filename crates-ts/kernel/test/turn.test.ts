import { decodeForeign, encodeNode, hashText, toHex } from '@aos/cbor'
import type { TypeExpr } from '@aos/air'
import { describe, expect, it } from 'vitest'

import { LIMITS, createWorld, decodeEntry } from '../src/index.ts'
import type { TurnResult } from '../src/index.ts'
import { Bench, asMap, nodeSha256 } from './_util.ts'
import type { Script, WorldPlan } from './_util.ts'

const NAT: TypeExpr = { kind: 'nat' }
const TEXT: TypeExpr = { kind: 'text' }
const record = (fields: Record<string, TypeExpr>): TypeExpr => ({
  kind: 'record',
  fields: new Map(Object.entries(fields)),
})

/** Adds up; `who` is the key. */
const add: Script = ({ state, value }) => ({
  state: { sum: Number(asMap(state ?? new Map([['sum', 0]])).get('sum')) + Number(asMap(value).get('by')) },
})

function plan(script: Script, more: Partial<WorldPlan['reducers'][string]> = {}): WorldPlan {
  return {
    schemas: {
      'demo/Sum@1': record({ sum: NAT }),
      'demo/Add@1': record({ who: TEXT, by: NAT }),
      'demo/Who@1': TEXT,
    },
    reducers: { 'demo/Adder@1': { state: 'demo/Sum@1', event: 'demo/Add@1', key: 'demo/Who@1', script, ...more } },
    routes: [{ event: 'demo/Add@1', reducer: 'demo/Adder@1', keyField: 'who' }],
  }
}

function started(script: Script = add, more: Partial<WorldPlan['reducers'][string]> = {}): Bench {
  const bench = new Bench()
  bench.start(plan(script, more))
  return bench
}

function outcomes(result: TurnResult): readonly string[] {
  if (result.kind === 'refused') throw result.error
  if (result.kind === 'duplicate') return ['duplicate']
  return result.steps.map((step) => step.outcome)
}

function refusal(result: TurnResult): string {
  return result.kind === 'refused' ? result.error.code : `not refused: ${result.kind}`
}

describe('a turn', () => {
  it('keeps one cell a key', () => {
    const bench = started()
    bench.event('demo/Add@1', { who: 'ann', by: 2 })
    bench.event('demo/Add@1', { who: 'bob', by: 5 })
    bench.event('demo/Add@1', { who: 'ann', by: 3 })
    expect(bench.state('demo/Adder@1', 'ann')).toEqual(new Map([['sum', 5]]))
    expect(bench.state('demo/Adder@1', 'bob')).toEqual(new Map([['sum', 5]]))
    const cells = [...bench.world.listCells('demo/Adder@1')]
    expect(cells.map(({ key }) => decodeForeign(key))).toEqual(['ann', 'bob'])
  })

  it('admits an event without a route and gives it an entry', () => {
    const bench = new Bench()
    bench.start({ ...plan(add), routes: [] })
    expect(outcomes(bench.event('demo/Add@1', { who: 'ann', by: 2 }))).toEqual([])
    expect(bench.world.head?.height).toBe(2)
  })

  it.each(['trap', 'out_of_fuel', 'stack_overflow', 'bad_output'] as const)(
    'leaves the cell as it was after %s and goes on',
    (outcome) => {
      let broken = false
      const bench = started((input) => (broken ? { outcome } : add(input)))
      bench.event('demo/Add@1', { who: 'ann', by: 2 })
      broken = true
      const result = bench.event('demo/Add@1', { who: 'ann', by: 2 })
      expect(outcomes(result)).toEqual([outcome])
      expect(result.kind === 'accepted' ? result.steps[0]?.fuel : 0).toBe(LIMITS.stepFuelMax)
      broken = false
      bench.event('demo/Add@1', { who: 'ann', by: 2 })
      expect(bench.state('demo/Adder@1', 'ann')).toEqual(new Map([['sum', 4]]))
    },
  )

  it.each([
    ['a state of another schema', { state: { sum: 'no' } }],
    ['an envelope that is no map', { raw: new Uint8Array([0x01]) }],
    ['an unknown event schema', { events: [{ schema: 'demo/None@1', value: null }] }],
    ['an event of another type', { events: [{ schema: 'demo/Add@1', value: { who: 1, by: 1 } }] }],
    ['an event with a wrong key', { events: [{ schema: 'demo/Add@1', value: { who: 'a', by: 1 }, key: 'b' }] }],
  ])('calls %s a bad output', (_name, output) => {
    const bench = started(() => output)
    expect(outcomes(bench.event('demo/Add@1', { who: 'ann', by: 2 }))).toEqual(['bad_output'])
    expect(bench.state('demo/Adder@1', 'ann')).toBeUndefined()
    expect([...bench.world.listCells('demo/Adder@1')]).toEqual([])
  })

  it('tells undeclared, denied and too many effects apart', () => {
    let effects: string[] = []
    const bench = started(() => ({ effects, state: { sum: 1 } }), { effects: ['llm.generate'] })
    effects = ['http.request']
    expect(outcomes(bench.event('demo/Add@1', { who: 'ann', by: 2 }))).toEqual(['effect_undeclared'])
    effects = ['llm.generate']
    expect(outcomes(bench.event('demo/Add@1', { who: 'ann', by: 2 }))).toEqual(['effect_denied'])
    effects = ['llm.generate', 'llm.generate']
    expect(outcomes(bench.event('demo/Add@1', { who: 'ann', by: 2 }))).toEqual(['too_many_effects'])
    expect(bench.state('demo/Adder@1', 'ann')).toBeUndefined()
  })

  it('deletes a cell whose state is null and stores a foreign state as returned', () => {
    const foreign = new Uint8Array([0xbf, 0x63, 0x73, 0x75, 0x6d, 0x18, 0x05, 0xff])
    const bench = started(({ value }) => (asMap(value).get('by') === 0 ? {} : { rawState: foreign }))
    expect(outcomes(bench.event('demo/Add@1', { who: 'ann', by: 2 }))).toEqual(['ok'])
    expect(bench.world.readCell('demo/Adder@1', encodeNode('ann'))).toEqual(foreign)
    bench.event('demo/Add@1', { who: 'ann', by: 0 })
    expect(bench.world.readCell('demo/Adder@1', encodeNode('ann'))).toBeUndefined()
    bench.replayed(true)
  })

  it('delivers raised events after the delivery that raised them, in order', () => {
    const seen: string[] = []
    const bench = started(({ value }) => {
      const who = String(asMap(value).get('who'))
      seen.push(who)
      const events =
        who.length < 3 ? ['x', 'y'].map((tail) => ({ schema: 'demo/Add@1', value: { who: who + tail, by: 1 } })) : []
      return { state: { sum: 1 }, events }
    })
    const result = bench.event('demo/Add@1', { who: 'a', by: 1 })
    expect(seen).toEqual(['a', 'ax', 'ay', 'axx', 'axy', 'ayx', 'ayy'])
    expect(result.kind === 'accepted' ? result.raised.length : 0).toBe(6)
    const entry = decodeEntry(bench.entries.at(-1) ?? new Uint8Array(0))
    const causes = entry.derived.filter(({ fields }) => fields.get(0) === 0).map(({ fields }) => Number(fields.get(7)))
    for (const cause of causes.slice(1)) expect(entry.derived[cause - 1]?.fields.get(0)).toBe(1)
    bench.replayed(true)
  })

  it('ends an endless ping-pong with turn_limit and no other effect', () => {
    const bench = started(() => ({
      state: { sum: 9 },
      events: [{ schema: 'demo/Add@1', value: { who: 'pong', by: 1 } }],
    }))
    const result = bench.event('demo/Add@1', { who: 'ping', by: 1 })
    expect(result.kind === 'accepted' && result.outcome).toBe('turn_limit')
    expect([...bench.world.listCells('demo/Adder@1')]).toEqual([])
    const entry = decodeEntry(bench.entries.at(-1) ?? new Uint8Array(0))
    expect(entry.derived.map(({ fields }) => fields.get(1))).toEqual(['items'])
    expect(entry.bodies?.values.length).toBe(1)
    expect(outcomes(bench.event('demo/Add@1', { who: 'ping', by: 1 }))).not.toEqual([])
    bench.replayed(true)
  })

  it('ends a turn that spends its fuel with turn_limit', () => {
    const bench = started(() => ({
      fuel: 40_000_000,
      state: { sum: 9 },
      events: [{ schema: 'demo/Add@1', value: { who: 'pong', by: 1 } }],
    }))
    bench.event('demo/Add@1', { who: 'ping', by: 1 })
    const entry = decodeEntry(bench.entries.at(-1) ?? new Uint8Array(0))
    expect(entry.derived.map(({ fields }) => fields.get(1))).toEqual(['fuel'])
  })

  it('gives each delivery its own entropy and the same on replay', () => {
    const seen: string[] = []
    const bench = started(
      ({ context, value }) => {
        const fields = asMap(context)
        const entropy = fields.get('entropy')
        seen.push(entropy instanceof Uint8Array ? toHex(entropy) : 'none')
        const again = String(asMap(value).get('who')) === 'first'
        return {
          state: { sum: Number(fields.get('journal_height')) },
          events: again ? [{ schema: 'demo/Add@1', value: { who: 'second', by: 1 } }] : [],
        }
      },
      { context: true },
    )
    bench.event('demo/Add@1', { who: 'first', by: 1 })
    expect(new Set(seen).size).toBe(2)
    expect(seen[0]).toHaveLength(128)
    bench.replayed(true)
    expect(seen.slice(2)).toEqual(seen.slice(0, 2))
  })

  it('stops the world at a fault: nothing of the turn is kept and no further turn runs', () => {
    const bench = started(() => ({ fault: new RangeError('out of memory') }))
    const head = bench.world.head
    expect(() => bench.event('demo/Add@1', { who: 'ann', by: 1 })).toThrow(RangeError)
    expect(bench.world.head).toEqual(head)
    expect(() => bench.event('demo/Add@1', { who: 'ann', by: 1 })).toThrow(
      expect.objectContaining({ code: 'kernel.reentered' }),
    )
  })
})

describe('admission', () => {
  it('admits nothing before genesis and genesis once', () => {
    const bench = new Bench()
    expect(refusal(bench.event('demo/Add@1', null))).toBe('kernel.no_genesis')
    bench.genesis()
    expect(refusal(bench.genesis())).toBe('kernel.genesis_exists')
  })

  it('refuses without a trace in state', () => {
    const bench = started()
    const head = bench.world.head
    expect(refusal(bench.event('demo/None@1', null))).toBe('kernel.unknown_schema')
    const bad = bench.event('demo/Add@1', { who: 'ann', by: -1 })
    expect(refusal(bad)).toMatch(/^air\./)
    expect(bad.kind === 'refused' && bad.error.path).toEqual(['by'])
    expect(refusal(bench.event('demo/Add@1', { who: 'ann', by: 1 }, { key: encodeNode('bob') }))).toBe(
      'kernel.key_mismatch',
    )
    expect(refusal(bench.event('demo/Add@1', { who: 'ann', by: 1 }, { principal: 'nobody' }))).toBe(
      'kernel.bad_ingress',
    )
    expect(refusal(bench.event('demo/Add@1', { who: 'ann', by: 1 }, { value: new Uint8Array([0xa0]) }))).toMatch(
      /^(air|cbor)\./,
    )
    expect(bench.world.head).toEqual(head)
    expect([...bench.world.listCells('demo/Adder@1')]).toEqual([])
  })

  it('accepts a key that equals the one in the key field', () => {
    const bench = started()
    expect(outcomes(bench.event('demo/Add@1', { who: 'ann', by: 4 }, { key: encodeNode('ann') }))).toEqual(['ok'])
    const entry = decodeEntry(bench.entries.at(-1) ?? new Uint8Array(0))
    expect(entry.ingress.has(9)).toBe(true)
    expect(entry.derived.at(-1)?.key).toEqual(encodeNode('ann'))
    bench.replayed(true)
  })

  it('answers a repeated idempotency key with the first height, another body with a conflict', () => {
    const bench = started()
    const first = bench.event('demo/Add@1', { who: 'ann', by: 1 }, { idempotencyKey: 'k' })
    const again = bench.event('demo/Add@1', { who: 'ann', by: 1 }, { idempotencyKey: 'k' })
    expect(again).toEqual({ kind: 'duplicate', height: first.kind === 'accepted' ? first.height : -1 })
    expect(refusal(bench.event('demo/Add@1', { who: 'ann', by: 2 }, { idempotencyKey: 'k' }))).toBe('kernel.conflict')
    expect(
      outcomes(bench.event('demo/Add@1', { who: 'ann', by: 2 }, { idempotencyKey: 'k', principal: 'local:other' })),
    ).toEqual(['ok'])
    expect(bench.state('demo/Adder@1', 'ann')).toEqual(new Map([['sum', 3]]))
    const restored = bench.replayed(false)
    const third = restored.submit(
      {
        kind: 'event',
        principal: 'local:test',
        schema: 'demo/Add@1',
        value: encodeNode({ who: 'ann', by: 1 }),
        idempotencyKey: 'k',
      },
      bench.stamp(),
    )
    expect(third.kind).toBe('duplicate')
  })

  it('knows a repeated request although it would not be admitted again', () => {
    const bench = started()
    const event = { who: 'ann', by: 1 }
    const first = bench.event('demo/Add@1', event, { idempotencyKey: 'k' })
    const next = { ...bench.manifestIngress({ schemas: {}, reducers: {}, routes: [] }), idempotencyKey: 'm' }
    const pushed = bench.submit(next)
    const heights = [first, pushed].map((result) => (result.kind === 'accepted' ? result.height : -1))
    expect(bench.submit(next)).toEqual({ kind: 'duplicate', height: heights[1] })
    expect(refusal(bench.event('demo/Add@1', event))).toBe('kernel.unknown_schema')
    expect(bench.event('demo/Add@1', event, { idempotencyKey: 'k' })).toEqual({ kind: 'duplicate', height: heights[0] })
    bench.replayed(true)
  })

  it('wants an owner and the base in force for a manifest', () => {
    const bench = started()
    const next = bench.manifestIngress({ ...plan(add), routes: [] })
    expect(refusal(bench.submit({ ...next, auth: [] }))).toBe('kernel.not_authorized')
    expect(refusal(bench.submit({ ...next, baseHeight: 0 }))).toBe('kernel.stale_base')
    expect(refusal(bench.submit({ ...next, blobs: next.blobs.slice(1) }))).toBe('kernel.unlisted_blob')
    expect(bench.submit(next).kind).toBe('accepted')
    expect(refusal(bench.submit(next))).toBe('kernel.manifest_in_force')
    expect(bench.world.manifestHash).toBe(next.manifest)
    expect(outcomes(bench.event('demo/Add@1', { who: 'ann', by: 1 }))).toEqual([])
  })

  it('registers and revokes keys, each command good for one use', () => {
    const bench = started()
    const other = new Uint8Array(32).fill(9)
    const auth = [{ keyId: hashBytesOf(other), signature: new Uint8Array(64) }]
    const owner = bench.manifestIngress(plan(add)).auth
    const change = {
      kind: 'key',
      principal: 'local:test',
      change: 'register',
      publicKey: other,
      role: 'owner',
      baseHeight: 0,
      auth: owner,
    } as const
    expect(bench.submit(change).kind).toBe('accepted')
    expect(refusal(bench.submit(change))).toBe('kernel.stale_base')
    const revoke = { ...change, change: 'revoke', baseHeight: bench.world.keysHeight } as const
    expect(bench.submit(revoke).kind).toBe('accepted')
    expect(refusal(bench.submit({ ...change, auth, baseHeight: bench.world.keysHeight }))).toBe('kernel.not_authorized')
    const mine = { ...revoke, publicKey: new Uint8Array(32).fill(7), baseHeight: bench.world.keysHeight } as const
    expect(refusal(bench.submit(mine))).toBe('kernel.last_owner')
    bench.replayed(true)
  })
})

function hashBytesOf(key: Uint8Array): Uint8Array {
  const text = hashText(nodeSha256, key)
  return Uint8Array.from({ length: 32 }, (_, at) => Number.parseInt(text.slice(7 + at * 2, 9 + at * 2), 16))
}

describe('the world', () => {
  it('has no id before genesis and keeps it after', () => {
    const world = createWorld(new Bench().ports())
    expect(world.id).toBeUndefined()
    expect(world.head).toBeUndefined()
    const bench = started()
    const { id } = bench.world
    expect(id).toMatch(/^sha256:/)
    expect(bench.replayed(false).id).toBe(id)
  })
})
