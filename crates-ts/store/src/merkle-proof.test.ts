import { HASH_BYTES, equalBytes, isAosError, type HashBytes } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { placeInLog, rootOfPlace } from './merkle-proof.ts'
import { MerkleLog } from './merkle.ts'

function leafOf(index: number): HashBytes {
  return new Uint8Array(HASH_BYTES).map((_, at) => (index * 31 + at * 7 + (index >> 3)) & 255)
}

function logOf(size: number): { readonly leaves: Uint8Array; readonly root: HashBytes } {
  const leaves = new Uint8Array(size * HASH_BYTES)
  const log = new MerkleLog()
  for (let index = 0; index < size; index += 1) {
    leaves.set(leafOf(index), index * HASH_BYTES)
    log.append(leafOf(index))
  }
  return { leaves, root: log.root() }
}

describe('the place of a leaf', () => {
  it('leads to the root of the log, for every leaf of every small log', () => {
    for (let size = 1; size <= 70; size += 1) {
      const { leaves, root } = logOf(size)
      for (let index = 0; index < size; index += 1) {
        expect(rootOfPlace(leafOf(index), placeInLog(leaves, index))).toEqual(root)
      }
    }
  })

  it('leads nowhere with another leaf, index, size or path', () => {
    for (const size of [2, 7, 21, 64]) {
      const { leaves, root } = logOf(size)
      for (let index = 0; index < size; index += 1) {
        const place = placeInLog(leaves, index)
        const leaf = leafOf(index)
        const isRoot = (given: typeof place, of = leaf): boolean => {
          try {
            return equalBytes(rootOfPlace(of, given), root)
          } catch (error) {
            if (isAosError(error) && error.code === 'store.bad_proof') return false
            throw error
          }
        }
        expect(isRoot(place)).toBe(true)
        expect(isRoot(place, leafOf(index + 1))).toBe(false)
        for (const other of [index - 1, index + 1, size]) expect(isRoot({ ...place, index: other })).toBe(false)
        expect(isRoot({ ...place, path: place.path.slice(1) })).toBe(false)
        expect(isRoot({ ...place, path: [...place.path, leaf] })).toBe(false)
        const changed = place.path.map((node, at) => (at === 0 ? node.map((byte) => byte ^ 1) : node))
        expect(isRoot({ ...place, path: changed })).toBe(false)
      }
    }
  })
})
