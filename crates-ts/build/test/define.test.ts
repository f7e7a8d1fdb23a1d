/** `defineReducer` and `definePure` in AssemblyScript: the same module as from a plain function. */
import { decodePureOutput, encodePureInput } from '@aos/abi'
import type { SchemaTable, TypeExpr } from '@aos/air'
import { encodeNode } from '@aos/cbor'
import { inspectModule } from '@aos/wasm'
import { expect, it } from 'vitest'
import { buildGuest, callGuest, callReducer, loadGuest, reducerModule } from './_guest-driver.ts'

const nat: TypeExpr = { kind: 'nat' }

const SCHEMAS: SchemaTable = new Map<string, TypeExpr>([
  ['test/Cart@1', { kind: 'record', fields: new Map([['items', nat]]) }],
  ['test/Add@1', { kind: 'record', fields: new Map([['count', nat]]) }],
])

const DEFINED = `
import { Add, Cart, defineReducer } from './generated'

export const reducer = defineReducer((cart, event, out) => {
  const next = cart === null ? new Cart() : cart
  next.items += event.count
  out.raise<Add>(event)
  return next.items > 100 ? null : next
})
`

it('a reducer may be defined, with parameters whose types are known', async () => {
  const module = reducerModule({ state: 'test/Cart@1', event: 'test/Add@1' })
  const { wasm } = await buildGuest({ module, schemas: SCHEMAS, source: DEFINED })
  expect(inspectModule(wasm).issues).toEqual([])
  const guest = loadGuest(wasm)
  const step = (state: Uint8Array | null, count: number): ReturnType<typeof callReducer> =>
    callReducer(guest, { state, event: { schema: 'test/Add@1', value: encodeNode({ count }) } })
  expect(step(null, 2)).toMatchObject({ state: encodeNode({ items: 2 }), domainEvents: [{ schema: 'test/Add@1' }] })
  expect(step(encodeNode({ items: 2 }), 3).state).toEqual(encodeNode({ items: 5 }))
  expect(step(encodeNode({ items: 99 }), 3).state).toBeNull()
}, 120_000)

it('a pure module may be defined', async () => {
  const { reducer: _reducer, ...others } = reducerModule({ state: '', event: '' })
  const pure = { input: 'test/Add@1', output: 'test/Cart@1' }
  const module = { ...others, moduleKind: 'pure' as const, pure }
  const source = `import { Cart, definePure } from './generated'\nexport const pure = definePure((input) => {
  const cart = new Cart()
  cart.items = input.count * 2
  return cart
})`
  const { wasm } = await buildGuest({ module, schemas: SCHEMAS, source })
  const output = callGuest(loadGuest(wasm), 'run', encodePureInput({ input: encodeNode({ count: 4 }) }))
  expect(decodePureOutput(output).output).toEqual(encodeNode({ items: 8 }))
}, 120_000)

it.each([
  ['neither is exported', 'export const other = 1', "no exported member 'reducer' and none 'reduce'"],
  [
    'the types do not fit',
    "import { defineReducer } from './generated'\nexport const reducer = defineReducer((cart) => 5)",
    'reducers/test/index.ts:2:',
  ],
])(
  '%s: the compiler says so',
  async (_, source, message) => {
    const module = reducerModule({ state: 'test/Cart@1', event: 'test/Add@1' })
    await expect(buildGuest({ module, schemas: SCHEMAS, source })).rejects.toThrow(message)
  },
  120_000,
)

const CHOICES: SchemaTable = new Map<string, TypeExpr>([
  ...SCHEMAS,
  [
    'test/Phase@1',
    {
      kind: 'variant',
      arms: new Map([
        ['Off', { kind: 'unit' }],
        ['On', { kind: 'unit' }],
      ]),
    },
  ],
  [
    'test/Move@1',
    {
      kind: 'record',
      fields: new Map<string, TypeExpr>([
        ['to', { kind: 'ref', name: 'test/Phase@1' }],
        ['from', { kind: 'ref', name: 'test/Phase@1' }],
        ['n', nat],
      ]),
    },
  ],
])

function moveSource(made: string): string {
  return `import { Add, Move, Phase, defineReducer } from './generated'
export const reducer = defineReducer((move, event, out) => {
  const next = ${made}
  next.n = event.count
  return next
})`
}

it('fields without a default are named when a record is made', async () => {
  const module = reducerModule({ state: 'test/Move@1', event: 'test/Add@1' })
  const build = (made: string): ReturnType<typeof buildGuest> =>
    buildGuest({ module, schemas: CHOICES, source: moveSource(made) })
  const { wasm } = await build('Move.of_to_from(Phase.On(), Phase.Off())')
  const event = { schema: 'test/Add@1', value: encodeNode({ count: 3 }) }
  expect(callReducer(loadGuest(wasm), { state: null, event }).state).toEqual(
    encodeNode({ n: 3, to: { $tag: 'On' }, from: { $tag: 'Off' } }),
  )
  for (const made of ['new Move()', 'new Move(Phase.On(), Phase.Off())', 'new Move(Phase.On(), Phase.Off(), 3)']) {
    await expect(build(made)).rejects.toMatchObject({ code: 'build.compile_failed' })
  }
  await expect(build('new Move(Phase.On(), Phase.Off())')).rejects.toMatchObject({
    hint: expect.stringContaining('assigned by name') as unknown,
  })
}, 120_000)
