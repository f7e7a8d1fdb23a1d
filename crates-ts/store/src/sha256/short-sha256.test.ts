import { createHash } from 'node:crypto'
import { HASH_BYTES, toHex } from '@aos/cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NodeSha256 } from '../node-sha256.ts'
import { makeSha256Module } from './module.ts'
import { ONE_BYTES_MAX } from './places.ts'
import { SUBTREE_LEAVES, ShortSha256, sha256ModuleBytes } from './short-sha256.ts'

const SEED = { seed: Number(process.env['AOS_SEED'] ?? 1) }

function makeShort(): ShortSha256 {
  const short = ShortSha256.make()
  if (short === undefined) throw new Error('this engine has no vectors')
  return short
}

function openSsl(...parts: readonly Uint8Array[]): Uint8Array {
  return createHash('sha256').update(Buffer.concat(parts)).digest()
}

describe('the SHA-256 module', () => {
  it('is what module.ts writes (if not: run generate.ts)', () => {
    expect(toHex(sha256ModuleBytes())).toBe(toHex(makeSha256Module()))
  })

  it('agrees with OpenSSL at every length it takes and beyond, whatever was hashed before', () => {
    const short = makeShort()
    for (let length = 300; length >= 0; length -= 1) {
      const message = Uint8Array.from({ length }, (_, index) => (index * 167 + length * 31) & 255)
      const output = new Uint8Array(HASH_BYTES + 2).fill(7)
      short.hashInto(message, output, 1)
      expect(toHex(output), `length ${length}`).toBe(`07${toHex(openSsl(message))}07`)
    }
  })

  it('agrees with OpenSSL on any message', () => {
    const short = makeShort()
    const output = new Uint8Array(HASH_BYTES)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: ONE_BYTES_MAX }), (message) => {
        short.hashInto(message, output, 0)
        expect(toHex(output)).toBe(toHex(openSsl(message)))
      }),
      { ...SEED, numRuns: 2000 },
    )
  })

  it('makes the root of 64 leaves as RFC 6962 defines it', () => {
    const short = makeShort()
    const root = new Uint8Array(HASH_BYTES)
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2048, maxLength: 2048 }), (leaves) => {
        let level: Uint8Array[] = Array.from({ length: SUBTREE_LEAVES }, (_, at) =>
          leaves.subarray(32 * at, 32 * at + 32),
        )
        while (level.length > 1) {
          level = Array.from({ length: level.length / 2 }, (_, at) =>
            openSsl(Uint8Array.of(1), level[2 * at] ?? leaves, level[2 * at + 1] ?? leaves),
          )
        }
        short.subtreeInto(leaves, root, 0)
        expect(toHex(root)).toBe(toHex(level[0] ?? leaves))
      }),
      { ...SEED, numRuns: 50 },
    )
  })
})

describe('the SHA-256 port of the host', () => {
  it('gives the same bytes before the module is there and after', () => {
    const port = new NodeSha256()
    const output = new Uint8Array(HASH_BYTES)
    for (let call = 0; call < 3000; call += 1) {
      const message = Uint8Array.from({ length: call % 260 }, (_, index) => (index + call) & 255)
      port.sha256Into(message, output, 0)
      expect(toHex(output)).toBe(toHex(openSsl(message)))
    }
    expect(port.short).toBeDefined()
  })

  it('gives the same bytes when it was tried who is quicker at two blocks', () => {
    const port = new NodeSha256()
    const output = new Uint8Array(HASH_BYTES)
    const short = Uint8Array.of(1, 2, 3)
    for (let call = 0; call < 66_000; call += 1) port.sha256Into(short, output, 0)
    for (let length = 0; length < 260; length += 1) {
      const message = Uint8Array.from({ length }, (_, index) => (index * 7) & 255)
      port.sha256Into(message, output, 0)
      expect(toHex(output)).toBe(toHex(openSsl(message)))
    }
  })
})
