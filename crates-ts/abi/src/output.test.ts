import { expect, test } from 'vitest'
import { AosError, CborWriter, encode, fromHex, toHex } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import { ABI_ERRORS, decodeReducerOutput } from './index.ts'

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

test('byte fields are views into the output', () => {
  const bytes = fromHex('a16573746174654101')
  const { state } = decodeReducerOutput(bytes)
  expect(state?.buffer).toBe(bytes.buffer)
})

const EVENT = ['domain_events', [{ schema: 'a/B@1', value: A0 }]] as const
const state = ['state', null] as const

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
