/**
 * World state. What is authoritative (spec/06-kernel.md, "State"):
 *
 *   world id        hash     of the genesis leaf
 *   head            uint height, hash leaf
 *   clock, entropy  how genesis says that they come about
 *   now             uint ns, of the newest entry
 *   logical now     uint ns
 *   manifest        hash, uint height of the entry that put it in force
 *   engine          hash
 *   keys            key_id -> {public key, role, kinds, from: uint, revoked?: uint}; uint height of the last change
 *   idempotency     (principal, key) -> {hash of the body, height, logical ns}, ascending by height
 *   cells           (reducer, key bytes) -> {generation: uint, state: bytes}
 *   modules used    wasm hash -> hash of the rewritten bytes
 *   effects         plan instances, intents, budgets (intents/effects-state.ts)
 *
 * Derived and rebuilt: the catalog (compiled codecs and routes of the manifest).
 */
import type { Hash, HashBytes } from '@aos/cbor'
import type { Catalog } from './catalog.ts'
import type { IdempotencyTable } from './idempotency.ts'
import type { EffectsState } from './intents/effects-state.ts'

/** A cell that a turn has touched holds its new state in `pending` until the turn ends (K8). */
export interface Cell {
  readonly key: Uint8Array
  readonly table: CellTable
  /** Its key in the table. */
  readonly text: string
  state: Uint8Array | undefined
  generation: number
  /** undefined: untouched by this turn; null: deleted by it. */
  pending: Uint8Array | null | undefined
}

/** Cells of one reducer by the text of their key; listing sorts them by bytes. */
export type CellTable = Map<string, Cell>

/** A key that the world knows (G2). */
export interface RegisteredKey {
  readonly publicKey: Uint8Array
  readonly role: string
  readonly kinds: readonly string[]
  readonly from: number
  readonly revoked: number | undefined
}

/** Everything that entries decide, and nothing else: a replay comes to the same. */
export interface WorldState {
  id: Hash | undefined
  height: number
  /** Leaf of the newest entry; 32 zero bytes before genesis. */
  leaf: HashBytes
  clock: 'real' | 'virtual' | undefined
  entropy: 'os' | 'seeded' | undefined
  /** Stamp of the newest entry. */
  nowNs: bigint
  logicalNowNs: bigint
  manifestHash: Hash | undefined
  manifestHeight: number
  engine: Hash | undefined
  keysHeight: number
  readonly keys: Map<string, RegisteredKey>
  readonly idempotency: IdempotencyTable
  readonly cells: Map<string, CellTable>
  readonly modulesUsed: Map<Hash, Hash>
  catalog: Catalog
  /** The engine in force judges effects and runs plans (kernel semantics 2). */
  hasGate: boolean
  readonly effects: EffectsState
}

/** Key bytes as a map key: one character a byte. */
export function cellKeyText(key: Uint8Array): string {
  let text = ''
  for (let at = 0; at < key.length; at += 1) text += String.fromCharCode(key[at] ?? 0)
  return text
}

/** The key of the one cell of a reducer that is not keyed (K19). */
export const EMPTY_KEY: Uint8Array = new Uint8Array(0)
