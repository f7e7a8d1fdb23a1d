/** What authors can do beside returning a state: events, effects, contexts, pure modules; and how steps trap. */
import { encodeReducerContext, encodePureInput, decodePureOutput } from '@aos/abi'
import { BUILTIN_SCHEMAS } from '@aos/air'
import type { DefModule, SchemaTable, TypeExpr } from '@aos/air'
import { decode, encodeNode, fromHex } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import { beforeAll, describe, expect, it } from 'vitest'
import { Trap, buildGuest, callGuest, callReducer, loadGuest, reducerModule } from './_guest-driver.ts'
import type { GuestModule } from './_guest-driver.ts'

const nat: TypeExpr = { kind: 'nat' }
const text: TypeExpr = { kind: 'text' }
const unit: TypeExpr = { kind: 'unit' }

function record(fields: Record<string, TypeExpr>): TypeExpr {
  return { kind: 'record', fields: new Map(Object.entries(fields)) }
}

function variant(arms: Record<string, TypeExpr>): TypeExpr {
  return { kind: 'variant', arms: new Map(Object.entries(arms)) }
}

const builtins = [...BUILTIN_SCHEMAS].map(([name, { type }]) => [name, type] as const)

const SCHEMAS: SchemaTable = new Map([
  ...builtins,
  ['test/Total@1', nat],
  [
    'test/Order@1',
    variant({ Add: nat, Clear: unit, Publish: text, Fail: text, Order: record({ left: nat, note: text }) }),
  ],
  ['test/Published@1', record({ title: text, total: nat })],
  ['test/Carried@1', record({ order: { kind: 'bytes' }, published: { kind: 'bytes' } })],
])

const ORDERS = `
import { Order, Output, Published, ReducerContext, Some, encodeTextKey, encodeValue } from './generated'

function checkPositive(value: u64): void {
  assert(value > 0)
}

export function reduce(total: Some<u64> | null, order: Order, out: Output, context: ReducerContext): Some<u64> | null {
  const before = total === null ? 0 : total.value
  if (order.isClear) return null
  if (order.isAdd) return new Some<u64>(before + order.asAdd)
  if (order.isFail) checkPositive(order.asAdd)
  if (order.isPublish) {
    const event = new Published()
    event.title = order.asPublish
    event.total = before
    out.raise<Published>(event)
    out.raise<Published>(event, encodeTextKey(order.asPublish))
    out.raiseBytes('test/Total@1', encodeValue<Published>(event))
    out.effect('test.send', encodeTextKey('plain'))
    out.emit<Published>('test.publish', event, 'outbox', encodeTextKey('once'))
    return new Some<u64>(context.journal_height)
  }
  checkPositive(before)
  return total
}
`

const CONTEXT = {
  nowNs: 1_700_000_000_000_000_000n,
  logicalNowNs: 5,
  journalHeight: 42,
  entropy: new Uint8Array(64).fill(7),
  eventHash: `sha256:${'1'.repeat(64)}`,
  manifestHash: `sha256:${'2'.repeat(64)}`,
  reducer: 'test/Module@1',
  key: undefined,
  cellMode: false,
}

