/**
 * Changing a trie: from the root of one set of entries and a list of changes to the root of the other set. New nodes are given out as they
 * are made, children before parents, so that the work can be cut into slices (spec/16-snapshots.md, "Trie").
 */
import { compareBytes, sha256 } from '@aos/cbor'
import type { HashBytes, Sha256Port } from '@aos/cbor'
import { textOfBytes } from './key-text.ts'
import { FAN_OUT, LEAF_ENTRIES_MAX, NodeEncoder, entriesOf } from './trie-node.ts'
import type { BranchNode, NodeRef, TrieEntry, TrieNode } from './trie-node.ts'
import { nibbleAt, pathOf, sharedNibbles, sharedWith } from './trie-path.ts'
import type { TrieOrder } from './trie-path.ts'

/** A key with its new value; undefined: it goes. */
export interface TrieChange {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

/** A node that was made, or content that belongs to one. */
export interface FreshBlob {
  readonly hash: HashBytes
  readonly bytes: Uint8Array
}

/** What an update asks of its surroundings. */
export interface TrieUpdatePorts {
  readonly sha256: Sha256Port
  readonly order: TrieOrder
  /** Throws `kernel.bad_snapshot` and what content throws for a miss. */
  load(ref: NodeRef): TrieNode
  /** A node that is part of the new trie. */
  made(ref: NodeRef, node: TrieNode): void
  /** A node that is no longer part of it. */
  replaced(ref: NodeRef): void
}

/** A set of entries as it is known. */
export interface TrieRoot {
  readonly count: number
  /** undefined exactly when there are no entries. */
  readonly ref: NodeRef | undefined
}

/** Of no entries. */
export const EMPTY_ROOT: TrieRoot = { count: 0, ref: undefined }

interface Placed {
  readonly path: Uint8Array
}

interface PlacedChange extends TrieChange, Placed {}

/** A leaf that has no bytes yet. */
interface LeafDraft {
  readonly kind: 'draft'
  readonly entries: readonly TrieEntry[]
}

/** A subtree while it is worked on; all children of a drafted branch have a hash. */
type Subtree = NodeRef | LeafDraft | BranchNode | undefined

interface Updated {
  readonly subtree: Subtree
  /** Entries more than before. */
  readonly delta: number
}

type Steps<T> = Generator<FreshBlob, T, undefined>

/** Of two changes of one key the caller gives only the last. Yields each new node once. */
export function* updateTrie(ports: TrieUpdatePorts, root: TrieRoot, changes: readonly TrieChange[]): Steps<TrieRoot> {
  if (changes.length === 0) return root
  return yield* new TrieUpdate(ports).run(root, changes)
}

class TrieUpdate {
  readonly #ports: TrieUpdatePorts
  readonly #encoder = new NodeEncoder()

  constructor(ports: TrieUpdatePorts) {
    this.#ports = ports
  }

