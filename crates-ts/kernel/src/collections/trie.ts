/**
 * One authenticated map from keys to values: reading it, and changing it in slices (spec/16-snapshots.md, "Trie"). What is
 * newer than its root is not its business: that is kept by whoever owns it until the next cut.
 */
import { compareBytes } from '@aos/cbor'
import type { NodeStore } from './node-store.ts'
import { entriesOf, findInLeaf } from './trie-node.ts'
import type { NodeRef, TrieEntry, TrieNode } from './trie-node.ts'
import { nibbleAt, pathOf, sharedWith } from './trie-path.ts'
import type { TrieOrder } from './trie-path.ts'
import { EMPTY_ROOT, updateTrie } from './trie-update.ts'
import type { FreshBlob, TrieChange, TrieRoot } from './trie-update.ts'

/** The entries as of the last root. */
export class Trie {
  readonly #nodes: NodeStore
  readonly #order: TrieOrder
  /** Nodes that are not known to be stored. */
  readonly #fresh = new Map<NodeRef, TrieNode>()
  #root: TrieRoot = EMPTY_ROOT

  constructor(nodes: NodeStore, order: TrieOrder, root: TrieRoot = EMPTY_ROOT) {
    this.#nodes = nodes
    this.#order = order
    this.#root = root
  }

  get root(): TrieRoot {
    return this.#root
  }

  /** undefined: no such key. Costs a hash for an order by hash, and a read of content for each node that is not in memory. */
  get(key: Uint8Array): Uint8Array | undefined {
    let ref = this.#root.ref
    if (ref === undefined) return undefined
    const path = pathOf(this.#nodes.sha256, this.#order, key)
    for (let depth = 0; ref !== undefined;) {
      const node = this.#load(ref)
      if (node.kind === 'leaf') return findInLeaf(node, key)
      if (sharedWith(node.skip, path, depth) < node.skip.length) return undefined
      depth += node.skip.length
      ref = node.children[nibbleAt(path, depth)]
      depth += 1
    }
    return undefined
  }

  /** Every entry; of an ordered trie in the order of the keys, and only those that are not before `from`. */
  *entries(from?: Uint8Array): Generator<TrieEntry, void, undefined> {
    if (this.#root.ref !== undefined) yield* this.#below(this.#root.ref, 0, from)
  }

  /** The nodes on the way to a key, from the root on; the last one is a leaf, or shows that the key is not there. */
  wayTo(key: Uint8Array): readonly NodeRef[] {
    const way: NodeRef[] = []
    const path = pathOf(this.#nodes.sha256, this.#order, key)
    let ref = this.#root.ref
    for (let depth = 0; ref !== undefined;) {
      way.push(ref)
      const node = this.#load(ref)
      if (node.kind === 'leaf' || sharedWith(node.skip, path, depth) < node.skip.length) break
      depth += node.skip.length
      ref = node.children[nibbleAt(path, depth)]
      depth += 1
    }
    return way
  }

  /** The root that the changes lead to; the trie itself stays as it is until `adopt`. */
  *update(changes: readonly TrieChange[]): Generator<FreshBlob, TrieRoot, undefined> {
    return yield* updateTrie(
      {
        sha256: this.#nodes.sha256,
        order: this.#order,
        load: (ref) => this.#load(ref),
        made: (ref, node) => this.#fresh.set(ref, node),
        replaced: (ref) => this.#fresh.delete(ref),
      },
      this.#root,
      changes,
    )
  }

  /** The new root counts. `isStored`: its nodes can be read from content from now on. */
  adopt(root: TrieRoot, isStored: boolean): void {
    this.#root = root
    if (!isStored) return
    for (const [ref, node] of this.#fresh) this.#nodes.keep(ref, node)
    this.#fresh.clear()
  }

  #load(ref: NodeRef): TrieNode {
    return this.#fresh.get(ref) ?? this.#nodes.load(ref)
  }

  *#below(ref: NodeRef, depth: number, from: Uint8Array | undefined): Generator<TrieEntry, void, undefined> {
    const node = this.#load(ref)
    if (node.kind === 'leaf') {
      for (const entry of entriesOf(node)) if (from === undefined || compareBytes(entry.key, from) >= 0) yield entry
      return
    }
    const at = depth + node.skip.length
    const order = from === undefined ? 1 : compareSkip(node.skip, from, depth)
    if (order < 0) return
    const first = from === undefined || order > 0 ? 0 : Math.max(0, nibbleAt(from, at))
    for (let nibble = first; nibble < node.children.length; nibble += 1) {
      const child = node.children[nibble]
      if (child === undefined) continue
      const isOnTheWay = order === 0 && nibble === first && from !== undefined && nibbleAt(from, at) === nibble
      yield* this.#below(child, at + 1, isOnTheWay ? from : undefined)
    }
  }
}

/** Where the skip lies beside the path: before it (negative), behind it, or on it. */
function compareSkip(skip: Uint8Array, path: Uint8Array, depth: number): number {
  const shared = sharedWith(skip, path, depth)
  if (shared === skip.length) return 0
  return (skip[shared] ?? 0) - nibbleAt(path, depth + shared)
}
