/** aos.json: the host's settings for one world. */
import { existsSync } from 'node:fs'
import { fromHex } from '@aos/cbor'
import { badConfig, isRecord, parseConfig, refuseOthers } from './config-file.ts'
import { readAdapterSettings } from './adapter-settings.ts'
import type { AdapterSettings } from './adapter-settings.ts'
import { readText } from './files.ts'

/** How time comes about; `mode` counts when genesis is made (spec/06-kernel.md, "Time"). */
export interface ClockSettings {
  readonly mode: 'real' | 'virtual'
  /** Hold a jump that happened while the world was closed. */
  readonly holdAtOpen: boolean
}

/** How entropy comes about; `mode` counts when genesis is made (spec/06-kernel.md, "Seeded entropy"). */
export interface EntropySettings {
  readonly mode: 'os' | 'seeded'
  /** 32 bytes. */
  readonly seed: Uint8Array | undefined
}

/** Every member is optional in the file. */
export interface HostSettings {
  /** Size at which a journal segment is sealed. */
  readonly segmentBytes: number | undefined
  /** Memory that a process may take which holds the world: what it takes anyway, and caches in the rest. */
  readonly cacheBytes: number
  /** What opening may cost beside a fixed amount: when it would be more, a snapshot is cut. */
  readonly recoveryMs: number
  /** Folder of the keys, instead of the platform's; relative to the world folder, and outside of it. */
  readonly keys: string | undefined
  readonly clock: ClockSettings
  readonly entropy: EntropySettings
  /** What is performed beside what is built in. */
  readonly adapters: AdapterSettings
}

/** The text that `aos init` writes. */
export const DEFAULT_SETTINGS_TEXT = '{\n  "version": 1\n}\n'

const MEMBERS: readonly string[] = [
  'version',
  'segment_bytes',
  'cache_bytes',
  'recovery_ms',
  'keys',
  'clock',
  'entropy',
  'adapters',
]
const CACHE_BYTES_DEFAULT: number = 256 * 1024 * 1024
const CACHE_BYTES_MIN: number = 16 * 1024 * 1024
const RECOVERY_MS_DEFAULT = 150
const RECOVERY_MS_MIN = 10
const SEGMENT_BYTES_MIN = 65_536
const SEGMENT_BYTES_UNIT = 4096
const SEED = /^[0-9a-f]{64}$/

/** A missing file means the defaults. Throws `host.bad_config`. */
export function readSettings(file: string): HostSettings {
  const record = existsSync(file) ? parseConfig(file, readText(file)) : {}
  refuseOthers(file, record, MEMBERS, [])
  const version = record['version']
  if (version !== undefined && version !== 1) throw badConfig(file, ['version'], 'expected 1')
  const segmentBytes = record['segment_bytes']
  if (segmentBytes !== undefined && !isSegmentBytes(segmentBytes)) {
    throw badConfig(
      file,
      ['segment_bytes'],
      `expected a multiple of ${SEGMENT_BYTES_UNIT}, at least ${SEGMENT_BYTES_MIN}`,
    )
  }
  const keys = record['keys']
  if (keys !== undefined && typeof keys !== 'string') throw badConfig(file, ['keys'], 'expected a folder')
  return {
    segmentBytes,
    cacheBytes: readAmount(file, record, {
      name: 'cache_bytes',
      least: CACHE_BYTES_MIN,
      otherwise: CACHE_BYTES_DEFAULT,
    }),
    recoveryMs: readAmount(file, record, {
      name: 'recovery_ms',
      least: RECOVERY_MS_MIN,
      otherwise: RECOVERY_MS_DEFAULT,
    }),
    keys,
    clock: readClock(file, record['clock']),
    entropy: readEntropy(file, record['entropy']),
    adapters: readAdapterSettings(file, record['adapters']),
  }
}

function readAmount(
  file: string,
  record: Readonly<Record<string, unknown>>,
  amount: { readonly name: string; readonly least: number; readonly otherwise: number },
): number {
  const { name, least, otherwise } = amount
  const given = record[name]
  if (given === undefined) return otherwise
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= least) return given
  throw badConfig(file, [name], `expected a whole number, at least ${least}`)
}

function readClock(file: string, given: unknown = {}): ClockSettings {
  if (!isRecord(given)) throw badConfig(file, ['clock'], 'expected an object')
  refuseOthers(file, given, ['mode', 'hold_at_open'], ['clock'])
  const { mode = 'real', hold_at_open: holdAtOpen = false } = given
  if (mode !== 'real' && mode !== 'virtual') throw badConfig(file, ['clock', 'mode'], 'expected real or virtual')
  if (typeof holdAtOpen !== 'boolean') throw badConfig(file, ['clock', 'hold_at_open'], 'expected true or false')
  return { mode, holdAtOpen }
}

function readEntropy(file: string, given: unknown = {}): EntropySettings {
  if (!isRecord(given)) throw badConfig(file, ['entropy'], 'expected an object')
  refuseOthers(file, given, ['mode', 'seed'], ['entropy'])
  const { mode = 'os', seed } = given
  if (mode !== 'os' && mode !== 'seeded') throw badConfig(file, ['entropy', 'mode'], 'expected os or seeded')
  if (seed !== undefined && (typeof seed !== 'string' || !SEED.test(seed))) {
    throw badConfig(file, ['entropy', 'seed'], 'expected 64 hexadecimal digits')
  }
  if (mode === 'seeded' && seed === undefined) throw badConfig(file, ['entropy', 'seed'], 'expected a seed')
  return { mode, seed: seed === undefined ? undefined : fromHex(seed) }
}

function isSegmentBytes(value: unknown): value is number {
  return typeof value === 'number' && value >= SEGMENT_BYTES_MIN && value % SEGMENT_BYTES_UNIT === 0
}
