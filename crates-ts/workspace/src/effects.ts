/**
 * The ten effects on workspaces as pure functions over content and the cells of `sys/Workspace@1` (G11; spec/19-workspaces.md, "Effects"). What
 * cannot be done is an AosError with a code of this package; whoever performs the effect makes a receipt of it.
 */
import type { Hash } from '@aos/cbor'
import { answerDiff, answerList } from './answer-pages.ts'
import { editTree } from './edit.ts'
import { workspaceError } from './errors.ts'
import { decodeHistory } from './history.ts'
import { WORKSPACE_LIMITS } from './limits.ts'
import { checkWorkspaceName, splitPath } from './names.ts'
import type { AnswerValue, Nat, WorkspaceOp, WorkspaceParams } from './parameters.ts'
import { EMPTY_TREE, isFileMode } from './tree.ts'
import type { FileMode } from './tree.ts'
import { findEntry, notFound, readAnnotations, readTree, writeTree } from './tree-store.ts'
import type { TreeStore } from './tree-store.ts'

/** What the effects look at. */
export interface WorkspacePort extends TreeStore {
  /** State of the cell of `sys/Workspace@1` with that name; undefined: there is no such workspace. */
  history(workspace: string): Uint8Array | undefined
}

/**
 * The answer to parameters of the params schema of that effect. Costs what it reads: the nodes on the way to a path, and of listings and differences
 * those that they come to.
 */
export function performWorkspace<Op extends WorkspaceOp>(
  op: Op,
  params: WorkspaceParams[Op],
  port: WorkspacePort,
): AnswerValue {
  return PERFORM[op](params, port)
}

const PERFORM: { readonly [Op in WorkspaceOp]: (params: WorkspaceParams[Op], port: WorkspacePort) => AnswerValue } = {
  resolve,
  empty_root: ({ workspace }, port) => {
    checkWorkspaceName(workspace)
    return { root_hash: writeTree(port, EMPTY_TREE) }
  },
  list: answerList,
  read_ref: readRef,
  read_bytes: readBytes,
  write_bytes: writeBytes,
  remove: ({ root_hash: root, path }, port) => ({
    new_root_hash: editTree(port, root, [{ kind: 'remove', path, directories: 'empty' }]),
  }),
  diff: answerDiff,
  annotations_get: ({ root_hash: root, path }, port) => {
    const hash = annotationsHash(port, root, path)
    return { annotations: hash === undefined ? null : readAnnotations(port, hash) }
  },
  annotations_set: ({ root_hash: root, path, annotations_patch: patch }, port) => {
    const made = editTree(port, root, [{ kind: 'annotate', path: path ?? undefined, patch }])
    return { new_root_hash: made, annotations_hash: annotationsHash(port, made, path) ?? null }
  },
}

function resolve({ workspace, version }: WorkspaceParams['resolve'], port: WorkspacePort): AnswerValue {
  checkWorkspaceName(workspace)
  const state = port.history(workspace)
  if (state === undefined) return { exists: false, resolved_version: null, head: null, root_hash: null }
  const { latest, versions } = decodeHistory(state)
  const found = versions.get(version === null ? latest : Number(version))
  if (found === undefined) return { exists: false, resolved_version: null, head: latest, root_hash: null }
  return { exists: true, resolved_version: found.version, head: latest, root_hash: found.root }
}

function readRef({ root_hash: root, path }: WorkspaceParams['read_ref'], port: WorkspacePort): AnswerValue {
  const entry = findEntry(port, root, splitPath(path))
  if (entry === undefined) return null
  const { kind, hash } = entry
  return kind === 'file' ? { kind, hash, size: entry.size, mode: entry.mode } : { kind, hash, size: 0, mode: 0o755 }
}

function readBytes({ root_hash: root, path, range }: WorkspaceParams['read_bytes'], port: WorkspacePort): AnswerValue {
  const segments = splitPath(path)
  const entry = findEntry(port, root, segments)
  if (entry === undefined) throw notFound(segments)
  if (entry.kind === 'dir') throw workspaceError('workspace.is_directory', `${path} is a directory`)
  const bytes = port.read(entry.hash)
  if (bytes === undefined) throw workspaceError('workspace.unknown_blob', `the world has no content ${entry.hash}`)
  const { start, end } = range === null ? { start: 0, end: bytes.length } : checkRange(range, bytes.length)
  const { treeAnswerBytesMax } = WORKSPACE_LIMITS
  if (end - start <= treeAnswerBytesMax) return bytes.slice(start, end)
  throw workspaceError('workspace.too_large', `an answer may have ${treeAnswerBytesMax} bytes, found ${end - start}`, {
    hint: 'read the file range by range',
  })
}

function checkRange(
  { start, end }: { readonly start: Nat; readonly end: Nat },
  size: number,
): { readonly start: number; readonly end: number } {
  if (start <= end && end <= size) return { start: Number(start), end: Number(end) }
  throw workspaceError('workspace.bad_range', `expected 0 ≤ start ≤ end ≤ ${size}, found ${start} and ${end}`)
}

function writeBytes(
  { root_hash: root, path, bytes, mode }: WorkspaceParams['write_bytes'],
  port: WorkspacePort,
): AnswerValue {
  const size = bytes.length
  const checkedMode = mode === null ? undefined : checkMode(mode)
  splitPath(path)
  const hash = port.write(bytes.slice())
  const made = editTree(port, root, [{ kind: 'write', path, hash, size, mode: checkedMode }])
  return { new_root_hash: made, blob_hash: hash }
}

function checkMode(mode: Nat): FileMode {
  const number = Number(mode)
  if (isFileMode(number)) return number
  throw workspaceError('workspace.bad_mode', `expected 420 (0o644) or 493 (0o755), found ${mode}`)
}

/** Of a file in its entry, of a directory in its node. */
function annotationsHash(port: TreeStore, root: Hash, path: string | null): Hash | undefined {
  if (path === null) return readTree(port, root).annotations
  const segments = splitPath(path)
  const entry = findEntry(port, root, segments)
  if (entry === undefined) throw notFound(segments)
  return entry.kind === 'file' ? entry.annotations : readTree(port, entry.hash).annotations
}
