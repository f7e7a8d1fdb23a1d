/**
 * Cuts snapshots of a world while it goes on (K28; spec/16-snapshots.md, "Cut and root"): a cut, slices of nodes between turns, stored as they come, and
 * the root when all of them are durable.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AosError, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { FreshBlob, Ingress, TurnResult, World } from '@aos/kernel'
import type { ContentStore, SnapshotNote, SnapshotNotes } from '@aos/store'
import { CatchUp } from '../catch-up.ts'
import { isPastBounds, isRecoveryDue, isSnapshotDue, recoveryCost } from './recovery-cost.ts'
import type { SnapshotBounds } from './recovery-cost.ts'

/** What snapshots are made of and where they go. */
export interface SnapshotterParts {
  readonly kernel: World
  readonly content: ContentStore
  readonly notes: SnapshotNotes
  readonly bounds: SnapshotBounds
  /** True when checkpoints keep openings short, so that no snapshot is due for that. */
  readonly hasCheckpoints: () => boolean
  /** Runs one turn; its entry waits for `flush`. */
  readonly submit: (ingress: Ingress) => TurnResult
  readonly flush: () => void
  /** Resolves when everything that was submitted is durable. */
  readonly durable: () => Promise<void> | undefined
  /** Resolves when what turns have made is durable. */
  readonly stored: () => Promise<void> | undefined
  /** Called when the store failed; the world takes nothing more then. */
  readonly onFailure: (error: unknown) => void
  /** Called when a snapshot is whole and its root durable. */
  readonly onSnapshot: (note: SnapshotNote) => void
}

const PRINCIPAL = 'host:snapshot'
/** Work between two turns of the event loop: a fraction of a millisecond. */
const SLICE_BYTES: number = 256 * 1024
/** Under pressure, slices grow up to this many times. */
const SLICE_FACTOR_MAX = 4
/** What is stored with one durable write. */
const BATCH_BYTES: number = 1024 * 1024
/** Writes under way while more nodes are made. */
const WRITES_MAX = 2
/** Below, an end leaves it at what is there. */
const WORTH_MS: Readonly<Record<EndOfWorld, number>> = { stop: 5, command: 15, reading: Number.POSITIVE_INFINITY }
const WORTH_ENTRIES: Readonly<Record<EndOfWorld, number>> = {
  stop: 64,
  command: Number.POSITIVE_INFINITY,
  reading: Number.POSITIVE_INFINITY,
}

/** Who lets go of the world: a host that held it for long, a command that wrote to it, or one that only read. */
export type EndOfWorld = 'stop' | 'command' | 'reading'

/** One serves one open world. */
export class Snapshotter {
  readonly #parts: SnapshotterParts
  #running: Promise<SnapshotNote | undefined> | undefined
  #isHurried = false
  /** Who waits until the root of the snapshot under way stands. */
  readonly #catchUp: CatchUp

  constructor(parts: SnapshotterParts) {
    this.#parts = parts
    this.#catchUp = new CatchUp(() => isPastBounds(parts.kernel, parts.bounds))
  }