  *run(root: TrieRoot, changes: readonly TrieChange[]): Steps<TrieRoot> {
    const placed: readonly PlacedChange[] = changes.map(({ key, value }) => ({ key, value, path: this.#path(key) }))
    const { subtree, delta } = yield* this.#update(root.ref, 0, placed)
    const ref = subtree === undefined ? undefined : yield* this.#store(subtree)
    return { count: root.count + delta, ref }
  }

  *#update(before: Subtree, depth: number, changes: readonly PlacedChange[]): Steps<Updated> {
    if (before === undefined) {
      const entries = withChanges([], changes)
      return { subtree: yield* this.#build(entries, depth), delta: entries.length }
    }
    const node = this.#take(before)
    if (node.kind === 'draft') {
      const entries = withChanges(node.entries, changes)
      return { subtree: yield* this.#build(entries, depth), delta: entries.length - node.entries.length }
    }
    return yield* this.#updateBranch(node, depth, changes)
  }

  *#updateBranch(node: BranchNode, depth: number, changes: readonly PlacedChange[]): Steps<Updated> {
    const { skip, children } = yield* this.#open(node, depth, changes)
    const at = depth + skip.length
    const next: Subtree[] = [...children]
    let delta = 0
    const groups = groupByNibble(skip.length === 0 ? changes : belowSkip(changes, skip, depth), at)
    for (let nibble = 0; nibble < FAN_OUT; nibble += 1) {
      const group = groups[nibble]
      if (group === undefined) continue
      const updated = yield* this.#update(next[nibble], at + 1, group)
      next[nibble] = updated.subtree
      delta += updated.delta
    }
    const count = node.count + delta
    if (count <= LEAF_ENTRIES_MAX) {
      const entries = next.flatMap((child) => this.#gather(child)).sort(byKey)
      return { subtree: entries.length === 0 ? undefined : { kind: 'draft', entries }, delta }
    }
    return { subtree: yield* this.#branch(count, skip, next), delta }
  }

  /** The branch as it is, or a shorter one above it where a new path leaves its skip. */
  *#open(
    node: BranchNode,
    depth: number,
    changes: readonly PlacedChange[],
  ): Steps<{ readonly skip: Uint8Array; readonly children: readonly (NodeRef | undefined)[] }> {
    const { skip } = node
    let shared = skip.length
    for (const { path, value } of changes) {
      if (shared === 0) break
      if (value !== undefined) shared = Math.min(shared, sharedWith(skip, path, depth))
    }
    if (shared === skip.length) return node
    const children = new Array<NodeRef | undefined>(FAN_OUT).fill(undefined)
    const below: BranchNode = { ...node, skip: skip.slice(shared + 1) }
    children[skip[shared] ?? 0] = yield* this.#store(below)
    return { skip: skip.slice(0, shared), children }
  }

  /** One leaf, or a branch over the smaller sets. */
  *#build(entries: readonly TrieEntry[], depth: number): Steps<Subtree> {
    if (entries.length === 0) return undefined
    if (entries.length <= LEAF_ENTRIES_MAX) return { kind: 'draft', entries }
    return yield* this.#split(
      entries.map(({ key, value }) => ({ key, value, path: this.#path(key) })),
      depth,
    )
  }

  *#split(entries: readonly (TrieEntry & { readonly path: Uint8Array })[], depth: number): Steps<Subtree> {
    if (entries.length <= LEAF_ENTRIES_MAX) {
      return { kind: 'draft', entries: entries.map(({ key, value }) => ({ key, value })) }
    }
    const [first] = entries
    if (first === undefined) return undefined
    const shared = entries.reduce((least, { path }) => Math.min(least, sharedNibbles(first.path, path, depth)), 8192)
    const skip = Uint8Array.from({ length: shared }, (_, at) => nibbleAt(first.path, depth + at))
    const groups = groupByNibble(entries, depth + shared)
    const children = new Array<Subtree>(FAN_OUT).fill(undefined)
    for (let nibble = 0; nibble < FAN_OUT; nibble += 1) {
      const group = groups[nibble]
      if (group !== undefined) children[nibble] = yield* this.#split(group, depth + shared + 1)
    }
    return yield* this.#branch(entries.length, skip, children)
  }

  /** Of one child only that child, its path lengthened. */
  *#branch(count: number, skip: Uint8Array, children: readonly Subtree[]): Steps<Subtree> {
    const nibble = children.findIndex((child) => child !== undefined)
    const only = children[nibble]
    if (only !== undefined && children.findLastIndex((child) => child !== undefined) === nibble) {
      const node = this.#take(only)
      // More entries than a leaf holds, so the one child is a branch.
      if (node.kind === 'branch') return { ...node, skip: Uint8Array.of(...skip, nibble, ...node.skip) }
    }
    const refs: (NodeRef | undefined)[] = []
    for (const child of children) refs.push(child === undefined ? undefined : yield* this.#store(child))
    return { kind: 'branch', count, skip, children: refs }
  }

  *#store(subtree: NodeRef | LeafDraft | BranchNode): Steps<NodeRef> {
    if (typeof subtree === 'string') return subtree
    const node = subtree.kind === 'draft' ? this.#encoder.leaf(subtree.entries) : subtree
    const bytes = node.kind === 'leaf' ? node.bytes : this.#encoder.branch(node)
    const hash = sha256(this.#ports.sha256, bytes)
    const ref = textOfBytes(hash)
    this.#ports.made(ref, node)
    yield { hash, bytes }
    return ref
  }

  /** A node that takes part in the change: its stored form is not used any more. */
  #take(subtree: NodeRef | LeafDraft | BranchNode): LeafDraft | BranchNode {
    if (typeof subtree !== 'string') return subtree
    const node = this.#ports.load(subtree)
    this.#ports.replaced(subtree)
    return node.kind === 'leaf' ? { kind: 'draft', entries: entriesOf(node) } : node
  }

  #gather(subtree: Subtree): readonly TrieEntry[] {
    if (subtree === undefined) return []
    const node = this.#take(subtree)
    return node.kind === 'draft' ? node.entries : node.children.flatMap((child) => this.#gather(child))
  }

  #path(key: Uint8Array): Uint8Array {
    return pathOf(this.#ports.sha256, this.#ports.order, key)
  }
}

/** What does not lie below `skip` goes from a set that does not have it: nothing is to be done. */
function belowSkip(changes: readonly PlacedChange[], skip: Uint8Array, depth: number): readonly PlacedChange[] {
  return changes.filter(({ path }) => sharedWith(skip, path, depth) === skip.length)
}

/** By the nibble at `at`; the path of something that goes may have ended before. */
function groupByNibble<T extends Placed>(items: readonly T[], at: number): readonly (readonly T[] | undefined)[] {
  const groups = new Array<T[] | undefined>(FAN_OUT).fill(undefined)
  for (const item of items) {
    const nibble = nibbleAt(item.path, at)
    if (nibble < 0) continue
    const group = groups[nibble]
    if (group === undefined) groups[nibble] = [item]
    else group.push(item)
  }
  return groups
}

/** Sorted entries with the changes made. */
function withChanges(entries: readonly TrieEntry[], changes: readonly TrieChange[]): readonly TrieEntry[] {
  const sorted = changes.length === 1 ? changes : [...changes].sort(byKey)
  const result: TrieEntry[] = []
  let at = 0
  for (const { key, value } of sorted) {
    let entry = entries[at]
    let order = entry === undefined ? 1 : compareBytes(entry.key, key)
    while (entry !== undefined && order < 0) {
      result.push(entry)
      at += 1
      entry = entries[at]
      order = entry === undefined ? 1 : compareBytes(entry.key, key)
    }
    if (entry !== undefined && order === 0) at += 1
    if (value !== undefined) result.push({ key, value })
  }
  for (; at < entries.length; at += 1) {
    const entry = entries[at]
    if (entry !== undefined) result.push(entry)
  }
  return result
}

function byKey(left: { readonly key: Uint8Array }, right: { readonly key: Uint8Array }): number {
  return compareBytes(left.key, right.key)
}
