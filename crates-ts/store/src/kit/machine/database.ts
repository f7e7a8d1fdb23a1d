/** A database of the simulated machine: atomic batches, in order, each durable or not at all (spec/07-journal.md, "Conformance of a driver"). */
import type { KeyValuePair } from '../../key-value.ts'
import type { Random } from './random.ts'

/** One batch: keys and values, which may be removed. */
export type Batch = readonly KeyValuePair[]

interface Row {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** What is stored under one path; the lock belongs to whoever has it open. */
export class SimulatedDatabase {
  isLocked = false
  readonly #rows = new Map<string, Row>()
  /** Batches under way: the first few of them may turn out to be stored after a crash. */
  #underWay: Batch[] = []

  get bytes(): number {
    let sum = 0
    for (const { key, value } of this.#rows.values()) sum += key.length + value.length
    return sum
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(textOf(key))?.value.slice()
  }

  /** Values from `from` inclusive to `to` exclusive, in the order of the keys' bytes. */
  values(from: Uint8Array, to: Uint8Array): readonly Uint8Array[] {
    return [...this.#rows.values()]
      .filter(({ key }) => Buffer.compare(key, from) >= 0 && Buffer.compare(key, to) < 0)
      .sort((left, right) => Buffer.compare(left.key, right.key))
      .map(({ value }) => value.slice())
  }

  begin(batch: Batch): void {
    this.#underWay.push(batch)
  }

  /** Stores a batch that was under way. */
  finish(batch: Batch): void {
    this.drop(batch)
    for (const [key, value] of batch) {
      if (value === undefined) this.#rows.delete(textOf(key))
      else this.#rows.set(textOf(key), { key, value })
    }
  }

  /** A batch that failed and left nothing. */
  drop(batch: Batch): void {
    this.#underWay = this.#underWay.filter((other) => other !== batch)
  }

  /** The program ends: the lock is free, and of what was under way the first few batches are stored. */
  crash(random: Random): void {
    this.isLocked = false
    for (const batch of this.#underWay.slice(0, random.below(this.#underWay.length + 1))) this.finish(batch)
    this.#underWay = []
  }

  copy(): SimulatedDatabase {
    const other = new SimulatedDatabase()
    other.isLocked = this.isLocked
    for (const [key, row] of this.#rows) other.#rows.set(key, row)
    other.#underWay = [...this.#underWay]
    return other
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
}
