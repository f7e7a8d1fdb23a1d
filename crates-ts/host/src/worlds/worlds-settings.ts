/** aos.worlds.json: settings of a host of many worlds (spec/15-control.md, "A host of many worlds"). */
import { existsSync, readFileSync } from 'node:fs'
import { badConfig, parseConfig, refuseOthers } from '../config-file.ts'
import { readText } from '../files.ts'
import type { KeeperBounds } from './world-keeper.ts'
import type { WorldsFolder } from './worlds-folder.ts'

/** Every member is optional in the file. */
export interface WorldsSettings extends KeeperBounds {
  /** Threads that keep worlds beside the one that serves; 0: that one keeps them. */
  readonly workers: number
}

const MEMBERS: readonly string[] = ['version', 'idle_ms', 'awake_max', 'memory_bytes', 'workers']
const IDLE_MS = 30_000
const MEMORY_BYTES: number = 768 * 1024 * 1024
const MEMORY_BYTES_MIN: number = 64 * 1024 * 1024
const AWAKE_MAX = 1024
/** Threads of one process. */
export const WORKERS_MAX = 64

/** A missing file means the defaults. Throws `host.bad_config`. */
export function readWorldsSettings({ settingsFile: file }: WorldsFolder): WorldsSettings {
  const record = existsSync(file) ? parseConfig(file, readText(file)) : {}
  refuseOthers(file, record, MEMBERS, [])
  const version = record['version']
  if (version !== undefined && version !== 1) throw badConfig(file, ['version'], 'expected 1')
  const whole = (
    member: string,
    range: { readonly from: number; readonly to: number; readonly or: number },
  ): number => {
    const value = record[member] ?? range.or
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= range.from && value <= range.to) {
      return value
    }
    throw badConfig(file, [member], `expected a whole number from ${range.from} to ${range.to}`)
  }
  return {
    idleMs: whole('idle_ms', { from: 1, to: 86_400_000, or: IDLE_MS }),
    awakeMax: whole('awake_max', { from: 1, to: 1_000_000, or: awakeDefault() }),
    memoryBytes: whole('memory_bytes', { from: MEMORY_BYTES_MIN, to: Number.MAX_SAFE_INTEGER, or: MEMORY_BYTES }),
    workers: whole('workers', { from: 0, to: WORKERS_MAX, or: 0 }),
  }
}

/** Files that an open world holds, and what connections and the rest of the process may need. */
const FILES_A_WORLD = 20
const FILES_BESIDE = 1280
const FILES_UNKNOWN = 4096
const AWAKE_MIN = 16

/** As many as the system lets this process have files for. */
function awakeDefault(): number {
  return Math.min(AWAKE_MAX, Math.max(AWAKE_MIN, Math.floor((filesMax() - FILES_BESIDE) / FILES_A_WORLD)))
}

/** Node raises the soft limit to the hard one. */
function filesMax(): number {
  const limits = '/proc/self/limits'
  const [, text] = (existsSync(limits) && /^Max open files +\d+ +(\d+)/m.exec(readFileSync(limits, 'latin1'))) || []
  return text === undefined ? FILES_UNKNOWN : Number(text)
}
