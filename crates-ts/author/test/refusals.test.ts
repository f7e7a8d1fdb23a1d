import {
  bool,
  grant,
  is,
  literal,
  map,
  nat,
  plan,
  record,
  reducer,
  route,
  schema,
  sys,
  text,
  unit,
  variant,
  world,
  writeWorld,
} from '../src/index.ts'
import type { Term } from '../src/index.ts'
import { isAosError } from '@aos/cbor'
import { expect, test } from 'vitest'

const Order = schema('demo/Order@1', record({ id: text, total: nat, by: map(text, nat) }))
const Event = schema('demo/Event@1', variant({ Order, Tick: unit }))
const http = sys.effect('http.request@1')
const web = grant('web', sys.cap('http.out@1'), {})

type Steps = Parameters<Parameters<typeof plan<(typeof Order)['type']>>[2]>[0]

function memberOf(value: unknown, name: string): never {
  return (value as { readonly [name: string]: never })[name] as never // whether it has it or not
}

/** What TypeScript would have reported before: authors without its checks get a message all the same. */
function anything(value: unknown): never {
  return value as never // whatever it is
}

function writes(write: (steps: Steps) => void): () => unknown {
  return () => plan('demo/p@1', { input: Order }, write)
}

const params = { method: 'GET', url: 'http://a.test/', headers: {} }

