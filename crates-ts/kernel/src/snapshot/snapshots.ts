/** Snapshots of one world, as its turns see them: the one under way, the one it was opened from, and what lies behind (K28). */
import type { Hash, Sha256Port } from '@aos/cbor'
import type { FreshBlob } from '../collections/fresh-nodes.ts'
import type { ChangesSince } from '../collections/part.ts'
import { kernelError } from '../errors.ts'
import type { SnapshotRootIngress } from '../ingress.ts'
import type { WorldState } from '../state.ts'
import { takeCheckpoint } from './checkpoint.ts'
import type { CheckpointHead, CheckpointWork } from './checkpoint.ts'
import { SnapshotWork } from './snapshot-work.ts'
import { TailCost } from './tail-cost.ts'
import type { CheckpointSize } from './tail-cost.ts'

/** How an entry came about: live, replayed as it is, or derived to be compared. */
export type EntrySource = 'live' | 'replayed' | 'verified'

/** One serves a world for as long as it is in memory. */
export class Snapshots {
  readonly #sha256: Sha256Port
  readonly tail: TailCost = new TailCost()
  #work: SnapshotWork | undefined
  #openedFrom: { readonly cut: number; readonly root: Hash } | undefined
  /** What the collections rest on; undefined: nothing. */
  #base: Hash | undefined

  constructor(sha256: Sha256Port) {
    this.#sha256 = sha256
  }

  get base(): Hash | undefined {
    return this.#base
  }

  get work(): SnapshotWork | undefined {
    return this.#work
  }

  /** The world starts from this snapshot. */
  openedFrom(cut: number, root: Hash): void {
    this.#openedFrom = { cut, root }
    this.#base = root
  }

  /** The world starts from checkpoints on one base; the head is that of the last one. */
  openedFromCheckpoint({ base, behind }: CheckpointHead, size: CheckpointSize): void {
    this.#base = base
    this.tail.restore(behind, size)
  }

  takeCheckpoint(state: WorldState, since: ChangesSince): CheckpointWork {
    const work = takeCheckpoint(state, { base: this.#base, behind: this.tail.behindRoot, since })
    this.tail.take()
    return work
  }

  slice(bytesMax: number): readonly FreshBlob[] {
    return this.#work?.next(bytesMax) ?? []
  }

  /** The state is that of the end of a cut's entry. Plain replay makes no snapshots: those that it passes are stored, or came to no root. */
  cut(state: WorldState, source: EntrySource): void {
    this.tail.cut()
    this.#work = source === 'replayed' ? undefined : new SnapshotWork(this.#sha256, state)
  }

  /** The root of the newest cut stands. Who verifies has stored nothing. */
  adopt(source: EntrySource): void {
    this.tail.root()
    if (source === 'live') this.#base = this.#work?.root
    this.#work?.adopt(source === 'live')
    this.#work = undefined
  }

  /** What a live root is held to. Throws `kernel.no_cut`, `kernel.snapshot_root`. */
  checkRoot({ cut, root }: SnapshotRootIngress): void {
    const work = this.#work
    if (work?.cut !== cut || work.root === undefined) {
      throw kernelError('kernel.no_cut', `the cut at height ${cut} has not come to a root`, { path: ['cut'] })
    }
    if (work.root === root) return
    throw kernelError('kernel.snapshot_root', `the cut comes to ${work.root}, found ${root}`, { path: ['root'] })
  }

  /** What a recorded root should be; undefined when that cannot be told without deriving it, which plain replay does not. */
  expectedRoot({ cut }: SnapshotRootIngress, source: EntrySource): string | undefined {
    if (this.#openedFrom?.cut === cut) return this.#openedFrom.root
    if (source === 'replayed') return undefined
    return this.#work?.cut === cut ? this.#work.finish() : 'no such cut'
  }
}
