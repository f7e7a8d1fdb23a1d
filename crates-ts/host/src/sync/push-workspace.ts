/** A folder into a workspace (spec/22-sync.md, "Changes"). */
import { join } from 'node:path'
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { editTree, formatRef } from '@aos/workspace'
import type { TreeEdit, TreeReader, TreeStore } from '@aos/workspace'
import type { HostWorld } from '../host-world.ts'
import { runSteps, runStepsFairly } from '../steps.ts'
import type { Steps } from '../steps.ts'
import { changeWorkspace, writeEmptyTree } from '../workspaces/change-workspace.ts'
import { ContentTrees } from '../workspaces/content-trees.ts'
import { checkKeepsWorkspaces, findHistory } from '../workspaces/versions.ts'
import { IgnoreRules, readRuleFile } from './ignore-rules.ts'
import { look, readScanned, scanFolder } from './scan-folder.ts'
import type { ScannedFile } from './scan-folder.ts'
import { annotationEdit, changedAnnotations, wholePath } from './sync-annotations.ts'
import type { AnnotationChange } from './sync-annotations.ts'
import { checkedPlan, conflictAt } from './sync-request.ts'
import type { SyncReport, SyncRequest } from './sync-request.ts'
import { inCommon, readSyncState, withBegun, writeBegun, writeSyncState } from './sync-state.ts'
import type { SyncPlace, SyncState } from './sync-state.ts'
import { pathsAbove, planSync } from './three-way.ts'
import type { SyncPlan, SyncedFiles } from './three-way.ts'
import { listTreeFiles, localPath } from './tree-files.ts'

/**
 * Makes the workspace like the folder, in one version. Throws `sync.conflict` before anything is written, `sync.unknown_path`, and what `scanFolder` and
 * `changeWorkspace` throw.
 */
export function pushWorkspace(host: HostWorld, request: SyncRequest): Promise<SyncReport> {
  return host.syncs.run(() => pushOne(host, request))
}

async function pushOne(host: HostWorld, request: SyncRequest): Promise<SyncReport> {
  const { ref, folder, dryRun, message } = request
  const { workspace } = ref
  if (ref.version !== undefined)
    throw new AosError('host.bad_config', `${formatRef(ref)} has a version: it is pulled only`)
  if (look(folder) === undefined) throw noFolder(folder)
  const place = { world: host.folder, ref, folder }
  const atMs = Date.now()
  if (!dryRun) checkKeepsWorkspaces(host)
  // Before genesis a dry run sees an empty world.
  const history = host.kernel.id === undefined ? undefined : await findHistory(host, workspace)
  const head = history?.latest ?? 0
  const state = readSyncState(place, history)
  const rules = new IgnoreRules({
    ...{ folder, root: host.folder.root, patterns: request.ignore },
    readRules: (names) => readRuleFile(join(folder, ...names)),
  })
  const side = { request, state, rules, from: await scanFairly(request, state, rules) }
  const trees = new ContentTrees(host.store.content, host.leases)
  const root = history?.versions.get(head)?.root
  const first = await runStepsFairly(planOn(trees, root, side), request.pace ?? {})
  const report = { ref, ignored: first.ignored, annotated: first.annotations.map(({ path }) => path) }
  if (dryRun) return { ...report, plan: first.plan, version: head }
  writeBegun(place, { direction: 'push', files: wantedOf(first.plan, side.from) })
  const brought = await bringContent(trees, first.plan, side)
  let made = first
  const change = await changeWorkspace(host, {
    workspace,
    expectedHead: undefined,
    message,
    brought: trees.written,
    edit: (base) => {
      made = base.root === root ? first : runSteps(planOn(base.store, base.root, side))
      const edits = editsOf(base.store, made, { ...side, brought })
      if (edits.length === 0 && base.root !== undefined) return base.root
      return editTree(base.store, base.root ?? writeEmptyTree(base.store), edits)
    },
  })
  noteEnd(place, { made, side, version: change.head, root: change.root, atMs })
  const annotated = made.annotations.map(({ path }) => path)
  return { ref, ignored: made.ignored, annotated, plan: made.plan, version: change.head }
}

function noFolder(folder: string): AosError {
  return new AosError('sync.no_folder', `there is no folder ${folder}`, {
    details: { folder },
    hint: 'make it, or bring it with `aos pull`; an empty folder stands for a workspace without files',
  })
}

/** What is known of the folder. */
interface PushSide {
  readonly request: SyncRequest
  readonly state: SyncState
  readonly rules: IgnoreRules
  /** Corrected by what is read, when a file changed since the scan. */
  readonly from: Map<string, ScannedFile>
}

/** What is to be done to one tree. */
interface PushPlan {
  readonly plan: SyncPlan
  readonly to: SyncedFiles
  readonly last: SyncedFiles<ScannedFile>
  readonly folders: ReadonlySet<string>
  readonly ignored: readonly string[]
  readonly annotations: readonly AnnotationChange[]
}

function scanFairly(request: SyncRequest, { known }: SyncState, rules: IgnoreRules): Promise<Map<string, ScannedFile>> {
  const { ref, folder, pace, onProgress } = request
  const onFile = (count: number): void => {
    if (count % FILES_A_REPORT === 0) onProgress?.(`${formatRef(ref)}: looked at ${count} files of the folder`)
  }
  return runStepsFairly(
    scanFolder({ folder, known, onFile, isIgnored: (names, isFolder) => rules.isIgnored(names, isFolder) }),
    pace ?? {},
  )
}

