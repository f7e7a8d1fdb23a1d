/** The examples of the READMEs for authors compile and do what the text says. */
import { readFileSync } from 'node:fs'
import { decodePureOutput, encodePureInput } from '@aos/abi'
import { BUILTIN_SCHEMAS, parseDefinitions, parseJson } from '@aos/air'
import type { DefModule, TypeExpr } from '@aos/air'
import { decode, encodeNode } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import { expect, it } from 'vitest'
import { buildGuest, callGuest, callReducer, loadGuest, reducerModule } from './_guest-driver.ts'

const SDK_README = '../../sdk/README.md'
const REDUCERS_README = '../../../reducers/README.md'

function codeBlock(language: string, readme = SDK_README): string {
  const text = readFileSync(new URL(readme, import.meta.url), 'utf8')
  return new RegExp('```' + language + '\\n([^]*?)```').exec(text)?.[1] ?? ''
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

it('lets GET through and nothing else', async () => {
  const module: DefModule = {
    kind: 'defmodule',
    name: 'demo/OnlyGet@1',
    moduleKind: 'pure',
    wasmHash: '' as DefModule['wasmHash'], // tests compile from source
    pure: { input: 'sys/CapCheckInput@1', output: 'sys/CapCheckOutput@1' },
  }
  const schemas = new Map([...BUILTIN_SCHEMAS].map(([name, { type }]) => [name, type]))
  const source = codeBlock('ts', REDUCERS_README)
  const { wasm } = await buildGuest({ module, schemas, source, extraSchemas: ['sys/HttpRequestParams@1'] })
  const guest = loadGuest(wasm)
  const check = (method: string): Data => {
    const effectParams = encodeNode({ method, url: 'http://a.test/', headers: { accept: '*' }, body_ref: null })
    const input = encodePureInput({
      input: encodeNode({
        cap_def: 'demo/get@1',
        grant_name: 'get',
        cap_params: encodeNode({}),
        effect_kind: 'http.request',
        effect_params: effectParams,
        origin: { kind: 'plan', name: 'demo/plan@1' },
        logical_now_ns: 0,
      }),
    })
    const { output } = decodePureOutput(callGuest(guest, 'run', input))
    return decode(output, { prefix: 'required' })
  }
  expect(check('GET')).toEqual(
    new Map<Data, Data>([
      ['deny', null],
      ['constraints_ok', true],
    ]),
  )
  const deny = new Map<Data, Data>([
    ['code', 'method_not_allowed'],
    ['message', 'POST'],
  ])
  expect(check('POST')).toEqual(
    new Map<Data, Data>([
      ['deny', deny],
      ['constraints_ok', false],
    ]),
  )
}, 60_000)
