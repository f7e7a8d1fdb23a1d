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
import { textOfBytes } from './key-text.ts'

/** Entries of one leaf: with one more it becomes a branch. */
export const LEAF_ENTRIES_MAX: number = SNAPSHOT_LIMITS.leafEntriesMax
/** Children of a branch: one for each value of four bits. */
export const FAN_OUT = 16

const LEAF = 0
const BRANCH = 1

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

/** Memory that a node in the cache takes, roughly. */
export function weighNode(node: TrieNode): number {
  return node.kind === 'branch' ? BRANCH_WEIGHT : NODE_WEIGHT + node.bytes.length
}

/** A branch with its hashes as text. */
const BRANCH_WEIGHT = 1200
const NODE_WEIGHT = 320

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

  /** A copy. */
  branch(node: BranchNode): CanonicalBytes {
    const writer = this.#writer
    writer.reset()
    writer.prefix()
    writeBranch(writer, node)
    return writer.take() as CanonicalBytes // as written above
  }
}

function writeBranch(writer: CborWriter, { count, skip, children }: BranchNode): void {
  writer.array(4)
  writer.uint(BRANCH)
  writer.uint(count)
  writer.bytes(skip)
  writer.array(FAN_OUT)
  for (const child of children) {
    if (child === undefined) writer.null()
    else writeRef(writer, child)
  }
}

function writeRef(writer: CborWriter, ref: NodeRef): void {
  const hash = new Uint8Array(HASH_BYTES)
  for (let at = 0; at < HASH_BYTES; at += 1) hash[at] = ref.charCodeAt(at)
  writer.bytes(hash)
}

/** Strict: throws `kernel.bad_snapshot` for anything that is no node in its one form. Byte fields are views. */
export function decodeNode(bytes: Uint8Array): TrieNode {
  try {
    return readNode(new CborReader(bytes))
  } catch (error) {
    if (!isAosError(error) || error.code.startsWith('kernel.')) throw error
    throw kernelError('kernel.bad_snapshot', `a node is not well-formed: ${error.message}`, { cause: error })
  }
}

function readNode(reader: CborReader): TrieNode {
  reader.prefix()
  const parts = reader.array()
  const kind = reader.uint()
  if (kind === LEAF && parts === 2) return readLeaf(reader)
  if (kind === BRANCH && parts === 4) return readBranch(reader)
  throw badNode('it is neither leaf nor branch')
}

function readLeaf(reader: CborReader): LeafNode {
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
  return { kind: 'leaf', bytes: source, count: items / 2 }
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

/** Where the entries of a leaf start: behind the prefix, the head of the pair, and the kind. */
const ENTRIES_AT = 5

/** The entries, as views. */
export function entriesOf({ bytes }: LeafNode): readonly TrieEntry[] {
  const reader = new CborReader(bytes, ENTRIES_AT)
  const entries: TrieEntry[] = []
  for (let left = reader.array(); left > 0; left -= 2) entries.push({ key: reader.bytes(), value: reader.bytes() })
  return entries
}

/** The value of a key, as a view. */
export function findInLeaf({ bytes }: LeafNode, key: Uint8Array): Uint8Array | undefined {
  const reader = new CborReader(bytes, ENTRIES_AT)
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

function readBranch(reader: CborReader): BranchNode {
  const count = Number(reader.uint())
  const skip = reader.bytes()
  if (skip.some((nibble) => nibble >= FAN_OUT)) throw badNode('a skip with more than four bits a byte')
  if (reader.array() !== FAN_OUT) throw badNode(`a branch has ${FAN_OUT} children`)
  const children: (NodeRef | undefined)[] = []
  let present = 0
  for (let left = FAN_OUT; left > 0; left -= 1) {
    if (reader.isNull()) {
      children.push(undefined)
      continue
    }
    const hash = reader.bytes()
    if (hash.length !== HASH_BYTES) throw badNode('a child is a hash of 32 bytes')
    children.push(textOfBytes(hash))
    present += 1
  }
  reader.end()
  if (present < 2 || count <= LEAF_ENTRIES_MAX) throw badNode('a branch that should be a leaf or its child')
  return { kind: 'branch', count, skip, children }
}

/** What is no node, or one in another form. */
export function badNode(what: string): AosError {
  return kernelError('kernel.bad_snapshot', `a node is not in its one form: ${what}`)
}
