/** Where nodes are read and written, and the reading of them (spec/19-workspaces.md, "Trees"). */
import type { Hash } from '@aos/cbor'
import { decodeAnnotations, encodeAnnotations } from './annotations.ts'
import type { Annotations } from './annotations.ts'
import { workspaceError } from './errors.ts'
import { decodeTree, encodeTree } from './tree.ts'
import type { TreeEntry, TreeNode } from './tree.ts'
import { compareText } from './names.ts'

/** Content by hash. What is written can be read at once. */
export interface TreeStore {
  /** undefined: there is none. */
  read(hash: Hash): Uint8Array | undefined
  /** The bytes belong to the store from here on. */
  write(bytes: Uint8Array): Hash
}

/** For what only reads. */
export type TreeReader = Pick<TreeStore, 'read'>

/** One node, and nothing below it. Throws `workspace.unknown_tree`, `workspace.bad_node`. */
export function readTree(store: TreeReader, hash: Hash): TreeNode {
  const bytes = store.read(hash)
  if (bytes === undefined) throw workspaceError('workspace.unknown_tree', `the world has no tree ${hash}`)
  return decodeTree(bytes)
}

/** Throws `workspace.too_large`. */
export function writeTree(store: TreeStore, node: TreeNode): Hash {
  return store.write(encodeTree(node))
}

/** Empty when there are none. Throws `workspace.unknown_blob`, `workspace.bad_node`. */
export function readAnnotations(store: TreeReader, hash: Hash | undefined): Annotations {
  if (hash === undefined) return new Map()
  const bytes = store.read(hash)
  if (bytes === undefined) throw workspaceError('workspace.unknown_blob', `the world has no annotations ${hash}`)
  return decodeAnnotations(bytes)
}

/** Throws `workspace.too_large`. */
export function writeAnnotations(store: TreeStore, annotations: Annotations): Hash {
  return store.write(encodeAnnotations(annotations))
}

/** The entry of that name in one directory. */
export function entryOf(node: TreeNode, name: string): TreeEntry | undefined {
  let low = 0
  let high = node.entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const entry = node.entries[middle]
    if (entry === undefined) return undefined
    const order = compareText(entry.name, name)
    if (order === 0) return entry
    if (order < 0) low = middle + 1
    else high = middle
  }
  return undefined
}

/** What stands at a path of at least one segment. Reads the nodes on the way. Throws `workspace.not_a_directory` for a path below a file. */
export function findEntry(store: TreeReader, root: Hash, segments: readonly string[]): TreeEntry | undefined {
  let hash = root
  let entry: TreeEntry | undefined
  for (const [depth, segment] of segments.entries()) {
    if (entry?.kind === 'file') throw notADirectory(segments.slice(0, depth))
    entry = entryOf(readTree(store, hash), segment)
    if (entry === undefined) return undefined
    hash = entry.hash
  }
  return entry
}

/** The hash of the directory at a path; of none, the root. Throws `workspace.not_found`, `workspace.not_a_directory`. */
export function findDirectory(store: TreeReader, root: Hash, segments: readonly string[]): Hash {
  if (segments.length === 0) return root
  const entry = findEntry(store, root, segments)
  if (entry === undefined) throw notFound(segments)
  if (entry.kind === 'file') throw notADirectory(segments)
  return entry.hash
}

/** `workspace.not_found` for that path. */
export function notFound(segments: readonly string[]): Error {
  return workspaceError('workspace.not_found', `nothing stands at ${segments.join('/')}`)
}

/** `workspace.not_a_directory` for that path. */
export function notADirectory(segments: readonly string[]): Error {
  return workspaceError('workspace.not_a_directory', `${segments.join('/')} is a file`)
}
