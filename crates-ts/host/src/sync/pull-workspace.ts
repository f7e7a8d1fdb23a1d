/** A workspace into a folder (spec/22-sync.md, "Changes"). */
import { join } from 'node:path'
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { entryOf, findDirectory, formatRef, readTree } from '@aos/workspace'
import type { FileEntry, TreeReader } from '@aos/workspace'
import type { HostWorld } from '../host-world.ts'
import { runStepsFairly } from '../steps.ts'
import type { Steps } from '../steps.ts'
import { ContentTrees } from '../workspaces/content-trees.ts'
import { findVersion, readHistory } from '../workspaces/versions.ts'
import { encodeFileName } from './file-names.ts'
import { IgnoreRules, RULE_FILE, readRuleFile } from './ignore-rules.ts'
import { holdsOnly } from './place-files.ts'
import { look, readScanned, scanFolder } from './scan-folder.ts'
import type { ScannedFile } from './scan-folder.ts'
import { checkedPlan, conflictAt } from './sync-request.ts'
import type { SyncReport, SyncRequest } from './sync-request.ts'
import { inCommon, placeBeside, readSyncState, withBegun, writeBegun, writeSyncState } from './sync-state.ts'
import type { SyncState } from './sync-state.ts'
import { decideFile, planSync } from './three-way.ts'
import type { SyncedFiles } from './three-way.ts'
import { listTreeFiles, localPath, namesOf } from './tree-files.ts'
import { writeFolder } from './write-folder.ts'
import type { FolderSide } from './write-folder.ts'

/**
 * Makes the folder like the workspace. Throws `sync.conflict` before anything is written, or where somebody writes to the folder meanwhile, and what `decodeFileName`, `scanFolder`
 * and `findVersion` throw.
 */
export function pullWorkspace(host: HostWorld, request: SyncRequest): Promise<SyncReport> {
  return host.syncs.run(() => pullOne(host, request))
}

async function pullOne(host: HostWorld, request: SyncRequest): Promise<SyncReport> {
  const { ref, folder, dryRun, pace = {} } = request
  const place = { world: host.folder, ref, folder }
  const atMs = Date.now()
  const { root, version } = await findVersion(host, ref)
  const store = new ContentTrees(host.store.content)
  // A folder that is gone is made anew: its files were not removed one by one.
  const isThere = look(folder) !== undefined
  const state = isThere ? readSyncState(place, await readHistory(host, ref.workspace)) : NO_STATE
  const side = await runStepsFairly(compareSides(host, request, { store, root, state }), pace)
  const { plan, ignored } = side
  const report = { ref, plan, ignored, annotated: [], version }
  if (dryRun) return report
  writeBegun(place, { direction: 'pull', files: wantedOf(side) })
  const spoiled = await writeFolder({ request, world: host.folder, store, side, beside: placeBeside(place) })
  writeSyncState(place, {
    files: inCommon({ folder: side.to, workspace: side.from, last: side.last }),
    version,
    root,
    atMs,
  })
  if (spoiled.length > 0) throw conflictAt(request, spoiled, 'was pulled, but for files that were changed meanwhile')
  return report
}

const NO_STATE: SyncState = { last: new Map(), known: new Map(), begun: undefined }

/** Both sides, and what is to be done. */
interface PullSide extends FolderSide {
  readonly last: SyncedFiles<ScannedFile>
  readonly ignored: readonly string[]
}

interface PullGround {
  readonly store: TreeReader
  readonly root: Hash
  readonly state: SyncState
}

function* compareSides(host: HostWorld, request: SyncRequest, { store, root, state }: PullGround): Steps<PullSide> {
  const { ref, folder, prune, onProgress } = request
  const rules = new IgnoreRules({
    ...{ folder, root: host.folder.root, patterns: request.ignore },
    readRules: (names) => rulesToBe({ request, store, root, state }, names),
  })
  const { files: from, ignored, isThere } = yield* listTreeFiles({ store, root, path: ref.path }, rules)
  if (!isThere && state.last.size === 0) {
    throw new AosError('workspace.not_found', `nothing stands at ${formatRef(ref)}`)
  }
  const onFile = (count: number): void => {
    if (count % FILES_A_REPORT === 0) onProgress?.(`${formatRef(ref)}: looked at ${count} files of the folder`)
  }
  const isIgnored = (names: readonly string[], isFolder: boolean): boolean => rules.isIgnored(names, isFolder)
  const to = yield* scanFolder({ folder, known: state.known, onFile, isIgnored })
  const last = withBegun(state, { folder: to, workspace: from })
  const plan = checkedPlan(request, planSync({ from, to, last, prune }))
  const removed = new Set(plan.remove)
  const left = [...to.keys(), ...plan.write].filter((path) => !removed.has(path))
  const names = yield* namesOf(left)
  const blocked = plan.write.filter(
    (path) => !to.has(path) && isBlocked(folder, names.get(path) ?? localPath(path), removed),
  )
  if (blocked.length > 0)
    throw conflictAt(request, blocked, 'has files where the folder has folders with something in them')
  return { plan, from, to, last, ignored, names }
}

const FILES_A_REPORT = 256

/** A folder stands there, with something in it that stays. */
function isBlocked(folder: string, names: readonly string[], removed: ReadonlySet<string>): boolean {
  const stats = look(join(folder, ...names))
  if (stats === undefined) return false
  if (!stats.isDirectory()) return true
  return !holdsOnly(folder, names, (inside) => removed.has(inside.map(encodeFileName).join('/')))
}

/** The rules that a folder will have: those of the world where they come with the pull. */
function rulesToBe(
  { request, store, root, state }: PullGround & { readonly request: SyncRequest },
  names: readonly string[],
): string | undefined {
  const here = join(request.folder, ...names)
  const segments = [...(request.ref.path?.split('/') ?? []), ...names.map(encodeFileName)]
  const from = ruleEntry(store, root, segments)
  const file = join(here, RULE_FILE)
  const to = look(file)?.isFile() === true ? readScanned(file).scanned : undefined
  const last = state.last.get([...names.map(encodeFileName), RULE_FILE].join('/'))
  const decision = decideFile({ from, to, last }, request.prune)
  if (decision === 'remove') return undefined
  if (decision !== 'write' || from === undefined) return readRuleFile(here)
  const bytes = store.read(from.hash)
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

function ruleEntry(store: TreeReader, root: Hash, segments: readonly string[]): FileEntry | undefined {
  try {
    const entry = entryOf(readTree(store, findDirectory(store, root, segments)), RULE_FILE)
    return entry?.kind === 'file' ? entry : undefined
  } catch (error) {
    if (error instanceof AosError && NOT_THERE.includes(error.code)) return undefined
    throw error
  }
}

const NOT_THERE: readonly string[] = ['workspace.not_found', 'workspace.not_a_directory']

function wantedOf({ plan, from }: PullSide): Parameters<typeof writeBegun>[1]['files'] {
  return new Map([...plan.write, ...plan.remove].map((path) => [path, from.get(path)]))
}
