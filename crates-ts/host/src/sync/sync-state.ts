/** What a folder and a workspace had in common when they were last compared (spec/22-sync.md, "State"). */
import { existsSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { hashText, isHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { formatRef, isFileMode } from '@aos/workspace'
import type { WorkspaceHistory, WorkspaceRef } from '@aos/workspace'
import { isRecord } from '../config-file.ts'
import { fileError, syncFolder, writeDurably } from '../files.ts'
import { nodeSha256 } from '../sha256.ts'
import type { WorldFolder } from '../world-folder.ts'
import type { ScannedFile } from './scan-folder.ts'
import { badState, readStateFile } from './state-file.ts'
import { isSameFile } from './three-way.ts'
import type { SyncedFile, SyncedFiles } from './three-way.ts'

/** Which folder is compared with which part of a workspace, and where that is noted. */
export interface SyncPlace {
  readonly world: WorldFolder
  readonly ref: WorkspaceRef
  /** Absolute. */
  readonly folder: string
}

/** What an earlier time noted. */
export interface SyncState {
  /** What both sides had; empty when the workspace is not the one that was noted. */
  readonly last: SyncedFiles<ScannedFile>
  /** What the folder had, as far as its times can be trusted. */
  readonly known: SyncedFiles<ScannedFile>
  /** What a push or pull that did not end was about to write. */
  readonly begun: BegunSync | undefined
}

/** What a push or pull writes, noted before it does. */
export interface BegunSync {
  readonly direction: 'push' | 'pull'
  /** undefined: it is removed. */
  readonly files: ReadonlyMap<string, SyncedFile | undefined>
}

/** What both sides have now. */
export interface SyncNote {
  readonly files: SyncedFiles<ScannedFile>
  /** A version of the workspace that has them; 0: none. */
  readonly version: number
  readonly root: Hash | undefined
  /** When the folder began to be looked at. */
  readonly atMs: number
}

/** Times are not finer than 2 s on every file system; where they are no whole milliseconds, they are those of a clock that ticks every 10 ms. */
const COARSE_MS = 2000n
const FINE_MS = 100n
const NS_PER_MS = 1_000_000n

/** No later write can have had these times. */
function isSettled({ changed }: ScannedFile, atMs: number): boolean {
  const ns = BigInt(changed)
  return ns < (BigInt(atMs) - (ns % NS_PER_MS === 0n ? COARSE_MS : FINE_MS)) * NS_PER_MS
}

/** Nothing when they were never compared. Throws `sync.bad_state`, `host.file`. */
export function readSyncState(place: SyncPlace, history: WorkspaceHistory | undefined): SyncState {
  const file = noteFile(place)
  const begun = readBegun(`${file}.begun`)
  const note = readNote(file)
  if (note === undefined) return { last: new Map(), known: new Map(), begun }
  // A world that lost its end, or another one: what was noted is about something else.
  const isOfWorld = note.version === 0 || history?.versions.get(note.version)?.root === note.root
  const known = new Map([...note.files].filter(([, file]) => isSettled(file, note.atMs)))
  return { last: isOfWorld ? note.files : new Map(), known, begun }
}

/** Of no file: it is read again. */
const NEVER = { size: 0, written: '0', changed: '0' } as const

/** What was in common, with what an interrupted push or pull has made so. */
export function withBegun(
  { last, begun }: SyncState,
  sides: { readonly folder: SyncedFiles; readonly workspace: SyncedFiles },
): SyncedFiles<ScannedFile> {
  if (begun === undefined) return last
  const written = begun.direction === 'pull' ? sides.folder : sides.workspace
  const files = new Map(last)
  for (const [path, wanted] of begun.files) {
    if (!isSameFile(written.get(path), wanted)) continue
    if (wanted === undefined) files.delete(path)
    else files.set(path, { ...wanted, ...NEVER })
  }
  return files
}

/** What is equal now; where the sides differ, what they last had in common. */
export function inCommon(sides: {
  readonly folder: SyncedFiles<ScannedFile>
  readonly workspace: SyncedFiles
  readonly last: SyncedFiles<ScannedFile>
}): SyncedFiles<ScannedFile> {
  const { folder, workspace, last } = sides
  const files = new Map<string, ScannedFile>()
  for (const [path, here] of folder) {
    const known = isSameFile(here, workspace.get(path)) ? here : last.get(path)
    if (known !== undefined) files.set(path, known)
  }
  for (const path of workspace.keys()) {
    const known = folder.has(path) ? undefined : last.get(path)
    if (known !== undefined) files.set(path, known)
  }
  return files
}

/** To be called before the first file is written; durable when it returns. Throws `host.file`. */
export function writeBegun(place: SyncPlace, { direction, files }: BegunSync): void {
  const rows = [...files].map(([path, file]) => [path, file === undefined ? null : [file.hash, file.mode]])
  const note = { version: 1, direction, files: Object.fromEntries(rows) as unknown }
  writeDurably(`${noteFile(place)}.begun`, `${JSON.stringify(note)}\n`)
}

/** Puts the note in place whole, and takes away what was noted when it began. What it says must be durable. Throws `host.file`. */
export function writeSyncState(place: SyncPlace, { files, version, root, atMs }: SyncNote): void {
  const rows = [...files].map(([path, { hash, mode, size, written, changed }]) => [
    path,
    [hash, mode, size, written, changed],
  ])
  const head = { version: 1, ref: formatRef(place.ref), dir: dirOf(place), at_ms: atMs }
  const note = { ...head, head: version, root: root ?? null, files: Object.fromEntries(rows) as unknown }
  const file = noteFile(place)
  writeDurably(file, `${JSON.stringify(note)}\n`)
  // Only now: what was begun has ended.
  try {
    rmSync(`${file}.begun`, { force: true })
    syncFolder(dirname(file))
  } catch (cause) {
    throw fileError('write', file, cause)
  }
}

/** A name that every file system can hold, whatever workspace, path and folder are called. */
function noteFile(place: SyncPlace): string {
  const { workspace, path } = place.ref
  const key = JSON.stringify([formatRef({ workspace, path, version: undefined }), dirOf(place)])
  const name = hashText(nodeSha256, new TextEncoder().encode(key)).slice('sha256:'.length)
  return join(place.world.hidden, 'sync', `${name}.json`)
}

function dirOf({ world, folder }: SyncPlace): string {
  return relative(world.root, folder)
}

function readBegun(file: string): BegunSync | undefined {
  if (!existsSync(file)) return undefined
  const { direction, files } = readStateFile(file)
  if ((direction !== 'push' && direction !== 'pull') || !isRecord(files)) throw badState(file)
  const rows = Object.entries(files).map(([path, value]) => [path, readFile(file, value)] as const)
  return { direction, files: new Map(rows) }
}

function readFile(file: string, value: unknown): SyncedFile | undefined {
  if (value === null) return undefined
  const [hash, mode]: readonly unknown[] = Array.isArray(value) ? value : []
  if (typeof hash === 'string' && isHash(hash) && isFileMode(mode)) return { hash, mode }
  throw badState(file)
}

function readNote(file: string): SyncNote | undefined {
  if (!existsSync(file)) return undefined
  const { head, root, at_ms: atMs, files } = readStateFile(file)
  const isRoot = root === null || (typeof root === 'string' && isHash(root))
  if (typeof head !== 'number' || !isRoot || !Number.isSafeInteger(atMs)) throw badState(file)
  if (!isRecord(files)) throw badState(file)
  const rows = Object.entries(files).map(([path, value]) => [path, readScan(file, value)] as const)
  return { files: new Map(rows), version: head, root: root ?? undefined, atMs: Number(atMs) }
}

function readScan(file: string, value: unknown): ScannedFile {
  const known = readFile(file, value)
  const [, , size, written, changed]: readonly unknown[] = Array.isArray(value) ? value : []
  const isTime = (time: unknown): time is string => typeof time === 'string' && /^-?[0-9]+$/.test(time)
  if (known === undefined || typeof size !== 'number' || !isTime(written) || !isTime(changed)) throw badState(file)
  return { ...known, size, written, changed }
}

/** A folder in which a pull writes files before they are put in place. */
export function placeBeside(place: SyncPlace): string {
  return `${noteFile(place)}.files`
}
