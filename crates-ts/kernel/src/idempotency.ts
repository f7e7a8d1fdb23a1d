/** The bounded table of idempotency keys (K15; spec/06-kernel.md, "Ingress"). */
import { equalBytes } from '@aos/cbor'
import type { HashBytes } from '@aos/cbor'
import { LIMITS } from './limits.ts'

/** K15: what was asked under a key, at which height, and when, for eviction. */
export interface IdempotencyRecord {
  readonly body: HashBytes
  readonly height: number
  readonly logicalNs: bigint
}

/** How many keys are remembered, and for how much logical time. */
export interface IdempotencyBounds {
  readonly keysMax: number
  readonly ageNs: bigint
}

const BOUNDS: IdempotencyBounds = { keysMax: LIMITS.idempotencyKeysMax, ageNs: BigInt(LIMITS.idempotencyAgeNs) }

interface Remembered {
  readonly slot: string
  readonly record: IdempotencyRecord
}

/** K15: the key of the table; a principal has no NUL, so that two pairs never meet. */
export function idempotencySlot(principal: string, key: string): string {
  return `${principal}\u0000${key}`
}

/** Records by slot, and a queue of them by height: a Map alone would look for its oldest entry among the removed ones. */
export class IdempotencyTable {
  readonly #bounds: IdempotencyBounds
  readonly #records = new Map<string, IdempotencyRecord>()
  /** Oldest first, from `#first` on. */
  #queue: (Remembered | undefined)[] = []
  #first = 0

  constructor(bounds: IdempotencyBounds = BOUNDS) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#records.size
  }

  /** `new`, the height of the first entry with the same body, or `conflict`. */
  lookUp(slot: string, body: HashBytes): 'new' | 'conflict' | number {
    const record = this.#records.get(slot)
    if (record === undefined) return 'new'
    return equalBytes(record.body, body) ? record.height : 'conflict'
  }

  /** Inserts a slot that is new, and puts out what is over the bounds, lowest height first. */
  remember(slot: string, record: IdempotencyRecord): void {
    this.#records.set(slot, record)
    this.#queue.push({ slot, record })
    const oldestNs = record.logicalNs - this.#bounds.ageNs
    for (;;) {
      const oldest = this.#queue[this.#first]
      if (oldest === undefined) break
      if (this.#records.size <= this.#bounds.keysMax && oldest.record.logicalNs >= oldestNs) break
      this.#records.delete(oldest.slot)
      this.#queue[this.#first] = undefined
      this.#first += 1
    }
    // Moved only when as many have gone as are left: each record is moved once on average.
    if (this.#first > 1024 && this.#first * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#first)
      this.#first = 0
    }
  }
}
