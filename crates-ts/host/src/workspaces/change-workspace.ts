/** A change of a workspace: read the newest tree, edit it, commit it (spec/19-workspaces.md, "Changes from outside"). */
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import {
  EMPTY_TREE,
  checkWorkspaceName,
  diffTrees,
  editTree,
  encodeTree,
  readAnnotations,
  readTree,
} from '@aos/workspace'
import type { TreeChange, TreeReader, TreeStore } from '@aos/workspace'
import type { HostWorld } from '../host-world.ts'
import { commitVersion } from './commit-version.ts'
import { ContentTrees } from './content-trees.ts'
import { checkKeepsWorkspaces, findHistory } from './versions.ts'

/** What is to be changed, and how. */
export interface WorkspaceChange {
  readonly workspace: string
  /** The change is made only if this is the newest version; 0: only if there is none. undefined: on whatever is the newest. */
  readonly expectedHead: number | undefined
  /** Stands in the annotation `sys/commit.message` of the root. */
  readonly message: string | undefined
  /** Stored before, and needed by the new tree. */
  readonly brought?: readonly Hash[]
  /** The root of the new tree, written to the store. Called again when somebody else was faster. */
  readonly edit: (base: ChangeBase) => Hash
}

/** What an edit starts from. */
export interface ChangeBase {
  readonly store: TreeStore
  /** Of the newest version; undefined: there is none. */
  readonly root: Hash | undefined
  readonly head: number
}

/** What became of a change. */
export interface ChangeReport {
  readonly outcome: 'committed' | 'unchanged' | 'conflict'
  readonly workspace: string
  /** The newest version now; 0: there is none. */
  readonly head: number
  /** Its tree, as far as this change knows it: undefined when another change came first. */
  readonly root: Hash | undefined
  /** Of the commit; undefined when none was sent. */
  readonly height: number | undefined
  /** Files and directories that are not as they were. */
  readonly changes: readonly TreeChange[]
}

/** Annotation of the root that says why a version was made. */
export const MESSAGE_ANNOTATION = 'sys/commit.message'

/** How often a change is made again on what others committed meanwhile. */
const TRIES_MAX = 16

/**
 * Makes the change and commits it. A tree that stays as it was makes no version. Throws what the edit throws, `workspace.bad_name`,
 * `host.no_workspaces`, `host.commit_failed`.
 */
export async function changeWorkspace(host: HostWorld, change: WorkspaceChange): Promise<ChangeReport> {
  const { workspace } = change
  checkWorkspaceName(workspace)
  checkKeepsWorkspaces(host)
  for (let tries = 1; ; tries += 1) {
    const report = await tryChange(host, change)
    if (report.outcome !== 'conflict' || change.expectedHead !== undefined) return report
    if (tries === TRIES_MAX)
      throw new AosError('host.commit_failed', `${workspace} changes faster than this can follow`)
  }
}

async function tryChange(host: HostWorld, change: WorkspaceChange): Promise<ChangeReport> {
  const { workspace, expectedHead } = change
  const history = await findHistory(host, workspace)
  const head = history?.latest ?? 0
  const before = history?.versions.get(head)?.root
  const nothing = { workspace, head, root: before, height: undefined, changes: [] }
  if (expectedHead !== undefined && expectedHead !== head) return { ...nothing, outcome: 'conflict' }
  const store = new ContentTrees(host.store.content, host.leases)
  const edited = change.edit({ store, root: before, head })
  if (before !== undefined && setMessage(store, edited, undefined) === setMessage(store, before, undefined)) {
    return { ...nothing, outcome: 'unchanged' }
  }
  const root = setMessage(store, edited, change.message)
  await store.store()
  const {
    outcome,
    head: newest,
    height,
  } = await commitVersion(host, {
    workspace,
    root,
    expectedHead: head,
    blobs: [...(change.brought ?? []), ...store.written],
  })
  if (outcome === 'conflict') return { outcome, workspace, head: newest, root: undefined, height, changes: [] }
  const changes = [...diffTrees(store, { before, after: root, base: '' })]
  return { outcome, workspace, head: newest, root, height, changes }
}

/** The tree with that message and no other. */
function setMessage(store: TreeStore, root: Hash, message: string | undefined): Hash {
  if (message === undefined && messageHash(store, root) === undefined) return root
  const hash = message === undefined ? null : store.write(new TextEncoder().encode(message))
  const patch = new Map([[MESSAGE_ANNOTATION, hash]])
  return editTree(store, root, [{ kind: 'annotate', path: undefined, patch }])
}

function messageHash(store: TreeReader, root: Hash): Hash | undefined {
  return readAnnotations(store, readTree(store, root).annotations).get(MESSAGE_ANNOTATION)
}

/** Why a version was made, where that was said. */
export function readMessage(store: TreeReader, root: Hash): string | undefined {
  const hash = messageHash(store, root)
  const bytes = hash === undefined ? undefined : store.read(hash)
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

/** The root of a tree in which nothing is, written to the store. */
export function writeEmptyTree(store: TreeStore): Hash {
  return store.write(encodeTree(EMPTY_TREE))
}
