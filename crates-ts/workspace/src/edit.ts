/**
 * Trees with changes in them (spec/19-workspaces.md, "Edits"). A batch of any size rewrites each node on the way to a change once, and no other. The
 * order of the edits in it means nothing: what is removed goes first.
 */
import type { Hash } from '@aos/cbor'
import { patchAnnotations } from './annotations.ts'
import type { AnnotationsPatch } from './annotations.ts'
import { workspaceError } from './errors.ts'
import { compareText, splitPath } from './names.ts'
import { EMPTY_TREE, FILE_MODE_DEFAULT } from './tree.ts'
import type { FileEntry, FileMode, TreeEntry, TreeNode } from './tree.ts'
import { notADirectory, notFound, readAnnotations, readTree, writeAnnotations, writeTree } from './tree-store.ts'
import type { TreeStore } from './tree-store.ts'

/** Content for a file, which is made with the directories above it, or keeps its annotations. */
export interface WriteEdit {
  readonly kind: 'write'
  readonly path: string
  readonly hash: Hash
  /** Bytes of the content. */
  readonly size: number
  /** undefined: that of the file that is there, or the default. */
  readonly mode: FileMode | undefined
}

/** Takes away what stands at a path; the directories above it stay. */
export interface RemoveEdit {
  readonly kind: 'remove'
  readonly path: string
  /** `all`: a directory with everything in it. `empty`: a directory only when nothing is in it. */
  readonly directories: 'all' | 'empty'
}

/** Makes a directory, unless it is there. */
export interface DirectoryEdit {
  readonly kind: 'directory'
  readonly path: string
}

/** Puts what stands in some tree at a path, whatever stands there: a file with mode and annotations, a directory with all below it. */
export interface PlaceEdit {
  readonly kind: 'place'
  readonly path: string
  /** Its name does not count. */
  readonly entry: TreeEntry
}

/** Changes the annotations of what stands at a path, or will after the rest of the batch. */
export interface AnnotateEdit {
  readonly kind: 'annotate'
  /** undefined: the root. */
  readonly path: string | undefined
  readonly patch: AnnotationsPatch
}

/** One change of a tree. */
export type TreeEdit = WriteEdit | RemoveEdit | DirectoryEdit | PlaceEdit | AnnotateEdit

/**
 * The root of the tree with the edits in it; undefined: start from nothing. Throws `workspace.bad_path`, `workspace.not_found`,
 * `workspace.not_a_directory`, `workspace.is_directory`, `workspace.not_empty`, `workspace.edit_twice`, `workspace.too_large`.
 */
export function editTree(store: TreeStore, root: Hash | undefined, edits: Iterable<TreeEdit>): Hash {
  const plan = makePlan()
  for (const edit of edits) place(plan, edit)
  return editDirectory(store, root, plan, [])
}

/** What happens at one path and below it. */
interface Plan {
  remove: RemoveEdit | undefined
  make: WriteEdit | DirectoryEdit | PlaceEdit | undefined
  annotate: AnnotationsPatch | undefined
  readonly below: Map<string, Plan>
}

function makePlan(): Plan {
  return { remove: undefined, make: undefined, annotate: undefined, below: new Map() }
}

function place(root: Plan, edit: TreeEdit): void {
  let plan = root
  for (const segment of edit.path === undefined ? [] : splitPath(edit.path)) {
    let next = plan.below.get(segment)
    if (next === undefined) {
      next = makePlan()
      plan.below.set(segment, next)
    }
    plan = next
  }
  const isTwice = edit.kind === 'remove' ? plan.remove : edit.kind === 'annotate' ? plan.annotate : plan.make
  if (isTwice !== undefined) {
    throw workspaceError('workspace.edit_twice', `two edits of one batch are about ${edit.path ?? 'the root'}`)
  }
  if (edit.kind === 'remove') plan.remove = edit
  else if (edit.kind === 'annotate') plan.annotate = edit.patch
  else plan.make = edit
}

function editDirectory(store: TreeStore, hash: Hash | undefined, plan: Plan, path: readonly string[]): Hash {
  const node = hash === undefined ? EMPTY_TREE : readTree(store, hash)
  const entries: TreeEntry[] = []
  let at = 0
  for (const name of [...plan.below.keys()].sort(compareText)) {
    for (let entry = node.entries[at]; entry !== undefined && entry.name < name; entry = node.entries[at]) {
      entries.push(entry)
      at += 1
    }
    const known = node.entries[at]?.name === name ? node.entries[at] : undefined
    if (known !== undefined) at += 1
    const edited = editEntry(store, known, plan.below.get(name) ?? makePlan(), [...path, name])
    if (edited !== undefined) entries.push(edited)
  }
  for (const entry of node.entries.slice(at)) entries.push(entry)
  return writeTree(store, { entries, annotations: annotate(store, node.annotations, plan.annotate) })
}

function editEntry(
  store: TreeStore,
  known: TreeEntry | undefined,
  plan: Plan,
  path: readonly string[],
): TreeEntry | undefined {
  const { make } = plan
  const kept = plan.remove === undefined ? known : removeEntry(store, known, plan.remove, path)
  const left = make?.kind === 'place' ? { ...make.entry, name: nameOf(path) } : kept
  if (make?.kind === 'write') {
    if (plan.below.size > 0) throw notADirectory(path)
    return writeEntry(store, left, { make, patch: plan.annotate }, path)
  }
  const isTouched = make !== undefined || plan.annotate !== undefined || plan.below.size > 0
  if (!isTouched) return left
  if (left?.kind === 'file') {
    if (make?.kind === 'directory' || plan.below.size > 0) throw notADirectory(path)
    return { ...left, annotations: annotate(store, left.annotations, plan.annotate) }
  }
  if (left === undefined && make === undefined && !makesBelow(plan)) throw notFound(path)
  if (make?.kind === 'place' && plan.below.size === 0 && plan.annotate === undefined) return left
  return { kind: 'dir', name: nameOf(path), hash: editDirectory(store, left?.hash, plan, path) }
}

/** True when something below comes to be, so that the directory does. */
function makesBelow(plan: Plan): boolean {
  for (const below of plan.below.values()) if (below.make !== undefined || makesBelow(below)) return true
  return false
}

function removeEntry(
  store: TreeStore,
  known: TreeEntry | undefined,
  edit: RemoveEdit,
  path: readonly string[],
): undefined {
  if (known === undefined) throw notFound(path)
  if (known.kind === 'file' || edit.directories === 'all') return undefined
  const node: TreeNode = readTree(store, known.hash)
  if (node.entries.length === 0) return undefined
  throw workspaceError('workspace.not_empty', `${path.join('/')} still holds ${node.entries.length} entries`)
}

function writeEntry(
  store: TreeStore,
  known: TreeEntry | undefined,
  { make, patch }: { readonly make: WriteEdit; readonly patch: AnnotationsPatch | undefined },
  path: readonly string[],
): FileEntry {
  if (known?.kind === 'dir') {
    throw workspaceError('workspace.is_directory', `${path.join('/')} is a directory`)
  }
  const { hash, size } = make
  const mode = make.mode ?? known?.mode ?? FILE_MODE_DEFAULT
  return { kind: 'file', name: nameOf(path), hash, size, mode, annotations: annotate(store, known?.annotations, patch) }
}

function annotate(store: TreeStore, known: Hash | undefined, patch: AnnotationsPatch | undefined): Hash | undefined {
  return patch === undefined ? known : writeAnnotations(store, patchAnnotations(readAnnotations(store, known), patch))
}

function nameOf(path: readonly string[]): string {
  return path[path.length - 1] ?? ''
}
