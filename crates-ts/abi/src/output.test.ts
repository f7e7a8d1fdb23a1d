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

test('what nearly every step returns is read at once, and as any other form of it', () => {
  const states: (Uint8Array | null)[] = [
    null,
    ...[0, 1, 23, 24, 255, 256, 300, 65_535, 65_536].map((size) => new Uint8Array(size).fill(7)),
  ]
  for (const state of states) {
    const bytes = entries(['state', state], ['domain_events', []], ['effects', []], ['ann', null])
    expect(decodeReducerOutput(bytes)).toEqual({ state, domainEvents: [], effects: [], ann: null })
    if (bytes.length > 100) continue
    // With a tag before it the bytes go the general way, which finds the same, one byte further on.
    const outcome = (form: Uint8Array): unknown => {
      try {
        return decodeReducerOutput(form)
      } catch (error) {
        return error instanceof AosError ? [error.code, error.path] : error
      }
    }
    for (let at = 0; at < bytes.length; at += 1) {
      for (const bit of [0x01, 0x18, 0x20, 0x80]) {
        const changed = bytes.slice()
        changed[at] = (changed[at] ?? 0) ^ bit
        expect(outcome(changed), `byte ${at}`).toEqual(outcome(Uint8Array.of(0xc1, ...changed)))
      }
      expect(outcome(bytes.slice(0, at))).toEqual(outcome(Uint8Array.of(0xc1, ...bytes.slice(0, at))))
    }
  }
})
