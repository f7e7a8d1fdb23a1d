/** Showing that an entry is in a log (RFC 6962, 2.1.1; spec/07-journal.md, "Log"). */
import { AosError, HASH_BYTES, type HashBytes } from '@aos/cbor'
import { nodeSha256 } from './node-sha256.ts'

/** Where a leaf stands in a log. Siblings from the leaf up; a node without a sibling goes up as it is. */
export interface LogPlace {
  readonly index: number
  /** Leaves of the log. */
  readonly size: number
  readonly path: readonly HashBytes[]
}

/** `leaves`: 32 bytes each, one behind the other. Costs a hash for each of them. */
export function placeInLog(leaves: Uint8Array, index: number): LogPlace {
  const size = leaves.length / HASH_BYTES
  const path: HashBytes[] = []
  let level = leaves.slice()
  let count = size
  for (let at = index; count > 1; at >>= 1) {
    const sibling = at ^ 1
    if (sibling < count) path.push(level.slice(sibling * HASH_BYTES, (sibling + 1) * HASH_BYTES))
    const next = new Uint8Array(Math.ceil(count / 2) * HASH_BYTES)
    const pair = new Uint8Array(1 + 2 * HASH_BYTES)
    pair[0] = 1
    for (let from = 0; from < count; from += 2) {
      if (from + 1 === count) next.set(level.subarray(from * HASH_BYTES, count * HASH_BYTES), (from / 2) * HASH_BYTES)
      else {
        pair.set(level.subarray(from * HASH_BYTES, (from + 2) * HASH_BYTES), 1)
        nodeSha256.sha256Into(pair, next, (from / 2) * HASH_BYTES)
      }
    }
    level = next
    count = Math.ceil(count / 2)
  }
  return { index, size, path }
}

/** The root that the leaf has at its place. Throws `store.bad_proof` when index, size and path do not belong together. */
export function rootOfPlace(leaf: HashBytes, place: LogPlace): HashBytes {
  const { index, size, path } = place
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw badProof(`there is no place ${index} in a log of ${size}`)
  }
  const pair = new Uint8Array(1 + 2 * HASH_BYTES)
  pair[0] = 1
  let node: HashBytes = leaf
  let used = 0
  for (let [at, count] = [index, size]; count > 1; [at, count] = [Math.floor(at / 2), Math.ceil(count / 2)]) {
    const isLeft = at % 2 === 0
    if (isLeft && at + 1 === count) continue
    const sibling = path[used]
    if (sibling?.length !== HASH_BYTES) throw badProof('the path is too short, or has something else than hashes')
    used += 1
    pair.set(isLeft ? node : sibling, 1)
    pair.set(isLeft ? sibling : node, 1 + HASH_BYTES)
    const parent = new Uint8Array(HASH_BYTES)
    nodeSha256.sha256Into(pair, parent, 0)
    node = parent
  }
  if (used !== path.length) throw badProof('the path is too long')
  return node
}

function badProof(what: string): AosError {
  return new AosError('store.bad_proof', `the place in the log does not hold: ${what}`)
}
