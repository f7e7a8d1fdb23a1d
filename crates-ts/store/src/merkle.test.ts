import { createHash } from 'node:crypto'
import { toHex } from '@aos/cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MerkleLog, merkleRoot } from './merkle.ts'
import { nodeSha256 } from './node-sha256.ts'

/** RFC 6962 §2.1 as it is written: split at the largest power of two below n. */
function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves
  if (only === undefined) return createHash('sha256').digest()
  if (leaves.length === 1) return only
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return createHash('sha256')
    .update(Uint8Array.of(1))
    .update(rootOf(leaves.slice(0, split)))
    .update(rootOf(leaves.slice(split)))
    .digest()
}

/** Enough short hashes for the module to come, with which whole subtrees are hashed at once. */
function warmUp(): void {
  const output = new Uint8Array(32)
  while (nodeSha256.short === undefined) nodeSha256.sha256Into(output, output, 0)
}

function leavesOf(count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, index) => createHash('sha256').update(`leaf ${index}`).digest())
}

describe('the Merkle log', () => {
  it('has the published roots of the RFC 6962 test leaves', () => {
    // Certificate Transparency's well-known eight inputs; a leaf is SHA-256(0x00 ‖ input).
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
    const log = new MerkleLog()
    expect(toHex(log.root())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    const leaves = inputs.map((hex) =>
      createHash('sha256').update(Uint8Array.of(0)).update(Buffer.from(hex, 'hex')).digest(),
    )
    for (const leaf of leaves) log.append(leaf)
    expect(toHex(log.root())).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328')
    const three = new MerkleLog()
    for (const leaf of leaves.slice(0, 3)) three.append(leaf)
    expect(toHex(three.root())).toBe('aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77')
  })

  it.each(['before', 'after'])(
    'agrees with the definition, however it is settled and resumed, %s the module',
    (when) => {
      if (when === 'after') warmUp()
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 400 }),
          fc.integer({ min: 0, max: 400 }),
          fc.nat(7),
          (size, cut, step) => {
            const leaves = leavesOf(size)
            const first = new MerkleLog()
            for (const leaf of leaves.slice(0, cut)) {
              first.append(leaf)
              first.settle(step)
            }
            const second = new MerkleLog(first.peaks())
            const rest = leaves.slice(cut)
            if (rest.length > 0) second.appendAll(Buffer.concat(rest))
            second.settle(step)
            expect(second.size).toBe(size)
            expect(toHex(second.root())).toBe(toHex(rootOf(leaves)))
            expect(merkleRoot(second.peaks())).toEqual(second.root())
            const ones = size.toString(2).replaceAll('0', '').length
            expect(second.peaks().peaks.length).toBe(ones)
          },
        ),
        { seed: Number(process.env['AOS_SEED'] ?? 1) },
      )
    },
  )
})
