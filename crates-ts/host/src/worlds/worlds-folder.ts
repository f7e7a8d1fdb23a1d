/** A folder of worlds: who lies in it, and where its host can be reached (spec/15-control.md, "A host of many worlds"). */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { AosError } from '@aos/cbor'
import { controlPlaceIn } from '../daemon/place.ts'
import type { ControlPlace } from '../daemon/place.ts'
import { isWorldRoot, worldFolderAt } from '../world-folder.ts'
import type { WorldFolder } from '../world-folder.ts'

/** The places of a host in its folder of worlds. */
export interface WorldsFolder {
  readonly root: string
  /** What the host keeps: socket, log and lock. */
  readonly place: ControlPlace
  /** Whoever has its lock is the host. */
  readonly lock: string
  readonly settingsFile: string
}

const OWN_FOLDER = '.aos-worlds'

/** The places, whether or not they exist. */
export function worldsFolderAt(root: string): WorldsFolder {
  const own = join(root, OWN_FOLDER)
  return { root, place: controlPlaceIn(own), lock: join(own, 'lock'), settingsFile: join(root, 'aos.worlds.json') }
}

/** The named folder, or the nearest one from `cwd` upwards that a host has been in. Throws `host.no_worlds`. */
export function findWorldsFolder(lookup: { readonly option: string | undefined; readonly cwd: string }): WorldsFolder {
  const { option, cwd } = lookup
  if (option !== undefined) {
    const root = resolve(cwd, option)
    if (isFolder(root)) return worldsFolderAt(root)
    throw noWorlds(`${root} is no folder`)
  }
  for (let root = resolve(cwd); ; root = dirname(root)) {
    if (isFolder(join(root, OWN_FOLDER))) return worldsFolderAt(root)
    if (root === dirname(root)) throw noWorlds(`no host has been in ${resolve(cwd)} or a folder above it`)
  }
}

/** True for a name that a world in the folder may have: one part of a path that is not hidden. */
export function isWorldName(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !/[/\\\0]/.test(name)
}

/** Where the world of this name lies; undefined when there is none. */
export function worldFolderIn(folder: WorldsFolder, name: string): WorldFolder | undefined {
  if (!isWorldName(name)) return undefined
  const root = join(folder.root, name)
  return isWorldRoot(root) ? worldFolderAt(root) : undefined
}

/** The names of the worlds that lie directly in the folder, in ascending order. */
export function listWorldNames(folder: WorldsFolder): readonly string[] {
  const names = isFolder(folder.root) ? readdirSync(folder.root) : []
  return names
    .filter((name) => worldFolderIn(folder, name) !== undefined)
    .sort((left, right) => (left < right ? -1 : 1))
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}

function noWorlds(found: string): AosError {
  return new AosError('host.no_worlds', `expected a folder of worlds, but ${found}`, {
    hint: 'name one with --worlds DIR',
  })
}
