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
  const source = `import { Cart, definePure } from './generated'\nexport const pure = definePure((input) => new Cart(input.count * 2))`
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
