import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NodeSlabs } from './node-slabs.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20261128)

/** A node that says by its hash what it is. */
function node(id: number): { readonly hash: Uint8Array; readonly bytes: Uint8Array } {
  const hash = new Uint8Array(createHash('sha256').update(`node ${id}`).digest())
  return { hash, bytes: new Uint8Array(1 + ((id * 97) % 2500)).fill(id % 251) }
}

type Step =
  { readonly kind: 'put' | 'get' | 'drop'; readonly id: number } | { readonly kind: 'limit'; readonly bytes: number }

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('put', 'get', 'drop'), id: fc.nat(300) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('limit'), bytes: fc.nat(200_000) }) },
  ),
  { maxLength: 1500, size: 'medium' },
) as fc.Arbitrary<readonly Step[]>

describe('nodes in slabs', () => {
  it('are whole or absent, never others, and absent when they were dropped', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const slabs = new NodeSlabs(100_000)
        const known = new Set<number>()
        for (const step of script) {
          if (step.kind === 'limit') slabs.limit(step.bytes)
          else {
            const { hash, bytes } = node(step.id)
            if (step.kind === 'put') {
              slabs.put(hash, 0, bytes)
              known.add(step.id)
            } else if (step.kind === 'drop') {
              slabs.drop(hash, 0)
              known.delete(step.id)
            }
            const found = slabs.get(Uint8Array.of(0, ...hash), 1)
            if (found !== undefined) expect(found).toEqual(bytes)
            if (found !== undefined) expect(known.has(step.id)).toBe(true)
          }
        }
      }),
      { numRuns: 20, seed: SEED },
    )
  })

  it('all stay while there is room, and nearly fill it', () => {
    const slabs = new NodeSlabs(1_000_000)
    let used = 0
    let id = 0
    for (; used < 650_000; id += 1) {
      const { hash, bytes } = node(id)
      slabs.put(hash, 0, bytes)
      used += bytes.length
    }
    for (let one = 0; one < id; one += 1) expect(slabs.get(node(one).hash, 0)).toEqual(node(one).bytes)
    expect(slabs.bytes).toBeLessThanOrEqual(1_000_000)
  })

  it('take no more memory than they may, and keep what is asked for', () => {
    const slabs = new NodeSlabs(300_000)
    const wanted = Array.from({ length: 50 }, (_, id) => node(id))
    for (const { hash, bytes } of wanted) slabs.put(hash, 0, bytes)
    let lost = 0
    for (let id = 50; id < 5000; id += 1) {
      const { hash, bytes } = node(id)
      slabs.put(hash, 0, bytes)
      for (const one of wanted) if (slabs.get(one.hash, 0) === undefined) lost += 1
      expect(slabs.bytes).toBeLessThanOrEqual(330_000)
    }
    expect(lost).toBe(0)
  })

  it('reuse the places of those that were dropped', () => {
    const slabs = new NodeSlabs(1_000_000)
    for (let id = 0; id < 200; id += 1) slabs.put(node(id).hash, 0, node(id).bytes)
    const { bytes } = slabs
    for (let round = 0; round < 20; round += 1) {
      for (let id = 0; id < 200; id += 1) slabs.drop(node(id + round * 2500).hash, 0)
      for (let id = 0; id < 200; id += 1)
        slabs.put(Uint8Array.of(0, ...node(id + (round + 1) * 2500).hash), 1, node(id).bytes)
    }
    expect(slabs.bytes).toBeLessThanOrEqual(bytes * 1.2)
  })

  it('hold nothing when there is no room', () => {
    const slabs = new NodeSlabs(0)
    slabs.put(node(1).hash, 0, node(1).bytes)
    expect(slabs.get(node(1).hash, 0)).toBeUndefined()
    expect(slabs.bytes).toBe(0)
  })
})
