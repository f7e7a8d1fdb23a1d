/**
 * Nodes of a trie and their bytes (spec/16-snapshots.md, "Trie").
 *
 *   leaf    [0, [key, value, key, value, ...]]     at most LEAF_ENTRIES_MAX entries, ascending by key bytes
 *   branch  [1, entries below, skip, [16 children]]   a child is a hash or null; skip holds one nibble a byte
 *
 * Both carry the prefix. A subtree with few enough entries is one leaf, and a branch has two children at least: one set of
 * entries has one form, whatever it went through.
 */
import { CborReader, CborWriter, HASH_BYTES, isAosError } from '@aos/cbor'
import type { AosError, CanonicalBytes } from '@aos/cbor'
import { kernelError } from '../errors.ts'
import { SNAPSHOT_LIMITS } from '../limits.ts'
import { BRANCH, BranchDraft, CHILD_BYTES, CHILD_HEAD_BYTES, FAN_OUT, NULL } from './branch-draft.ts'
import { textOfBytes } from './key-text.ts'
import { nibbleAt } from './trie-path.ts'

/** Entries of one leaf: with one more it becomes a branch. */
export const LEAF_ENTRIES_MAX: number = SNAPSHOT_LIMITS.leafEntriesMax
const LEAF = 0

/** Raw bytes of a node's hash, one character a byte: what nodes are found by in memory. */
export type NodeRef = string

/** A key with its value. */
export interface TrieEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** A node with the entries themselves, as it stands in the store: most leaves are only searched. */
export interface LeafNode {
  readonly kind: 'leaf'
  /** The encoded node. */
  readonly bytes: Uint8Array
  /** Entries. */
  readonly count: number
}

/** A node whose children lie in the store. */
export interface BranchNode {
  readonly kind: 'branch'
  /** Entries below. */
  readonly count: number
  /** Nibbles that all paths below share, from the depth of the node on. */
  readonly skip: Uint8Array
  /** FAN_OUT places; undefined: nothing there. */
  readonly children: readonly (NodeRef | undefined)[]
}

/** A node of either kind. */
export type TrieNode = LeafNode | BranchNode

/** Writes nodes in memory that it uses again. */
export class NodeEncoder {
  readonly #writer: CborWriter = new CborWriter(4096)

  /** `entries` ascending by key bytes, without repetition. */
  leaf(entries: readonly TrieEntry[]): LeafNode & { readonly bytes: CanonicalBytes } {
    const writer = this.#writer
    writer.reset()
    writer.prefix()
    writer.array(2)
    writer.uint(LEAF)
    writer.array(entries.length * 2)
    for (const { key, value } of entries) {
      writer.bytes(key)
      writer.bytes(value)
    }
    return { kind: 'leaf', bytes: writer.take() as CanonicalBytes, count: entries.length } // as written above
  }
}

/** Strict: throws `kernel.bad_snapshot` for anything that is no node in its one form. Byte fields are views. */
export function decodeNode(bytes: Uint8Array): TrieNode {
  const entries = checkNode(bytes)
  if (entries > 0) return { kind: 'leaf', bytes, count: entries }
  const branch = new BranchDraft()
  branch.read(bytes)
  const { count, skip } = branch
  const children = Array.from({ length: FAN_OUT }, (_, nibble) =>
    branch.has(nibble) ? textOfBytes(branch.hashOf(nibble)) : undefined,
  )
  return { kind: 'branch', count, skip, children }
}

/** The entries of a leaf; 0 for a branch. Throws `kernel.bad_snapshot` for anything that is no node in its one form. */
export function checkNode(bytes: Uint8Array): number {
  try {
    const reader = new CborReader(bytes)
    reader.prefix()
    const parts = reader.array()
    const kind = reader.uint()
    if (kind === LEAF && parts === 2) return checkLeaf(reader)
    if (kind !== BRANCH || parts !== 4) throw badNode('it is neither leaf nor branch')
    checkBranch(reader)
    return 0
  } catch (error) {
    if (!isAosError(error) || error.code.startsWith('kernel.')) throw error
    throw kernelError('kernel.bad_snapshot', `a node is not well-formed: ${error.message}`, { cause: error })
  }
}

