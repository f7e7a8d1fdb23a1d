import fc from 'fast-check'
import { encode, toHex } from '@aos/cbor'
import { expect, test } from 'vitest'
import { findHashes } from './find-hashes.ts'

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const other = fc.uint8Array({ maxLength: 40 })

function found(bytes: Uint8Array): ReadonlySet<string> {
  const hashes = new Set<string>()
  findHashes(bytes, (each) => hashes.add(toHex(each)))
  return hashes
}

test('finds every hash, as bytes under heads of any length and as text, between anything', () => {
  fc.assert(
    fc.property(hash, hash, hash, hash, other, other, (short, two, four, text, before, after) => {
      const bytes = Buffer.concat([
        before,
        encode([short, `see sha256:${toHex(text)}.`]),
        ...[Uint8Array.of(0x59, 0, 32), two, Uint8Array.of(0x5a, 0, 0, 0, 32), four],
        after,
      ])
      expect([...found(bytes)]).toEqual(expect.arrayContaining([short, two, four, text].map(toHex)))
    }),
  )
})

test('finds one inside of a byte string, and at the very end', () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, at) => at)
  expect(found(encode(encode(['x', bytes])))).toEqual(new Set([toHex(bytes)]))
  expect(found(Uint8Array.of(0x58, 32, ...bytes))).toEqual(new Set([toHex(bytes)]))
  expect(found(Uint8Array.of(0x58, 32, ...bytes.subarray(1)))).toEqual(new Set())
  expect(found(new TextEncoder().encode(`sha256:${'0'.repeat(63)}`))).toEqual(new Set())
})
