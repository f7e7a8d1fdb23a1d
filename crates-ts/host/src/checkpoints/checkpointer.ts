/**
 * Takes checkpoints of a world while it goes on (spec/16-snapshots.md, "Checkpoints"): what has changed is taken down between two turns, written in pieces
 * between later ones, and counts when it is durable. Where changes are too many for that, it asks for a snapshot.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Hash } from '@aos/cbor'
import type { CheckpointWork, World } from '@aos/kernel'
import type { KeyPair } from '../keys/key-pair.ts'
import { CatchUp } from '../catch-up.ts'
import {
  checkpointCost,
  checkpointCostMax,
  isPastBounds,
  isRecoveryDue,
  recoveryCost,
} from '../snapshots/recovery-cost.ts'
import type { SnapshotBounds } from '../snapshots/recovery-cost.ts'
import type { CheckpointFile, CheckpointFolder } from './checkpoint-folder.ts'

/** What checkpoints are made of and where they go. */
export interface CheckpointerParts {
  readonly kernel: World
  readonly folder: CheckpointFolder
  readonly bounds: SnapshotBounds
  /** False: openings do not read checkpoints, for something was unreadable before. */
  readonly areRead: () => boolean
  /** Undefined: there is no key of this host, so none can be signed. */
  readonly findKey: () => KeyPair | undefined
  /** Resolves when all entries that were submitted are durable, and what they made; nobody else need see to that. Rejects when the world has failed. */
  readonly durable: () => Promise<void> | undefined
}

/** Work between two turns of the event loop: a fraction of a millisecond. */
const PIECE_BYTES: number = 64 * 1024
/** A checkpoint that is begun anew has to have at most so much of what a file may cost. */
const ANEW_SHARE = 0.7
/** Of the bound: behind the newest checkpoint there has to be so much that another is worth it. */
const WORTH_SHARE = 0.2

/** Checkpoints on one base, signed by one key. */
interface Series {
  readonly file: CheckpointFile
  readonly base: Hash | undefined
  readonly key: KeyPair
  /** Height of the newest. */
  height: number
  changes: number
  changeBytes: number
}

/** One serves one open world. */
export class Checkpointer {
  readonly #parts: CheckpointerParts
  /** As of the newest change of the world's keys. */
  #signer: { readonly keysHeight: number; readonly key: KeyPair | undefined } | undefined
  #series: Series | undefined
  /** Changes on this base are too many: a snapshot has to come. */
  #full: { readonly base: Hash | undefined } | undefined
  #running: Promise<void> | undefined
  #hasFailed = false
  readonly #catchUp: CatchUp

  constructor(parts: CheckpointerParts) {
    this.#parts = parts
    this.#catchUp = new CatchUp(() => isPastBounds(parts.kernel, parts.bounds))
  }

  /** False: snapshots alone keep openings short. */
  get isAble(): boolean {
    const { kernel, areRead } = this.#parts
    // Without snapshots nothing would ever end a file.
    return !this.#hasFailed && kernel.hasSnapshots && areRead() && this.#key !== undefined
  }

  /** True when only a snapshot helps. */
  get isFull(): boolean {
    return this.#full !== undefined && this.#full.base === this.#parts.kernel.base
  }

  /** To be called after every turn: takes one when it is due. Cheap when none is. */
  note(): void {
    const { kernel, bounds } = this.#parts
    if (this.#running !== undefined || !isRecoveryDue(kernel, bounds) || !this.isAble) return
    const how = this.#choose()
    if (how === undefined) return
    const running: Promise<void> = this.#run(how).finally(() => {
      this.#running = undefined
      this.#catchUp.release()
    })
    this.#running = running
  }

  /** A promise while one is being written and the bound is passed; it never rejects. */
  catchingUp(): Promise<void> | undefined {
    return this.#running === undefined ? undefined : this.#catchUp.wait()
  }

  /** A snapshot of this cut is whole: older checkpoints are of no use. */
  forgetBefore(cut: number): void {
    if (this.#running !== undefined || (this.#series?.height ?? -1) > cut) return
    this.#series?.file.close()
    this.#series = undefined
    this.#parts.folder.removeOthers()
  }

  /** Resolves when nothing is being written. */
  async finish(): Promise<void> {
    await this.#running
    this.#series?.file.close()
    this.#series = undefined
    this.#hasFailed = true
  }

  get #key(): KeyPair | undefined {
    const { kernel, findKey } = this.#parts
    const { keysHeight } = kernel
    if (this.#signer?.keysHeight !== keysHeight) this.#signer = { keysHeight, key: findKey() }
    return this.#signer.key
  }

  /** What another checkpoint on this base can be written behind. */
  #seriesOn(base: Hash | undefined): Series | undefined {
    const series = this.#series
    return series !== undefined && series.base === base && series.key === this.#key ? series : undefined
  }

  /** undefined: none; there is too little behind the newest, or a snapshot has to come. */
  #choose(): 'append' | 'anew' | undefined {
    const { kernel, bounds } = this.#parts
    const { base } = kernel
    const costMax = checkpointCostMax(bounds)
    const series = this.#seriesOn(base)
    const isFull = this.isFull
    const hasRoom =
      series !== undefined && checkpointCost(series) < costMax && series.changeBytes < bounds.checkpointBytes
    if (series !== undefined && (isFull || hasRoom)) {
      return recoveryCost(kernel) - checkpointCost(series) > bounds.recoveryMs * WORTH_SHARE ? 'append' : undefined
    }
    if (isFull) return undefined
    const cost = checkpointCost({ changes: kernel.changes, changeBytes: kernel.changes * CHANGE_BYTES })
    if (cost < costMax * ANEW_SHARE && kernel.snapshot === undefined) return 'anew'
    this.#full = { base }
    return series === undefined ? undefined : 'append'
  }

  /** Never rejects: without checkpoints the world goes on with snapshots alone. */
  async #run(how: 'append' | 'anew'): Promise<void> {
    const { kernel, folder, durable } = this.#parts
    try {
      // Never inside a turn.
      await nextTurn()
      const key = this.#key
      if (key === undefined) return
      const work = kernel.takeCheckpoint(how === 'anew' ? 'root' : 'checkpoint')
      // A root may have come since.
      if (how === 'append' && this.#seriesOn(work.base) === undefined) return
      const { body, length } = await this.#write(work)
      await durable()
      const series: Series =
        how === 'append' && this.#series !== undefined
          ? this.#series
          : { file: folder.create(work.height), base: work.base, key, height: -1, changes: 0, changeBytes: 0 }
      await series.file.append(key, body)
      series.height = work.height
      series.changes += work.changes
      series.changeBytes += length
      this.#begin(series)
      kernel.keepCheckpoint({ changes: series.changes, bytes: series.changeBytes })
    } catch {
      // The world has failed, which others are told, or the disk takes nothing more.
      this.#hasFailed = true
    }
  }

  async #write(work: CheckpointWork): Promise<{ readonly body: readonly Uint8Array[]; readonly length: number }> {
    const body: Uint8Array[] = []
    let length = 0
    for (let piece = work.next(PIECE_BYTES); piece !== undefined; piece = work.next(PIECE_BYTES)) {
      body.push(piece)
      length += piece.length
      await nextTurn()
    }
    return { body, length }
  }

  #begin(series: Series): void {
    if (series === this.#series) return
    this.#series?.file.close()
    this.#series = series
    this.#parts.folder.removeOthers(series.file.name)
  }
}

/** Of a change that nobody has written yet. */
const CHANGE_BYTES = 128
