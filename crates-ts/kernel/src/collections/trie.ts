/**
 * One authenticated map from keys to values: reading it, and changing it in slices (spec/16-snapshots.md, "Trie"). What is
 * newer than its root is not its business: that is kept by whoever owns it until the next cut.
 */
import { HASH_BYTES, compareBytes } from '@aos/cbor'
import type { HashBytes } from '@aos/cbor'
import { BranchDraft, FAN_OUT } from './branch-draft.ts'
import { MadeNodes } from './fresh-nodes.ts'
import type { FreshBlob } from './fresh-nodes.ts'
import { HashList } from './hash-list.ts'
import { bytesOfText, textOfBytes } from './key-text.ts'
import type { NodeStore } from './node-store.ts'
import { entriesOf, findInLeaf, isLeaf, stepDown } from './trie-node.ts'
import type { NodeRef, TrieEntry } from './trie-node.ts'
import { nibbleAt, pathOf, sharedWith } from './trie-path.ts'
import type { TrieOrder } from './trie-path.ts'
import { EMPTY_ROOT, updateTrie } from './trie-update.ts'
import type { TrieChange, TrieRoot } from './trie-update.ts'

/** The entries as of the last root. */
export class Trie {
  readonly #nodes: NodeStore
  readonly #order: TrieOrder
  /** Nodes of roots that are not known to be stored. */
  readonly #unstored = new Map<NodeRef, Uint8Array>()
  /** What the update has made and replaced that is not adopted yet. */
  #made: MadeNodes | undefined
  readonly #replaced = new HashList()
  #root: TrieRoot
  #rootHash: HashBytes | undefined

  constructor(nodes: NodeStore, order: TrieOrder, root: TrieRoot = EMPTY_ROOT) {
    this.#nodes = nodes
    this.#order = order
    this.#root = root
    this.#rootHash = hashOf(root)
  }

  get root(): TrieRoot {
    return this.#root
  }

  /** A copy; undefined: no such key. Costs a hash for an order by hash, and a read of content for each node that is not in memory. */
  get(key: Uint8Array): Uint8Array | undefined {
    if (this.#rootHash === undefined) return undefined
    const path = pathOf(this.#nodes.sha256, this.#order, key)
    let node = this.#load(this.#rootHash, 0)
    for (let depth = 0; !isLeaf(node);) {
      const step = stepDown(node, path, depth)
      if (step.at < 0) return undefined
      node = this.#load(node, step.at)
      depth = step.depth
    }
    return findInLeaf({ bytes: node }, key)?.slice()
  }

  /** Every entry; of an ordered trie in the order of the keys, and only those that are not before `from`. */
  *entries(from?: Uint8Array): Generator<TrieEntry, void, undefined> {
    if (this.#rootHash !== undefined) yield* this.#below(this.#rootHash, 0, from)
  }

  /** The nodes on the way to a key, from the root on; the last one is a leaf, or shows that the key is not there. */
  wayTo(key: Uint8Array): readonly NodeRef[] {
    const way: NodeRef[] = []
    const path = pathOf(this.#nodes.sha256, this.#order, key)
    let hash: Uint8Array | undefined = this.#rootHash
    for (let depth = 0; hash !== undefined;) {
      way.push(textOfBytes(hash))
      const node = this.#load(hash, 0)
      if (isLeaf(node)) break
      const step = stepDown(node, path, depth)
      hash = step.at < 0 ? undefined : node.slice(step.at, step.at + HASH_BYTES)
      depth = step.depth
    }
    return way
  }

  /** The root that the changes lead to; the trie itself stays as it is until `adopt`. Yields new nodes, some at a time. */
  *update(changes: readonly TrieChange[]): Generator<readonly FreshBlob[], TrieRoot, undefined> {
    this.#made = undefined
    this.#replaced.clear()
    const ports = {
      sha256: this.#nodes.sha256,
      order: this.#order,
      blocks: this.#nodes.blocks,
      load: (hashes: Uint8Array, at: number) => this.#load(hashes, at),
      replaced: (hashes: Uint8Array, at: number) => {
        this.#replaced.add(hashes, at)
      },
    }
    const { root, made } = yield* updateTrie(ports, this.#root, changes)
    this.#made = made
    return root
  }

  /** The new root counts. `isStored`: its nodes can be read from content from now on. */
  adopt(root: TrieRoot, isStored: boolean): void {
    this.#root = root
    this.#rootHash = hashOf(root)
    const { bytes: replaced, size } = this.#replaced
    for (let index = 0; index < size; index += 1) {
      this.#nodes.drop(replaced, index * HASH_BYTES)
      if (this.#unstored.size > 0) this.#unstored.delete(textOfBytes(this.#replaced.at(index)))
    }
    const made = this.#made ?? new MadeNodes()
    const { hashes } = made
    for (let index = 0; index < made.size; index += 1) {
      const at = index * HASH_BYTES
      if (isStored) this.#nodes.keep(hashes, at, made.bytesAt(index))
      // A view would keep the whole block.
      else this.#unstored.set(textOfBytes(hashes.subarray(at, at + HASH_BYTES)), made.bytesAt(index).slice())
    }
    if (isStored) this.#keepUnstored()
    this.#made = undefined
    this.#replaced.clear()
  }

  #keepUnstored(): void {
    for (const [ref, node] of this.#unstored) this.#nodes.keep(bytesOfText(ref), 0, node)
    this.#unstored.clear()
  }

  /** A view that counts until the next node is loaded. */
  #load(hashes: Uint8Array, at: number): Uint8Array {
    if (this.#unstored.size > 0) {
      const node = this.#unstored.get(textOfBytes(hashes.subarray(at, at + HASH_BYTES)))
      if (node !== undefined) return node
    }
    return this.#nodes.load(hashes, at)
  }

  *#below(hash: Uint8Array, depth: number, from: Uint8Array | undefined): Generator<TrieEntry, void, undefined> {
    // A copy: others load nodes between two entries.
    const bytes = this.#load(hash, 0).slice()
    if (isLeaf(bytes)) {
      for (const entry of entriesOf({ bytes })) {
        if (from === undefined || compareBytes(entry.key, from) >= 0) yield entry
      }
      return
    }
    const node = new BranchDraft()
    node.read(bytes)
    const at = depth + node.skip.length
    const order = from === undefined ? 1 : compareSkip(node.skip, from, depth)
    if (order < 0) return
    const first = from === undefined || order > 0 ? 0 : Math.max(0, nibbleAt(from, at))
    for (let nibble = first; nibble < FAN_OUT; nibble += 1) {
      if (!node.has(nibble)) continue
      const isOnTheWay = order === 0 && nibble === first && from !== undefined && nibbleAt(from, at) === nibble
      yield* this.#below(node.hashOf(nibble), at + 1, isOnTheWay ? from : undefined)
    }
  }
}

function hashOf({ ref }: TrieRoot): HashBytes | undefined {
  return ref === undefined ? undefined : bytesOfText(ref)
}

/** Where the skip lies beside the path: before it (negative), behind it, or on it. */
function compareSkip(skip: Uint8Array, path: Uint8Array, depth: number): number {
  const shared = sharedWith(skip, path, depth)
  if (shared === skip.length) return 0
  return (skip[shared] ?? 0) - nibbleAt(path, depth + shared)
}
