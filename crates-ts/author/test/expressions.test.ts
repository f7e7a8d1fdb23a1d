import {
  add,
  arm,
  bool,
  bytes,
  contains,
  dec128,
  div,
  duration,
  eq,
  ge,
  get,
  gt,
  has,
  hash,
  hashBytes,
  hashOf,
  int,
  is,
  list,
  listOf,
  literal,
  lt,
  map,
  mod,
  mul,
  nat,
  now,
  option,
  plan,
  present,
  record,
  schema,
  set,
  sub,
  text,
  time,
  unit,
  uuid,
  variant,
} from '../src/index.ts'
import { expect, test } from 'vitest'

const HASH = `sha256:${'1'.repeat(64)}`

const Part = schema('demo/Part@1', variant({ None: unit, Some: record({ n: int }), More: list(nat) }))
const All = schema(
  'demo/All@1',
  record({
    b: bool,
    i: int,
    n: nat,
    d: dec128,
    y: bytes,
    t: text,
    at: time,
    len: duration,
    h: hash,
    u: uuid,
    none: unit,
    part: Part,
    maybe: option(Part),
    items: list(text),
    tags: set(nat),
    byName: map(text, int),
    byNumber: map(int, text),
  }),
)
const Note = schema('demo/Note@1', record({ id: text, at: option(time) }))

/** The value of a variable that a plan of one step assigns. */
function slotOf(value: Parameters<typeof write>[0]): unknown {
  return write(value)
}

function write(value: object): unknown {
  const one = plan('demo/one@1', { input: All }, ({ assign, input }) => {
    const given = { ...base(input), ...value }
    assign('a', All, given)
  })
  const { steps } = one.json as { readonly steps: readonly [{ readonly expr: { readonly record: unknown } }] } // as written
  return steps[0].expr.record
}

type AllTerm = Parameters<Parameters<typeof plan<(typeof All)['type']>>[2]>[0]['input']

function base(input: AllTerm): {
  readonly [K in keyof (typeof All)['type']['fields']]: AllTerm[K]
} {
  const { b, i, n, d, y, t, at, len: length, h, u, none, part, maybe, items, tags, byName, byNumber } = input
  return { b, i, n, d, y, t, at, len: length, h, u, none, part, maybe, items, tags, byName, byNumber }
}

test.each([
  [{ b: true }, { b: { bool: true } }],
  [{ i: -5 }, { i: { int: -5 } }],
  [{ i: -(2n ** 63n) }, { i: { int: '-9223372036854775808' } }],
  [{ n: 7n }, { n: { nat: 7 } }],
  [{ d: '1.50' }, { d: { dec128: '1.50' } }],
  [{ y: new Uint8Array([1, 2, 3, 4]) }, { y: { bytes_b64: 'AQIDBA==' } }],
  [{ y: 'AQI=' }, { y: { bytes_b64: 'AQI=' } }],
  [{ at: '1970-01-01T00:00:01Z' }, { at: { time_ns: 1_000_000_000 } }],
  [{ len: 'PT1H' }, { len: { duration_ns: 3_600_000_000_000 } }],
  [{ len: -5 }, { len: { duration_ns: -5 } }],
  [{ h: HASH }, { h: { hash: HASH } }],
  [{ u: 'x' }, { u: { uuid: 'x' } }],
  [{ none: null }, { none: { null: {} } }],
  [{ part: 'None' }, { part: { variant: { tag: 'None' } } }],
  [{ part: { None: null } }, { part: { variant: { tag: 'None' } } }],
  [{ part: { Some: { n: 1 } } }, { part: { variant: { tag: 'Some', value: { record: { n: { int: 1 } } } } } }],
  [{ part: { More: [1] } }, { part: { variant: { tag: 'More', value: { list: [{ nat: 1 }] } } } }],
  [{ maybe: null }, { maybe: { null: {} } }],
  [{ items: ['a', 'b'] }, { items: { list: [{ text: 'a' }, { text: 'b' }] } }],
  [{ tags: [2, 1] }, { tags: { set: [{ nat: 2 }, { nat: 1 }] } }],
  [{ byName: { a: 1 } }, { byName: { map: [{ key: { text: 'a' }, value: { int: 1 } }] } }],
  [{ byNumber: [[1, 'a']] }, { byNumber: { map: [{ key: { int: 1 }, value: { text: 'a' } }] } }],
] as const)('%o in a slot', (value, written) => {
  expect(slotOf(value)).toMatchObject(written)
})

