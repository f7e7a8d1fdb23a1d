/** Payloads of receipts, as they reach plans (spec/12-receipts.md, "Admission"). */
import { compileSchema } from '@aos/air'
import type { SchemaTable } from '@aos/air'
import type { ReceiptStatus } from '@aos/effects'
import { exprFromValue, recordValue, textValue } from '@aos/expr'
import type { ExprValue } from '@aos/expr'
import { makeReceiptValue } from '../plans/waits.ts'
import type { ReceiptValue } from '../plans/instance.ts'
import type { Intent } from './intent.ts'
import { FAILURE_TYPE } from './judge-receipt.ts'

/** `none`: what was sent fits no type, and nobody sees it. */
export interface SettledPayload {
  readonly form: 'receipt' | 'failure' | 'none'
  /** Prefixed canonical bytes of that form. */
  readonly bytes: Uint8Array
}

const NO_TYPES: SchemaTable = new Map()
const NO_COST: ReadonlyMap<string, number> = new Map()
const failureCodec = compileSchema(FAILURE_TYPE, NO_TYPES)

/** The payload of something that was not done. */
export function failurePayload(code: string, message: string): SettledPayload {
  return { form: 'failure', bytes: failureCodec.encode({ code, message }).slice() }
}

/** What `@receipt` and the bound variable are (K24). */
export function payloadValue(
  intent: Intent,
  settlement: {
    readonly status: ReceiptStatus
    readonly payload: SettledPayload
    readonly cost: ReadonlyMap<string, number> | undefined
    readonly adapterId: string
  },
  table: SchemaTable,
): ReceiptValue {
  const { status, adapterId } = settlement
  const payload = valueOf(intent, settlement.payload, table)
  return makeReceiptValue({ status, payload, adapterId, cost: settlement.cost ?? NO_COST, intentHash: intent.hash })
}

function valueOf(intent: Intent, payload: SettledPayload, table: SchemaTable): ExprValue {
  if (payload.form === 'receipt') {
    return exprFromValue(intent.receipt.codec.decode(payload.bytes), intent.receipt.type, table)
  }
  if (payload.form === 'failure') return exprFromValue(failureCodec.decode(payload.bytes), FAILURE_TYPE, NO_TYPES)
  return recordValue(
    new Map([
      ['code', textValue('text', 'receipt_schema')],
      ['message', textValue('text', 'the payload is not of the receipt schema')],
    ]),
  )
}
