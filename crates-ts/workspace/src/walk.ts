/** Trees in the order of their paths, node by node (spec/19-workspaces.md, "Order"): nothing is read before it is needed. */
import type { Hash } from '@aos/cbor'
import { compareText, joinPath } from './names.ts'
import type { DirectoryEntry, TreeEntry } from './tree.ts'
import { readTree } from './tree-store.ts'
import type { TreeReader } from './tree-store.ts'

/** A path with what stands there. */
export interface PlacedEntry {
  readonly path: string
  readonly entry: TreeEntry
}

/** What part of a tree is walked, and how its paths begin. */
export interface WalkOptions {
  /** The path of the directory, in front of what is below it; empty: the root. */
  readonly base: string
  /** Only paths behind this one. */
  readonly after: string | undefined
  /** What is below directories, too. */
  readonly isDeep: boolean
  /** False for a directory whose nodes need not be read: nothing below its path is wanted. Absent: all are. */
  readonly enters?: (path: string) => boolean
}

/**
 * What is below a directory, in ascending order of the bytes of paths: `a`, `a-b`, `a/x`. Reads one node for each directory that it comes to, and
 * none for those that lie whole before `after`.
 */
export function* walkTree(
  store: TreeReader,
  hash: Hash,
  options: WalkOptions,
): Generator<PlacedEntry, void, undefined> {
  const { base, after, isDeep } = options
  const { entries } = readTree(store, hash)
  const below = isDeep ? subtreesOf(entries) : NO_SUBTREES
  let next = 0
  for (const entry of entries) {
    for (let subtree = below[next]; subtree !== undefined && subtree.key < entry.name; subtree = below[next]) {
      yield* walkSubtree(store, subtree.directory, options)
      next += 1
    }
    const path = joinPath(base, entry.name)
    if (after === undefined || path > after) yield { path, entry }
  }
  for (const { directory } of below.slice(next)) yield* walkSubtree(store, directory, options)
}

function* walkSubtree(
  store: TreeReader,
  directory: DirectoryEntry,
  options: WalkOptions,
): Generator<PlacedEntry, void, undefined> {
  const base = joinPath(options.base, directory.name)
  if (options.enters?.(base) === false) return
  if (options.after === undefined || mayFollow(`${base}/`, options.after)) {
    yield* walkTree(store, directory.hash, { ...options, base })
  }
}

/** True when a path that begins so can come behind the other. */
function mayFollow(beginning: string, after: string): boolean {
  return beginning > after || after.startsWith(beginning)
}

/** What lies below a directory comes where its name with a slash does, which may be behind other names. */
interface Subtree {
  readonly key: string
  readonly directory: DirectoryEntry
}

const NO_SUBTREES: readonly Subtree[] = []

function subtreesOf(entries: readonly TreeEntry[]): readonly Subtree[] {
  const found = entries.flatMap((entry) => (entry.kind === 'dir' ? [{ key: `${entry.name}/`, directory: entry }] : []))
  return found.sort((left, right) => compareText(left.key, right.key))
}
