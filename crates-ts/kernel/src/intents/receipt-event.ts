/** What a reducer is told of its effect (spec/12-receipts.md, "Receipt events"). */
import { BUILTIN_SCHEMAS, compileSchema } from '@aos/air'
import type { SchemaCodec, TypeExpr, Value } from '@aos/air'
import type { ReceiptStatus } from '@aos/effects'
import { emptyValue } from './empty-value.ts'
import type { Intent } from './intent.ts'

const TABLE: ReadonlyMap<string, TypeExpr> = new Map([...BUILTIN_SCHEMAS].map(([name, schema]) => [name, schema.type]))

interface ReceiptEvent {
  readonly schema: string
  readonly codec: SchemaCodec
  readonly receiptType: TypeExpr
}

function receiptEvent(schema: string, receipt: string): ReceiptEvent {
  const codec = compileSchema({ kind: 'ref', name: schema }, TABLE)
  return { schema, codec, receiptType: { kind: 'ref', name: receipt } }
}

/** The kinds that a reducer may emit, and the event that brings their receipt. */
const EVENTS: ReadonlyMap<string, ReceiptEvent> = new Map([
  ['timer.set', receiptEvent('sys/TimerFired@1', 'sys/TimerSetReceipt@1')],
  ['blob.put', receiptEvent('sys/BlobPutResult@1', 'sys/BlobPutReceipt@1')],
  ['blob.get', receiptEvent('sys/BlobGetResult@1', 'sys/BlobGetReceipt@1')],
])

/** The schema of the event that brings the receipt of an effect to a reducer; undefined for a kind that has none. */
export function receiptEventSchema(effectKind: string): string | undefined {
  return EVENTS.get(effectKind)?.schema
}

/** What of a receipt its event tells. */
export interface ReceiptOfReducer {
  readonly status: ReceiptStatus
  readonly adapterId: string
  /** By the receipt schema; undefined when there is none of that type, which the status then says. */
  readonly payload: Uint8Array | undefined
  readonly cost: ReadonlyMap<string, number>
  /** 64 bytes; empty for what the kernel settled itself. */
  readonly signature: Uint8Array
}

/** Prefixed canonical bytes of the event; undefined for a kind that has no receipt event. */
export function encodeReceiptEvent(
  intent: Intent,
  reducer: string,
  receipt: ReceiptOfReducer,
): { readonly schema: string; readonly value: Uint8Array } | undefined {
  const event = EVENTS.get(intent.effectKind)
  if (event === undefined) return undefined
  const cents = receipt.cost.get('cents')
  const payload =
    receipt.payload === undefined ? emptyValue(event.receiptType, TABLE) : intent.receipt.codec.decode(receipt.payload)
  const value: Value = {
    intent_hash: intent.hash,
    reducer,
    effect_kind: intent.effectKind,
    adapter_id: receipt.adapterId,
    status: receipt.status,
    requested: intent.paramsSchema.codec.decode(intent.params),
    receipt: payload,
    cost_cents: cents ?? null,
    signature: receipt.signature,
  }
  return { schema: event.schema, value: event.codec.encode(value).slice() }
}
