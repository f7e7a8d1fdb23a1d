/** What lies behind the newest snapshot, and behind the newest checkpoint: what opening would have to do again (K28; spec/16-snapshots.md, "When to cut"). */

/** Amounts behind the newest cut that has a root, or from the beginning, as recorded in entries. */
export interface TailAmounts {
  readonly entries: number
  /** Of whole entries. */
  readonly bytes: number
  readonly fuel: number
}

/** What an opening that begins with the newest checkpoint or snapshot would have to do. */
export interface RecoveryAmounts extends TailAmounts {
  /** Nodes and states that it would read for cells that changed, reckoned. */
  readonly reads: number
  /** Changes and bytes of the checkpoint that it would begin with. */
  readonly changes: number
  readonly changeBytes: number
}

/** How large a checkpoint is that is durable. */
export interface CheckpointSize {
  readonly changes: number
  readonly bytes: number
}

interface Totals extends TailAmounts {
  readonly reads: number
}

const NOTHING: Totals = { entries: 0, bytes: 0, fuel: 0, reads: 0 }
const NO_CHECKPOINT: CheckpointSize = { changes: 0, bytes: 0 }

/** Totals as they are, less what they were at a mark. Looked at after every turn: nothing is made for that. */
class Behind implements RecoveryAmounts {
  readonly #totals: Totals
  mark: Totals = NOTHING
  size: CheckpointSize = NO_CHECKPOINT

  constructor(totals: Totals) {
    this.#totals = totals
  }

  get entries(): number {
    return this.#totals.entries - this.mark.entries
  }

  get bytes(): number {
    return this.#totals.bytes - this.mark.bytes
  }

  get fuel(): number {
    return this.#totals.fuel - this.mark.fuel
  }

  get reads(): number {
    return this.#totals.reads - this.mark.reads
  }

  get changes(): number {
    return this.size.changes
  }

  get changeBytes(): number {
    return this.size.bytes
  }
}

/** Adds up entries, and starts again from the cut whose root has come, or from a checkpoint. */
export class TailCost {
  readonly #totals = { ...NOTHING }
  readonly #behindRoot = new Behind(this.#totals)
  readonly #recovery = new Behind(this.#totals)
  #atCut: Totals = NOTHING
  /** Of the checkpoint that is being written. */
  #atTaken: Totals = NOTHING

  /** Goes on changing. */
  get behindRoot(): TailAmounts {
    return this.#behindRoot
  }

  /** Goes on changing. */
  get recovery(): RecoveryAmounts {
    return this.#recovery
  }

  /** `reads`: all that were ever reckoned for the state in memory. */
  add(bytes: number, fuel: number, reads: number): void {
    const totals = this.#totals
    totals.entries += 1
    totals.bytes += bytes
    totals.fuel += fuel
    totals.reads = reads
  }

  /** The entry of the cut itself was added before. */
  cut(): void {
    this.#atCut = { ...this.#totals }
  }

  /** The root of the newest cut. A checkpoint that is newer than the cut stays what openings begin with. */
  root(): void {
    this.#behindRoot.mark = this.#atCut
    if (this.#atCut.entries >= this.#recovery.mark.entries) this.#startAt(this.#atCut, NO_CHECKPOINT)
  }

  /** A checkpoint is taken down. */
  take(): void {
    this.#atTaken = { ...this.#totals }
  }

  /** The checkpoint that was taken down last is durable. A root may have come that is newer. */
  keep(size: CheckpointSize): void {
    if (this.#atTaken.entries >= this.#recovery.mark.entries) this.#startAt(this.#atTaken, size)
  }

  /** The world was opened from a checkpoint; `behind`: the newest root. */
  restore({ entries, bytes, fuel }: TailAmounts, size: CheckpointSize): void {
    Object.assign(this.#totals, { entries, bytes, fuel })
    this.#startAt({ ...this.#totals }, size)
  }

  #startAt(mark: Totals, size: CheckpointSize): void {
    this.#recovery.mark = mark
    this.#recovery.size = size
  }
}
