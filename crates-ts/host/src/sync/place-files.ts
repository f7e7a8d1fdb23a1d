/** Files put into a folder and taken out of it, whole and never through a link (spec/22-sync.md, "State"). */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import type { Dirent } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FileMode } from '@aos/workspace'
import { fileError } from '../files.ts'
import { isErrno, isUntouched, look, notAFile } from './scan-folder.ts'
import type { ScannedFile } from './scan-folder.ts'

/** Where a file goes, and what is believed to stand there. */
export interface FilePlace {
  /** Names below the folder. */
  readonly names: readonly string[]
  /** As it was found; undefined: nothing was there. */
  readonly found: ScannedFile | undefined
}

/**
 * Writes a file where it does not count yet: nobody else uses `beside`. With the rights that this person gives to new files, and with the right to be
 * run or without. It is not durable. Throws `host.file`.
 */
export function writeBeside(
  beside: string,
  { bytes, mode }: { readonly bytes: Uint8Array; readonly mode: FileMode },
): void {
  try {
    rmSync(beside, { force: true })
    mkdirSync(dirname(beside), { recursive: true })
    writeFileSync(beside, bytes, { flag: 'wx', mode: mode === EXECUTABLE ? 0o777 : 0o666 })
    correctMode(beside, mode)
  } catch (cause) {
    throw fileError('write', beside, cause)
  }
}

/**
 * Puts what was written beside in place. The path of the file, which is there now. undefined: somebody else changed what stands there, so that it was left alone. Throws
 * `sync.not_a_file` for a link on the way, `host.file`.
 */
export function putFile(folder: string, place: FilePlace, beside: string): string | undefined {
  const file = join(folder, ...place.names)
  makeFolders(folder, place.names)
  if (!isAsFound(file, place.found) && !removeEmptyFolders(file)) return undefined
  try {
    moveTo(beside, file)
  } catch (cause) {
    rmSync(beside, { force: true })
    throw fileError('write', file, cause)
  }
  return file
}

/** False: somebody else changed the file, so that it was left alone. The folders above go with their last file. Throws `host.file`. */
export function takeFile(folder: string, { names, found }: FilePlace): boolean {
  const file = join(folder, ...names)
  for (let depth = 1; depth < names.length; depth += 1) {
    const above = join(folder, ...names.slice(0, depth))
    if (look(above)?.isDirectory() !== true) return look(above) === undefined
  }
  if (!isAsFound(file, found)) return look(file) === undefined
  try {
    rmSync(file)
  } catch (cause) {
    throw fileError('write', file, cause)
  }
  for (let depth = names.length - 1; depth > 0; depth -= 1) {
    try {
      rmdirSync(join(folder, ...names.slice(0, depth)))
    } catch {
      return true
    }
  }
  return true
}

/** Whether nothing is below but folders and what `willGo` says will go; what is not there holds nothing. Throws `host.file`. */
export function holdsOnly(
  folder: string,
  names: readonly string[],
  willGo: (names: readonly string[]) => boolean,
): boolean {
  for (const entry of entriesOf(join(folder, ...names))) {
    const inside = [...names, entry.name]
    const goes = entry.isDirectory() ? holdsOnly(folder, inside, willGo) : willGo(inside)
    if (!goes) return false
  }
  return true
}

function entriesOf(place: string): readonly Dirent[] {
  try {
    return readdirSync(place, { withFileTypes: true })
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return []
    throw fileError('read', place, cause)
  }
}

function isAsFound(file: string, found: ScannedFile | undefined): boolean {
  const stats = look(file)
  return found === undefined ? stats === undefined : stats !== undefined && isUntouched(stats, found)
}

/** True when a folder stood there in which nothing is but folders, and stands there no longer. */
function removeEmptyFolders(place: string): boolean {
  if (look(place)?.isDirectory() !== true) return false
  try {
    for (const name of readdirSync(place)) if (!removeEmptyFolders(join(place, name))) return false
    rmdirSync(place)
    return true
  } catch (cause) {
    if (isErrno(cause, 'ENOTEMPTY')) return false
    throw fileError('write', place, cause)
  }
}

/** Every folder on the way is looked at, so that none is a link. */
function makeFolders(folder: string, names: readonly string[]): void {
  makeFolder(folder, true)
  for (let depth = 1; depth < names.length; depth += 1) {
    const above = join(folder, ...names.slice(0, depth))
    const stats = look(above)
    if (stats === undefined) makeFolder(above, false)
    else if (!stats.isDirectory()) throw notAFile(above)
  }
}

function makeFolder(folder: string, recursive: boolean): void {
  try {
    mkdirSync(folder, { recursive })
  } catch (cause) {
    throw fileError('write', folder, cause)
  }
}

const EXECUTABLE = 0o755

/** The folder may lie on another disk than what the host keeps. */
function moveTo(beside: string, file: string): void {
  try {
    renameSync(beside, file)
  } catch (cause) {
    if (!isErrno(cause, 'EXDEV')) throw cause
    const near = join(dirname(file), `.aos-${process.pid}.tmp`)
    try {
      copyFileSync(beside, near)
      syncFile(near)
      renameSync(near, file)
    } finally {
      rmSync(near, { force: true })
      rmSync(beside, { force: true })
    }
  }
}

function syncFile(file: string): void {
  const handle = openSync(file, 'r+')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Gives a file the right to be run, or takes it, where the rights of new files did not. */
function correctMode(file: string, mode: FileMode): void {
  const rights = Number((look(file)?.mode ?? 0n) & 0o777n)
  const wanted = mode === EXECUTABLE ? rights | 0o100 : rights & ~0o111
  if (rights !== wanted) chmodSync(file, wanted)
}
