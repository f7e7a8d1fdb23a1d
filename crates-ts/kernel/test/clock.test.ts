import { encodeNode } from '@aos/cbor'
import { expect, it, describe } from 'vitest'
import { decodeEntry } from '../src/index.ts'
import type { Ingress, TurnResult } from '../src/index.ts'
import { Bench, OWNER_KEY } from './_util.ts'
import type { WorldPlan } from './_util.ts'

const HOUR_NS = 3_600_000_000_000n
const START_NS = 1_700_000_000_000_000_000n

const PLAN: WorldPlan = {
  schemas: {
    'demo/Note@1': { kind: 'record', fields: new Map([['text', { kind: 'text' }]]) },
    'demo/Time@1': { kind: 'text' },
  },
  reducers: {
    'demo/Times@1': {
      state: 'demo/Time@1',
      event: 'demo/Note@1',
      context: true,
      script: ({ context }) => ({
        state: context instanceof Map ? String(context.get('logical_now_ns')) : 'no context',
      }),
    },
  },
  routes: [{ event: 'demo/Note@1', reducer: 'demo/Times@1' }],
}

/** A bench whose stamps the test gives. */
class TimedBench extends Bench {
  #draws = 0

  at(nowNs: bigint, ingress: Ingress): TurnResult {
    this.#draws += 1
    const result = this.world.submit(ingress, { nowNs, entropy: new Uint8Array(16).fill(this.#draws) })
    if (result.kind === 'accepted') this.entries.push(result.entry)
    return result
  }

  begin(clock: 'real' | 'virtual'): this {
    const genesis = { nonce: new Uint8Array(16), ownerKeys: [OWNER_KEY], hostKeys: [] }
    this.at(START_NS, { kind: 'genesis', principal: 'local:test', clock, entropy: 'seeded', ...genesis })
    const pushed = this.at(START_NS, this.manifestIngress(PLAN))
    if (pushed.kind === 'refused') throw pushed.error
    return this
  }

  clock(nowNs: bigint, stampNs: bigint = nowNs): TurnResult {
    return this.at(stampNs, { kind: 'clock', principal: 'local:test', nowNs })
  }

  note(nowNs: bigint): TurnResult {
    return this.at(nowNs, {
      kind: 'event',
      principal: 'local:test',
      schema: 'demo/Note@1',
      value: encodeNode({ text: 'x' }),
    })
  }
}

function codeOf(result: TurnResult): string {
  return result.kind === 'refused' ? result.error.code : result.kind
}

describe('a clock entry', () => {
  it('sets the time, names it in the clear, and replays', () => {
    const bench = new TimedBench().begin('real')
    const later = START_NS + 5n * HOUR_NS
    expect(bench.clock(later)).toMatchObject({ kind: 'accepted', height: 2, steps: [] })
    expect(bench.world.time).toEqual({ clock: 'real', entropy: 'seeded', nowNs: later, logicalNowNs: later })
    const entry = decodeEntry(bench.entries[2] ?? new Uint8Array(0))
    expect(entry.kind).toBe('clock')
    expect(entry.ingress.get(10)).toEqual(new Map([[0, later]]))
    // A real clock may be behind afterwards; logical time is not.
    expect(bench.note(later - HOUR_NS).kind).toBe('accepted')
    expect(bench.state('demo/Times@1')).toBe(String(later))
    for (const verify of [true, false]) expect(bench.replayed(verify).time).toEqual(bench.world.time)
  })

  it('is refused before logical time, with another stamp, and before genesis', () => {
    const bench = new TimedBench()
    expect(codeOf(bench.clock(START_NS))).toBe('kernel.no_genesis')
    bench.begin('real')
    expect(codeOf(bench.clock(START_NS - 1n))).toBe('kernel.clock_backwards')
    expect(codeOf(bench.clock(START_NS + 1n, START_NS + 2n))).toBe('kernel.bad_ingress')
    expect(codeOf(bench.clock(START_NS))).toBe('accepted')
    expect(bench.entries.length).toBe(3)
  })

  it('is known again by its idempotency key', () => {
    const bench = new TimedBench().begin('real')
    const clock = { kind: 'clock', principal: 'local:test', idempotencyKey: 'k' } as const
    expect(codeOf(bench.at(START_NS + 1n, { ...clock, nowNs: START_NS + 1n }))).toBe('accepted')
    expect(bench.at(START_NS + 9n, { ...clock, nowNs: START_NS + 1n })).toEqual({ kind: 'duplicate', height: 2 })
    expect(codeOf(bench.at(START_NS + 9n, { ...clock, nowNs: START_NS + 9n }))).toBe('kernel.conflict')
  })
})

describe('idempotency keys and time', () => {
  const WEEK_NS = 7n * 24n * HOUR_NS

  it('are forgotten after seven days of logical time, by the turn that inserts, and so in every replay', () => {
    const bench = new TimedBench().begin('virtual')
    const noted = { kind: 'event', principal: 'local:test', schema: 'demo/Note@1' } as const
    const send = (text: string, idempotencyKey: string): TurnResult =>
      bench.at(bench.world.time.logicalNowNs, { ...noted, value: encodeNode({ text }), idempotencyKey })
    expect(send('one', 'k')).toMatchObject({ kind: 'accepted', height: 2 })
    bench.clock(START_NS + WEEK_NS)
    expect(send('two', 'other')).toMatchObject({ kind: 'accepted', height: 4 })
    expect(send('one', 'k')).toEqual({ kind: 'duplicate', height: 2 })
    bench.clock(START_NS + WEEK_NS + 1n)
    // Too old now, but nothing has been inserted since.
    expect(codeOf(send('changed', 'k'))).toBe('kernel.conflict')
    expect(bench.replayed(true).head).toEqual(bench.world.head)
    expect(send('three', 'third')).toMatchObject({ kind: 'accepted', height: 6 })
    expect(send('changed', 'k')).toMatchObject({ kind: 'accepted', height: 7 })
    expect(send('two', 'other')).toEqual({ kind: 'duplicate', height: 4 })
    for (const verify of [true, false]) {
      const again = bench.replayed(verify)
      const stamp = { nowNs: again.time.logicalNowNs, entropy: new Uint8Array(16) }
      const known = (text: string, idempotencyKey: string): TurnResult =>
        again.submit({ ...noted, value: encodeNode({ text }), idempotencyKey }, stamp)
      expect(known('changed', 'k')).toEqual({ kind: 'duplicate', height: 7 })
      expect(known('two', 'other')).toEqual({ kind: 'duplicate', height: 4 })
      expect(codeOf(known('one', 'k'))).toBe('kernel.conflict')
    }
  })
})

describe('a virtual clock', () => {
  it('moves by clock entries only', () => {
    const bench = new TimedBench().begin('virtual')
    expect(codeOf(bench.note(START_NS + 1n))).toBe('kernel.bad_ingress')
    expect(codeOf(bench.note(START_NS - 1n))).toBe('kernel.bad_ingress')
    expect(codeOf(bench.at(START_NS + 1n, { kind: 'tick', principal: 'host:tick' }))).toBe('kernel.bad_ingress')
    expect(codeOf(bench.note(START_NS))).toBe('accepted')
    expect(codeOf(bench.clock(START_NS + HOUR_NS))).toBe('accepted')
    expect(codeOf(bench.note(START_NS))).toBe('kernel.bad_ingress')
    expect(codeOf(bench.note(START_NS + HOUR_NS))).toBe('accepted')
    expect(bench.state('demo/Times@1')).toBe(String(START_NS + HOUR_NS))
    expect(bench.replayed(true).head).toEqual(bench.world.head)
  })

  it('gives the same bytes when the same is done twice', () => {
    const [one, two] = [0, 1].map(() => {
      const bench = new TimedBench().begin('virtual')
      bench.note(START_NS)
      bench.clock(START_NS + HOUR_NS)
      bench.note(START_NS + HOUR_NS)
      return bench.entries
    })
    expect(one).toEqual(two)
    expect(one?.length).toBe(5)
  })
})
