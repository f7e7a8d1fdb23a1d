/** Laws of the codec over random values; the seed is AOS_SEED and is printed with a counterexample. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  AosError,
  CborWriter,
  Tagged,
  checkCanonical,
  decode,
  decodeForeign,
  encode,
  encodeInto,
  skipItem,
  toHex,
} from '../src/index.ts'
import type { Data } from '../src/index.ts'
import { foreignForm } from './_foreign.ts'
import { seed } from './_util.ts'

const integers = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -70000n, max: 70000n }),
    fc.integer({ min: 0, max: 64 }).map((bits) => 2n ** BigInt(bits) - 1n),
  )
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value))

const floats = fc
  .oneof(
    fc.double(),
    fc.float(),
    fc.integer({ min: 0, max: 0x3ff }).map((bits) => bits * 2 ** -24 + 2 ** -25),
  )
  .filter((value) => !Number.isInteger(value) || Object.is(value, -0))

const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ minLength: 40 }))
const blobs = fc.uint8Array({ maxLength: 70 })
const scalars: fc.Arbitrary<Data> = fc.oneof(fc.constantFrom(null, true, false), integers, floats, texts, blobs)
const scalarKeys: fc.Arbitrary<Data> = fc.oneof(
  fc.constantFrom(null, true, false),
  integers,
  floats.filter((value) => value !== 0),
  texts,
)

/** Maps with distinct keys of all kinds; `Tagged` only where asked for, because lenient decoding drops tags. */
function values(tags: boolean): fc.Arbitrary<Data> {
  return fc.letrec<{ data: Data }>((tie) => {
    const list = fc.array(tie('data'), { maxLength: 6 })
    const map = fc
      .uniqueArray(fc.tuple(fc.oneof(scalarKeys, blobs, list), tie('data')), {
        maxLength: 8,
        selector: ([key]) => toHex(encode(key)),
      })
      .map((entries): Data => new Map(entries))
    const tagged = fc
      .tuple(fc.integer({ min: 4, max: 50000 }), tie('data'))
      .map(([tag, value]): Data => new Tagged(tag, value))
    return { data: fc.oneof({ depthSize: 'small' }, scalars, list, map, ...(tags ? [tagged] : [])) }
  }).data
}

test('decode gives back what was encoded, and encoding that gives the same bytes', () => {
  fc.assert(
    fc.property(values(true), (value) => {
      const bytes = encode(value)
      const back = decode(bytes, { prefix: 'absent' })
      expect(toHex(encode(back))).toBe(toHex(bytes))
      expect(normal(back)).toEqual(normal(value))
      checkCanonical(bytes, { prefix: 'absent' })
      expect(skipItem(bytes, 0)).toBe(bytes.length)
    }),
    { seed, numRuns: 300 },
  )
})

test('shuffled, long and indefinite forms decode leniently to the same value', () => {
  fc.assert(
    fc.property(values(false), fc.array(fc.nat(9), { minLength: 1, maxLength: 20 }), (value, choices) => {
      const foreign = foreignForm(value, choices)
      expect(toHex(encode(decodeForeign(foreign)))).toBe(toHex(encode(value)))
      expect(skipItem(foreign, 0)).toBe(foreign.length)
    }),
    { seed, numRuns: 300 },
  )
})

test('what the decoder accepts of a mutant is the canonical form of what it read', () => {
  let accepted = 0
  fc.assert(
    fc.property(values(true), fc.nat(), fc.nat(7), (value, where, bit) => {
      const bytes = Uint8Array.from(encode(value))
      const at = where % bytes.length
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
      const strict = attempt(() => decode(bytes, { prefix: 'absent' }))
      const checked = attempt(() => checkCanonical(bytes, { prefix: 'absent' }))
      expect(checked.code).toBe(strict.code)
      if (strict.code === undefined) {
        accepted += 1
        expect(toHex(encode(strict.value as Data))).toBe(toHex(bytes)) // accepted: it is what decode returned
      }
    }),
    { seed, numRuns: 1500 },
  )
  expect(accepted).toBeGreaterThan(150)
})

test('random bytes are refused with a code or are canonical', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
      const strict = attempt(() => decode(bytes, { prefix: 'optional' }))
      if (strict.code !== undefined) expect(strict.code).toMatch(/^cbor\./)
      const lenient = attempt(() => decodeForeign(bytes))
      if (lenient.code === undefined) {
        const canonical = encode(lenient.value as Data) // accepted: it is what decodeForeign returned
        expect(toHex(encode(decode(canonical, { prefix: 'absent' })))).toBe(toHex(canonical))
        expect(skipItem(bytes, 0)).toBe(bytes.length)
      } else {
        expect(lenient.code).toMatch(/^cbor\./)
      }
    }),
    { seed, numRuns: 1500 },
  )
})

test('an encoder that appends leaves what stands before it', () => {
  fc.assert(
    fc.property(blobs, values(true), (before, value) => {
      const writer = new CborWriter(1)
      writer.raw(before)
      encodeInto(writer, value)
      expect(toHex(writer.view())).toBe(toHex(before) + toHex(encode(value)))
    }),
    { seed, numRuns: 200 },
  )
})

function attempt(body: () => unknown): { readonly code: string | undefined; readonly value: unknown } {
  try {
    return { code: undefined, value: body() }
  } catch (error) {
    if (!(error instanceof AosError)) throw error
    return { code: error.code, value: undefined }
  }
}

/** Maps as sorted entries, so that insertion order does not count. */
function normal(value: Data): unknown {
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => [toHex(encode(key)), normal(item)] as const)
    return new Map(entries.sort(([left], [right]) => (left < right ? -1 : 1)))
  }
  if (value instanceof Tagged) return ['tag', value.tag, normal(value.value)]
  return Array.isArray(value) ? value.map(normal) : value
}
