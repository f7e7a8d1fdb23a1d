/**
 * Changing a trie: from the root of one set of entries and a list of changes to the root of the other set. New nodes are given out as they
 * are made, children before parents, so that the work can be cut into slices (spec/16-snapshots.md, "Trie").
 */
import { HASH_BYTES, compareBytes } from '@aos/cbor'
import type { Sha256Port } from '@aos/cbor'
import { BranchDraft, FAN_OUT } from './branch-draft.ts'
import { FreshNodes, PAUSE, PAUSE_CHANGES } from './fresh-nodes.ts'
import type { FreshBlob, MadeNodes, NodeBlocks } from './fresh-nodes.ts'
import { bytesOfText, textOfBytes } from './key-text.ts'
import { LeafMerge } from './leaf-merge.ts'
import { AT_ONCE_MAX, TrieBuild } from './trie-build.ts'
import type { PlacedEntry, TriePlace } from './trie-build.ts'
import { LEAF_ENTRIES_MAX, entriesOf, isLeaf } from './trie-node.ts'
import type { NodeRef, TrieEntry } from './trie-node.ts'
import { groupByNibble, nibbleAt, pathOf, sharedWith } from './trie-path.ts'
import type { TrieOrder } from './trie-path.ts'

/** A key with its new value; undefined: it goes. */
export interface TrieChange {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

/** What an update asks of its surroundings. */
export interface TrieUpdatePorts {
  readonly sha256: Sha256Port
  readonly order: TrieOrder
  /** What new nodes are written into. */
  readonly blocks: NodeBlocks
  /**
   * The node whose hash stands there: a view that counts until the next call. Throws `kernel.bad_snapshot` and what content throws for a
   * miss.
   */
  load(hashes: Uint8Array, at: number): Uint8Array
  /** The node whose hash stands there is no longer part of the trie. */
  replaced(hashes: Uint8Array, at: number): void
}

/** A set of entries as it is known. */
export interface TrieRoot {
  readonly count: number
  /** undefined exactly when there are no entries. */
  readonly ref: NodeRef | undefined
}

/** Of no entries. */
export const EMPTY_ROOT: TrieRoot = { count: 0, ref: undefined }

/** What an update came to. */
export interface TrieUpdated {
  readonly root: TrieRoot
  /** Everything that was given out. */
  readonly made: MadeNodes | undefined
}

interface PlacedChange extends TrieChange {
  readonly path: Uint8Array
}

type Steps<T> = Generator<readonly FreshBlob[], T, undefined>

/** Of two changes of one key the caller gives only the last. Yields new nodes, some at a time. */
export function* updateTrie(
  ports: TrieUpdatePorts,
  root: TrieRoot,
  changes: readonly TrieChange[],
): Steps<TrieUpdated> {
  if (changes.length === 0) return { root, made: undefined }
  return yield* new TrieUpdate(ports).run(root, changes)
}

class TrieUpdate {
  readonly #ports: TrieUpdatePorts
  readonly #fresh: FreshNodes
  readonly #build: TrieBuild
  readonly #merge = new LeafMerge()
  /** By level: there is one way down at a time. */
  readonly #drafts: BranchDraft[] = []
  /** Nodes that this update has made and may take part in it again. */
  readonly #passing = new Map<NodeRef, Uint8Array>()

  constructor(ports: TrieUpdatePorts) {
    this.#ports = ports
    this.#fresh = new FreshNodes(ports)
    this.#build = new TrieBuild(this.#fresh)
  }

