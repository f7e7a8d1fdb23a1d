import { describe, expect, it } from 'vitest'
import { makeIdempotency } from '../test/_collections.ts'
import type { IdempotencyTable } from './idempotency.ts'

const BODY = new Uint8Array(32).fill(1)
const OTHER = new Uint8Array(32).fill(2)

function fill(table: IdempotencyTable, heights: { readonly from: number; readonly to: number }): IdempotencyTable {
  for (let height = heights.from; height <= heights.to; height += 1) {
    table.remember(`key ${height}`, { body: BODY, height, logicalNs: BigInt(height) })
  }
  return table
}

describe('the table of idempotency keys', () => {
  it('knows a key, its body, and nothing else', () => {
    const table = fill(makeIdempotency(), { from: 1, to: 3 })
    expect(table.lookUp('key 2', BODY)).toBe(2)
    expect(table.lookUp('key 2', OTHER)).toBe('conflict')
    expect(table.lookUp('key 4', BODY)).toBe('new')
  })

  it('puts out the lowest heights when there are too many', () => {
    const table = fill(makeIdempotency({ keysMax: 5, ageNs: 1_000_000n }), { from: 1, to: 8 })
    expect([1, 2, 3, 4, 5, 6, 7, 8].map((height) => table.lookUp(`key ${height}`, BODY))).toEqual([
      'new',
      'new',
      'new',
      4,
      5,
      6,
      7,
      8,
    ])
    // A key that was put out may come again, and then counts by its new height.
    table.remember('key 1', { body: OTHER, height: 9, logicalNs: 9n })
    expect(table.lookUp('key 1', OTHER)).toBe(9)
    expect(table.lookUp('key 4', BODY)).toBe('new')
    expect(table.size).toBe(5)
  })

  it('puts out what is older than the bound, not what is exactly as old', () => {
    const table = fill(makeIdempotency({ keysMax: 100, ageNs: 10n }), { from: 1, to: 5 })
    table.remember('late', { body: BODY, height: 6, logicalNs: 13n })
    expect([2, 3].map((height) => table.lookUp(`key ${height}`, BODY))).toEqual(['new', 3])
    table.remember('later', { body: BODY, height: 7, logicalNs: 1_000n })
    expect(table.size).toBe(1)
  })
})
