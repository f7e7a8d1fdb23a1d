/** Nodes for a set of entries of which none is in the trie yet (spec/16-snapshots.md, "Trie"). */
import { BranchDraft, FAN_OUT } from './branch-draft.ts'
import type { FreshBlob, FreshNodes } from './fresh-nodes.ts'
import { LEAF_ENTRIES_MAX, NodeEncoder } from './trie-node.ts'
import type { TrieEntry } from './trie-node.ts'
import { groupByNibble, nibbleAt, sharedNibbles } from './trie-path.ts'

/** Where the hash of a subtree stands, or will stand, and how deep the subtree lies. */
export interface TriePlace {
  readonly parent: BranchDraft
  readonly nibble: number
  readonly depth: number
}

/** An entry, and the path of its key when there are more than a leaf holds. */
export interface PlacedEntry extends TrieEntry {
  readonly path: Uint8Array
}

/** So many entries or changes are worked on without a pause. */
export const AT_ONCE_MAX = 32

/** Writes leaves and branches for one update, children before parents. */
export class TrieBuild {
  readonly #fresh: FreshNodes
  readonly #encoder = new NodeEncoder()

  constructor(fresh: FreshNodes) {
    this.#fresh = fresh
  }

  /** `entries` ascending by key. */
  build(place: TriePlace, entries: readonly PlacedEntry[]): void {
    if (entries.length <= LEAF_ENTRIES_MAX) {
      this.#leaf(place, entries)
      return
    }
    const { branch, groups, depth } = split(entries, place.depth)
    for (let nibble = 0; nibble < FAN_OUT; nibble += 1) {
      const group = groups[nibble]
      if (group !== undefined) this.build({ parent: branch, nibble, depth }, group)
    }
    this.store(place, branch)
  }

  /** `build`, with pauses. */
  *buildInSteps(place: TriePlace, entries: readonly PlacedEntry[]): Generator<readonly FreshBlob[], void, undefined> {
    if (entries.length <= AT_ONCE_MAX) {
      this.build(place, entries)
      return
    }
    const { branch, groups, depth } = split(entries, place.depth)
    for (let nibble = 0; nibble < FAN_OUT; nibble += 1) {
      const group = groups[nibble]
      if (group === undefined) continue
      yield* this.buildInSteps({ parent: branch, nibble, depth }, group)
      if (this.#fresh.hasBatch) yield this.#fresh.takeBatch()
    }
    this.store(place, branch)
  }

  /** Writes a branch and puts its hash in its place. */
  store({ parent, nibble }: TriePlace, branch: BranchDraft): void {
    const { blocks } = this.#fresh
    const start = blocks.begin(branch.bytesMax)
    parent.set(nibble, this.#fresh.end(branch.write(blocks.block, start)))
  }

  #leaf({ parent, nibble }: TriePlace, entries: readonly TrieEntry[]): void {
    if (entries.length === 0) {
      parent.clear(nibble)
      return
    }
    const { bytes } = this.#encoder.leaf(entries)
    const { blocks } = this.#fresh
    const start = blocks.begin(bytes.length)
    blocks.block.set(bytes, start)
    parent.set(nibble, this.#fresh.end(start + bytes.length))
  }
}

interface Split {
  readonly branch: BranchDraft
  /** By nibble, in the order of the entries. */
  readonly groups: readonly (readonly PlacedEntry[] | undefined)[]
  /** Of the children. */
  readonly depth: number
}

/** More entries than a leaf holds. */
function split(entries: readonly PlacedEntry[], depth: number): Split {
  const [first] = entries
  const path = first?.path ?? new Uint8Array(0)
  const shared = entries.reduce((least, entry) => Math.min(least, sharedNibbles(path, entry.path, depth)), NIBBLES_MAX)
  const branch = new BranchDraft()
  branch.count = entries.length
  branch.skip = Uint8Array.from({ length: shared }, (_, at) => nibbleAt(path, depth + at))
  return { branch, groups: groupByNibble(entries, depth + shared), depth: depth + shared + 1 }
}

/** More than a key has. */
const NIBBLES_MAX: number = 2 ** 20
