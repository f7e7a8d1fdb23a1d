/** What a folder and a workspace had in common when they were last compared (spec/22-sync.md, "State"). */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AosError, isHash } from '@aos/cbor'
import { isFileMode } from '@aos/workspace'
import { isRecord } from '../config-file.ts'
import { readText, writeWhole } from '../files.ts'
import type { ScannedFile } from './scan-folder.ts'
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
  const state = parseState(file, readText(file))
  if (state['version'] !== 1 || !isRecord(state['files'])) throw badState(file)
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

function parseState(file: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const state: unknown = JSON.parse(text)
    if (isRecord(state)) return state
  } catch (cause) {
    throw badState(file, cause)
  }
  throw badState(file)
}

function readFile(file: string, value: unknown): ScannedFile {
  if (!Array.isArray(value) || value.length !== 5) throw badState(file)
  const [hash, mode, size, written, changed]: readonly unknown[] = value
  const isFile = typeof hash === 'string' && isHash(hash) && isFileMode(mode) && typeof size === 'number'
  if (isFile && typeof written === 'string' && typeof changed === 'string')
    return { hash, mode, size, written, changed }
  throw badState(file)
}

function badState(file: string, cause?: unknown): AosError {
  return new AosError('sync.bad_state', `${file} is not as it was written`, {
    cause,
    details: { file },
    hint: 'remove it: then whatever differs on both sides is a conflict once',
  })
}
