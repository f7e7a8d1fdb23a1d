/** What an adapter gave back, in the form that is signed (spec/14-dispatch.md, "Results"). */
import { FAILURE_TYPE } from '@aos/adapters'
import type { AdapterResult } from '@aos/adapters'
import { compileSchema } from '@aos/air'
import type { Value } from '@aos/air'
import { isAosError } from '@aos/cbor'
import type { ReceiptStatus } from '@aos/effects'
import { LIMITS } from '@aos/kernel'
import type { IntentReport } from '@aos/kernel'

/** Codes with which the host itself answers for an adapter (spec/14-dispatch.md, "Results"). */
export type HostFailureCode =
  | 'adapter_payload'
  | 'grant_missing'
  | 'host_fault'
  | 'interrupted'
  | 'secret_digest'
  | 'secret_missing'
  | 'secret_too_short'
  | 'secret_vault'
  | 'timeout'

/** A result without times. */
export interface EncodedResult {
  readonly status: ReceiptStatus
  /** Prefixed canonical bytes, by the receipt schema or by `sys/EffectFailure@1`. */
  readonly payload: Uint8Array
  readonly cost: ReadonlyMap<string, number>
  /** Of a failure, for logs. */
  readonly code: string | undefined
}

const failureCodec = compileSchema(FAILURE_TYPE, new Map())

/** A failure that the host reports in the place of an adapter. */
export function failure(
  code: HostFailureCode,
  message: string,
  options: { readonly status?: ReceiptStatus; readonly cost?: ReadonlyMap<string, number> } = {},
): EncodedResult {
  const payload = failureCodec.encode({ code, message }).slice()
  return { status: options.status ?? 'error', payload, cost: options.cost ?? new Map(), code }
}

/** The same as an adapter would give it. */
export function failureValue(code: HostFailureCode, message: string): Value {
  return failureCodec.decode(failureCodec.encode({ code, message }))
}

/** Nothing that the schema does not allow is signed: such a result is `error adapter_payload`. */
export function encodeResult(intent: Pick<IntentReport, 'receipt'>, result: AdapterResult): EncodedResult {
  const badCost = [...result.cost].find(([, amount]) => !Number.isSafeInteger(amount) || amount < 0)
  if (badCost !== undefined) return failure('adapter_payload', `the cost ${badCost[0]} is no amount`)
  const { status, cost } = result
  const code = codeOf(result)
  if (status !== 'ok') {
    const payload = tryEncode(() => failureCodec.encode(result.payload))
    if (typeof payload !== 'string') return { status, payload, cost, code }
  }
  const payload = tryEncode(() => intent.receipt.codec.encode(result.payload))
  if (typeof payload === 'string') return failure('adapter_payload', payload, { cost })
  if (payload.length > LIMITS.eventBytesMax) {
    return failure('adapter_payload', `the payload has ${payload.length} bytes`, { cost })
  }
  return { status, payload, cost, code }
}

/** The code of a failed result; undefined of any other. */
export function codeOf(result: AdapterResult): string | undefined {
  if (result.status === 'ok') return undefined
  const { payload } = result
  const isRecord = typeof payload === 'object' && payload !== null && 'code' in payload
  return isRecord && typeof payload['code'] === 'string' ? payload['code'] : undefined
}

/** Bytes of their own, or what is wrong. */
function tryEncode(encode: () => Uint8Array): Uint8Array | string {
  try {
    return encode().slice()
  } catch (error) {
    if (!isAosError(error)) throw error
    return `the payload is not of its schema: ${error.message}`
  }
}
