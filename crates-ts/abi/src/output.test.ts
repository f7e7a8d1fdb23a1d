import { expect, test } from 'vitest'
import { AosError, CborWriter, encode, fromHex, toHex } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import { ABI_ERRORS, decodePureOutput, decodeReducerOutput } from './index.ts'

/** The code and path with which bytes are refused. */
function refusal(decoder: (bytes: Uint8Array) => unknown, bytes: Uint8Array): readonly [string, readonly unknown[]] {
  try {
    decoder(bytes)
  } catch (error) {
    if (!(error instanceof AosError)) throw error
    expect(Object.keys(ABI_ERRORS)).toContain(error.code)
    expect(typeof error.details?.['offset']).toBe('number')
    return [error.code, error.path ?? []]
  }
  throw new Error(`accepted: ${toHex(bytes)}`)
}

/** A map whose entries stand in the given order. */
function entries(...items: readonly (readonly [string, Data])[]): Uint8Array {
  const writer = new CborWriter()
  writer.map(items.length)
  for (const [key, value] of items) {
    writer.text(key)
    writer.raw(encode(value))
  }
  return writer.take()
}

const A0 = Uint8Array.of(0xa0)
const STATE = Uint8Array.of(1)

test('the sample of AIR v1', () => {
  const output = decodeReducerOutput(
    fromHex('a465737461746541016d646f6d61696e5f6576656e74738067656666656374738063616e6ef6'),
  )
  expect(output).toEqual({ state: STATE, domainEvents: [], effects: [], ann: null })
})

test('events and effects, with and without their optional fields', () => {
  const output = decodeReducerOutput(
    entries(
      ['state', null],
      [
        'domain_events',
        [
          { schema: 'a/B@1', value: A0 },
          { schema: 'a/C@1', value: A0, key: STATE },
          { schema: 'a/D@1', value: A0, key: null },
        ],
      ],
      [
        'effects',
        [
          { kind: 'blob.put', params_cbor: A0 },
          { kind: 'blob.get', params_cbor: A0, cap_slot: 'c', idempotency_key: STATE },
          { kind: 'timer.set', params_cbor: A0, cap_slot: null, idempotency_key: null },
        ],
      ],
      ['ann', STATE],
    ),
  )
  expect(output).toEqual({
    state: null,
    domainEvents: [
      { schema: 'a/B@1', value: A0 },
      { schema: 'a/C@1', value: A0, key: STATE },
      { schema: 'a/D@1', value: A0 },
    ],
    effects: [
      { kind: 'blob.put', params: A0 },
      { kind: 'blob.get', params: A0, capSlot: 'c', idempotencyKey: STATE },
      { kind: 'timer.set', params: A0 },
    ],
    ann: STATE,
  })
})

test.each<readonly [string, string]>([
  ['lists missing', 'a16573746174654101'],
  ['lists null', 'a365737461746541016765666665637473f66d646f6d61696e5f6576656e7473f6'],
  ['another order', 'a263616e6ef66573746174654101'],
  ['indefinite lengths', 'bf6573746174655f4101ff67656666656374739fffff'],
  ['a key in chunks', 'a17f63737461627465ff4101'],
  ['long heads', 'b9000178057374617465580101'],
  ['bytes as an array of integers', 'a16573746174658101'],
  ['bytes as an open array', 'a16573746174659f01ff'],
  ['the prefix and other tags', 'd9d9f7a1c1657374617465d8454101'],
  ['unknown fields', 'a3617881a1617901657374617465410161797f6161ff'],
])('foreign form: %s', (_, hex) => {
  expect(decodeReducerOutput(fromHex(hex))).toEqual({ state: STATE, domainEvents: [], effects: [], ann: null })
})

test('byte fields are views into the output', () => {
  const bytes = fromHex('a16573746174654101')
  const { state } = decodeReducerOutput(bytes)
  expect(state?.buffer).toBe(bytes.buffer)
})

const EVENT = ['domain_events', [{ schema: 'a/B@1', value: A0 }]] as const
const state = ['state', null] as const

