/** Where a key lies in a trie, four bits at a time (spec/16-snapshots.md, "Trie"). */
import { sha256 } from '@aos/cbor'
import type { Sha256Port } from '@aos/cbor'

/**
 * `hashed`: by SHA-256 of the key, so that nobody can make a trie deep by choosing keys. `ordered`: by the key itself, so that
 * the entries lie in its order; no key may then be the beginning of another.
 */
export type TrieOrder = 'hashed' | 'ordered'

/** The bytes whose nibbles lead to a key. */
export function pathOf(port: Sha256Port, order: TrieOrder, key: Uint8Array): Uint8Array {
  return order === 'hashed' ? sha256(port, key) : key
}

/** Number `index` of the nibbles of a path; −1 behind its end. */
export function nibbleAt(path: Uint8Array, index: number): number {
  const byte = path[index >> 1]
  if (byte === undefined) return -1
  return index % 2 === 0 ? byte >> 4 : byte & 15
}

/** How many nibbles of `skip` the path has from `depth` on. */
export function sharedWith(skip: Uint8Array, path: Uint8Array, depth: number): number {
  let at = 0
  while (at < skip.length && nibbleAt(path, depth + at) === skip[at]) at += 1
  return at
}

/** How many nibbles two paths share from `depth` on. */
export function sharedNibbles(left: Uint8Array, right: Uint8Array, depth: number): number {
  let at = 0
  for (;;) {
    const nibble = nibbleAt(left, depth + at)
    if (nibble < 0 || nibble !== nibbleAt(right, depth + at)) return at
    at += 1
  }
}

/** By the nibble at `at`, for each of the 16 in the order given. What has no nibble there is left out: its path has ended before. */
export function groupByNibble<T extends { readonly path: Uint8Array }>(
  items: readonly T[],
  at: number,
): readonly (readonly T[] | undefined)[] {
  const groups = new Array<T[] | undefined>(16).fill(undefined)
  for (const item of items) {
    const nibble = nibbleAt(item.path, at)
    if (nibble < 0) continue
    const group = groups[nibble]
    if (group === undefined) groups[nibble] = [item]
    else group.push(item)
  }
  return groups
}
