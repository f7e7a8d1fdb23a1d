/** In which paths two trees differ (spec/19-workspaces.md, "Differences"). Equal subtrees have equal hashes and are not read. */
import type { Hash } from '@aos/cbor'
import { compareText, joinPath } from './names.ts'
import { EMPTY_TREE } from './tree.ts'
import type { TreeEntry } from './tree.ts'
import { readTree } from './tree-store.ts'
import type { TreeReader } from './tree-store.ts'

/** One path in which two trees differ; at least one side is there. */
export interface TreeChange {
  readonly path: string
  readonly before: TreeEntry | undefined
  readonly after: TreeEntry | undefined
}

/** Two directories at one path; undefined is one in which nothing is. */
export interface TreePair {
  readonly before: Hash | undefined
  readonly after: Hash | undefined
  /** Their path, in front of what is below them; empty: the roots. */
  readonly base: string
}

/** Every path below two directories that is not the same in both, in ascending order of their bytes: content, mode, annotations, or what is below it. */
export function* diffTrees(store: TreeReader, pair: TreePair): Generator<TreeChange, void, undefined> {
  if (pair.before === pair.after) return
  const changes = changesBetween(entriesOf(store, pair.before), entriesOf(store, pair.after))
  for (const { name, before, after, isSubtree } of inOrder(changes)) {
    const path = joinPath(pair.base, name)
    if (isSubtree) yield* diffTrees(store, { before: directoryHash(before), after: directoryHash(after), base: path })
    else yield { path, before, after }
  }
}

/** True when both are the same in everything; `false` for a directory in which anything differs. */
export function isSameEntry(left: TreeEntry | undefined, right: TreeEntry | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  if (left.hash !== right.hash || left.kind !== right.kind) return false
  if (left.kind === 'dir' || right.kind === 'dir') return true
  return left.mode === right.mode && left.annotations === right.annotations && left.size === right.size
}

interface NameChange {
  readonly name: string
  readonly before: TreeEntry | undefined
  readonly after: TreeEntry | undefined
}

function entriesOf(store: TreeReader, hash: Hash | undefined): readonly TreeEntry[] {
  return (hash === undefined ? EMPTY_TREE : readTree(store, hash)).entries
}

function changesBetween(before: readonly TreeEntry[], after: readonly TreeEntry[]): readonly NameChange[] {
  const changes: NameChange[] = []
  let at = 0
  for (const entry of before) {
    for (let other = after[at]; other !== undefined && other.name < entry.name; other = after[at]) {
      changes.push({ name: other.name, before: undefined, after: other })
      at += 1
    }
    const other = after[at]?.name === entry.name ? after[at] : undefined
    if (other !== undefined) at += 1
    if (!isSameEntry(entry, other)) changes.push({ name: entry.name, before: entry, after: other })
  }
  for (const other of after.slice(at)) changes.push({ name: other.name, before: undefined, after: other })
  return changes
}

interface Step extends NameChange {
  readonly key: string
  readonly isSubtree: boolean
}

/** What lies below a directory comes where its name with a slash does. */
function inOrder(changes: readonly NameChange[]): readonly Step[] {
  const steps: Step[] = []
  for (const change of changes) {
    steps.push({ ...change, key: change.name, isSubtree: false })
    if (change.before?.kind === 'dir' || change.after?.kind === 'dir') {
      steps.push({ ...change, key: `${change.name}/`, isSubtree: true })
    }
  }
  return steps.sort((left, right) => compareText(left.key, right.key))
}

/** Of a directory; undefined for a file and for nothing. */
export function directoryHash(entry: TreeEntry | undefined): Hash | undefined {
  return entry?.kind === 'dir' ? entry.hash : undefined
}
