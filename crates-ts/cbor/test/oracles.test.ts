/** Independent encoders and decoders, each only where it is known to be right. */
import { Encoder as CborxEncoder } from 'cbor-x'
import { cdeDecodeOptions, cdeEncodeOptions, decode as cbor2Decode, encode as cbor2Encode } from 'cbor2'
import * as cborg from 'cborg'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Tagged, decode, decodeForeign, encode, toHex } from '../src/index.ts'
import type { Data } from '../src/index.ts'
import { seed } from './_util.ts'

const integers = fc
  .bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n })
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value))
const floats = fc.double().filter((value) => !Number.isInteger(value))
const keys = fc.oneof(fc.string({ unit: 'binary' }), integers)

/** Without minus zero, tags and Buffers, where the oracles differ from RFC 8949 or from each other. */
const values: fc.Arbitrary<Data> = fc.letrec<{ data: Data }>((tie) => ({
  data: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false),
    integers,
    floats,
    fc.string({ unit: 'binary' }),
    fc.uint8Array(),
    fc.array(tie('data'), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(keys, tie('data')), { maxLength: 8, selector: ([key]) => `${typeof key}${key}` })
      .map((entries): Data => new Map(entries)),
  ),
})).data

test('cborg, with its RFC 8949 options, encodes to the same bytes', () => {
  fc.assert(
    fc.property(values, (value) => {
      expect(toHex(cborg.encode(value, cborg.rfc8949EncodeOptions))).toBe(toHex(encode(value)))
    }),
    { seed, numRuns: 400 },
  )
})

test('cbor2, with its common deterministic options, encodes to the same bytes and reads ours', () => {
  const strict = { ...cdeDecodeOptions, rejectDuplicateKeys: true, rejectLongFloats: true, rejectLongLoundNaN: true }
  fc.assert(
    fc.property(values, (value) => {
      const bytes = encode(value)
      expect(toHex(cbor2Encode(value, cdeEncodeOptions))).toBe(toHex(bytes))
      cbor2Decode(bytes, strict)
    }),
    { seed, numRuns: 150 },
  )
})

test('cbor-x reads ours, and what it writes in its own order and widths has our canonical form', () => {
  const cborx = new CborxEncoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false })
  fc.assert(
    fc.property(values, (value) => {
      const theirs: unknown = cborx.decode(encode(value))
      expect(toHex(encode(decodeForeign(cborx.encode(theirs))))).toBe(toHex(encode(value)))
    }),
    { seed, numRuns: 400 },
  )
})

test('what cbor2 refuses as not deterministic is refused here', () => {
  const strict = { ...cdeDecodeOptions, rejectDuplicateKeys: true, rejectLongFloats: true, rejectLongLoundNaN: true }
  fc.assert(
    fc.property(values, fc.nat(), fc.nat(7), (value, where, bit) => {
      const bytes = Uint8Array.from(encode(value))
      const at = where % bytes.length
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
      if (throws(() => cbor2Decode(bytes, strict))) {
        const ours = attempt(bytes)
        // cbor2 gives tags a meaning and refuses content that does not suit it; that is no matter of encoding.
        expect(ours === undefined || hasTag(ours)).toBe(true)
      }
    }),
    { seed, numRuns: 400 },
  )
})

function attempt(bytes: Uint8Array): Data | undefined {
  try {
    return decode(bytes, { prefix: 'absent' })
  } catch {
    return undefined
  }
}

function hasTag(value: Data): boolean {
  if (value instanceof Map) return [...value].some(([key, item]) => hasTag(key) || hasTag(item))
  return Array.isArray(value) ? value.some(hasTag) : value instanceof Tagged
}

function throws(body: () => unknown): boolean {
  try {
    body()
    return false
  } catch {
    return true
  }
}
