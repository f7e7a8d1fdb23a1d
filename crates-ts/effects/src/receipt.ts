/** What an adapter's key signs about an intent (spec/12-receipts.md, "Receipt statement"). */
import type { Data, Hash, HashBytes } from '@aos/cbor'

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

/** What an adapter signs, with every field of the receipt (spec/12-receipts.md, "Receipt statement"). */
export function receiptStatement(receipt: Receipt): Data {
  return {
    world: receipt.world,
    height: receipt.height,
    intent_hash: receipt.intentHash,
    params_hash: receipt.paramsHash,
    decision_hash: receipt.decisionHash,
    adapter_id: receipt.adapterId,
    status: receipt.status,
    payload_hash: receipt.payloadHash,
    cost: receipt.cost,
    started_ns: receipt.startedNs,
    finished_ns: receipt.finishedNs,
  }
}
