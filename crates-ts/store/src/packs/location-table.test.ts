import { sha256, toHex, type HashBytes } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { Random, nodeSha256 } from '../index.ts'
import type { Location } from './content-index.ts'
import { LocationTable } from './location-table.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 1)

/** Half of them differ from others only behind their first bytes. */
function hashOf(number: number): HashBytes {
  const hash = sha256(nodeSha256, Uint8Array.of(number >> 8, number))
  if (number % 2 === 0) hash.fill(7, 0, 4)
  return hash
}

describe('a table of locations', () => {
  it(`gives what a map gives, in the order in which hashes came (seed ${SEED})`, () => {
    const random = new Random(SEED)
    const table = new LocationTable()
    const map = new Map<string, Location>()
    for (let step = 0; step < 20_000; step += 1) {
      const hash = hashOf(random.below(3_000))
      if (random.chance(0.5)) {
        const location: Location = {
          kind: random.chance(0.1) ? 'file' : 'packed',
          pack: random.below(5),
          position: random.below(2 ** 31) * 2 ** 20,
          length: random.below(1_000),
        }
        table.set(hash, location)
        map.set(toHex(hash), location)
      }
      expect(table.get(hash)).toEqual(map.get(toHex(hash)))
    }
    expect(table.size).toBe(map.size)
    expect(map.size).toBeGreaterThan(2_000)
    const rows = [...table.entries()].map(([hash, location]) => [toHex(hash), location])
    expect(rows).toEqual([...map])
  })
})
