/** A leaf with changes, made of the bytes of the leaf before: what has not changed is copied as it stands (spec/16-snapshots.md, "Trie"). */
import { headBytes, writeHead } from './branch-draft.ts'
import { readerOfLeaf } from './trie-node.ts'
import type { TrieChange } from './trie-update.ts'

/** Prefix, head of the array, kind. */
const LEAF_HEAD = [0xd9, 0xd9, 0xf7, 0x82, 0x00] as const

/** Planned first, so that it is known whether the result is a leaf. Used again and again. */
export class LeafMerge {
  /** Entries of the result. */
  count = 0
  #leaf: Uint8Array = new Uint8Array(0)
  #changes: readonly TrieChange[] = []
  /** Start and end of what is copied, before the change of the same number; the last range is behind all. */
  readonly #ranges: number[] = []
  #copied = 0

  /** `changes` ascending by key. Returns how many entries the result has more. */
  plan(leaf: Uint8Array, changes: readonly TrieChange[]): number {
    const reader = readerOfLeaf(leaf)
    const before = reader.array() / 2
    let left = before
    let from = reader.offset
    this.#leaf = leaf
    this.#changes = changes
    this.#ranges.length = 0
    this.#copied = 0
    this.count = before
    for (const { key, value } of changes) {
      let start = reader.offset
      let order = 1
      for (; left > 0; left -= 1) {
        start = reader.offset
        const end = reader.openBytes()
        order = compareRange(leaf, reader.offset, end, key)
        if (order > 0) break
        reader.offset = end
        reader.offset = reader.openBytes()
        if (order === 0) break
      }
      if (left === 0) start = reader.offset
      this.#copy(from, start)
      if (order === 0) {
        left -= 1
        from = reader.offset
        if (value === undefined) this.count -= 1
      } else {
        reader.offset = start
        from = start
        if (value !== undefined) this.count += 1
      }
    }
    this.#copy(from, leaf.length)
    return this.count - before
  }

  /** Of the result. */
  get bytes(): number {
    let bytes = LEAF_HEAD.length + headBytes(2 * this.count) + this.#copied
    for (const { key, value } of this.#changes) {
      if (value !== undefined) bytes += headBytes(key.length) + key.length + headBytes(value.length) + value.length
    }
    return bytes
  }

  /** Writes the result at `start`; returns where it ends. The leaf before must still stand where it stood. */
  write(into: Uint8Array, start: number): number {
    into.set(LEAF_HEAD, start)
    let at = writeHead(into, start + LEAF_HEAD.length, ARRAY, 2 * this.count)
    for (let index = 0; index <= this.#changes.length; index += 1) {
      const from = this.#ranges[2 * index] ?? 0
      const to = this.#ranges[2 * index + 1] ?? 0
      if (to > from) into.set(this.#leaf.subarray(from, to), at)
      at += to - from
      const change = this.#changes[index]
      if (change?.value === undefined) continue
      at = writeBytes(into, at, change.key)
      at = writeBytes(into, at, change.value)
    }
    return at
  }

  #copy(from: number, to: number): void {
    this.#ranges.push(from, to)
    this.#copied += to - from
  }
}

const ARRAY = 0x80
const BYTES = 0x40

function writeBytes(into: Uint8Array, start: number, bytes: Uint8Array): number {
  const at = writeHead(into, start, BYTES, bytes.length)
  for (let index = 0; index < bytes.length; index += 1) into[at + index] = bytes[index] ?? 0
  return at + bytes.length
}

function compareRange(bytes: Uint8Array, start: number, end: number, key: Uint8Array): number {
  const shorter = Math.min(end - start, key.length)
  for (let at = 0; at < shorter; at += 1) {
    const difference = (bytes[start + at] ?? 0) - (key[at] ?? 0)
    if (difference !== 0) return difference
  }
  return end - start - key.length
}
