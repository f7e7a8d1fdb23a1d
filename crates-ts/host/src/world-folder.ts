/** Where a world lies on disk and how it is found. */
import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { AosError } from '@aos/cbor'

/** The places inside a world folder. */
export interface WorldFolder {
  readonly root: string
  /** Host settings. */
  readonly settingsFile: string
  /** What is pushed. */
  readonly syncFile: string
  /** Everything the host keeps; ignored by git. */
  readonly hidden: string
  /** Journal, content and lock. */
  readonly store: string
  /** Compiled modules by build key. */
  readonly cache: string
  /** Source maps of modules, named by the hash of the module's bytes. */
  readonly maps: string
  /** Events at which the machine failed (K11). */
  readonly faults: string
  /** Snapshots that could not be read (spec/16-snapshots.md, "Opening"). */
  readonly badSnapshots: string
  /** What has changed since the newest snapshot (spec/16-snapshots.md, "Checkpoint files"). */
  readonly checkpoints: string
  /** Content that nothing names yet (spec/16-snapshots.md, "Retention"). */
  readonly uploads: string
  /** Calls of effects that were begun (G10). */
  readonly dispatchLog: string
  /** Secrets, encrypted (spec/25-secrets.md, "The vault"). */
  readonly vault: string
  /** Stands there as long as an imported world is not adopted. */
  readonly imported: string
  /** What a host of many worlds knew when the world went to sleep. */
  readonly sleepNote: string
}

/** The places, whether or not they exist. */
export function worldFolderAt(root: string): WorldFolder {
  const hidden = join(root, '.aos')
  return {
    root,
    settingsFile: join(root, 'aos.json'),
    syncFile: join(root, 'aos.sync.json'),
    hidden,
    store: join(hidden, 'world'),
    cache: join(hidden, 'cache'),
    maps: join(hidden, 'build'),
    faults: join(hidden, 'faults'),
    badSnapshots: join(hidden, 'bad-snapshots'),
    checkpoints: join(hidden, 'checkpoints'),
    uploads: join(hidden, 'uploads'),
    dispatchLog: join(hidden, 'dispatch.log'),
    vault: join(hidden, 'vault'),
    imported: join(hidden, 'imported'),
    sleepNote: join(hidden, 'asleep.json'),
  }
}

/** What says where the world is: an option, AOS_WORLD, or the folder to start walking up from. */
export interface WorldLookup {
  readonly option: string | undefined
  readonly variable: string | undefined
  readonly cwd: string
}

/** A folder with aos.json or .aos in it. A named one is taken as it is; otherwise the walk goes up. Throws `host.no_world`. */
export function findWorldFolder(lookup: WorldLookup): WorldFolder {
  const named = lookup.option ?? (lookup.variable === '' ? undefined : lookup.variable)
  if (named !== undefined) {
    const root = resolve(lookup.cwd, named)
    if (isWorldRoot(root)) return worldFolderAt(root)
    throw noWorld(`${root} holds neither aos.json nor .aos`)
  }
  let root = resolve(lookup.cwd)
  for (;;) {
    if (isWorldRoot(root)) return worldFolderAt(root)
    const above = dirname(root)
    if (above === root) throw noWorld(`neither ${resolve(lookup.cwd)} nor a folder above it holds aos.json or .aos`)
    root = above
  }
}

/** True when `root` holds aos.json or .aos. */
export function isWorldRoot(root: string): boolean {
  return (
    isFile(join(root, 'aos.json')) || (existsSync(join(root, '.aos')) && statSync(join(root, '.aos')).isDirectory())
  )
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile()
}

function noWorld(found: string): AosError {
  return new AosError('host.no_world', `expected a world folder, but ${found}`, {
    hint: 'run `aos init DIR`, or name one with --world DIR',
  })
}
