/** The example of the SDK's README compiles and does what the text says. */
import { readFileSync } from 'node:fs'
import { parseDefinitions, parseJson } from '@aos/air'
import type { TypeExpr } from '@aos/air'
import { encodeNode } from '@aos/cbor'
import { expect, it } from 'vitest'
import { buildGuest, callReducer, loadGuest, reducerModule } from './_guest-driver.ts'

const README = readFileSync(new URL('../../sdk/README.md', import.meta.url), 'utf8')

function codeBlock(language: string): string {
  return new RegExp('```' + language + '\\n([^]*?)```').exec(README)?.[1] ?? ''
}

it('fills a cart, raises an event at ten items, and deletes the cell', async () => {
  const parsed = parseDefinitions(parseJson(codeBlock('json')))
  if (!parsed.ok) throw new Error('expected a definition')
  const nat: TypeExpr = { kind: 'nat' }
  const schemas = new Map<string, TypeExpr>([
    ...parsed.value.flatMap((one) => (one.kind === 'defschema' ? [[one.name, one.type] as const] : [])),
    [
      'demo/CartEvent@1',
      {
        kind: 'variant',
        arms: new Map([
          ['Add', nat],
          ['Clear', { kind: 'unit' }],
        ]),
      },
    ],
    ['demo/CartFilled@1', { kind: 'record', fields: new Map([['items', nat]]) }],
  ])
  const module = reducerModule({ state: 'demo/Cart@1', event: 'demo/CartEvent@1' })
  const { wasm } = await buildGuest({ module, schemas, source: codeBlock('ts'), extraSchemas: ['demo/CartFilled@1'] })
  const guest = loadGuest(wasm)
  const step = (state: Uint8Array | null, event: object): ReturnType<typeof callReducer> =>
    callReducer(guest, { state, event: { schema: 'demo/CartEvent@1', value: encodeNode({ ...event }) } })
  const first = step(null, { $tag: 'Add', $value: 4 })
  expect(first).toMatchObject({ state: encodeNode({ items: 4, note: null }), domainEvents: [] })
  expect(step(first.state, { $tag: 'Add', $value: 6 }).domainEvents).toEqual([
    { schema: 'demo/CartFilled@1', value: encodeNode({ items: 10 }) },
  ])
  expect(step(first.state, { $tag: 'Clear' }).state).toBeNull()
}, 60_000)