/** The number of its entries. */
function checkLeaf(reader: CborReader): number {
  const items = reader.array()
  if (items === 0 || items % 2 !== 0 || items > 2 * LEAF_ENTRIES_MAX) throw badNode(`a leaf of ${items} items`)
  const { source } = reader
  let before: Range | undefined
  for (let left = items; left > 0; left -= 2) {
    const key = readRange(reader)
    if (before !== undefined && compareRanges(source, before, key) >= 0)
      throw badNode('keys of a leaf are not ascending')
    before = key
    readRange(reader)
  }
  reader.end()
  return items / 2
}

interface Range {
  readonly start: number
  readonly end: number
}

function readRange(reader: CborReader): Range {
  const end = reader.openBytes()
  const start = reader.offset
  reader.offset = end
  return { start, end }
}

function compareRanges(bytes: Uint8Array, left: Range, right: Range): number {
  const shorter = Math.min(left.end - left.start, right.end - right.start)
  for (let at = 0; at < shorter; at += 1) {
    const difference = (bytes[left.start + at] ?? 0) - (bytes[right.start + at] ?? 0)
    if (difference !== 0) return difference
  }
  return left.end - left.start - (right.end - right.start)
}

function checkBranch(reader: CborReader): void {
  const count = reader.uint()
  if (reader.bytes().some((nibble) => nibble >= FAN_OUT)) throw badNode('a skip with more than four bits a byte')
  if (reader.array() !== FAN_OUT) throw badNode(`a branch has ${FAN_OUT} children`)
  let present = 0
  for (let left = FAN_OUT; left > 0; left -= 1) {
    if (reader.isNull()) continue
    if (reader.bytes().length !== HASH_BYTES) throw badNode('a child is a hash of 32 bytes')
    present += 1
  }
  reader.end()
  if (present < 2 || count <= LEAF_ENTRIES_MAX) throw badNode('a branch that should be a leaf or its child')
}

/** Where the kind of a node stands: behind the prefix and the head of the array. */
const KIND_AT = 4
/** What follows the kind. */
const FIELDS_AT = 5

/** Of a node in its form. */
export function isLeaf(node: Uint8Array): boolean {
  return node[KIND_AT] === LEAF
}

/** At the head of the array of a leaf's keys and values. */
export function readerOfLeaf(leaf: Uint8Array): CborReader {
  return new CborReader(leaf, FIELDS_AT)
}

/** The entries, as views. */
export function entriesOf({ bytes }: Pick<LeafNode, 'bytes'>): readonly TrieEntry[] {
  const reader = readerOfLeaf(bytes)
  const entries: TrieEntry[] = []
  for (let left = reader.array(); left > 0; left -= 2) entries.push({ key: reader.bytes(), value: reader.bytes() })
  return entries
}

/** The value of a key, as a view. */
export function findInLeaf({ bytes }: Pick<LeafNode, 'bytes'>, key: Uint8Array): Uint8Array | undefined {
  const reader = readerOfLeaf(bytes)
  for (let left = reader.array(); left > 0; left -= 2) {
    const end = reader.openBytes()
    const isIt = isAt(bytes, reader.offset, end, key)
    reader.offset = end
    if (isIt) return reader.bytes()
    reader.offset = reader.openBytes()
  }
  return undefined
}

function isAt(bytes: Uint8Array, start: number, end: number, key: Uint8Array): boolean {
  if (end - start !== key.length) return false
  // Keys of one collection begin alike.
  for (let at = key.length - 1; at >= 0; at -= 1) if (bytes[start + at] !== key[at]) return false
  return true
}

/** What a branch leads to for a path. */
export interface Step {
  /** Where the hash of the child stands in the branch; below zero: nothing lies there. */
  readonly at: number
  /** Of the child. */
  readonly depth: number
}

/** One step down from a branch at `depth`. */
export function stepDown(branch: Uint8Array, path: Uint8Array, depth: number): Step {
  const reader = new CborReader(branch, FIELDS_AT)
  reader.uint()
  const end = reader.openBytes()
  let below = depth
  for (let at = reader.offset; at < end; at += 1, below += 1) {
    if (nibbleAt(path, below) !== branch[at]) return { at: -1, depth }
  }
  let at = end + 1
  for (let left = nibbleAt(path, below); left > 0; left -= 1) at += branch[at] === NULL ? 1 : CHILD_BYTES
  const isThere = nibbleAt(path, below) >= 0 && branch[at] !== NULL
  return { at: isThere ? at + CHILD_HEAD_BYTES : -1, depth: below + 1 }
}

/** What is no node, or one in another form. */
export function badNode(what: string): AosError {
  return kernelError('kernel.bad_snapshot', `a node is not in its one form: ${what}`)
}
