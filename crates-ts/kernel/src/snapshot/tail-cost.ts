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

interface Mark extends TailAmounts {
  readonly reads: number
}

/** Adds up entries, and starts again from the cut whose root has come. `reads`: added up by whoever reckons them. */
export class TailCost {
  #entries = 0
  #bytes = 0
  #fuel = 0
  /** As of the newest cut, and as of the newest cut that has a root. */
  #atCut: Mark = NOTHING
  #atRoot: Mark = NOTHING
  /** As of the checkpoint that is being written, and as of the one that is durable or of a later root. */
  #atTaken: Mark = NOTHING
  #atStart: Mark = NOTHING
  #size: CheckpointSize = NO_CHECKPOINT

  /** Behind the newest root. */
  get amounts(): TailAmounts {
    const { entries, bytes, fuel } = this.#atRoot
    return { entries: this.#entries - entries, bytes: this.#bytes - bytes, fuel: this.#fuel - fuel }
  }

  recovery(reads: number): RecoveryAmounts {
    const { entries, bytes, fuel, reads: before } = this.#atStart
    return {
      entries: this.#entries - entries,
      bytes: this.#bytes - bytes,
      fuel: this.#fuel - fuel,
      reads: reads - before,
      changes: this.#size.changes,
      changeBytes: this.#size.bytes,
    }
  }

  add(bytes: number, fuel: number): void {
    this.#entries += 1
    this.#bytes += bytes
    this.#fuel += fuel
  }

  /** The entry of the cut itself was added before. */
  cut(reads: number): void {
    this.#atCut = this.#mark(reads)
  }

  /** The root of the newest cut. */
  root(): void {
    this.#atRoot = this.#atCut
    if (this.#atCut.entries < this.#atStart.entries) return
    this.#atStart = this.#atCut
    this.#size = NO_CHECKPOINT
  }

  /** A checkpoint is taken down. */
  take(reads: number): void {
    this.#atTaken = this.#mark(reads)
  }

  /** The checkpoint that was taken down last is durable. A root may have come that is newer. */
  keep(size: CheckpointSize): void {
    if (this.#atTaken.entries < this.#atStart.entries) return
    this.#atStart = this.#atTaken
    this.#size = size
  }

  /** The world was opened from a checkpoint; `behind`: the newest root. */
  restore(behind: TailAmounts, size: CheckpointSize): void {
    this.#entries = behind.entries
    this.#bytes = behind.bytes
    this.#fuel = behind.fuel
    this.#atStart = this.#mark(0)
    this.#size = size
  }

  #mark(reads: number): Mark {
    return { entries: this.#entries, bytes: this.#bytes, fuel: this.#fuel, reads }
  }
}

const NOTHING: Mark = { entries: 0, bytes: 0, fuel: 0, reads: 0 }
const NO_CHECKPOINT: CheckpointSize = { changes: 0, bytes: 0 }
