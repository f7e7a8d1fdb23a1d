/** Checking many receipts of one batch (spec/12-receipts.md, "Batch signatures"). */
import { equalBytes } from '@aos/cbor'
import type { HashBytes, Sha256Port } from '@aos/cbor'
import { Climb, NodeHasher, badBatch, checkPlace } from './batch.ts'
import type { BatchPlace } from './batch.ts'

/**
 * The roots that messages have at their places in a batch of one size. What the path of one message has shown to lead to the root is compared
 * for the others, not hashed again, so that a whole batch costs two hashes a message.
 */
export class KnownBatch {
  readonly size: number
  readonly #hasher: NodeHasher
  /** By level and index: nodes that lead to the root, from leaves or from siblings in paths. */
  readonly #nodes: Map<number, HashBytes>[] = []
  #root: HashBytes | undefined

  constructor(port: Sha256Port, size: number) {
    this.size = size
    this.#hasher = new NodeHasher(port)
  }

  /**
   * The root that the path leads to: the same array for every message that leads to the root of the first one. Throws `effects.bad_batch`
   * when index, size and path do not belong together, or the place is in a batch of another size.
   */
  rootOf(message: Uint8Array, place: BatchPlace): HashBytes {
    checkPlace(place)
    if (place.size !== this.size) throw badBatch(`the batch has the size ${this.size}, not ${place.size}`)
    const climb = new Climb(place)
    const passed: Passed[] = []
    let node = this.#hasher.leaf(message)
    for (const [at, sibling] of place.path.entries()) {
      climb.toSibling()
      const { level, index } = climb
      if (this.#root !== undefined && this.#leads(node, place, { level, index, at }))
        return this.#keep(passed, this.#root)
      passed.push({ level, index, node, sibling })
      node = climb.isLeft ? this.#hasher.node(node, sibling) : this.#hasher.node(sibling, node)
      climb.up()
    }
    if (this.#root === undefined) return this.#keep(passed, node)
    return equalBytes(this.#root, node) ? this.#root : node
  }

  /** True when the node is known, and the rest of its path is what is known beside the way up from it. */
  #leads(
    node: HashBytes,
    place: BatchPlace,
    from: { readonly level: number; readonly index: number; readonly at: number },
  ): boolean {
    if (!isSame(this.#nodes[from.level]?.get(from.index), node)) return false
    const climb = new Climb(place)
    while (climb.level < from.level) climb.up()
    for (let at = from.at; at < place.path.length; at += 1) {
      climb.toSibling()
      if (!isSame(this.#nodes[climb.level]?.get(climb.index ^ 1), place.path[at])) return false
      climb.up()
    }
    return true
  }

  #keep(passed: readonly Passed[], root: HashBytes): HashBytes {
    this.#root = root
    for (const { level, index, node, sibling } of passed) {
      const nodes = (this.#nodes[level] ??= new Map<number, HashBytes>())
      nodes.set(index, node)
      nodes.set(index ^ 1, sibling)
    }
    return root
  }
}

interface Passed {
  readonly level: number
  readonly index: number
  readonly node: HashBytes
  readonly sibling: HashBytes
}

function isSame(known: HashBytes | undefined, given: HashBytes | undefined): boolean {
  if (known === undefined || given === undefined) return false
  return known === given || equalBytes(known, given)
}
