/** Where a daemon can be reached (spec/15-control.md, "Place"). */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { writeWhole } from '../files.ts'
import type { WorldFolder } from '../world-folder.ts'

/** The files of a daemon beside the world, or of a host in its folder of worlds. */
export interface ControlPlace {
  /** Mode 0700. */
  readonly folder: string
  /** The socket, unless its path is too long for one. */
  readonly socket: string
  /** Names the socket when it lies elsewhere. */
  readonly elsewhere: string
  readonly log: string
}

/** What every system takes as the path of a socket. */
const SOCKET_PATH_BYTES_MAX = 103
const PRIVATE_FOLDER = 0o700
const SHORT_FOLDER = 'aos-run-'
/** First part of the files' names. */
const NAME = 'control'

/** The paths, whether or not anything is there. */
export function controlPlaceOf(world: WorldFolder): ControlPlace {
  return controlPlaceIn(join(world.hidden, 'run'))
}

/** The paths in a folder that is the daemon's own. */
export function controlPlaceIn(folder: string): ControlPlace {
  return {
    folder,
    socket: join(folder, `${NAME}.sock`),
    elsewhere: join(folder, `${NAME}.path`),
    log: join(folder, 'log'),
  }
}

/** The path to connect to, whether or not anybody listens; undefined when there is none. */
export function findSocket(place: ControlPlace): string | undefined {
  if (existsSync(place.socket)) return place.socket
  if (!existsSync(place.elsewhere)) return undefined
  const named = readFileSync(place.elsewhere, 'utf8').trim()
  return isAbsolute(named) && existsSync(named) ? named : undefined
}

/**
 * Makes the folder and returns a path that is free to listen at. To be called under the lock of the world, or of the folder of
 * worlds: a socket that is there is that of a daemon which died.
 */
export function prepareSocket(place: ControlPlace): string {
  removeSocket(place)
  mkdirSync(place.folder, { recursive: true, mode: PRIVATE_FOLDER })
  chmodSync(place.folder, PRIVATE_FOLDER)
  if (Buffer.byteLength(place.socket) <= SOCKET_PATH_BYTES_MAX) return place.socket
  const socket = join(mkdtempSync(join(tmpdir(), SHORT_FOLDER)), `${NAME}.sock`)
  writeWhole(place.elsewhere, `${socket}\n`)
  return socket
}

/** Takes socket and note away, and the folder that was made for the socket. */
export function removeSocket(place: ControlPlace): void {
  rmSync(place.socket, { force: true })
  if (!existsSync(place.elsewhere)) return
  const folder = dirname(readFileSync(place.elsewhere, 'utf8').trim())
  if (basename(folder).startsWith(SHORT_FOLDER)) rmSync(folder, { recursive: true, force: true })
  rmSync(place.elsewhere, { force: true })
}