  *run(root: TrieRoot, changes: readonly TrieChange[]): Steps<TrieUpdated> {
    const placed: PlacedChange[] = []
    for (const { key, value } of changes) {
      if (placed.length % PAUSE_CHANGES === PAUSE_CHANGES - 1) yield PAUSE
      placed.push({ key, value, path: this.#path(key) })
    }
    const parent = new BranchDraft()
    if (root.ref !== undefined) parent.set(0, bytesOfText(root.ref))
    const delta = yield* this.#updateInSteps({ parent, nibble: 0, depth: 0 }, placed, 0)
    yield this.#fresh.takeBatch()
    const ref = parent.has(0) ? textOfBytes(parent.hashOf(0)) : undefined
    return { root: { count: root.count + delta, ref }, made: this.#fresh.made }
  }

  /** `#update`, with pauses. */
  *#updateInSteps(place: TriePlace, changes: readonly PlacedChange[], level: number): Steps<number> {
    if (changes.length <= AT_ONCE_MAX) return this.#update(place, changes, level)
    const before = this.#take(place)
    if (before === undefined || isLeaf(before)) {
      const { entries, delta } = this.#withChanges(before, changes)
      yield* this.#build.buildInSteps(place, entries)
      return delta
    }
    const branch = this.#draft(before, level)
    if (mayBecomeLeaf(branch, changes)) {
      const { entries, delta } = this.#gathered(branch, changes)
      yield* this.#build.buildInSteps(place, entries)
      return delta
    }
    this.#shorten(branch, place.depth, changes)
    const from = this.#fresh.made.size
    const depth = place.depth + branch.skip.length + 1
    const groups = groupsOf(branch, changes, place.depth)
    let delta = 0
    for (let nibble = 0; nibble < FAN_OUT; nibble += 1) {
      const group = groups[nibble]
      if (group === undefined) continue
      delta += yield* this.#updateInSteps({ parent: branch, nibble, depth }, group, level + 1)
      if (this.#fresh.hasBatch) yield this.#fresh.takeBatch()
    }
    branch.count += delta
    this.#close(place, branch, from)
    return delta
  }

  /** Returns how many entries there are more. */
  #update(place: TriePlace, changes: readonly PlacedChange[], level: number): number {
    const before = this.#take(place)
    if (before === undefined) return this.#rebuild(place, this.#withChanges(before, changes))
    if (isLeaf(before)) return this.#updateLeaf(place, before, changes)
    const branch = this.#draft(before, level)
    if (mayBecomeLeaf(branch, changes)) return this.#rebuild(place, this.#gathered(branch, changes))
    this.#shorten(branch, place.depth, changes)
    const from = this.#fresh.made.size
    const delta = this.#updateChildren(place, branch, changes, level)
    branch.count += delta
    this.#close(place, branch, from)
    return delta
  }

  #updateChildren(place: TriePlace, branch: BranchDraft, changes: readonly PlacedChange[], level: number): number {
    const at = place.depth + branch.skip.length
    const [only] = changes
    if (changes.length === 1 && only !== undefined && branch.skip.length === 0) {
      const nibble = nibbleAt(only.path, at)
      // The path of something that goes may have ended before.
      return nibble < 0 ? 0 : this.#update({ parent: branch, nibble, depth: at + 1 }, changes, level + 1)
    }
    const groups = groupsOf(branch, changes, place.depth)
    let delta = 0
    for (let nibble = 0; nibble < FAN_OUT; nibble += 1) {
      const group = groups[nibble]
      if (group !== undefined) delta += this.#update({ parent: branch, nibble, depth: at + 1 }, group, level + 1)
    }
    return delta
  }

  #updateLeaf(place: TriePlace, before: Uint8Array, changes: readonly PlacedChange[]): number {
    const merge = this.#merge
    const { parent, nibble } = place
    const delta = merge.plan(before, changes.length === 1 ? changes : [...changes].sort(byKey))
    if (merge.count > LEAF_ENTRIES_MAX) return this.#rebuild(place, this.#withChanges(before, changes))
    if (merge.count === 0) parent.clear(nibble)
    else {
      const { blocks } = this.#fresh
      const start = blocks.begin(merge.bytes)
      parent.set(nibble, this.#fresh.end(merge.write(blocks.block, start)))
    }
    return delta
  }

  #rebuild(place: TriePlace, { entries, delta }: Merged): number {
    this.#build.build(place, entries)
    return delta
  }

  /** The branch as it is, or a shorter one above it where a new path leaves its skip. */
  #shorten(branch: BranchDraft, depth: number, changes: readonly PlacedChange[]): void {
    const { skip } = branch
    let shared = skip.length
    for (const { path, value } of changes) {
      if (shared === 0) break
      if (value !== undefined) shared = Math.min(shared, sharedWith(skip, path, depth))
    }
    if (shared === skip.length) return
    const { count } = branch
    const nibble = skip[shared] ?? 0
    const above = new BranchDraft()
    branch.skip = skip.slice(shared + 1)
    this.#build.store({ parent: above, nibble, depth: depth + shared + 1 }, branch)
    this.#passing.set(textOfBytes(above.hashOf(nibble)), this.#fresh.made.bytesAt(this.#fresh.made.size - 1))
    branch.empty()
    branch.count = count
    branch.skip = skip.slice(0, shared)
    branch.set(nibble, above.hashOf(nibble))
  }

