/** Files of a workspace written to a folder, so that what is noted of them lasts as long as they do (spec/22-sync.md, "State"). */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { AosError } from '@aos/cbor'
import { formatRef } from '@aos/workspace'
import type { FileEntry, TreeReader } from '@aos/workspace'
import { fileError, slashed } from '../files.ts'
import { runStepsFairly } from '../steps.ts'
import type { Steps } from '../steps.ts'
import type { WorldFolder } from '../world-folder.ts'
import { syncFiles, syncNames } from './durable-files.ts'
import { putFile, takeFile, writeBeside } from './place-files.ts'
import { readScanned } from './scan-folder.ts'
import type { ScannedFile } from './scan-folder.ts'
import type { SyncRequest } from './sync-request.ts'
import type { SyncPlan } from './three-way.ts'
import { localPath } from './tree-files.ts'

/** What is to be done to a folder. */
export interface FolderSide {
  readonly plan: SyncPlan
  readonly from: ReadonlyMap<string, FileEntry>
  /** Follows what is written. */
  readonly to: Map<string, ScannedFile>
  /** Of every path that the folder then has. */
  readonly names: ReadonlyMap<string, readonly string[]>
}

/** That, and with what it is done. */
export interface FolderWork {
  readonly request: SyncRequest
  readonly world: WorldFolder
  readonly store: TreeReader
  readonly side: FolderSide
  /** A folder that nobody else uses. */
  readonly beside: string
}

/**
 * Returns the paths that were left alone, because somebody changed them since they were looked at. What was written, moved and removed is durable
 * when it returns: first the content of files, then their names. Throws `host.file`, `sync.not_a_file`, `store.missing_blob`.
 */
export async function writeFolder(work: FolderWork): Promise<readonly string[]> {
  const { request, world, side, beside } = work
  const { folder, pace = {} } = request
  const { plan, names } = side
  dropBeside(beside)
  const spoiled = [...(await runStepsFairly(removeFiles(work), pace))]
  for (let at = 0; at < plan.write.length;) {
    const batch = await runStepsFairly(writeBatch(work, at), pace)
    await syncFiles(batch.map((each) => each.beside))
    spoiled.push(...(await runStepsFairly(putBatch(work, { batch, at }), pace)))
    at += batch.length
  }
  dropBeside(beside)
  const changed = [...plan.remove.map(localPath), ...plan.write.map((path) => names.get(path) ?? localPath(path))]
  if (changed.length > 0) {
    const above = slashed(world.root, folder).split('/')
    await syncNames(
      world.root,
      changed.map((each) => [...above, ...each]),
    )
  }
  return spoiled
}

/** What a pull that was killed left there counts for nothing. */
function dropBeside(beside: string): void {
  try {
    rmSync(beside, { recursive: true, force: true })
  } catch (cause) {
    throw fileError('write', beside, cause)
  }
}

function* removeFiles({ request, side }: FolderWork): Steps<readonly string[]> {
  const spoiled: string[] = []
  for (const path of side.plan.remove) {
    if (takeFile(request.folder, { names: localPath(path), found: side.to.get(path) })) side.to.delete(path)
    else spoiled.push(path)
    yield
  }
  return spoiled
}

/** A file that is written, but does not count yet. */
interface WrittenFile {
  readonly path: string
  readonly entry: FileEntry
  readonly beside: string
}

/** Files that are made durable together. */
const BATCH_FILES = 256
const BATCH_BYTES = 16 * 1024 * 1024

function* writeBatch({ request, store, side, beside }: FolderWork, at: number): Steps<readonly WrittenFile[]> {
  const batch: WrittenFile[] = []
  let size = 0
  for (const path of side.plan.write.slice(at, at + BATCH_FILES)) {
    if (size >= BATCH_BYTES) break
    const entry = side.from.get(path)
    const bytes = entry === undefined ? undefined : store.read(entry.hash)
    if (entry === undefined || bytes === undefined) throw missing(request.ref.workspace, path)
    const written = { path, entry, beside: join(beside, String(batch.length)) }
    writeBeside(written.beside, { bytes, mode: entry.mode })
    batch.push(written)
    size += bytes.length
    yield
  }
  return batch
}

function* putBatch(
  { request, side }: FolderWork,
  { batch, at }: { readonly batch: readonly WrittenFile[]; readonly at: number },
): Steps<readonly string[]> {
  const { folder, ref, onProgress } = request
  const { plan, to, names } = side
  const spoiled: string[] = []
  let count = at
  for (const { path, beside } of batch) {
    const file = putFile(folder, { names: names.get(path) ?? localPath(path), found: to.get(path) }, beside)
    if (file === undefined) spoiled.push(path)
    // Read back: what is noted is what stands there.
    else to.set(path, readScanned(file).scanned)
    count += 1
    if (count % FILES_A_REPORT === 0) onProgress?.(`${formatRef(ref)}: wrote ${count} of ${plan.write.length} files`)
    yield
  }
  return spoiled
}

const FILES_A_REPORT = 256

function missing(workspace: string, path: string): AosError {
  return new AosError('store.missing_blob', `the store lacks the content of ${workspace}/${path}`)
}
