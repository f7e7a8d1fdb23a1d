import { describe, expect, it } from 'vitest'
import { chunkAt, composeImage } from './dirty-chunks.ts'
import { PAGE_BYTES, WASM_LIMITS } from './limits.ts'

describe('chunks', () => {
  it('cover every address below the cap once, in at most 64 bits, in ascending order', () => {
    const cap = WASM_LIMITS.memoryPagesMax * PAGE_BYTES
    const bits = new Set<number>()
    let at = 0
    while (at < cap) {
      const chunk = chunkAt(at)
      expect(chunk.start).toBe(at)
      expect(chunk.end - chunk.start).toBeGreaterThanOrEqual(1024)
      expect(chunkAt(chunk.end - 1)).toEqual(chunk)
      expect(chunkAt((chunk.start + chunk.end) >>> 1)).toEqual(chunk)
      expect(bits.has(chunk.bit)).toBe(false)
      bits.add(chunk.bit)
      at = chunk.end
    }
    expect(at).toBe(cap)
    expect(bits.size).toBeLessThanOrEqual(63)
  })

  it('have the bit that the injected code computes with an f64', () => {
    const view = new DataView(new ArrayBuffer(8))
    for (const address of [0, 1, 1023, 1024, 3071, 3072, 4095, 4096, 65_535, 65_536, 999_999, 2 ** 24 - 1]) {
      view.setFloat64(0, address | 1023)
      expect(chunkAt(address).bit).toBe(Number((view.getBigUint64(0) >> 50n) % 64n))
    }
  })
})

describe('the initial image', () => {
  it('is composed in order, cut at chunks and at long zeros', () => {
    const text = (value: string): Uint8Array => new TextEncoder().encode(value)
    const pieces = composeImage([
      { offset: 1000, bytes: text('a'.repeat(48)) },
      { offset: 1010, bytes: text('bb') },
      { offset: 2000, bytes: new Uint8Array(500) },
      { offset: 5000, bytes: text('z') },
    ])
    expect(pieces.map(({ offset, bytes }) => [offset, bytes.length])).toEqual([
      [1000, 24],
      [1024, 24],
      [5000, 1],
    ])
    expect(new TextDecoder().decode(pieces[0]?.bytes)).toBe('aaaaaaaaaabbaaaaaaaaaaaa')
    // A store that starts at 1023 and ends in the second piece is undone with the first chunk.
    expect((pieces[1]?.mask ?? 0n) & (pieces[0]?.mask ?? 0n)).not.toBe(0n)
  })
})
