/** Checks that need no world: release, Node, folder for temporary files, disk. */
import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import type { Hash } from '@aos/cbor'
import { failed, passed, warned } from './report.ts'
import type { Check } from './report.ts'

/** The machine, as far as the doctor looks at it. */
export interface Surroundings {
  /** Version of Node, without `v`. */
  readonly node: string
  readonly platform: string
  readonly tempFolder: string
  /** Free to this user on the disk that holds the path. */
  freeBytes(path: string): number
  /** Wall clock in nanoseconds. */
  nowNs(): bigint
}

/** The machine on which this runs. */
export function thisMachine(): Surroundings {
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    tempFolder: tmpdir(),
    freeBytes: (path) => {
      const { bavail, bsize } = statfsSync(existing(path))
      return bavail * bsize
    },
    nowNs: () => BigInt(Date.now()) * 1_000_000n,
  }
}

const NODE_MIN = [20, 19] as const
const MIB = 1024 * 1024
/** A segment, a pack and what a database needs to tidy up. */
const FREE_FAIL_BYTES = 128 * MIB
const FREE_WARN_BYTES = 1024 * MIB

/** Versions of everything that decides what a world does. */
export function checkRelease(release: string, engine: Hash, machine: Surroundings): Check {
  return passed('release', `aos ${release} on ${machine.platform}, engine ${engine}`, {
    release,
    engine_digest: engine,
    platform: machine.platform,
  })
}

/** Node's version against the one that is supported. */
export function checkNode(machine: Surroundings): Check {
  const [major = 0, minor = 0] = machine.node.split('.').map(Number)
  const [majorMin, minorMin] = NODE_MIN
  const details = { version: machine.node, supported: `>=${majorMin}.${minorMin}` }
  if (major > majorMin || (major === majorMin && minor >= minorMin)) {
    return passed('node', `Node ${machine.node}`, details)
  }
  return failed('node', `Node ${machine.node} is older than ${majorMin}.${minorMin}`, {
    hint: `install Node ${majorMin}.${minorMin} or later`,
    details,
  })
}

/** The folder for temporary files can be written: compilers and tests use it. */
export function checkTempFolder(machine: Surroundings): Check {
  const { tempFolder } = machine
  try {
    accessSync(tempFolder, constants.R_OK | constants.W_OK | constants.X_OK)
    return passed('temp-folder', `${tempFolder} can be written`)
  } catch {
    return failed('temp-folder', `the folder for temporary files, ${tempFolder}, cannot be written`, {
      hint: 'set TMPDIR to a folder of yours',
      details: { folder: tempFolder },
    })
  }
}

/** Room on the disk of a folder; the journal stops when it is full, and loses nothing. */
export function checkDisk(folder: string, machine: Surroundings): Check {
  const free = machine.freeBytes(folder)
  const details = { folder, free_bytes: free }
  const said = `${Math.floor(free / MIB)} MiB are free on the disk of ${folder}`
  if (free >= FREE_WARN_BYTES) return passed('disk', said, details)
  const hint = 'make room; the journal takes nothing more when the disk is full'
  return free < FREE_FAIL_BYTES ? failed('disk', said, { hint, details }) : warned('disk', said, { hint, details })
}

/** The compiler that comes with the release. `version` throws when it is not there. */
export async function checkCompiler(version: () => Promise<string>): Promise<Check> {
  try {
    const found = await version()
    return passed('compiler', `AssemblyScript ${found} compiles reducers from source`, { version: found })
  } catch (error) {
    return failed('compiler', `the AssemblyScript compiler cannot be found: ${String(error)}`, {
      hint: 'install aos again; until then only modules that are compiled already can be pushed',
    })
  }
}

function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path))
}