test.each<readonly [string, Uint8Array, string, readonly unknown[]]>([
  ['nothing', new Uint8Array(0), 'abi.malformed', []],
  ['no map', fromHex('80'), 'abi.wrong_type', []],
  ['a null', fromHex('f6'), 'abi.wrong_type', []],
  ['no state', entries(['ann', null]), 'abi.missing_field', []],
  ['a second state', entries(state, state), 'abi.duplicate_field', []],
  ['a second unknown field', entries(state, ['x', 1], ['x', 2]), 'abi.duplicate_field', []],
  ['a field name that is a number', fromHex('a2657374617465f60102'), 'abi.bad_key', []],
  ['a text as state', entries(['state', 'x']), 'abi.wrong_type', ['state']],
  ['a map as state', entries(['state', {}]), 'abi.wrong_type', ['state']],
  ['a byte that is too great', entries(['state', [0, 256]]), 'abi.bad_byte', ['state']],
  ['a byte that is a float', entries(['state', [0.5]]), 'abi.bad_byte', ['state']],
  ['a map as list', entries(state, ['effects', {}]), 'abi.wrong_type', ['effects']],
  ['an event that is no map', entries(state, ['domain_events', [1]]), 'abi.wrong_type', ['domain_events', 0]],
  ['an event without value', entries(state, ['domain_events', [EVENT[1][0], { schema: 'x' }]]), 'abi.missing_field', ['domain_events', 1]], // prettier-ignore
  ['a schema that is null', entries(state, ['domain_events', [{ schema: null, value: A0 }]]), 'abi.wrong_type', ['domain_events', 0, 'schema']], // prettier-ignore
  ['a value that is null', entries(state, ['domain_events', [{ schema: 'x', value: null }]]), 'abi.wrong_type', ['domain_events', 0, 'value']], // prettier-ignore
  ['an effect without kind', entries(state, ['effects', [{ params_cbor: A0 }]]), 'abi.missing_field', ['effects', 0]],
  ['a slot that is no text', entries(state, ['effects', [{ cap_slot: 1 }]]), 'abi.wrong_type', ['effects', 0, 'cap_slot']], // prettier-ignore
  ['bytes after the envelope', fromHex('a1657374617465f600'), 'abi.malformed', []],
  ['an end inside the state', fromHex('a16573746174654201'), 'abi.malformed', ['state']],
  ['a list that claims four billion items', fromHex('a167656666656374739affffffff'), 'abi.malformed', ['effects']], // prettier-ignore
  ['text that is not UTF-8', fromHex('a261ff00657374617465f6'), 'abi.malformed', []],
])('refused: %s', (_, bytes, code, path) => {
  expect(refusal(decodeReducerOutput, bytes)).toEqual([code, path])
})

test('an ignored field may not nest without bound', () => {
  const writer = new CborWriter()
  writer.map(2)
  writer.text('x')
  for (let depth = 0; depth < 100_000; depth += 1) writer.array(1)
  writer.null()
  expect(refusal(decodeReducerOutput, writer.take())).toEqual(['abi.malformed', []])
})

test('every cut of an output is refused', () => {
  const bytes = entries(state, EVENT, ['effects', [{ kind: 'x', params_cbor: A0 }]], ['ann', A0])
  for (let length = 0; length < bytes.length; length += 1) {
    expect(refusal(decodeReducerOutput, bytes.subarray(0, length))[0]).toBe('abi.malformed')
  }
})

test('the output of a pure call', () => {
  expect(decodePureOutput(fromHex('a1666f757470757441a0'))).toEqual({ output: A0 })
  expect(decodePureOutput(fromHex('bf6178f6666f75747075748118a0ff'))).toEqual({ output: A0 })
  expect(refusal(decodePureOutput, fromHex('a0'))).toEqual(['abi.missing_field', []])
  expect(refusal(decodePureOutput, fromHex('a1666f7574707574f6'))).toEqual(['abi.wrong_type', ['output']])
})