  /** Stores a changed branch. `from`: how many nodes there were when work on it began. */
  #close(place: TriePlace, branch: BranchDraft, from: number): void {
    const { only } = branch
    if (only !== undefined) {
      // More entries than a leaf holds, so the one child is a branch: it comes up here, its path lengthened.
      const { skip, count } = branch
      const hash = branch.hashOf(only).slice()
      branch.read(this.#fresh.made.findSince(from, hash) ?? this.#ports.load(hash, 0))
      this.#ports.replaced(hash, 0)
      branch.skip = Uint8Array.of(...skip, only, ...branch.skip)
      branch.count = count
    }
    this.#build.store(place, branch)
  }

  /** A node that takes part in the change: its stored form is not used any more. A view until the next node is loaded. */
  #take({ parent, nibble }: Pick<TriePlace, 'parent' | 'nibble'>): Uint8Array | undefined {
    if (!parent.has(nibble)) return undefined
    const at = nibble * HASH_BYTES
    this.#ports.replaced(parent.hashes, at)
    const made = this.#passing.size === 0 ? undefined : this.#passing.get(textOfBytes(parent.hashOf(nibble)))
    return made ?? this.#ports.load(parent.hashes, at)
  }

  #draft(bytes: Uint8Array, level: number): BranchDraft {
    const known = this.#drafts[level]
    const draft = known ?? new BranchDraft()
    if (known === undefined) this.#drafts[level] = draft
    draft.read(bytes)
    return draft
  }

  #withChanges(leaf: Uint8Array | undefined, changes: readonly PlacedChange[]): Merged {
    // A copy: what is made of it lives longer than the view.
    const before = leaf === undefined ? [] : entriesOf({ bytes: leaf.slice() })
    return this.#merged(before, changes)
  }

  #gathered(branch: BranchDraft, changes: readonly PlacedChange[]): Merged {
    return this.#merged([...this.#below(branch)].sort(byKey), changes)
  }

  *#below(branch: BranchDraft): Generator<TrieEntry, void, undefined> {
    for (let nibble = 0; nibble < FAN_OUT; nibble += 1) {
      const node = this.#take({ parent: branch, nibble })?.slice()
      if (node === undefined) continue
      if (isLeaf(node)) yield* entriesOf({ bytes: node })
      else {
        const child = new BranchDraft()
        child.read(node)
        yield* this.#below(child)
      }
    }
  }

  #merged(before: readonly TrieEntry[], changes: readonly PlacedChange[]): Merged {
    const merged = withChanges(before, changes)
    const isLarge = merged.length > LEAF_ENTRIES_MAX
    const entries = merged.map(({ key, value }) => ({ key, value, path: isLarge ? this.#path(key) : NO_PATH }))
    return { entries, delta: entries.length - before.length }
  }

  #path(key: Uint8Array): Uint8Array {
    return pathOf(this.#ports.sha256, this.#ports.order, key)
  }
}

/** A set of entries with the changes made. */
interface Merged {
  readonly entries: readonly PlacedEntry[]
  /** Entries more than before. */
  readonly delta: number
}

/** Of entries that one leaf holds. */
const NO_PATH: Uint8Array = new Uint8Array(0)

/** Whether so much may go that one leaf holds the rest. There are then not many more entries than changes. */
function mayBecomeLeaf({ count }: BranchDraft, changes: readonly PlacedChange[]): boolean {
  if (count - changes.length > LEAF_ENTRIES_MAX) return false
  let going = 0
  for (const { value } of changes) if (value === undefined) going += 1
  return count - going <= LEAF_ENTRIES_MAX
}

/** What does not lie below the skip goes from a set that does not have it: nothing is to be done. */
function groupsOf(
  { skip }: BranchDraft,
  changes: readonly PlacedChange[],
  depth: number,
): readonly (readonly PlacedChange[] | undefined)[] {
  const below = ({ path }: PlacedChange): boolean => sharedWith(skip, path, depth) === skip.length
  return groupByNibble(skip.length === 0 ? changes : changes.filter(below), depth + skip.length)
}

/** Sorted entries with the changes made. */
function withChanges(entries: readonly TrieEntry[], changes: readonly TrieChange[]): readonly TrieEntry[] {
  const result: TrieEntry[] = []
  let at = 0
  for (const { key, value } of [...changes].sort(byKey)) {
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
  for (const entry of entries.slice(at)) result.push(entry)
  return result
}

function byKey(left: { readonly key: Uint8Array }, right: { readonly key: Uint8Array }): number {
  return compareBytes(left.key, right.key)
}
