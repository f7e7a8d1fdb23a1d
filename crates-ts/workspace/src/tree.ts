/**
 * Nodes of a tree, as AIR v1 has them byte for byte (spec/19-workspaces.md, "Trees"): a directory lists its entries in ascending order of their names, a
 * file by the hash of its content, a directory by the hash of its node. What is absent has no key.
 */
import { CborReader, isAosError, isHash, takeWritten } from '@aos/cbor'
import type { CanonicalBytes, CborWriter, Hash } from '@aos/cbor'
import { workspaceError } from './errors.ts'
import { WORKSPACE_LIMITS } from './limits.ts'
import { isSegment } from './names.ts'

/** 0o644, or 0o755 for what can be run. */
export type FileMode = 0o644 | 0o755

/** Of a file whose mode nobody has said. */
export const FILE_MODE_DEFAULT = 0o644
const MODE_EXECUTABLE = 0o755
const DIRECTORY_MODE = 0o755

/** A file in a directory: content by hash, and what is said about it there. */
export interface FileEntry {
  readonly kind: 'file'
  readonly name: string
  /** Of its content. */
  readonly hash: Hash
  /** Bytes of its content. */
  readonly size: number
  readonly mode: FileMode
  /** Of the node of its annotations. */
  readonly annotations: Hash | undefined
}

/** A directory in a directory; its annotations hang on its own node. */
export interface DirectoryEntry {
  readonly kind: 'dir'
  readonly name: string
  /** Of its node. */
  readonly hash: Hash
}

/** What stands under one name. */
export type TreeEntry = FileEntry | DirectoryEntry

/** One directory, without what is below those that it lists. */
export interface TreeNode {
  /** Ascending by the bytes of their names. */
  readonly entries: readonly TreeEntry[]
  /** Of the node of its annotations. */
  readonly annotations: Hash | undefined
}

/** A directory in which nothing is. */
export const EMPTY_TREE: TreeNode = { entries: [], annotations: undefined }

/** True for the two modes that a file can have. */
export function isFileMode(mode: unknown): mode is FileMode {
  return mode === FILE_MODE_DEFAULT || mode === MODE_EXECUTABLE
}

/** Prefixed canonical bytes. The entries must be in order, under names that are segments. Throws `workspace.too_large`. */
export function encodeTree(node: TreeNode): CanonicalBytes {
  const bytes = takeWritten((writer) => {
    writer.prefix()
    writer.map(node.annotations === undefined ? 1 : 2)
    writer.text('entries')
    writer.array(node.entries.length)
    for (const entry of node.entries) writeEntry(writer, entry)
    writeAnnotations(writer, node.annotations)
  })
  checkNodeSize(bytes)
  return bytes
}

/** Throws `workspace.too_large` for a node that nobody would read. */
export function checkNodeSize(bytes: Uint8Array): void {
  if (bytes.length <= WORKSPACE_LIMITS.treeNodeBytesMax) return
  throw workspaceError(
    'workspace.too_large',
    `a directory may have ${WORKSPACE_LIMITS.treeNodeBytesMax} bytes in its node, found ${bytes.length}`,
  )
}

function writeEntry(writer: CborWriter, entry: TreeEntry): void {
  const isFile = entry.kind === 'file'
  writer.map(isFile && entry.annotations !== undefined ? 6 : 5)
  writer.text('hash')
  writer.text(entry.hash)
  writer.text('kind')
  writer.text(entry.kind)
  writer.text('mode')
  writer.uint(isFile ? entry.mode : DIRECTORY_MODE)
  writer.text('name')
  writer.text(entry.name)
  writer.text('size')
  writer.uint(isFile ? entry.size : 0)
  if (isFile) writeAnnotations(writer, entry.annotations)
}

function writeAnnotations(writer: CborWriter, annotations: Hash | undefined): void {
  if (annotations === undefined) return
  writer.text('annotations_hash')
  writer.text(annotations)
}

/** Strict: it accepts exactly what `encodeTree` makes. Throws `workspace.bad_node`. */
export function decodeTree(bytes: Uint8Array): TreeNode {
  if (bytes.length > WORKSPACE_LIMITS.treeNodeBytesMax) throw badNode('it is too large')
  try {
    return readTreeNode(new CborReader(bytes))
  } catch (error) {
    if (!isAosError(error) || error.code === 'workspace.bad_node') throw error
    throw badNode(error.message)
  }
}

function readTreeNode(reader: CborReader): TreeNode {
  reader.prefix()
  const fields = reader.map()
  if (fields < 1 || fields > 2) throw badNode(`it has ${fields} fields`)
  passKey(reader, KEYS.entries)
  const count = reader.array()
  const entries: TreeEntry[] = []
  let previous = ''
  for (let index = 0; index < count; index += 1) {
    const entry = readEntry(reader)
    if (entry.name <= previous) throw badNode(`${entry.name} is out of order`)
    previous = entry.name
    entries.push(entry)
  }
  const annotations = fields === 2 ? readAnnotationsHash(reader) : undefined
  reader.end()
  return { entries, annotations }
}

function readEntry(reader: CborReader): TreeEntry {
  const fields = reader.map()
  if (fields < 5 || fields > 6) throw badNode(`an entry has ${fields} fields`)
  passKey(reader, KEYS.hash)
  const hash = readHash(reader)
  passKey(reader, KEYS.kind)
  const kind = reader.text()
  passKey(reader, KEYS.mode)
  const mode = reader.smallUint(0o777)
  passKey(reader, KEYS.name)
  const name = reader.text()
  if (!isSegment(name)) throw badNode('an entry has a name that is no segment')
  passKey(reader, KEYS.size)
  const size = reader.smallUint(Number.MAX_SAFE_INTEGER)
  if (kind === 'file') {
    if (!isFileMode(mode)) throw badNode(`the file ${name} has the mode ${mode}`)
    return { kind, name, hash, size, mode, annotations: fields === 6 ? readAnnotationsHash(reader) : undefined }
  }
  if (kind !== 'dir') throw badNode(`${name} is neither a file nor a directory`)
  // The annotations of a directory hang on its own node.
  if (mode !== DIRECTORY_MODE || size !== 0 || fields !== 5) throw badNode(`the directory ${name} is not in its form`)
  return { kind, name, hash }
}

function readAnnotationsHash(reader: CborReader): Hash {
  passKey(reader, KEYS.annotations)
  return readHash(reader)
}

function readHash(reader: CborReader): Hash {
  const text = reader.text()
  if (!isHash(text)) throw badNode('a hash is not sha256: and 64 digits')
  return text
}

/** The items of keys, which are compared as bytes: there are five of them in every entry. */
const KEYS = {
  entries: itemOf('entries'),
  hash: itemOf('hash'),
  kind: itemOf('kind'),
  mode: itemOf('mode'),
  name: itemOf('name'),
  size: itemOf('size'),
  annotations: itemOf('annotations_hash'),
} as const

function itemOf(key: string): Uint8Array {
  return takeWritten((writer) => {
    writer.text(key)
  })
}

function passKey(reader: CborReader, item: Uint8Array): void {
  const { source, offset } = reader
  for (let at = 0; at < item.length; at += 1) {
    if (source[offset + at] !== item[at])
      throw badNode(`it has not the fields of one, in their order, at byte ${offset}`)
  }
  reader.offset = offset + item.length
}

function badNode(what: string): Error {
  return workspaceError('workspace.bad_node', `the bytes are no tree: ${what}`)
}
