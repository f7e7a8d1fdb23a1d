/**
 * One signature for many receipts (spec/12-receipts.md, "Batch signatures"): the key signs the root of a tree whose leaves are
 * the bytes that single signatures would cover, and each receipt carries its path (RFC 6962).
 */
import { AosError, HASH_BYTES, sha256 } from '@aos/cbor'
import type { Data, Hash, HashBytes, Sha256Port } from '@aos/cbor'
import { signingBytes } from './statement.ts'

/** Receipts that one root may cover. */
export const BATCH_SIZE_MAX = 65_536

const LEAF = 0
const NODE = 1

/** Where a receipt stands under a signed root. Siblings from the leaf up. */
export interface BatchPlace {
  readonly index: number
  /** Statements in the batch. */
  readonly size: number
  readonly path: readonly HashBytes[]
}

/** The tree over the signing bytes of a batch: its root, and the place of each. */
export interface Batch {
  readonly root: HashBytes
  readonly places: readonly BatchPlace[]
}

/** Throws `effects.bad_batch` for no messages or too many. */
export function makeBatch(port: Sha256Port, messages: readonly Uint8Array[]): Batch {
  const size = messages.length
  if (size === 0 || size > BATCH_SIZE_MAX) throw badBatch(`expected 1 to ${BATCH_SIZE_MAX} messages, found ${size}`)
  const leaves = messages.map((message) => hashTagged(port, LEAF, [message]))
  const paths: HashBytes[][] = leaves.map(() => [])
  const root = fold(port, leaves, 0, paths)
  return { root, places: paths.map((path, index) => ({ index, size, path })) }
}

/** The root of the range of leaves that starts at `from`; appends to the paths of its leaves. */
function fold(port: Sha256Port, leaves: readonly HashBytes[], from: number, paths: readonly HashBytes[][]): HashBytes {
  const first = leaves[0]
  if (first !== undefined && leaves.length === 1) return first
  const split = splitOf(leaves.length)
  const left = fold(port, leaves.slice(0, split), from, paths)
  const right = fold(port, leaves.slice(split), from + split, paths)
  for (let at = 0; at < leaves.length; at += 1) paths[from + at]?.push(at < split ? right : left)
  return hashTagged(port, NODE, [left, right])
}

/** The bytes that the key signs for a whole batch. */
export function batchSigningBytes(
  port: Sha256Port,
  batch: { readonly world: Hash; readonly size: number; readonly root: HashBytes },
): Uint8Array {
  const statement: Data = { world: batch.world, size: batch.size, root: batch.root }
  return signingBytes(port, 'receipt-root', statement)
}

/**
 * The bytes whose signature stands for `message` at this place: the root is made again from the path. Throws
 * `effects.bad_batch` when index, size and path do not belong together.
 */
export function messageOfPlace(
  port: Sha256Port,
  given: { readonly world: Hash; readonly message: Uint8Array; readonly place: BatchPlace },
): Uint8Array {
  const { index, size, path } = given.place
  if (!Number.isSafeInteger(size) || size < 1 || size > BATCH_SIZE_MAX) throw badBatch(`a batch has no size ${size}`)
  if (!Number.isSafeInteger(index) || index < 0 || index >= size)
    throw badBatch(`no place ${index} in a batch of ${size}`)
  for (const sibling of path) if (sibling.length !== HASH_BYTES) throw badBatch('a hash of the path has another length')
  const root = climb(port, hashTagged(port, LEAF, [given.message]), { index, size, path })
  return batchSigningBytes(port, { world: given.world, size, root })
}

/** From the leaf to the root; the path's last hash belongs to the topmost split. */
function climb(port: Sha256Port, leaf: HashBytes, place: BatchPlace): HashBytes {
  const { index, size, path } = place
  if (size === 1) {
    if (path.length > 0) throw badBatch('the path is too long')
    return leaf
  }
  const sibling = path.at(-1)
  if (sibling === undefined) throw badBatch('the path is too short')
  const split = splitOf(size)
  const rest = path.slice(0, -1)
  if (index < split) {
    return hashTagged(port, NODE, [climb(port, leaf, { index, size: split, path: rest }), sibling])
  }
  const right = climb(port, leaf, { index: index - split, size: size - split, path: rest })
  return hashTagged(port, NODE, [sibling, right])
}

/** The largest power of two below `size` (RFC 6962, 2.1). */
function splitOf(size: number): number {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

function hashTagged(port: Sha256Port, tag: number, parts: readonly Uint8Array[]): HashBytes {
  const length = parts.reduce((sum, part) => sum + part.length, 1)
  const input = new Uint8Array(length)
  input[0] = tag
  let at = 1
  for (const part of parts) {
    input.set(part, at)
    at += part.length
  }
  return sha256(port, input)
}

function badBatch(message: string): AosError {
  return new AosError('effects.bad_batch', message)
}
