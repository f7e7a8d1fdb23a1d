import { expect, test } from 'vitest'
import { CborWriter, decode, encodeNode, fromHex, parseHash, toHex } from '@aos/cbor'
import {
  encodePureContext,
  encodePureInput,
  encodeReducerContext,
  encodeReducerInput,
  writePureInput,
  writeReducerInput,
} from './index.ts'

const VALUE = fromHex('d9d9f7a0')
const HASH = parseHash(`sha256:${'ab'.repeat(32)}`)

test('the input of a first step is the envelope of AIR v1, byte for byte', () => {
  const bytes = encodeReducerInput({ state: null, event: { schema: 'demo/E@1', value: VALUE } })
  expect(toHex(bytes)).toBe(
    'a3' +
      '6776657273696f6e01' + // version: 1
      '657374617465f6' + // state: null
      '656576656e74a2' + // event
      '66736368656d616864656d6f2f454031' + // schema: demo/E@1
      '6576616c756544d9d9f7a0', // value
  )
})

test('state, key and context take their places', () => {
  const event = { schema: 'demo/E@1', value: VALUE, key: Uint8Array.of(0x61, 0x78) }
  const bytes = encodeReducerInput({ state: Uint8Array.of(1), event, ctx: Uint8Array.of(0xa0) })
  expect(toHex(bytes)).toBe(
    'a4' +
      '6776657273696f6e01' +
      '6573746174654101' +
      '656576656e74a3' +
      '66736368656d616864656d6f2f454031' +
      '6576616c756544d9d9f7a0' +
      '636b6579426178' +
      '6363747841a0',
  )
})

test('the input of a pure call', () => {
  expect(toHex(encodePureInput({ input: Uint8Array.of(0xa0) }))).toBe('a26776657273696f6e0165696e70757441a0')
  expect(toHex(encodePureInput({ input: Uint8Array.of(0xa0), ctx: Uint8Array.of(0xf6) }))).toBe(
    'a36776657273696f6e0165696e70757441a06363747841f6',
  )
})

test('the writing forms append what the encoding forms return', () => {
  const writer = new CborWriter()
  const step = { state: Uint8Array.of(1, 2), event: { schema: 'a/B@1', value: VALUE } }
  writeReducerInput(writer, step)
  writePureInput(writer, { input: VALUE })
  expect(toHex(writer.view())).toBe(toHex(encodeReducerInput(step)) + toHex(encodePureInput({ input: VALUE })))
})

test('a reducer context is the canonical value of its schema', () => {
  const context = {
    nowNs: 1_700_000_000_000_000_000n,
    logicalNowNs: 1_700_000_000_000_000_001n,
    journalHeight: 7,
    entropy: new Uint8Array(64).fill(9),
    eventHash: HASH,
    manifestHash: HASH,
    reducer: 'demo/CounterSM@1',
    cellMode: false,
  }
  const record = {
    now_ns: context.nowNs,
    logical_now_ns: context.logicalNowNs,
    journal_height: 7,
    entropy: context.entropy,
    event_hash: HASH,
    manifest_hash: HASH,
    reducer: context.reducer,
    key: null,
    cell_mode: false,
  }
  expect(toHex(encodeReducerContext(context))).toBe(toHex(encodeNode(record)))
  const keyed = encodeReducerContext({ ...context, key: Uint8Array.of(0x61, 0x61), cellMode: true })
  expect(toHex(keyed)).toBe(toHex(encodeNode({ ...record, key: Uint8Array.of(0x61, 0x61), cell_mode: true })))
  expect(decode(keyed, { prefix: 'required' })).toBeInstanceOf(Map)
})

test('a pure context is the canonical value of its schema', () => {
  const bytes = encodePureContext({ logicalNowNs: 5, journalHeight: 2n ** 60n, manifestHash: HASH, module: 'a/P@1' })
  const record = { logical_now_ns: 5, journal_height: 2n ** 60n, manifest_hash: HASH, module: 'a/P@1' }
  expect(toHex(bytes)).toBe(toHex(encodeNode(record)))
})
