import { isAosError } from '@aos/cbor'
import { inspectModule } from '@aos/wasm'
import { describe, expect, it } from 'vitest'
import { bundleScript, compileScript, scriptKey } from '../src/index.ts'
import { makeScriptCaller, scriptSources } from './_script-world.ts'

/** A library as npm installs it: it asks what there is before it uses it. */
const LIBRARY = {
  'node_modules/shout/package.json': '{"name":"shout","version":"1.0.0","main":"index.js"}',
  'node_modules/shout/index.js': `
    const now = typeof performance !== 'undefined' ? () => performance.now() : () => 0
    const root = typeof self === 'object' ? self : typeof window === 'object' ? window : global
    module.exports = function shout(text) {
      if (text instanceof Date) return 'a date'
      console.warn('nobody reads this', now(), root === globalThis)
      return text.toUpperCase()
    }`,
}

const CART = `
import shout from 'shout'
import { defineReducer } from './generated'
import type { Cart } from './generated'
import { twice } from './twice'

const limit: bigint = 3n

export const reducer = defineReducer((cart, event, out) => {
  const next: Cart = cart ?? { items: 0n, names: new Set(), note: null }
  next.items = twice(next.items) + 1n
  next.names.add(shout(event.name))
  if (event.name === 'deep') next.note = String(nest(100))
  if (event.name === 'clear') return null
  if (next.items > limit) out.raise('demo/Filled@1', { items: next.items })
  if (event.name === 'bad') next.note = 5 as unknown as string
  if (event.name === 'later') out.effect('timer.set', { items: 1n }, { slot: 'clock' })
  return check(next, event.name)
})

function nest(depth: number): number {
  return depth === 0 ? 0 : 1 + nest(depth - 1)
}

function check(cart: Cart, name: string): Cart {
  if (name === 'wrong') throw new RangeError(\`no \${name} names\`)
  return cart
}
`

const FILES = {
  ...LIBRARY,
  'reducers/cart/index.ts': CART,
  'reducers/cart/twice.ts': 'export const twice = (value: bigint): bigint => value * 2n',
  'tsconfig.json': '{"compilerOptions":{"paths":{"@aos/sdk":["./nowhere.ts"]}}}',
}