test.each<readonly [name: string, act: () => unknown, code: string, message: string]>([
  [
    'an unknown field',
    writes(({ raise }) => raise('a', Order, anything({ id: 'a', totle: 1 }))),
    'author.bad_value',
    '$.value: expected one of the fields id, total, by, found "totle"',
  ],
  [
    'a missing field',
    writes(({ raise }) => raise('a', Order, anything({ id: 'a', by: {} }))),
    'author.bad_value',
    '$.value.total: expected a value, found nothing',
  ],
  [
    'a text for a number',
    writes(({ raise }) => raise('a', Order, anything({ id: 'a', total: '1', by: {} }))),
    'author.bad_value',
    '$.value.total: expected a whole number for nat, found "1"',
  ],
  [
    'a number that a double rounds',
    writes(({ raise }) => raise('a', Order, { id: 'a', total: 2 ** 60, by: {} })),
    'author.bad_value',
    '$.value.total: expected a whole number for nat (write 1n for numbers over 2^53), found 1152921504606847000',
  ],
  [
    'a fraction',
    writes(({ raise }) => raise('a', Order, { id: 'a', total: 0.5, by: {} })),
    'author.bad_value',
    '$.value.total: expected a whole number for nat, found 0.5',
  ],
  [
    'an unknown arm',
    writes(({ raise }) => raise('a', Event, anything('Tock'))),
    'author.bad_value',
    '$.value: expected one of the arms Order, Tick, found "Tock"',
  ],
  [
    'two arms',
    writes(({ raise }) => raise('a', Event, anything({ Tick: null, Order: null }))),
    'author.bad_value',
    '$.value: expected exactly one of the arms Order, Tick, found {"Tick":null,"Order":null}',
  ],
  [
    'a payload of a unit arm',
    writes(({ raise }) => raise('a', Event, anything({ Tick: 5 }))),
    'author.bad_value',
    '$.value.Tick: expected null, found 5',
  ],
  [
    'an arm that only an object has',
    writes(({ raise }) => raise('a', Event, anything('toString'))),
    'author.bad_value',
    '$.value: expected one of the arms Order, Tick, found "toString"',
  ],
  [
    'half a pair',
    writes(({ raise }) => raise('a', Order, anything({ id: 'a', total: 1, by: [['x']] }))),
    'author.bad_value',
    '$.value.by.x: expected a pair of key and value, found ["x"]',
  ],
  [
    'a list for an object',
    writes(({ raise }) => raise('a', Order, anything([]))),
    'author.bad_value',
    '$.value: expected an object, found []',
  ],
  [
    'a duration that is none',
    writes(({ awaitEvent }) => awaitEvent('a', Event, { deadline: 'soon' })),
    'author.bad_value',
    '$.deadline: expected a time such as 2030-01-01T00:00:00Z or nanoseconds, found "soon"',
  ],
  [
    'an unknown member',
    writes(({ input, raise }) => raise('a', Order, { id: memberOf(input, 'idd'), total: 1, by: {} })),
    'author.unknown_member',
    '@plan.input has no member idd; it has id, total, by',
  ],
  [
    'a member of a text',
    writes(({ input }) => memberOf(input.id, 'x')),
    'author.unknown_member',
    '@plan.input.id has no member x; it has no members',
  ],
  [
    'a member that only an object has',
    writes(({ input }) => memberOf(input, 'constructor')),
    'author.unknown_member',
    '@plan.input has no member constructor; it has id, total, by',
  ],
  [
    'a text made of a term',
    writes(({ input }) => `${anything(input.id)}`),
    'author.not_a_value',
    '@plan.input.id has no value before the plan runs',
  ],
  [
    'a sum made of a term',
    writes(({ input }) => anything(input.total) + 1),
    'author.not_a_value',
    '@plan.input.total has no value before the plan runs',
  ],
  [
    'a term that is changed',
    writes(({ input }) => Object.assign(input, { id: 'x' })),
    'author.not_a_value',
    '@plan.input cannot be changed: id',
  ],
  [
    'a term in a grant',
    () => grant('g', sys.cap('llm.basic@1'), { max_tokens: anything(refOfNat()) }),
    'author.not_a_value',
    '$.params.max_tokens: expected a constant, found @plan.input.total',
  ],
  [
    'an unknown built-in definition',
    () => sys.effect(anything('http.requst@1')),
    'author.unknown_member',
    'there is no built-in definition sys/http.requst@1',
  ],
  [
    'an arm that is none',
    writes(({ awaitEvent }) => awaitEvent('a', Event, { where: (event) => is(anything(event.$tag), 'x') })),
    'author.unknown_member',
    '@event.$tag has no member $tag; it has no members',
  ],
  ['two steps of one id', writes(({ end }) => [end('a'), end('a')]), 'author.bad_plan', 'two steps have the id a'],
  [
    'a guard without a way',
    writes(({ invariant, end, raise }) => [
      invariant(literal(bool, true)),
      end('a', { when: literal(bool, true) }),
      raise,
    ]),
    'author.bad_plan',
    'the step a has a guard, but no step comes before it',
  ],
  [
    'a step of another plan',
    () => {
      let other = anything(undefined)
      writes(({ end }) => {
        other = anything(end('z'))
      })()
      return writes(({ end }) => end('a', { after: other }))()
    },
    'author.bad_plan',
    'the step a comes after z, which is no step of this plan',
  ],
  [
    'a receipt of another plan',
    () => {
      let other = anything(undefined)
      writes(({ emit }) => {
        other = anything(emit('z', http, { params, cap: web }))
      })()
      return writes(({ awaitReceipt }) => awaitReceipt('a', other))()
    },
    'author.bad_plan',
    'the step a waits for z, which is no emit of this plan',
  ],
  [
    'an edge to another plan',
    writes(({ end, edge }) => edge(end('a'), { id: 'b' })),
    'author.bad_plan',
    'the way from a leads to b, which is no step of this plan',
  ],
  [
    'a variable of two schemas',
    writes(({ assign }) => [
      assign('a', Order, { id: 'a', total: 1, by: {} }, { as: 'x' }),
      assign('b', Event, 'Tick', { as: 'x' }),
    ]),
    'author.bad_plan',
    'the variable x is of demo/Order@1 already, not of demo/Event@1',
  ],
  [
    'a key that is no field',
    () =>
      route(Order, reducer('demo/R@1', { key: schema('demo/K@1', text), state: Order, event: Order }), {
        key: anything((order: unknown) => order),
      }),
    'author.bad_path',
    'expected a field of demo/Order@1, such as (value) => value.id',
  ],
  ['no world', () => writeWorld({ definitions: [] }), 'author.no_world', 'expected `export default world({ … })`'],
])('%s', (_name, act, code, message) => {
  const thrown = thrownBy(act)
  expect(isAosError(thrown) ? [thrown.code, thrown.message] : thrown).toEqual([code, message])
})

function thrownBy(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}

function refOfNat(): Term<'nat'> {
  const found: Term<'nat'>[] = []
  writes(({ input }) => found.push(input.total))()
  const [term] = found
  if (term === undefined) throw new Error('no term')
  return term
}

test('a world that lists nothing is an empty manifest, and equal worlds are equal texts', () => {
  const text1 = writeWorld(world({}))
  expect(JSON.parse(text1)).toMatchObject({ definitions: [{ $kind: 'manifest', air_version: '1', schemas: [] }] })
  const { definitions: first }: { readonly definitions: unknown } = JSON.parse(text1)
  const { definitions: second }: { readonly definitions: unknown } = JSON.parse(writeWorld(world({})))
  expect(JSON.stringify(first)).toBe(JSON.stringify(second))
})
