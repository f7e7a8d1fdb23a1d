/**
 * One open world: a kernel, its journal and the loop between them.
 *
 * A turn runs at once; its reply leaves only when the head it saw is durable (D10). After a fault, a conflict or a
 * failed write the world takes nothing more and must be opened again.
 */
import { AosError, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { Ingress, ModuleRuntime, TurnResult, World } from '@aos/kernel'
import type {
  CompactOptions,
  CompactReport,
  ContentStore,
  JournalPort,
  LogHead,
  RootEntry,
  SnapshotNote,
  SnapshotNotes,
} from '@aos/store'
import { HostClock } from './clock.ts'
import type { ClockReport } from './clock.ts'
import { CommitLoop } from './commit-loop.ts'
import { CheckpointFolder } from './checkpoints/checkpoint-folder.ts'
import type { FindCheckpoint } from './checkpoints/checkpoint-folder.ts'
import { Checkpointer } from './checkpoints/checkpointer.ts'
import { FaultLog } from './fault-log.ts'
import { BadSnapshots, isStateUnreadable } from './snapshots/bad-snapshots.ts'
import { DEFAULT_BOUNDS } from './snapshots/recovery-cost.ts'
import type { SnapshotBounds } from './snapshots/recovery-cost.ts'
import { Snapshotter } from './snapshots/snapshotter.ts'
import { MadeContent } from './made-content.ts'
import { UploadLeases, withLeases } from './retention/upload-leases.ts'
import { loadDefinitions } from './definitions.ts'
import type { Definitions } from './definitions.ts'
import { localPrincipal } from './principal.ts'
import { OneAtATime } from './sync/one-at-a-time.ts'
import type { KeyPair } from './keys/key-pair.ts'
import { findHostKey } from './receipts/host-key.ts'
import type { Stamper } from './stamp.ts'
import type { Vault } from './vault/vault.ts'
import type { WorldFolder } from './world-folder.ts'

/** A world's store as `@aos/store` opens it. */
export interface OpenedStore {
  readonly journal: JournalPort
  readonly content: ContentStore
  readonly snapshotNotes: SnapshotNotes
  findRoots(limit: number): Iterable<RootEntry>
  /** Size and root of the log over what is durable. */
  logHead(): LogHead
  /** Throws what `compact` of `WorldStore` throws. */
  compact(options: CompactOptions): Promise<CompactReport>
  close(): Promise<void>
}

/** What `openWorld` puts together for a world; the store and its lock belong to the world from then on. */
export interface HostWorldParts {
  readonly folder: WorldFolder
  readonly keyFolder: string
  readonly store: OpenedStore
  readonly kernel: World
  readonly modules: ModuleRuntime
  readonly stamper: Stamper
  /** A kernel without state on the same store, for replays; modules are shared unless others are given. */
  readonly makeKernel: (modules?: ModuleRuntime) => World
  /** Throws `store.missing_blob` on a miss. */
  readonly readContent: (hash: Hash) => Uint8Array
  readonly vault: Vault
  /** What openings may begin with instead of a snapshot; absent: nothing. */
  readonly findCheckpoint?: FindCheckpoint
  /** What the kernel was opened from; absent: genesis. */
  readonly snapshot?: SnapshotNote | undefined
  readonly badSnapshots?: BadSnapshots
  readonly bounds?: SnapshotBounds
}

/** Called right after a turn whose entry waits to become durable. Must not submit anything itself. */
export type OnTurn = (result: Extract<TurnResult, { readonly kind: 'accepted' }>, ingress: Ingress) => void

/**
 * One open world with its journal: stamps, submits and acknowledges. After a fault it only closes; opening again
 * replays.
 */
export class HostWorld {
  readonly folder: WorldFolder
  readonly keyFolder: string
  readonly store: OpenedStore
  /** What was put into content since it was opened. */
  readonly leases: UploadLeases = new UploadLeases()
  /** Folders and workspaces are brought together one after the other. */
  readonly syncs: OneAtATime = new OneAtATime()
  readonly kernel: World
  readonly modules: ModuleRuntime
  readonly makeKernel: (modules?: ModuleRuntime) => World
  readonly readContent: (hash: Hash) => Uint8Array
  readonly vault: Vault
  readonly bounds: SnapshotBounds
  readonly findCheckpoint: FindCheckpoint
  readonly #stamper: Stamper
  readonly #loop: CommitLoop
  readonly #faults: FaultLog
  readonly #snapshotter: Snapshotter
  readonly #checkpointer: Checkpointer
  readonly #made: MadeContent
  readonly #bad: BadSnapshots
  #snapshot: SnapshotNote | undefined
  readonly #observers = new Set<OnTurn>()
  #failure: AosError | undefined
  #brake: (() => Promise<void> | undefined) | undefined
  #hasWritten = false
  #definitions: Definitions | undefined

  constructor(parts: HostWorldParts) {
    this.folder = parts.folder
    this.keyFolder = parts.keyFolder
    this.store = leased(parts.store, this.leases)
    this.kernel = parts.kernel
    this.modules = parts.modules
    this.makeKernel = parts.makeKernel
    this.readContent = parts.readContent
    this.vault = parts.vault
    this.#stamper = parts.stamper
    this.#faults = new FaultLog(parts.folder.faults)
    this.bounds = parts.bounds ?? DEFAULT_BOUNDS
    this.#bad = parts.badSnapshots ?? new BadSnapshots(parts.folder.badSnapshots)
    this.#snapshot = parts.snapshot
    this.findCheckpoint = parts.findCheckpoint ?? (() => undefined)
    this.#made = new MadeContent({
      kernel: parts.kernel,
      content: parts.store.content,
      onFailure: (error) => {
        this.#failure ??= faultOf(error)
      },
    })
    // What the replay made and nobody had stored.
    this.#made.collect()
    this.#checkpointer = new Checkpointer({
      kernel: parts.kernel,
      folder: new CheckpointFolder(parts.folder.checkpoints, parts.keyFolder),
      bounds: this.bounds,
      areRead: () => this.#bad.isEmpty,
      findKey: () => hostKeyOf(parts.keyFolder, parts.kernel),
      durable: () => {
        this.flush()
        return this.durable()
      },
    })
    this.#snapshotter = new Snapshotter({
      kernel: parts.kernel,
      content: parts.store.content,
      notes: parts.store.snapshotNotes,
      bounds: this.bounds,
      hasCheckpoints: () => this.#checkpointer.isAble && !this.#checkpointer.isFull,
      submit: (ingress) => this.submit(ingress),
      flush: () => this.flush(),
      durable: () => this.durable(),
      stored: () => this.#made.stored(),
      onFailure: (error) => {
        this.#failure ??= faultOf(error)
      },
      onSnapshot: (note) => {
        this.#snapshot = note
        this.#bad.clear()
        this.#checkpointer.forgetBefore(note.cut)
      },
    })
    this.#loop = new CommitLoop({
      journal: parts.store.journal,
      worldId: () => this.id,
      onFailure: (error) => {
        this.#failure ??= error
      },
    })
  }

  /** Throws `host.no_genesis`. */
  get id(): Hash {
    const id = this.kernel.id
    if (id === undefined) throw noGenesis()
    return id
  }

  /** The definitions in force, decoded once per manifest. Throws `host.no_genesis`. */
  get definitions(): Definitions {
    const hash = this.kernel.manifestHash
    if (hash === undefined) throw noGenesis()
    if (this.#definitions?.manifestHash !== hash) this.#definitions = loadDefinitions(hash, this.readContent)
    return this.#definitions
  }

  /**
   * Runs one turn and hands its entry to the commit loop, which waits for `flush`. The result must not leave the
   * process before `durable`. Throws `host.stopped`, and `host.fault` when the machine failed (K11).
   */
  submit(ingress: Ingress): TurnResult {
    if (this.#failure !== undefined) throw stopped(this.#failure)
    if (this.#faults.isQuarantined(ingress)) return { kind: 'refused', error: quarantined(ingress) }
    const stamp = this.#stamper.next(ingress, this.kernel)
    let result: TurnResult
    try {
      result = this.kernel.submit(ingress, stamp)
    } catch (thrown) {
      this.#failure = faultOf(thrown)
      // The state could not be read: that is not the ingress's doing, and another snapshot may have it.
      const { base } = this.kernel
      if (base !== undefined && isStateUnreadable(thrown)) this.#bad.add(base)
      else this.#faults.record(ingress)
      throw this.#failure
    }
    if (result.kind === 'accepted') {
      this.#hasWritten = true
      this.#made.collect()
      this.#loop.add({ height: result.height, leaf: result.leaf, bytes: result.entry })
      for (const observer of this.#observers) observer(result, ingress)
      this.#checkpointer.note()
      this.#snapshotter.note()
    }
    return result
  }

  /** Tells of every entry that anybody adds. Returns what ends it. */
  observe(observer: OnTurn): () => void {
    this.#observers.add(observer)
    return () => {
      this.#observers.delete(observer)
    }
  }

  /** What stopped the world; undefined while it takes input. */
  get failure(): AosError | undefined {
    return this.#failure
  }

  /** True when the machine failed twice at a receipt for this intent (K11). */
  isReceiptQuarantined(intent: Hash): boolean {
    return this.#faults.isReceiptQuarantined(intent)
  }

  flush(): void {
    this.#loop.flush()
  }

  /** A promise while the world has to catch up with a snapshot or with results of effects: who has many events waits for it before the next one. */
  catchingUp(): Promise<void> | undefined {
    return this.#checkpointer.catchingUp() ?? this.#snapshotter.catchingUp() ?? this.#brake?.()
  }

  /** From now on `brake` says, too, when a stream has to wait. Returns what ends that. */
  brakeStreams(brake: () => Promise<void> | undefined): () => void {
    this.#brake = brake
    return () => {
      if (this.#brake === brake) this.#brake = undefined
    }
  }

  /** Resolves when everything that was submitted is durable; undefined when it is. Rejects with what went wrong. */
  durable(): Promise<void> | undefined {
    const journaled = this.#loop.durable()
    const stored = this.#made.stored()
    if (stored === undefined) return journaled
    return journaled === undefined ? stored : Promise.all([journaled, stored]).then(() => undefined)
  }

  /** One turn, answered when it is durable. */
  async send(ingress: Ingress): Promise<TurnResult> {
    const result = this.submit(ingress)
    this.#loop.flush()
    const durable = this.durable()
    if (durable !== undefined) await durable
    return result
  }

  /** For the next opening of this world in this process. */
  get hostClock(): HostClock | undefined {
    return this.#stamper.clock
  }

  /** What the host believes about time; undefined when the stamper holds nothing. */
  get clock(): ClockReport | undefined {
    return this.#stamper.clock?.report()
  }

  /** True while a jump of the wall clock is held, as of the last stamp. Costs nothing. */
  get isClockHeld(): boolean {
    return this.#stamper.clock?.isHeld === true
  }

  /** Journals the wall time as a `clock` entry and believes the wall clock from then on. Throws `host.virtual_clock`. */
  async acceptClock(): Promise<TurnResult> {
    if (this.kernel.time.clock === 'virtual') {
      throw new AosError('host.virtual_clock', 'the clock of this world is virtual: the wall clock does not count', {
        hint: 'set its time with `aos clock advance`',
      })
    }
    const clock = this.#stamper.clock ?? new HostClock()
    const result = await this.send({ kind: 'clock', principal: localPrincipal(), nowNs: clock.wallNs() })
    if (result.kind === 'accepted') clock.accept()
    return result
  }

  /** Journals a time: how it moves in a world with a virtual clock. Throws `host.real_clock`. */
  async setClock(nowNs: bigint): Promise<TurnResult> {
    if (this.kernel.time.clock === 'real') {
      throw new AosError('host.real_clock', 'the clock of this world is real, so its time is that of the machine', {
        hint: 'make a world with a virtual clock: `aos init DIR --clock virtual`',
      })
    }
    return this.send({ kind: 'clock', principal: localPrincipal(), nowNs })
  }

  /** Anything computed from state, answered when the head it saw is durable. */
  async read<T>(compute: (world: World) => T): Promise<T> {
    if (this.#failure !== undefined) throw stopped(this.#failure)
    const result = compute(this.kernel)
    this.#loop.flush()
    await this.durable()
    return result
  }

  /** The newest snapshot that is whole; undefined: opening derives everything. */
  get snapshot(): SnapshotNote | undefined {
    return this.#snapshot
  }

  /** Cuts a snapshot now, or waits for the one under way. Resolves when its root is durable. */
  createSnapshot(): Promise<SnapshotNote> {
    return this.#snapshotter.create()
  }

  /** Finishes what is under way and releases the folder. `isCleanStop`: a host that held the world for long leaves a snapshot behind. */
  async close(options: { readonly isCleanStop: boolean } = { isCleanStop: false }): Promise<void> {
    const end = options.isCleanStop ? 'stop' : this.#hasWritten ? 'command' : 'reading'
    if (this.#failure === undefined) await this.#snapshotter.finish(end)
    await this.#checkpointer.finish()
    await this.#loop.drain()
    await this.#made.stored()?.catch(() => undefined)
    await this.store.close()
  }
}

/** The same store; what is put into its content is noted. */
function leased(store: OpenedStore, leases: UploadLeases): OpenedStore {
  return {
    journal: store.journal,
    content: withLeases(store.content, leases),
    snapshotNotes: store.snapshotNotes,
    findRoots: (limit) => store.findRoots(limit),
    logHead: () => store.logHead(),
    compact: (options) => store.compact(options),
    close: () => store.close(),
  }
}

/** A key that others are told of when it is missing: here the world goes on without it. */
function hostKeyOf(keyFolder: string, kernel: World): KeyPair | undefined {
  try {
    return findHostKey(keyFolder, kernel.keys)
  } catch (error) {
    if (isAosError(error)) return undefined
    throw error
  }
}

function noGenesis(): AosError {
  return new AosError('host.no_genesis', 'the world has no genesis yet', { hint: 'run `aos push`' })
}

function stopped(failure: AosError): AosError {
  if (failure.code === 'host.stopped') return failure
  return new AosError('host.stopped', `the world was stopped: ${failure.message}`, {
    cause: failure,
    details: { code: failure.code },
    hint: 'open it again',
  })
}

function quarantined({ kind }: Ingress): AosError {
  return new AosError('host.quarantined', `the machine failed twice at this ${kind}, so it is refused`, {
    hint: 'look at memory and disk; then remove .aos/faults',
  })
}

function faultOf(thrown: unknown): AosError {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new AosError('host.fault', `the machine failed during a turn, nothing was recorded: ${message}`, {
    cause: thrown,
    details: isAosError(thrown) ? { code: thrown.code } : undefined,
    hint: 'run the command again; if it fails twice, look at memory and disk',
  })
}
