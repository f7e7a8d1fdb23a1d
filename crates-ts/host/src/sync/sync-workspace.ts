/** A folder and a workspace, brought together in one direction (spec/22-sync.md, "Changes"). */
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { editTree, walkTree } from '@aos/workspace'
import type { FileEntry, TreeEdit, TreeReader, TreeStore } from '@aos/workspace'
import { fileError } from '../files.ts'
import type { HostWorld } from '../host-world.ts'
import { changeWorkspace, writeEmptyTree } from '../workspaces/change-workspace.ts'
import { ContentTrees } from '../workspaces/content-trees.ts'
import { findHistory } from '../workspaces/versions.ts'
import { checkNameTwins, decodeFileName } from './file-names.ts'
import { readScanned, scanFolder } from './scan-folder.ts'
import type { ScannedFile } from './scan-folder.ts'
import { readSyncState, writeSyncState } from './sync-state.ts'
import type { SyncPlace } from './sync-state.ts'
import { isSameFile, planSync } from './three-way.ts'
import type { SyncPlan, SyncedFiles } from './three-way.ts'

/** One folder and one workspace of a world. */
export interface SyncRequest {
  readonly workspace: string
  /** Absolute; no part of it may be a link to somewhere else that others can set. */
  readonly folder: string
  readonly prune: boolean
  /** Tells what would be done, and does nothing. */
  readonly dryRun: boolean
  readonly message: string | undefined
}

/** What one direction did to one workspace, or would do. */
export interface SyncReport {
  readonly workspace: string
  readonly plan: SyncPlan
  /** The newest version now; 0: there is none. */
  readonly head: number
}

/** Makes the workspace like the folder. Throws `sync.conflict` before anything is written, and what `scanFolder` and `changeWorkspace` throw. */
export async function pushWorkspace(host: HostWorld, request: SyncRequest): Promise<SyncReport> {
  const { workspace, folder, prune, message } = request
  const place = placeOf(host, request)
  const last = readSyncState(place)
  const from = new Map(scanFolder({ folder, known: last }))
  const planOn = (store: TreeReader, root: Hash | undefined): SyncPlan =>
    checked(workspace, planSync({ from, to: filesOf(store, root), last, prune }))
  if (request.dryRun) {
    const { head, root } = await findNewest(host, workspace)
    return { workspace, plan: planOn(new ContentTrees(host.store.content), root), head }
  }
  let plan: SyncPlan | undefined
  let after: SyncedFiles = from
  const report = await changeWorkspace(host, {
    workspace,
    expectedHead: undefined,
    message,
    edit: ({ store, root }) => {
      plan = planOn(store, root)
      const edited = editTree(store, root ?? writeEmptyTree(store), editsOf(store, plan, { folder, from }))
      after = filesOf(store, edited)
      return edited
    },
  })
  if (plan === undefined) throw new AosError('host.fault', 'a change was not made')
  writeSyncState(place, inCommon({ folder: from, workspace: after, last }))
  return { workspace, plan, head: report.head }
}

/** Makes the folder like the workspace. Throws `sync.conflict` before anything is written, and what `decodeFileName` and `scanFolder` throw. */
export async function pullWorkspace(host: HostWorld, request: SyncRequest): Promise<SyncReport> {
  const { workspace, folder, prune, dryRun } = request
  const place = placeOf(host, request)
  const last = readSyncState(place)
  const { head, root } = await findNewest(host, workspace)
  if (head === 0) {
    throw new AosError('host.unknown_workspace', `the world has no workspace ${workspace}`, {
      hint: 'list them with `aos ws ls`',
    })
  }
  const store = new ContentTrees(host.store.content)
  const from = filesOf(store, root)
  const to = new Map(scanFolder({ folder, known: last }))
  const plan = checked(workspace, planSync({ from, to, last, prune }))
  const removed = new Set(plan.remove)
  const left = [...to.keys(), ...plan.write].filter((path) => !removed.has(path))
  const names = namesOf(left)
  if (dryRun) return { workspace, plan, head }
  for (const path of plan.remove) {
    removeFile(folder, localPath(path))
    to.delete(path)
  }
  for (const path of plan.write) {
    const entry = from.get(path)
    const bytes = entry === undefined ? undefined : store.read(entry.hash)
    if (entry === undefined || bytes === undefined) throw missing(workspace, path)
    const file = writeFile(folder, names.get(path) ?? localPath(path), { bytes, mode: entry.mode })
    to.set(path, readScanned(file).scanned)
  }
  writeSyncState(place, inCommon({ folder: to, workspace: from, last }))
  return { workspace, plan, head }
}

function placeOf(host: HostWorld, { workspace, folder }: SyncRequest): SyncPlace {
  return { hidden: host.folder.hidden, workspace, folder }
}

