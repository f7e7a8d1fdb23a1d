import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HashSet } from './hash-set.ts'

/** Few different beginnings, so that places collide. */
const hash = fc
  .tuple(fc.nat(3), fc.nat(2000))
  .map(([start, rest]) =>
    Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? start : at < 4 ? 0 : (rest >> (at % 11)) & 255)),
  )

test('has what was added, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(hash, { maxLength: 3000, minLength: 1, size: 'medium' }), fc.array(hash), (added, others) => {
      const set = new HashSet()
      const plain = new Set<string>()
      for (const bytes of added) {
        const text = Buffer.from(bytes).toString('hex')
        expect(set.add(bytes)).toBe(!plain.has(text))
        plain.add(text)
      }
      for (const bytes of [...added, ...others]) {
        expect(set.has(bytes)).toBe(plain.has(Buffer.from(bytes).toString('hex')))
      }
      expect(set.size).toBe(plain.size)
      expect(new Set([...set.values()].map((bytes) => Buffer.from(bytes).toString('hex')))).toEqual(plain)
    }),
    { numRuns: 20 },
  )
})