test('an option that is left out stays out', () => {
  expect(slotOf({ maybe: undefined })).not.toHaveProperty('maybe')
})

/** The JSON of a computed variable. */
function computed(of: (input: AllTerm) => Parameters<typeof hashOf>[0]): unknown {
  const one = plan('demo/one@1', { input: All }, ({ input, compute }) => {
    compute('a', of(input))
  })
  const { steps } = one.json as { readonly steps: readonly [{ readonly expr: unknown }] } // as written
  return steps[0].expr
}

const at = (path: string): unknown => ({ ref: `@plan.input.${path}` })
const op = (name: string, ...args: readonly unknown[]): unknown => ({ op: name, args })

test.each([
  ['lt of an int and a number', computed(({ i }) => lt(i, 3)), op('lt', at('i'), { int: 3 })],
  ['ge of times', computed(({ at: when }) => ge(when, 0)), op('ge', at('at'), { time_ns: 0 })],
  [
    'gt of durations',
    computed(({ len: length }) => gt(length, '1s')),
    op('gt', at('len'), { duration_ns: 1_000_000_000 }),
  ],
  ['eq of an option', computed(({ maybe }) => eq(maybe, null)), op('eq', at('maybe'), { null: {} })],
  ['eq of bytes', computed(({ y }) => eq(y, 'AQ==')), op('eq', at('y'), { bytes_b64: 'AQ==' })],
  ['is', computed(({ part }) => is(part, 'More')), op('eq', at('part.$tag'), { text: 'More' })],
  ['arm', computed(({ part }) => arm(part, 'Some').n), at('part.$value.n')],
  ['present', computed(({ maybe }) => arm(present(maybe), 'More')), at('maybe.$value')],
  [
    'a member of what is no reference',
    computed(({ part }) => arm(get(listOf([part]), 0), 'Some').n),
    op('get', op('get', op('get', { list: [at('part')] }, { nat: 0 }), { text: '$value' }), { text: 'n' }),
  ],
  ['get of a map', computed(({ byNumber }) => get(byNumber, 5)), op('get', at('byNumber'), { int: 5 })],
  ['has', computed(({ tags }) => has(tags, 5)), op('has', at('tags'), { nat: 5 })],
  ['contains', computed(({ t }) => contains(t, 'x')), op('contains', at('t'), { text: 'x' })],
  ['sub of times', computed(({ at: when }) => sub(when, now)), op('sub', at('at'), { ref: '@now' })],
  [
    'sub of a time and a duration',
    computed(({ at: when }) => sub(when, '1s')),
    op('sub', at('at'), { duration_ns: 1_000_000_000 }),
  ],
  [
    'mul, div, mod',
    computed(({ n }) => mod(div(mul(n, 2), n), 3)),
    op('mod', op('div', op('mul', at('n'), { nat: 2 }), at('n')), { nat: 3 }),
  ],
  [
    'an int beside what is computed',
    computed(({ i, n }) => eq(add(n, i), 1)),
    op('eq', op('add', at('n'), at('i')), { int: 1 }),
  ],
  ['hashes', computed(({ y }) => eq(hashBytes(y), HASH)), op('eq', op('hash_bytes', at('y')), { hash: HASH })],
  ['a literal', computed(() => hashOf(literal(Note, { id: 'x' }))), op('hash', { record: { id: { text: 'x' } } })],
])('%s', (_name, found, wanted) => {
  expect(found).toEqual(wanted)
})
