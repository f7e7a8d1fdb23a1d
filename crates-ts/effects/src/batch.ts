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
const NOTHING = new Uint8Array(0)

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
  const hasher = new NodeHasher(port)
  const paths: HashBytes[][] = messages.map(() => [])
  let nodes: readonly HashBytes[] = messages.map((message) => hasher.leaf(message))
  for (let level = 0; nodes.length > 1; level += 1) {
    for (let index = 0; index < size; index += 1) {
      const sibling = nodes[(index >> level) ^ 1]
      if (sibling !== undefined) paths[index]?.push(sibling)
    }
    nodes = hasher.parents(nodes)
  }
  const [root = hasher.leaf(messages[0] ?? NOTHING)] = nodes // there is one, as there is a message
  return { root, places: paths.map((path, index) => ({ index, size, path })) }
}

/** The bytes that the key signs for a whole batch. */
export function batchSigningBytes(
  port: Sha256Port,
  batch: { readonly world: Hash; readonly size: number; readonly root: HashBytes },
): Uint8Array {
  const statement: Data = { world: batch.world, size: batch.size, root: batch.root }
  return signingBytes(port, 'receipt-root', statement)
}

/** Where one climbs from a leaf to the root: a node's level, its index there, and how many the level has. */
export class Climb {
  level = 0
  index: number
  count: number

  constructor(place: { readonly index: number; readonly size: number }) {
    this.index = place.index
    this.count = place.size
  }

  get isLeft(): boolean {
    return this.index % 2 === 0
  }

  /** A node without a sibling goes up as it is. Only where a sibling is still to come. */
  toSibling(): void {
    while ((this.index ^ 1) >= this.count) this.up()
  }

  up(): void {
    this.level += 1
    this.index >>= 1
    this.count = (this.count + 1) >> 1
  }
}

/** Throws `effects.bad_batch` when index, size and path do not belong together. */
export function checkPlace({ index, size, path }: BatchPlace): void {
  if (!Number.isSafeInteger(size) || size < 1 || size > BATCH_SIZE_MAX) throw badBatch(`a batch has no size ${size}`)
  if (!Number.isSafeInteger(index) || index < 0 || index >= size)
    throw badBatch(`no place ${index} in a batch of ${size}`)
  for (const sibling of path) if (sibling.length !== HASH_BYTES) throw badBatch('a hash of the path has another length')
  const length = pathLength(index, size)
  if (path.length !== length) throw badBatch(`the path is too ${path.length < length ? 'short' : 'long'}`)
}

/** Siblings from a leaf to the root: one for every level on which its node has a sibling. */
function pathLength(index: number, size: number): number {
  let length = 0
  for (let [at, count] = [index, size]; count > 1; at >>= 1, count = (count + 1) >> 1) {
    if ((at ^ 1) < count) length += 1
  }
  return length
}

/**
 * Hashes leaves and nodes of trees (RFC 6962, 2.1). Split at the largest power of two below the size, a tree is the same as paired
 * level by level from the left, where a last node without a sibling goes up as it is.
 */
export class NodeHasher {
  readonly #port: Sha256Port
  readonly #node: Uint8Array = Uint8Array.of(NODE, ...new Uint8Array(2 * HASH_BYTES))
  #leaf: Uint8Array = NOTHING

  constructor(port: Sha256Port) {
    this.#port = port
  }

  leaf(message: Uint8Array): HashBytes {
    // Messages of one purpose have one length.
    if (this.#leaf.length !== message.length + 1) this.#leaf = new Uint8Array(message.length + 1)
    this.#leaf[0] = LEAF
    this.#leaf.set(message, 1)
    return sha256(this.#port, this.#leaf)
  }

  node(left: HashBytes, right: HashBytes): HashBytes {
    this.#node.set(left, 1)
    this.#node.set(right, 1 + HASH_BYTES)
    return sha256(this.#port, this.#node)
  }

  /** One level up. */
  parents(nodes: readonly HashBytes[]): readonly HashBytes[] {
    const parents: HashBytes[] = []
    for (let at = 0; at < nodes.length; at += 2) {
      const left = nodes[at]
      const right = nodes[at + 1]
      if (left !== undefined) parents.push(right === undefined ? left : this.node(left, right))
    }
    return parents
  }
}

/** What index, size and path are when they do not belong together. */
export function badBatch(message: string): AosError {
  return new AosError('effects.bad_batch', message)
}