const FILES_A_REPORT = 256

function* planOn(store: TreeReader, root: Hash | undefined, side: PushSide): Steps<PushPlan> {
  const { request, state, rules, from } = side
  const { ref, prune } = request
  const { files: to, ignored, folders } = yield* listTreeFiles({ store, root, path: ref.path }, rules)
  const last = withBegun(state, { folder: from, workspace: to })
  const plan = checkedPlan(request, planSync({ from, to, last, prune }))
  const blocked = blockedBy(ignored, plan)
  if (blocked.length > 0) throw conflictAt(request, blocked, 'has ignored files where they would have to go')
  const wanted = request.annotations
  if (wanted.size === 0) return { plan, to, last, folders, ignored, annotations: [] }
  const removed = new Set(plan.remove)
  const standing = [...to.keys(), ...plan.write, ...ignored].filter((path) => !removed.has(path))
  const tree = { store, root, base: ref.path, willStand: standsIn(standing) }
  return { plan, to, last, folders, ignored, annotations: changedAnnotations(wanted, tree) }
}

/** Paths of the plan that would take the place of ignored files, or lie below them: those are left alone. */
function blockedBy(ignored: readonly string[], { write }: SyncPlan): readonly string[] {
  if (ignored.length === 0) return []
  const above = new Set(ignored.flatMap(pathsAbove))
  const files = new Set(ignored)
  return write.filter((path) => above.has(path) || pathsAbove(path).some((each) => files.has(each)))
}

/** Files, and the folders that they are in. */
function standsIn(files: readonly string[]): (path: string) => boolean {
  const known = new Set(files)
  return (path) => known.has(path) || files.some((file) => file.startsWith(`${path}/`))
}

function wantedOf(plan: SyncPlan, from: SyncedFiles): Parameters<typeof writeBegun>[1]['files'] {
  const { write, remove } = plan
  return new Map([...write, ...remove].map((path) => [path, from.get(path)]))
}

/** Content that waits in memory before it is stored. */
const BATCH_BYTES = 16 * 1024 * 1024
const BATCH_FILES = 4096

/** Reads and stores what the plan needs, batch by batch. What a file has when it is read counts. */
async function bringContent(
  trees: ContentTrees,
  plan: SyncPlan,
  { request, from }: PushSide,
): Promise<ReadonlyMap<string, ScannedFile>> {
  const { folder, ref, onProgress, pace = {} } = request
  const brought = new Map<string, ScannedFile>()
  const steps = function* (paths: Iterator<string>): Steps<boolean> {
    for (let taken = 0; taken < BATCH_FILES && trees.waitingBytes < BATCH_BYTES; taken += 1) {
      const next = paths.next()
      if (next.done === true) return true
      brought.set(next.value, bringFile(trees, folder, next.value, from))
      if (brought.size % FILES_A_REPORT === 0) {
        onProgress?.(`${formatRef(ref)}: stored ${brought.size} of ${plan.write.length} files`)
      }
      yield
    }
    return false
  }
  const paths = plan.write[Symbol.iterator]()
  for (let isOver = false; !isOver;) {
    isOver = await runStepsFairly(steps(paths), pace)
    await trees.store()
  }
  return brought
}

function bringFile(trees: TreeStore, folder: string, path: string, from: Map<string, ScannedFile>): ScannedFile {
  const { bytes, scanned } = readScanned(join(folder, ...localPath(path)))
  trees.write(bytes)
  from.set(path, scanned)
  return scanned
}

/** Directories that were left empty stay: what is synced is files. One that a file takes the place of goes with all that was in it. */
function editsOf(
  store: TreeStore,
  { plan, folders, annotations }: PushPlan,
  { request, from, brought }: PushSide & { readonly brought: ReadonlyMap<string, ScannedFile> },
): readonly TreeEdit[] {
  const { folder, ref } = request
  const at = (path: string): string => wholePath(ref.path, path) ?? path
  const replaced = new Set(plan.write.filter((path) => folders.has(path)))
  const isInside = (path: string): boolean => replaced.size > 0 && pathsAbove(path).some((above) => replaced.has(above))
  const single = plan.remove.filter((path) => !isInside(path))
  const removed = [...replaced, ...single].map((path): TreeEdit => ({
    kind: 'remove',
    path: at(path),
    directories: replaced.has(path) ? 'all' : 'empty',
  }))
  const written = plan.write.map((path): TreeEdit => {
    // Somebody was faster, so that more is to be written than was thought.
    const { hash, size, mode } = brought.get(path) ?? bringFile(store, folder, path, from)
    return { kind: 'write', path: at(path), hash, size, mode }
  })
  return [...removed, ...written, ...annotations.map((change) => annotationEdit(store, ref.path, change))]
}

interface PushEnd {
  readonly made: PushPlan
  readonly side: PushSide
  readonly version: number
  readonly root: Hash | undefined
  readonly atMs: number
}

function noteEnd(place: SyncPlace, { made, side, version, root, atMs }: PushEnd): void {
  const { plan, to, last } = made
  const workspace = new Map(to)
  for (const path of plan.remove) workspace.delete(path)
  for (const path of plan.write) {
    const file = side.from.get(path)
    if (file !== undefined) workspace.set(path, { ...file })
  }
  writeSyncState(place, { files: inCommon({ folder: side.from, workspace, last }), version, root, atMs })
}