describe('modules in TypeScript', () => {
  it('are built to the same bytes wherever they lie, and run in the deterministic runtime', async () => {
    const bundle = await bundleScript(scriptSources(FILES))
    const built = compileScript(bundle)
    const again = await bundleScript(scriptSources(FILES))
    expect(again.script).toBe(bundle.script)
    expect(scriptKey(again)).toBe(scriptKey(bundle))
    expect(Buffer.from(compileScript(again).wasm).equals(Buffer.from(built.wasm))).toBe(true)
    const report = inspectModule(built.wasm)
    expect([report.issues, report.imports, report.entries]).toEqual([
      [],
      [],
      [{ name: 'step', convention: 'multi_value' }],
    ])
    expect(built.sourceMap).not.toContain('/tmp')

    const call = makeScriptCaller(built)
    const first = call(null, 'über')
    expect(first).toMatchObject({ outcome: 'ok', output: { domainEvents: [], effects: [] } })
    const state = first.output?.state ?? null
    // items: 1, names: ["ÜBER"], note: null
    expect(Buffer.from(state ?? []).toString('hex')).toBe(
      'd9d9f7a3646e6f7465f6656974656d7301656e616d65738165c39c424552',
    )
    const second = call(state, 'b')
    expect(call(second.output?.state ?? null, 'c').output?.domainEvents).toMatchObject([{ schema: 'demo/Filled@1' }])
    // Nothing of the calls in between is left.
    expect(call(null, 'über')).toEqual(first)
    expect(call(state, 'later').output?.effects).toMatchObject([{ kind: 'timer.set', capSlot: 'clock' }])
    expect(call(state, 'clear').output?.state).toBe(null)
    expect(call(state, 'deep').outcome).toBe('ok')
    expect(call(state, 'wrong')).toMatchObject({
      outcome: 'trap',
      note: 'RangeError: no wrong names at reducers/cart/index.ts:26:52, called from reducers/cart/index.ts:18:22',
    })
    const bad = call(state, 'bad').note
    expect(bad).toBe('TypeError: the state is not of its schema: $.note: expected a string, found number')
  }, 60_000)

  it('may not use a clock, chance or a host, and the refusal says where', async () => {
    const index = `
      import { defineReducer } from './generated'
      import { id } from 'ids'
      export const reducer = defineReducer((cart, event) => {
        const Date = 1
        const now = globalThis.Date.now() + Date
        setTimeout(() => now, 5)
        console.log(event)
        return typeof process === 'object' && process.pid ? cart : id(cart)
      })`
    const files = {
      'reducers/cart/index.ts': index,
      'node_modules/ids/package.json': '{"name":"ids","version":"1.0.0","module":"ids.mjs"}',
      'node_modules/ids/ids.mjs': `export const unused = () => fetch('x')\nexport const id = (x) => (Math.random() > 2 ? x : x)`,
    }
    const sources = scriptSources(files)
    const found = await bundleScript(sources).catch((error: unknown) => error)
    expect(isAosError(found) && [found.code, found.message.split('\n')]).toEqual([
      'build.host_use',
      [
        'reducers/cart uses what a reducer does not have:',
        'node_modules/ids/ids.mjs:2:27: Math.random is not there: a reducer has no chance; declare the context sys/ReducerContext@1 and use its entropy',
        'reducers/cart/index.ts:6:21: Date is not there: a reducer has no clock; declare the context sys/ReducerContext@1 and use its now_ns',
        'reducers/cart/index.ts:7:9: setTimeout is not there: a step ends before any timer could; ask for the effect timer.set',
        'reducers/cart/index.ts:8:9: console is not there: nobody reads it; in tests, look at what the step puts out',
      ],
    ])
    const own = await bundleScript({ ...sources, unreached: ['Math.random', 'Date'] }).catch((error: unknown) => error)
    expect(isAosError(own) && own.message).not.toContain('ids.mjs')
    expect(isAosError(own) && own.message).toContain('reducers/cart/index.ts:6:21: Date')
  })

  it.each<readonly [string, Record<string, string>, string, string]>([
    [
      'no entry',
      {},
      'build.bad_sources',
      'expected the file reducers/cart/index.ts or reducers/cart/index.js, found none',
    ],
    [
      'a syntax error',
      { 'reducers/cart/index.ts': 'export const reducer =\n  = 1' },
      'build.compile_failed',
      'reducers/cart/index.ts:2:3: Unexpected "=" (esbuild)',
    ],
    [
      'a module of Node',
      { 'reducers/cart/index.ts': `import { readFileSync } from 'node:fs'\nexport const reducer = readFileSync` },
      'build.host_use',
      'reducers/cart/index.ts:1:30: node:fs is not there: it belongs to Node, and a reducer runs without a host; ask for an effect',
    ],
    [
      'another export',
      { 'reducers/cart/index.ts': 'export const reduce = 1' },
      'build.compile_failed',
      'No matching export in "reducers/cart/index.ts" for import "reducer"',
    ],
  ])('say what is wrong with %s', async (_, files, code, message) => {
    const found = await bundleScript(scriptSources(files)).catch((error: unknown) => error)
    expect(isAosError(found) && found.code).toBe(code)
    expect(isAosError(found) && found.message).toContain(message)
  })

  it('say what a script threw while it was loaded', async () => {
    const index = `const table = (undefined as unknown as { x: number })\nexport const reducer = { at: table.x }`
    const bundle = await bundleScript(scriptSources({ 'reducers/cart/index.ts': index }))
    expect(() => compileScript(bundle)).toThrow(
      "reducers/cart throws when it is loaded: TypeError: cannot read property 'x' of undefined (reducers/cart/index.ts:2:30)",
    )
  })
})