describe('a reducer with a state that is a number, and a context', () => {
  let guest: GuestModule

  beforeAll(async () => {
    const abi = { state: 'test/Total@1', event: 'test/Order@1', context: 'sys/ReducerContext@1' }
    const module = reducerModule(abi)
    const { wasm } = await buildGuest({ module, schemas: SCHEMAS, source: ORDERS, extraSchemas: ['test/Published@1'] })
    guest = loadGuest(wasm)
  }, 120_000)

  function step(state: Data, event: Data): ReturnType<typeof callReducer> {
    return callReducer(guest, {
      state: state === null ? null : encodeNode(state),
      event: { schema: 'test/Order@1', value: encodeNode(event) },
      ctx: encodeReducerContext(CONTEXT as unknown as Parameters<typeof encodeReducerContext>[0]), // hash brands
    })
  }

  it('computes, creates and deletes the state', () => {
    expect(step(null, { $tag: 'Add', $value: 2n ** 63n }).state).toEqual(encodeNode(2n ** 63n))
    expect(step(5, { $tag: 'Add', $value: 7 }).state).toEqual(encodeNode(12))
    expect(step(5, { $tag: 'Clear' }).state).toBeNull()
  })

  it('raises events and asks for effects in order, with keys and slots', () => {
    const output = step(5, { $tag: 'Publish', $value: 'Grüße 🚀' })
    const published = encodeNode({ title: 'Grüße 🚀', total: 5 })
    expect(output).toEqual({
      state: encodeNode(42),
      domainEvents: [
        { schema: 'test/Published@1', value: published },
        { schema: 'test/Published@1', value: published, key: encodeNode('Grüße 🚀') },
        { schema: 'test/Total@1', value: published },
      ],
      effects: [
        { kind: 'test.send', params: encodeNode('plain') },
        { kind: 'test.publish', params: published, capSlot: 'outbox', idempotencyKey: encodeNode('once') },
      ],
      ann: null,
    })
  })

  it('reads variants of other modules: one-key maps, bare texts, a null payload', () => {
    expect(step(5, { Add: 7 }).state).toEqual(encodeNode(12))
    expect(step(5, { Clear: null }).state).toBeNull()
    expect(step(5, 'Clear').state).toBeNull()
    expect(step(5, { $tag: 'Clear', $value: null }).state).toBeNull()
  })

  it.each([
    ['an unknown arm', { $tag: 'Nope' }],
    ['an arm without its payload', { $tag: 'Add' }],
    ['a payload of another type', { $tag: 'Add', $value: 'x' }],
    ['a payload out of range', { $tag: 'Add', $value: -1 }],
    ['a record without a field', { $tag: 'Order', $value: { left: 1 } }],
    ['a float', { $tag: 'Add', $value: new Map<Data, Data>([['a', 1]]) }],
    ['a failed assertion', { $tag: 'Order', $value: { left: 1, note: '' } }],
    ['the payload of another arm', { $tag: 'Fail', $value: 'x' }],
  ])('traps at %s', (_name, event) => {
    expect(() => step(0, event)).toThrow(Trap)
  })

  it('skips what a record does not know, in any order of keys', () => {
    // {"note": "n", "more": [1, {2: h'00'}], "left": 1}, not in canonical order
    const order = fromHex('a3646e6f7465616e646d6f7265820 1a1024100646c65667401'.replace(' ', ''))
    const event = {
      schema: 'test/Order@1',
      value: fromHex(`d9d9f7a2642474616765${'4f72646572'}662476616c7565${toText(order)}`),
    }
    const ctx = encodeReducerContext(CONTEXT as unknown as Parameters<typeof encodeReducerContext>[0]) // hash brands
    expect(callReducer(guest, { state: encodeNode(3), event, ctx }).state).toEqual(encodeNode(3))
  })
})

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

const PURE = `
import { Carried, Order, Published } from './generated'

export function run(carried: Carried): Published {
  const order = Order.fromBytes(carried.order)
  const inner = Published.fromBytes(carried.published)
  const next = new Published()
  next.title = order.isPublish ? order.asPublish : 'none'
  next.total = inner.total + 1
  return next
}
`

describe('a pure module', () => {
  let guest: GuestModule

  beforeAll(async () => {
    const module: DefModule = {
      kind: 'defmodule',
      name: 'test/Pure@1',
      moduleKind: 'pure',
      wasmHash: '' as DefModule['wasmHash'], // tests compile from source
      pure: { input: 'test/Carried@1', output: 'test/Published@1' },
    }
    const { wasm } = await buildGuest({ module, schemas: SCHEMAS, source: PURE, extraSchemas: ['test/Order@1'] })
    guest = loadGuest(wasm)
  }, 60_000)

  function run(order: Uint8Array, published: Uint8Array): Data {
    const input = encodePureInput({ input: encodeNode({ order, published }) })
    return decode(decodePureOutput(callGuest(guest, 'run', input)).output, { prefix: 'required' })
  }

  const PUBLISHED = encodeNode({ title: 'any', total: 6 })

  it('computes an output from an input and from the values that it carries as bytes', () => {
    expect(run(encodeNode({ $tag: 'Publish', $value: 'x'.repeat(300) }), PUBLISHED)).toEqual(
      new Map<Data, Data>([
        ['title', 'x'.repeat(300)],
        ['total', 7],
      ]),
    )
  })

  it('reads carried values with and without the prefix', () => {
    expect(run(encodeNode({ $tag: 'Clear' }).slice(3), PUBLISHED.slice(3))).toEqual(
      new Map<Data, Data>([
        ['title', 'none'],
        ['total', 7],
      ]),
    )
  })

  it.each([
    ['nothing', new Uint8Array(0)],
    ['another type', encodeNode({ $tag: 'Publish', $value: 1 })],
    ['half a value', encodeNode({ $tag: 'Publish', $value: 'xyz' }).slice(0, -1)],
  ])('traps on %s', (_name, order) => {
    expect(() => run(order, PUBLISHED)).toThrow(Trap)
  })
})
