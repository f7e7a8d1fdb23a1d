/** What is checked of a receipt before it counts (G9, K13; spec/12-receipts.md, "Admission"). */
import { compileSchema } from '@aos/air'
import type { TypeExpr } from '@aos/air'
import { equalBytes, formatHash, isAosError, sha256, toHex } from '@aos/cbor'
import type { Hash, Sha256Port } from '@aos/cbor'
import type { Receipt, ReceiptStatus } from '@aos/effects'
import { kernelError } from '../errors.ts'
import type { RegisteredKey } from '../state.ts'
import type { Intent } from './intent.ts'
import type { SettledName } from './settled-intents.ts'

/** What a failed effect may say instead of its receipt. */
export const FAILURE_TYPE: TypeExpr = {
  kind: 'record',
  fields: new Map<string, TypeExpr>([
    ['code', { kind: 'text' }],
    ['message', { kind: 'text' }],
  ]),
}
const failureCodec = compileSchema(FAILURE_TYPE, new Map())

/** A receipt whose signature has been verified. */
export interface ReceiptQuestion {
  readonly receipt: Receipt
  /** The bytes that were sent for the payload. */
  readonly payload: Uint8Array
  /** SHA-256 of the public key whose signature the host has verified. */
  readonly keyId: Uint8Array
}

/** What of the world a receipt is held to. */
export interface ReceiptGround {
  readonly world: Hash
  readonly intents: { get(hash: Hash): Intent | undefined }
  readonly settled: { has(name: SettledName): boolean }
  /** By key id, hexadecimal. */
  readonly keys: { get(id: string): RegisteredKey | undefined }
}

/** The intent that the receipt settles. Throws what makes it refused: nothing is recorded and the intent stays open. */
export function findReceiptIntent(port: Sha256Port, ground: ReceiptGround, question: ReceiptQuestion): Intent {
  const { receipt, payload } = question
  if (receipt.world !== ground.world) {
    throw kernelError('kernel.other_world', `the receipt is for the world ${receipt.world}`, { path: ['world'] })
  }
  const hash = formatHash(receipt.intentHash)
  const intent = ground.intents.get(hash)
  if (intent === undefined) {
    const name = { hashBytes: receipt.intentHash, height: receipt.height }
    const code = ground.settled.has(name) ? 'kernel.intent_settled' : 'kernel.intent_unknown'
    const what = code === 'kernel.intent_settled' ? 'has its receipt already' : 'is not one of this world'
    throw kernelError(code, `the intent ${hash} ${what}`, { path: ['intent_hash'] })
  }
  if (intent.status === 'parked') {
    throw kernelError('kernel.intent_parked', `${intent.hash} waits for an approval, so nothing can have come of it`, {
      path: ['intent_hash'],
    })
  }
  checkUnaltered(receipt, intent)
  if (!equalBytes(sha256(port, payload), receipt.payloadHash)) throw altered('payload', 'the payload has another hash')
  checkKey(ground, question, intent)
  return intent
}

function checkUnaltered(receipt: Receipt, intent: Intent): void {
  if (receipt.height !== intent.height) throw altered('height', `the intent is of height ${intent.height}`)
  if (!equalBytes(receipt.paramsHash, intent.paramsHash))
    throw altered('params_hash', 'the intent has other parameters')
  if (!equalBytes(receipt.decisionHash, intent.decisionHash)) {
    throw altered('decision_hash', 'the intent passed by another decision')
  }
  if (receipt.adapterId !== intent.adapter) {
    throw kernelError('kernel.other_adapter', `${intent.hash} is for the adapter ${intent.adapter}`, {
      path: ['adapter_id'],
    })
  }
}

function altered(field: string, message: string): Error {
  return kernelError('kernel.receipt_altered', message, { path: [field] })
}

/** The key must be registered for this adapter and kind, and not revoked. A host key may sign for every adapter of its host. */
function checkKey(ground: ReceiptGround, question: ReceiptQuestion, intent: Intent): void {
  const id = toHex(question.keyId)
  const key = ground.keys.get(id)
  const isFor = key !== undefined && (key.role === intent.adapter || key.role === 'host')
  const mayKind = key !== undefined && (key.kinds.length === 0 || key.kinds.includes(intent.effectKind))
  if (key !== undefined && key.revoked === undefined && isFor && mayKind) return
  const why =
    key === undefined
      ? 'is not registered'
      : key.revoked !== undefined
        ? `was revoked at height ${key.revoked}`
        : `is registered for ${key.role}${mayKind ? '' : ', without this kind'}`
  throw kernelError('kernel.receipt_key', `the key ${id} ${why}`, { path: ['signature'] })
}

/** An authentic receipt as it counts: one whose payload is of no type that its status may have is an error (K13). */
export interface CountedReceipt {
  readonly status: ReceiptStatus
  /** Set when the payload did not fit. */
  readonly code: 'receipt_schema' | undefined
  /** `receipt`: of the receipt schema. `failure`: of `sys/EffectFailure@1`. `none`: of neither. */
  readonly form: 'receipt' | 'failure' | 'none'
}

/** Judges the payload by the schema that was in force at the emission. */
export function countReceipt(intent: Intent, status: ReceiptStatus, payload: Uint8Array): CountedReceipt {
  if (fits(() => intent.receipt.codec.validate(payload))) return { status, code: undefined, form: 'receipt' }
  const isFailure = status !== 'ok' && fits(() => failureCodec.validate(payload))
  if (isFailure) return { status, code: undefined, form: 'failure' }
  return { status: 'error', code: 'receipt_schema', form: 'none' }
}

function fits(check: () => void): boolean {
  try {
    check()
    return true
  } catch (error) {
    if (!isAosError(error)) throw error
    return false
  }
}
