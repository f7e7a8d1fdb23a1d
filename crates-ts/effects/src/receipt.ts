/** What an adapter's key signs about an intent (spec/12-receipts.md, "Receipt statement"). */
import { encodeInto } from '@aos/cbor'
import type { CborWriter, Hash, HashBytes, Sha256Port } from '@aos/cbor'
import { signingBytesOf } from './statement.ts'

/** `unknown`: the adapter was called and nobody can tell what came of it. */
export type ReceiptStatus = 'ok' | 'error' | 'timeout' | 'denied' | 'unknown'

/** Every status that a receipt can have, for reading one back; a text outside this list is none. */
export const RECEIPT_STATUSES: readonly ReceiptStatus[] = ['ok', 'error', 'timeout', 'denied', 'unknown']

/** A receipt without its signature and its payload's bytes. */
export interface Receipt {
  readonly world: Hash
  /** Height of the entry that holds the intent. */
  readonly height: number
  readonly intentHash: HashBytes
  /** SHA-256 of the intent's parameters. */
  readonly paramsHash: HashBytes
  /** SHA-256 of the decision item that let the intent pass. */
  readonly decisionHash: HashBytes
  readonly adapterId: string
  readonly status: ReceiptStatus
  /** SHA-256 of the payload: prefixed canonical bytes. */
  readonly payloadHash: HashBytes
  /** What it cost, by dimension (`calls`, `cents`, `tokens`). Settles budgets. */
  readonly cost: ReadonlyMap<string, number>
  /** Wall clock of the adapter's machine, nanoseconds since 1970. */
  readonly startedNs: bigint
  readonly finishedNs: bigint
}

/** The bytes that an adapter's key signs about its receipt. Throws `cbor.*` when a field cannot be encoded. */
export function receiptSigningBytes(port: Sha256Port, receipt: Receipt): Uint8Array {
  return signingBytesOf(port, 'receipt', (writer) => {
    writeStatement(writer, receipt)
  })
}

/** A map from dimension to amount in canonical form. */
export function writeCost(writer: CborWriter, cost: Receipt['cost']): void {
  if (cost.size > 1) return encodeInto(writer, cost)
  writer.map(cost.size)
  for (const [dimension, amount] of cost) {
    writer.text(dimension)
    writer.uint(amount)
  }
}

/** Every field of the receipt, keys in canonical order: shorter ones first (spec/02-encoding.md, "Canonical form"). */
function writeStatement(writer: CborWriter, receipt: Receipt): void {
  writer.map(11)
  writer.text('cost')
  writeCost(writer, receipt.cost)
  writer.text('world')
  writer.text(receipt.world)
  writer.text('height')
  writer.uint(receipt.height)
  writer.text('status')
  writer.text(receipt.status)
  writer.text('adapter_id')
  writer.text(receipt.adapterId)
  writer.text('started_ns')
  writer.uint(receipt.startedNs)
  writer.text('finished_ns')
  writer.uint(receipt.finishedNs)
  writer.text('intent_hash')
  writer.bytes(receipt.intentHash)
  writer.text('params_hash')
  writer.bytes(receipt.paramsHash)
  writer.text('payload_hash')
  writer.bytes(receipt.payloadHash)
  writer.text('decision_hash')
  writer.bytes(receipt.decisionHash)
}
