/**
 * The Merkle log over leaves (spec/07-journal.md, "Log"; RFC 6962).
 *
 * A leaf is already SHA-256(0x00 ‖ header), which is RFC 6962's leaf hash of the header; an inner node is
 * SHA-256(0x01 ‖ left ‖ right). Leaves are queued and hashed later, so that the caller chooses when to pay.
 */
import { HASH_BYTES, type HashBytes } from '@aos/cbor'
import { nodeSha256 } from './node-sha256.ts'
import { SUBTREE_LEAVES, type ShortSha256 } from './sha256/short-sha256.ts'

/** A log of 2^53 leaves has at most this many peaks. */
export const MERKLE_PEAKS_MAX = 53

const NODE_PREFIX = 1
const QUEUE_BYTES_MIN = 64 * HASH_BYTES
const QUEUE_BYTES_KEPT = 2048 * HASH_BYTES
const SUBTREE_BYTES = SUBTREE_LEAVES * HASH_BYTES

/** Where a log stands: its size and the roots of its perfect subtrees, largest first. */
export interface MerklePeaks {
  /** Leaves under the peaks. */
  readonly size: number
  readonly peaks: readonly HashBytes[]
}

/** An incremental log: one hash per leaf, amortised; memory for the peaks and for the leaves not yet settled. */
export class MerkleLog {
  #settled = 0
  #depth = 0
  readonly #stack = new Uint8Array((MERKLE_PEAKS_MAX + 1) * HASH_BYTES)
  readonly #scratch = new Uint8Array(1 + 2 * HASH_BYTES)
  #queue = new Uint8Array(0)
  #queueFrom = 0
  #queueTo = 0

  constructor(from: MerklePeaks = { size: 0, peaks: [] }) {
    this.#scratch[0] = NODE_PREFIX
    this.#settled = from.size
    for (const peak of from.peaks) this.#push(peak)
  }

  get size(): number {
    return this.#settled + (this.#queueTo - this.#queueFrom) / HASH_BYTES
  }

  /** Queues one leaf; nothing is hashed yet. */
  append(leaf: Uint8Array): void {
    this.appendAll(leaf)
  }

  /** Queues leaves that lie one after the other, 32 bytes each. */
  appendAll(leaves: Uint8Array): void {
    if (this.#queueTo + leaves.length > this.#queue.length) this.#makeRoom(leaves.length)
    this.#queue.set(leaves, this.#queueTo)
    this.#queueTo += leaves.length
  }

  /**
   * Hashes queued leaves into the tree, about `leavesMax` of them. A perfect subtree of 64 leaves is hashed at once, which
   * is cheaper by half, so the last 63 may stay in the queue until others join them or somebody asks for peaks.
   */
  settle(leavesMax: number = Number.MAX_SAFE_INTEGER): void {
    this.#settleDownTo(SUBTREE_BYTES, leavesMax)
  }

  /** Goes on while the queue holds at least so many bytes. */
  #settleDownTo(queuedBytes: number, leavesMax: number): void {
    const { short } = nodeSha256
    for (let left = leavesMax; left > 0 && this.#queueTo - this.#queueFrom >= queuedBytes;) {
      const isAligned = this.#settled % SUBTREE_LEAVES === 0 && this.#queueTo - this.#queueFrom >= SUBTREE_BYTES
      if (isAligned && short !== undefined) {
        this.#pushSubtree(short)
        left -= SUBTREE_LEAVES
      } else {
        this.#push(this.#queue.subarray(this.#queueFrom, this.#queueFrom + HASH_BYTES))
        this.#pushed(1)
        left -= 1
      }
    }
    if (this.#queueFrom > 0 && this.#queueTo - this.#queueFrom < SUBTREE_BYTES) this.#closeUp()
  }

  /** Settles everything; copies. */
  peaks(): MerklePeaks {
    this.#settleDownTo(HASH_BYTES, Number.MAX_SAFE_INTEGER)
    const peaks: HashBytes[] = []
    for (let at = 0; at < this.#depth; at += 1) peaks.push(this.#stack.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES))
    return { size: this.#settled, peaks }
  }

  /** Settles everything; the RFC 6962 tree head, for an empty log the hash of nothing. */
  root(): HashBytes {
    return merkleRoot(this.peaks())
  }

  /** The next 64 leaves at once: they start a perfect subtree. */
  #pushSubtree(short: ShortSha256): void {
    const leaves = this.#queue.subarray(this.#queueFrom, this.#queueFrom + SUBTREE_BYTES)
    short.subtreeInto(leaves, this.#stack, this.#depth * HASH_BYTES)
    this.#depth += 1
    this.#pushed(SUBTREE_LEAVES)
  }

  /** A perfect subtree of `leaves` leaves stands on the stack: merges it with the equally large ones before it. */
  #pushed(leaves: number): void {
    this.#queueFrom += leaves * HASH_BYTES
    for (let rest = this.#settled / leaves; rest % 2 === 1; rest = (rest - 1) / 2) this.#merge()
    this.#settled += leaves
  }

  #push(leaf: Uint8Array): void {
    this.#stack.set(leaf, this.#depth * HASH_BYTES)
    this.#depth += 1
  }

  /** Replaces the two last peaks, which lie side by side, by their parent. */
  #merge(): void {
    const at = (this.#depth - 2) * HASH_BYTES
    this.#scratch.set(this.#stack.subarray(at, at + 2 * HASH_BYTES), 1)
    nodeSha256.sha256Into(this.#scratch, this.#stack, at)
    this.#depth -= 1
  }

  /** Moves what is left of the queue to its front; a large queue is given back. */
  #closeUp(): void {
    const rest = this.#queue.subarray(this.#queueFrom, this.#queueTo)
    if (this.#queue.length > QUEUE_BYTES_KEPT) this.#queue = new Uint8Array(QUEUE_BYTES_MIN)
    this.#queue.set(rest)
    this.#queueFrom = 0
    this.#queueTo = rest.length
  }

  #makeRoom(bytes: number): void {
    const used = this.#queueTo - this.#queueFrom
    const grown = new Uint8Array(Math.max(QUEUE_BYTES_MIN, 2 * (used + bytes)))
    grown.set(this.#queue.subarray(this.#queueFrom, this.#queueTo))
    this.#queue = grown
    this.#queueFrom = 0
    this.#queueTo = used
  }
}

/** The tree head that the peaks stand for: they are folded from the smallest to the largest. */
export function merkleRoot(from: MerklePeaks): HashBytes {
  const root = new Uint8Array(HASH_BYTES)
  const last = from.peaks.at(-1)
  if (last === undefined) {
    nodeSha256.sha256Into(new Uint8Array(0), root, 0)
    return root
  }
  root.set(last)
  const node = new Uint8Array(1 + 2 * HASH_BYTES)
  node[0] = NODE_PREFIX
  for (const peak of from.peaks.slice(0, -1).reverse()) {
    node.set(peak, 1)
    node.set(root, 1 + HASH_BYTES)
    nodeSha256.sha256Into(node, root, 0)
  }
  return root
}
