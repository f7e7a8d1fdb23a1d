/** Opens a world folder: store, kernel, and the journal replayed into it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { AosError, formatHash, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { createWorld } from '@aos/kernel'
import type { ModuleRuntime, World } from '@aos/kernel'
import { openWorldStore } from '@aos/store'
import type { ContentStore, WorldStoreOptions } from '@aos/store'
import { createModuleRuntime } from '@aos/wasm'
import { ensureDispatchLog } from './dispatch/dispatch-log.ts'
import { HostWorld } from './host-world.ts'
import type { OpenedStore } from './host-world.ts'
import { refuseInsideWorld, resolveKeyFolder } from './keys/key-folder.ts'
import type { KeyEnvironment } from './keys/key-folder.ts'
import { readModuleMap } from './module-maps.ts'
import { readSettings } from './settings.ts'
import { MODULE_PROFILE } from './engine.ts'
import { nodeSha256 } from './sha256.ts'
import type { HostSettings } from './settings.ts'
import { HostClock } from './clock.ts'
import type { Clocks } from './clock.ts'
import { BadSnapshots } from './snapshots/bad-snapshots.ts'
import { ContentAhead } from './snapshots/content-ahead.ts'
import { CheckpointFolder } from './checkpoints/checkpoint-folder.ts'
import type { FindCheckpoint, FoundCheckpoint } from './checkpoints/checkpoint-folder.ts'
import { openNewestSteps } from './snapshots/open-newest.ts'
import { DEFAULT_BOUNDS } from './snapshots/recovery-cost.ts'
import type { SnapshotBounds } from './snapshots/recovery-cost.ts'
import { runStepsFairly } from './steps.ts'
import type { StepsOptions } from './steps.ts'
import { makeOsStamper } from './stamp.ts'
import type { Stamper } from './stamp.ts'
import { Vault } from './vault/vault.ts'
import type { WorldFolder } from './world-folder.ts'

/** What an opening takes from the machine, and what tests put in the place of that. */
export interface OpenWorldOptions {
  readonly environment: KeyEnvironment
  /** Wall clock and randomness of the machine unless given. */
  readonly stamper?: Stamper
  /** The machine's clocks unless given. */
  readonly clocks?: Clocks
  /** What an earlier opening in this process believed about time: a jump that it held stays held. */
  readonly clock?: HostClock | undefined
  /** Modules that other worlds of this thread run, too; the world's own unless given. */
  readonly modules?: ModuleRuntime
  /** See `WorldStoreOptions`. */
  readonly cacheBytes?: number
  /** Others go on while the journal is replayed; unless given, all of it is replayed at once. */
  readonly slice?: StepsOptions['slice']
  /** Called now and then while the journal is replayed. */
  readonly onReplay?: (height: number) => void
  /** Takes the place of the store on disk. */
  readonly store?: OpenedStore
  /** How long to wait for another process that holds the folder for a moment; default: not at all. */
  readonly lockWaitMs?: number
  /** Opens although acknowledged entries are gone (`journal.missing`). */
  readonly acceptLoss?: boolean
}

const LOCK_RETRY_MS = 25

/** Opens, and while the lock is taken tries again. Throws `store.locked` when it stays so. */
export async function openUnlocked(path: string, options: WorldStoreOptions, waitMs: number): Promise<OpenedStore> {
  for (let waited = 0; ; waited += LOCK_RETRY_MS) {
    try {
      return await openWorldStore(path, options)
    } catch (error) {
      if (!isAosError(error) || error.code !== 'store.locked' || waited >= waitMs) throw error
      await sleep(LOCK_RETRY_MS)
    }
  }
}

/** A world's store and what a kernel on it needs; nothing has been replayed. */
export interface OpenedFolder {
  readonly folder: WorldFolder
  readonly keyFolder: string
  readonly store: OpenedStore
  readonly modules: ModuleRuntime
  /** A kernel without state; the modules are shared unless others are given. */
  readonly makeKernel: (modules?: ModuleRuntime) => World
  /** Throws `store.missing_blob` on a miss. */
  readonly readContent: (hash: Hash) => Uint8Array
  /** What kernels read content through, when it was opened here. */
  readonly ahead?: ContentAhead
  readonly vault: Vault
  /** What openings may begin with instead of a snapshot. */
  readonly findCheckpoint: FindCheckpoint
}

