import { compileSchema } from '@aos/air'
import { encodeNode } from '@aos/cbor'
import { expect, it } from 'vitest'

import { EMPTY_CATALOG } from './catalog.ts'
import type { Catalog, ReducerRecord, Route } from './catalog.ts'
import { routeEvent } from './routing.ts'
import type { Delivery } from './routing.ts'

const text = compileSchema({ kind: 'text' }, new Map())
const nat = compileSchema({ kind: 'nat' }, new Map())

function reducer(name: string, keyed: boolean): ReducerRecord {
  return {
    name,
    module: {
      wasmHash: HASH,
      rewrittenHash: HASH,
      rewritten: new Uint8Array(0),
      call: () => ({ outcome: 'trap', fuel: 0, output: new Uint8Array(0), note: undefined }),
    },
    wasmHash: HASH,
    wasmHashBytes: new Uint8Array(32),
    eventSchema: 'demo/E@1',
    stateSchema: 'demo/S@1',
    keySchema: keyed ? 'demo/K@1' : undefined,
    stateCodec: nat,
    eventCodec: nat,
    keyCodec: keyed ? text : undefined,
    effectsEmitted: new Set(),
    wantsContext: false,
    members: new Map(),
  }
}

const HASH = `sha256:${'0'.repeat(64)}` as ReducerRecord['wasmHash'] // a hash text for a test

function catalog(...routes: Route[]): Catalog {
  const { actions } = EMPTY_CATALOG
  return {
    codec: () => nat,
    table: new Map(),
    fingerprint: () => HASH,
    reducers: new Map(),
    routes: new Map([['demo/E@1', routes]]),
    actions,
  }
}

function route(routes: Catalog, key: Uint8Array | undefined): readonly Delivery[] {
  return routeEvent(routes, { schema: 'demo/E@1', value: encodeNode(1), key }, 0)
}

const fromSender: Route = { reducer: reducer('demo/Keyed@1', true), wrap: undefined, locateKey: undefined }
const single: Route = { reducer: reducer('demo/Single@1', false), wrap: undefined, locateKey: undefined }

it('takes the key from the sender when the route has no key field', () => {
  expect(route(catalog(fromSender), encodeNode('a'))[0]?.key).toEqual(encodeNode('a'))
  expect(() => route(catalog(fromSender), undefined)).toThrow(expect.objectContaining({ code: 'kernel.key_missing' }))
  expect(() => route(catalog(fromSender), encodeNode(1))).toThrow(expect.objectContaining({ code: 'kernel.bad_key' }))
  expect(() => route(catalog(fromSender), encodeNode('a'.repeat(5000)))).toThrow(
    expect.objectContaining({ code: 'kernel.too_large' }),
  )
})

it('gives no key to a reducer that is not keyed', () => {
  expect(route(catalog(single), undefined)[0]?.key).toBeUndefined()
  expect(() => route(catalog(single), encodeNode('a'))).toThrow(
    expect.objectContaining({ code: 'kernel.key_unexpected' }),
  )
})

it('keeps route order and wraps the arms of a variant', () => {
  const wrap = { head: Uint8Array.from([0xd9, 0xd9, 0xf7, 0xa2]), unit: false }
  const queue = route(catalog(single, { ...single, wrap }, { ...single, wrap: { ...wrap, unit: true } }), undefined)
  expect(queue.map(({ value }) => [...value])).toEqual([
    [0xd9, 0xd9, 0xf7, 0x01],
    [0xd9, 0xd9, 0xf7, 0xa2, 0x01],
    [0xd9, 0xd9, 0xf7, 0xa2],
  ])
})