  /** To be called after every turn: begins a snapshot when one is due. Cheap. */
  note(): void {
    // What goes wrong is told to the world.
    if (this.#running === undefined && this.#isDue()) this.create().catch(() => undefined)
  }

  /**
   * A promise while more has come behind the newest snapshot than an opening may derive again, and the next one is not whole yet: who has
   * many events waits for it, but not until its root is durable, for no later event is before it is. It never rejects. Cheap.
   */
  catchingUp(): Promise<void> | undefined {
    return this.#running === undefined ? undefined : this.#catchUp.wait()
  }

  /** The snapshot under way, or a new one, whole and with its root durable. Rejects with what went wrong. */
  async create(): Promise<SnapshotNote> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      this.#catchUp.release()
    })
    const note = await this.#running
    if (note !== undefined) return note
    throw new AosError('host.stopped', 'the world was stopped before the snapshot was whole', { hint: 'open it again' })
  }

  /** Ends what is under way, and cuts one when there is still something worth it: the next opening is then quick. */
  async finish(end: EndOfWorld): Promise<void> {
    this.#isHurried = true
    try {
      await this.#running
      if (this.#isWorth(end)) await this.create()
    } catch {
      // Told to whoever waited for it, and to the world.
    }
  }

  #isDue(): boolean {
    const { kernel, bounds } = this.#parts
    if (!kernel.hasSnapshots) return false
    return isSnapshotDue(kernel, bounds) || (isRecoveryDue(kernel, bounds) && !this.#parts.hasCheckpoints())
  }

  #isWorth(end: EndOfWorld): boolean {
    const { kernel } = this.#parts
    if (!kernel.hasSnapshots) return false
    return kernel.tail.entries >= WORTH_ENTRIES[end] || recoveryCost(kernel) >= WORTH_MS[end]
  }

  /** undefined: the world stopped meanwhile, for a reason that others are told. */
  async #run(): Promise<SnapshotNote | undefined> {
    const { submit, flush, durable, stored, notes, onFailure, onSnapshot } = this.#parts
    try {
      // Never inside a turn, nor inside the call that ended one.
      await nextTurn()
      accepted(submit({ kind: 'snapshot_cut', principal: PRINCIPAL }))
      flush()
      const { cut, root } = await this.#store()
      await stored()
      const rootHeight = accepted(submit({ kind: 'snapshot_root', principal: PRINCIPAL, cut, root }))
      flush()
      this.#catchUp.release()
      await durable()
      const note: SnapshotNote = { cut, rootHeight, root }
      notes.put(note)
      onSnapshot(note)
      return note
    } catch (error) {
      if (isAosError(error) && error.code === 'host.stopped') return undefined
      onFailure(error)
      throw error
    }
  }

  /** Makes and stores everything of the cut. */
  async #store(): Promise<{ readonly cut: number; readonly root: Hash }> {
    const writes: Promise<void>[] = []
    try {
      return await this.#makeAndWrite(writes)
    } finally {
      await Promise.allSettled(writes)
    }
  }

  async #makeAndWrite(writes: Promise<void>[]): Promise<{ readonly cut: number; readonly root: Hash }> {
    const { kernel, content } = this.#parts
    let batch: FreshBlob[] = []
    let bytes = 0
    const store = async (): Promise<void> => {
      const write = content.putHashed(batch)
      // What goes wrong is told to whoever waits for all of them.
      write.catch(() => undefined)
      writes.push(write)
      batch = []
      bytes = 0
      if (writes.length >= WRITES_MAX) await writes.at(-WRITES_MAX)
    }
    for (;;) {
      const work = kernel.snapshot
      if (work === undefined) throw new AosError('host.stopped', 'the snapshot was given up')
      for (const blob of kernel.sliceSnapshot(this.#sliceBytes())) {
        batch.push(blob)
        bytes += blob.bytes.length
      }
      const { root } = work
      if (bytes >= BATCH_BYTES || root !== undefined) await store()
      if (root !== undefined) {
        await Promise.all(writes)
        return { cut: work.cut, root }
      }
      await nextTurn()
    }
  }

  /** Who falls behind makes larger slices: the world slows down rather than taking longer and longer to recover. */
  #sliceBytes(): number {
    const { kernel, bounds } = this.#parts
    if (this.#isHurried) return SLICE_BYTES * SLICE_FACTOR_MAX
    const pressure = Math.max(recoveryCost(kernel) / bounds.recoveryMs, kernel.memory.dirty / bounds.dirtyBytes)
    return Math.round(SLICE_BYTES * Math.min(SLICE_FACTOR_MAX, Math.max(1, pressure * pressure)))
  }
}

/** The height of the entry. */
function accepted(result: TurnResult): number {
  if (result.kind === 'accepted') return result.height
  if (result.kind === 'refused') throw result.error
  throw new AosError('host.fault', 'the kernel took a snapshot for another one')
}
