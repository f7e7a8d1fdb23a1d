/** The bounded table of idempotency keys (K15; spec/06-kernel.md, "Ingress"). */
import { equalBytes } from '@aos/cbor'
import type { HashBytes } from '@aos/cbor'
import { LIMITS } from './limits.ts'

export interface IdempotencyRecord {
  readonly body: HashBytes
  readonly height: number
  readonly logicalNs: bigint
}

/** In insertion order, which is the order of heights. */
export type IdempotencyTable = Map<string, IdempotencyRecord>

export function idempotencySlot(principal: string, key: string): string {
  return `${principal}\u0000${key}`
}

/** `new`, the height of the first entry with the same body, or `conflict`. */
export function lookUpKey(table: IdempotencyTable, slot: string, body: HashBytes): 'new' | 'conflict' | number {
  const record = table.get(slot)
  if (record === undefined) return 'new'
  return equalBytes(record.body, body) ? record.height : 'conflict'
}

/** Inserts, and puts out what is over the bounds, oldest first. */
export function rememberKey(table: IdempotencyTable, slot: string, record: IdempotencyRecord): void {
  table.set(slot, record)
  const oldestNs = record.logicalNs - BigInt(LIMITS.idempotencyAgeNs)
  for (const [key, old] of table) {
    if (table.size <= LIMITS.idempotencyKeysMax && old.logicalNs >= oldestNs) break
    table.delete(key)
  }
}