async function findNewest(
  host: HostWorld,
  workspace: string,
): Promise<{ readonly head: number; readonly root: Hash | undefined }> {
  const history = await findHistory(host, workspace)
  const head = history?.latest ?? 0
  return { head, root: history?.versions.get(head)?.root }
}

function filesOf(store: TreeReader, root: Hash | undefined): ReadonlyMap<string, FileEntry> {
  const files = new Map<string, FileEntry>()
  if (root === undefined) return files
  for (const { path, entry } of walkTree(store, root, { base: '', after: undefined, isDeep: true })) {
    if (entry.kind === 'file') files.set(path, entry)
  }
  return files
}

function checked(workspace: string, plan: SyncPlan): SyncPlan {
  const { conflicts } = plan
  if (conflicts.length === 0) return plan
  const shown = conflicts.slice(0, 3).join(', ')
  const more = conflicts.length > 3 ? ` and ${conflicts.length - 3} more` : ''
  throw new AosError('sync.conflict', `${workspace} changed on both sides: ${shown}${more}`, {
    details: { workspace, paths: conflicts },
    hint: 'nothing was written; make the paths alike on both sides, or take the folder away from one of them',
  })
}

interface FolderFiles {
  readonly folder: string
  /** Corrected by what is read, when a file changed since the scan. */
  readonly from: Map<string, ScannedFile>
}

/** Directories that were left empty stay out: what is synced is files. */
function editsOf(store: TreeStore, plan: SyncPlan, { folder, from }: FolderFiles): readonly TreeEdit[] {
  const removed = plan.remove.map((path): TreeEdit => ({ kind: 'remove', path, directories: 'empty' }))
  const written = plan.write.map((path): TreeEdit => {
    const { bytes, scanned } = readScanned(join(folder, ...localPath(path)))
    from.set(path, scanned)
    return { kind: 'write', path, hash: store.write(bytes), size: bytes.length, mode: scanned.mode }
  })
  return [...removed, ...written]
}

interface Sides {
  readonly folder: SyncedFiles<ScannedFile>
  readonly workspace: SyncedFiles
  readonly last: SyncedFiles<ScannedFile>
}

/** What is equal now; where the sides differ, what they last had in common. */
function inCommon({ folder, workspace, last }: Sides): SyncedFiles<ScannedFile> {
  const files = new Map<string, ScannedFile>()
  for (const path of new Set([...folder.keys(), ...workspace.keys()])) {
    const here = folder.get(path)
    const known = isSameFile(here, workspace.get(path)) ? here : last.get(path)
    if (known !== undefined) files.set(path, known)
  }
  return files
}

/** Names by path; no two names of one folder may be twins. */
function namesOf(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, readonly string[]>()
  const folders = new Map<string, Set<string>>()
  for (const path of paths) {
    const local = localPath(path)
    names.set(path, local)
    for (const [at, name] of local.entries()) {
      const folder = local.slice(0, at).join('/')
      const known = folders.get(folder) ?? new Set()
      folders.set(folder, known.add(name))
    }
  }
  for (const known of folders.values()) checkNameTwins(known)
  return names
}

function localPath(path: string): readonly string[] {
  return path.split('/').map(decodeFileName)
}

/** Every folder on the way is looked at, so that none is a link; a file is put in place whole. */
function writeFile(
  folder: string,
  local: readonly string[],
  content: { readonly bytes: Uint8Array; readonly mode: number },
): string {
  const file = join(folder, ...local)
  mkdirSync(folder, { recursive: true })
  for (let depth = 1; depth < local.length; depth += 1) {
    const above = join(folder, ...local.slice(0, depth))
    const stats = lstatSync(above, { throwIfNoEntry: false })
    if (stats === undefined) mkdirSync(above)
    else if (!stats.isDirectory())
      throw new AosError('sync.not_a_file', `${above} is no folder`, { details: { file: above } })
  }
  const beside = join(dirname(file), `.aos-${process.pid}.tmp`)
  rmSync(beside, { force: true })
  writeFileSync(beside, content.bytes, { flag: 'wx' })
  chmodSync(beside, content.mode)
  try {
    renameSync(beside, file)
  } catch (cause) {
    rmSync(beside, { force: true })
    throw fileError('write', file, cause)
  }
  return file
}

/** The folders above go with their last file. */
function removeFile(folder: string, local: readonly string[]): void {
  rmSync(join(folder, ...local))
  for (let depth = local.length - 1; depth > 0; depth -= 1) {
    try {
      rmdirSync(join(folder, ...local.slice(0, depth)))
    } catch {
      return
    }
  }
}

function missing(workspace: string, path: string): AosError {
  return new AosError('store.missing_blob', `the store lacks the content of ${workspace}/${path}`)
}
