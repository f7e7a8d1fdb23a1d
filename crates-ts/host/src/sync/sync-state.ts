/** What a folder and a workspace had in common when they were last compared (spec/22-sync.md, "State"). */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isHash } from '@aos/cbor'
import { isFileMode } from '@aos/workspace'
import { isRecord } from '../config-file.ts'
import { writeWhole } from '../files.ts'
import type { ScannedFile } from './scan-folder.ts'
import { badState, readStateFile } from './state-file.ts'
import type { SyncedFiles } from './three-way.ts'

/** Which folder is compared with which workspace, and where that is noted. */
export interface SyncPlace {
  /** The hidden folder of the world. */
  readonly hidden: string
  readonly workspace: string
  /** Absolute. */
  readonly folder: string
}

/** Empty when they were never compared, or the workspace with another folder. Throws `sync.bad_state`, `host.file`. */
export function readSyncState(place: SyncPlace): SyncedFiles<ScannedFile> {
  const file = stateFile(place)
  if (!existsSync(file)) return new Map()
  const state = readStateFile(file)
  if (!isRecord(state['files'])) throw badState(file)
  if (state['folder'] !== place.folder) return new Map()
  return new Map(Object.entries(state['files']).map(([path, value]) => [path, readFile(file, value)]))
}

/** Throws `host.file`. */
export function writeSyncState(place: SyncPlace, files: SyncedFiles<ScannedFile>): void {
  const rows = [...files].map(([path, { hash, mode, size, written, changed }]) => [
    path,
    [hash, mode, size, written, changed],
  ])
  const state = { version: 1, folder: place.folder, files: Object.fromEntries(rows) as unknown }
  writeWhole(stateFile(place), `${JSON.stringify(state)}\n`)
}

/** A workspace is named by a segment, so that its name is one of a file. */
function stateFile({ hidden, workspace }: SyncPlace): string {
  return join(hidden, 'sync', `${workspace}.json`)
}

function readFile(file: string, value: unknown): ScannedFile {
  if (!Array.isArray(value) || value.length !== 5) throw badState(file)
  const [hash, mode, size, written, changed]: readonly unknown[] = value
  const isFile = typeof hash === 'string' && isHash(hash) && isFileMode(mode) && typeof size === 'number'
  if (isFile && typeof written === 'string' && typeof changed === 'string')
    return { hash, mode, size, written, changed }
  throw badState(file)
}