/** Takes the lock. Throws `store.*` (locked, corrupt, failed), `host.bad_config`, `key.inside_world`. */
export async function openFolder(folder: WorldFolder, options: OpenWorldOptions): Promise<OpenedFolder> {
  const settings = readSettings(folder.settingsFile)
  const keyFolder = resolveKeyFolder(options.environment, { root: folder.root, keys: settings.keys })
  refuseInsideWorld(keyFolder, folder.root)
  const { segmentBytes } = settings
  const storeOptions = {
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
    ...(options.acceptLoss === undefined ? {} : { acceptLoss: options.acceptLoss }),
    ...(options.cacheBytes === undefined ? {} : { cacheBytes: options.cacheBytes }),
  }
  const store = options.store ?? (await openUnlocked(folder.store, storeOptions, options.lockWaitMs ?? 0))
  const modules =
    options.modules ??
    createModuleRuntime({ sha256: nodeSha256, sourceMap: (wasmHash) => readModuleMap(folder, wasmHash) })
  const readContent = makeContentReader(store)
  const ahead = new ContentAhead(readContent)
  const makeKernel = (other?: ModuleRuntime): World =>
    createWorld({
      sha256: nodeSha256,
      modules: other ?? modules,
      profile: MODULE_PROFILE,
      content: {
        get: (hash) => ahead.get(hash),
        view: (hash) => ahead.take(hash) ?? store.content.view(hash) ?? readContent(hash),
        has: (hash) => store.content.has(hash),
      },
    })
  const vault = new Vault({
    file: folder.vault,
    keyFolder,
    environment: options.environment,
    world: () => worldIn(store),
  })
  const checkpoints = new CheckpointFolder(folder.checkpoints, keyFolder)
  const findCheckpoint = (): FoundCheckpoint | undefined => checkpoints.find()
  return { folder, keyFolder, store, modules, makeKernel, readContent, ahead, vault, findCheckpoint }
}

/** The id of the world: the leaf of its genesis, as it is durable. */
function worldIn({ journal }: OpenedStore): Hash | undefined {
  if (journal.head === undefined) return undefined
  for (const records of journal.readHeaders({ from: 0, to: 0 })) {
    const [genesis] = records
    if (genesis !== undefined) return formatHash(genesis.leaf)
  }
  return undefined
}

/**
 * Takes the lock, replays the journal and returns the world. Throws what `openFolder` throws, `host.replay_differs`,
 * `engine.unsupported`.
 */
export async function openWorld(folder: WorldFolder, options: OpenWorldOptions): Promise<HostWorld> {
  const opened = await openFolder(folder, options)
  try {
    const settings = readSettings(folder.settingsFile)
    const bad = new BadSnapshots(folder.badSnapshots)
    const steps = openNewestSteps({
      ...opened,
      bad,
      makeKernel: () => limited(opened.makeKernel(), settings),
      onReplay: options.onReplay,
    })
    const { kernel, snapshot } = await runStepsFairly(steps, { slice: options.slice })
    if (kernel.id !== undefined) ensureDispatchLog(folder.dispatchLog, { world: kernel.id, open: openIntents(kernel) })
    return new HostWorld({
      ...opened,
      kernel,
      snapshot,
      badSnapshots: bad,
      bounds: boundsOf(settings),
      stamper: options.stamper ?? makeStamper(settings, kernel, options),
    })
  } catch (error) {
    await opened.store.close()
    throw error
  }
}

/** What a process takes with a world of which nothing is in memory, its database and what V8 has not collected yet. */
const PROCESS_BYTES: number = 144 * 1024 * 1024
/** What the caches of a world may take at least. */
const CACHES_BYTES_MIN: number = 16 * 1024 * 1024
/** Shares of the rest: of what lies in memory as much again may wait for the collector. */
const CELLS_SHARE = 0.2
const NODES_SHARE = 0.15
const DIRTY_SHARE = 0.2
const CHECKPOINT_SHARE = 0.4

/** What the caches of a world may take so that the process stays below the setting. */
function cachesOf({ cacheBytes }: HostSettings): number {
  return Math.max(CACHES_BYTES_MIN, cacheBytes - PROCESS_BYTES)
}

function limited(kernel: World, settings: HostSettings): World {
  const bytes = cachesOf(settings)
  kernel.limitMemory({ cells: bytes * CELLS_SHARE, nodes: bytes * NODES_SHARE })
  return kernel
}

function boundsOf(settings: HostSettings): SnapshotBounds {
  const bytes = cachesOf(settings)
  return {
    ...DEFAULT_BOUNDS,
    recoveryMs: settings.recoveryMs,
    dirtyBytes: Math.min(DEFAULT_BOUNDS.dirtyBytes, bytes * DIRTY_SHARE),
    checkpointBytes: Math.min(DEFAULT_BOUNDS.checkpointBytes, bytes * CHECKPOINT_SHARE),
  }
}

/** Intents that an earlier process may have called. */
function openIntents(kernel: World): readonly Hash[] {
  return [...kernel.listIntents()].filter(({ status }) => status !== 'parked').map(({ hash }) => hash)
}

function makeStamper(settings: HostSettings, kernel: World, options: OpenWorldOptions): Stamper {
  const holds = settings.clock.holdAtOpen && kernel.head !== undefined && kernel.time.clock === 'real'
  const clock = options.clock ?? new HostClock(options.clocks, holds ? kernel.time.nowNs : undefined)
  return makeOsStamper({ clock, seed: settings.entropy.seed })
}

/** Content by hash for a kernel: a miss is a fault. */
export function makeContentReader(store: { readonly content: Pick<ContentStore, 'get'> }): (hash: Hash) => Uint8Array {
  return (hash) => {
    const bytes = store.content.get(hash)
    if (bytes !== undefined) return bytes
    throw new AosError('store.missing_blob', `the store lacks ${hash}`, {
      details: { hash },
      hint: 'run `aos journal verify`; restore the store from a copy',
    })
  }
}
