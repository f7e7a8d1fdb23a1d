/** The bounded table of idempotency keys (K15; spec/06-kernel.md, "Ingress"). */
import { encode, equalBytes } from '@aos/cbor'
import type { HashBytes } from '@aos/cbor'
import type { Collection } from './collections/collection.ts'
import { NUMBER_CHARACTERS, orderedNumber, textOfBytes } from './collections/key-text.ts'
import type { OrderedSet } from './collections/ordered-set.ts'
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

/** K15: the key of the table: canonical bytes of [principal, key], one character a byte. */
export function idempotencySlot(principal: string, key: string): string {
  return textOfBytes(encode([principal, key]))
}

/** Records by slot, and the slots in the order of their heights. */
export class IdempotencyTable {
  readonly #bounds: IdempotencyBounds
  readonly #records: Collection<IdempotencyRecord>
  /** Height, then slot. */
  readonly #order: OrderedSet
  #size: number
  /** Logical time of the oldest record; undefined: not known. */
  #oldestNs: bigint | undefined

  constructor(
    parts: { readonly records: Collection<IdempotencyRecord>; readonly order: OrderedSet },
    bounds: IdempotencyBounds = BOUNDS,
  ) {
    this.#bounds = bounds
    this.#records = parts.records
    this.#order = parts.order
    this.#size = parts.records.root.count
  }

  get size(): number {
    return this.#size
  }

  /** Of a checkpoint: how many slots there are with its changes. */
  restoreSize(size: number): void {
    this.#size = size
    this.#oldestNs = undefined
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
    this.#order.add(placeOf(record.height, slot))
    this.#size += 1
    const oldestNs = record.logicalNs - this.#bounds.ageNs
    for (let first = this.#order.first; first !== undefined; first = this.#order.first) {
      const oldest = first.slice(NUMBER_CHARACTERS)
      this.#oldestNs ??= this.#records.get(oldest)?.logicalNs ?? 0n
      if (this.#size <= this.#bounds.keysMax && this.#oldestNs >= oldestNs) return
      this.#records.delete(oldest)
      this.#order.delete(first)
      this.#size -= 1
      this.#oldestNs = undefined
    }
  }
}

/** One entry has one key at most, so heights alone tell places apart. */
function placeOf(height: number, slot: string): string {
  return orderedNumber(BigInt(height)) + slot
}
