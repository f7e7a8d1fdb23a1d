/** Items of `derived` about effects and plans (K6; spec/journal.cddl). Values stand there by salted hash. */
import type { CborWriter, HashBytes } from '@aos/cbor'
import type { EffectOrigin, ReceiptStatus } from '@aos/effects'

/** Appends the salted hash of a value, which becomes a body. */
export type WriteSalted = (writer: CborWriter, value: Uint8Array) => void

/** Numbers of the items (spec/journal.cddl). */
export const EFFECT_ITEM = {
  decision: 4,
  intent: 5,
  planStep: 6,
  planEnded: 7,
  settled: 8,
  planStarted: 10,
  intentChange: 11,
} as const

/** The gate has judged a request. */
export interface DecisionItem {
  readonly effectKind: string
  readonly outcome: 'allow' | 'deny' | 'park'
  readonly requestHash: HashBytes
  readonly grant: string | undefined
  readonly policy: string | undefined
  readonly rule: number | undefined
  readonly code: string | undefined
  /** Index of the event that was delivered; 0 for a plan, whose intent names it. */
  readonly cause: number
}

/** A request has passed; it stands behind its decision. */
export interface IntentItem {
  readonly hash: HashBytes
  /** Index of its decision. */
  readonly decision: number
  readonly params: Uint8Array
  readonly idempotencyKey: HashBytes
  readonly adapter: string
  readonly origin: EffectOrigin
  readonly isParked: boolean
}

/** A step of an instance has run, was skipped, or waits. */
export interface PlanStepItem {
  readonly instance: string
  readonly step: string
  readonly status: 'done' | 'skipped' | 'waiting'
  /** Bytes of the value in hash form. */
  readonly value: Uint8Array | undefined
}

/** An instance has ended. */
export interface PlanEndedItem {
  readonly instance: string
  readonly code: string | undefined
  readonly step: string | undefined
  /** Prefixed canonical bytes by the output schema. */
  readonly result: Uint8Array | undefined
}

/** A receipt counts. */
export interface SettledItem {
  readonly intentHash: HashBytes
  readonly status: ReceiptStatus
  /** What the kernel itself answered; of a receipt from outside the payload stands in ingress. */
  readonly payload: Uint8Array | undefined
  readonly code: string | undefined
}

/** An instance has started. */
export interface PlanStartedItem {
  readonly instance: string
  readonly plan: string
  readonly planHash: HashBytes
  readonly cause: number
}

/** What became of an intent that has no receipt. */
export type IntentChange = 'released' | 'rejected' | 'cancelled' | 'requeued' | 'orphaned' | 'dead' | 'revoked'

/** An intent is in another state, or gone, without a receipt. */
export interface IntentChangeItem {
  readonly intentHash: HashBytes
  readonly change: IntentChange
  readonly code: string | undefined
}

const OUTCOME_NUMBER = { allow: 0, deny: 1, park: 2 } as const
const STEP_NUMBER = { done: 0, skipped: 1, waiting: 2 } as const
const CHANGE_NUMBER: Readonly<Record<IntentChange, number>> = {
  released: 0,
  rejected: 1,
  cancelled: 2,
  requeued: 3,
  orphaned: 4,
  dead: 5,
  revoked: 6,
}

type Field = readonly [number, ((writer: CborWriter) => void) | undefined]

/** A map with ascending integer keys; fields without a value are left out. */
function writeFields(writer: CborWriter, kind: number, fields: readonly Field[]): void {
  const present = fields.filter(([, write]) => write !== undefined)
  writer.map(present.length + 1)
  writer.uint(0)
  writer.uint(kind)
  for (const [key, write] of present) {
    writer.uint(key)
    write?.(writer)
  }
}

function text(value: string | undefined): ((writer: CborWriter) => void) | undefined {
  return value === undefined ? undefined : (writer) => writer.text(value)
}

function uint(value: number | undefined): ((writer: CborWriter) => void) | undefined {
  return value === undefined ? undefined : (writer) => writer.uint(value)
}

function bytes(value: Uint8Array): (writer: CborWriter) => void {
  return (writer) => writer.bytes(value)
}

function body(value: Uint8Array | undefined, salted: WriteSalted): ((writer: CborWriter) => void) | undefined {
  return value === undefined ? undefined : (writer) => salted(writer, value)
}

/** The key of a cell stands by salted hash here, too. */
function origin(value: EffectOrigin, salted: WriteSalted): (writer: CborWriter) => void {
  return (writer) => {
    if (value.kind === 'plan') {
      writer.array(3)
      writer.uint(0)
      writer.text(value.instance)
      writer.text(value.step)
      return
    }
    writer.array(value.key === undefined ? 2 : 3)
    writer.uint(1)
    writer.text(value.reducer)
    if (value.key !== undefined) salted(writer, value.key)
  }
}

/** Holds nothing that is salted: its hash stands in receipts. */
export function writeDecision(writer: CborWriter, item: DecisionItem): void {
  writeFields(writer, EFFECT_ITEM.decision, [
    [1, text(item.effectKind)],
    [2, uint(OUTCOME_NUMBER[item.outcome])],
    [3, bytes(item.requestHash)],
    [4, text(item.grant)],
    [5, text(item.policy)],
    [6, uint(item.rule)],
    [7, text(item.code)],
    [8, uint(item.cause)],
  ])
}

/** Salts the parameters and the key of a cell. */
export function writeIntent(writer: CborWriter, salted: WriteSalted, item: IntentItem): void {
  writeFields(writer, EFFECT_ITEM.intent, [
    [1, bytes(item.hash)],
    [2, uint(item.decision)],
    [3, body(item.params, salted)],
    [4, bytes(item.idempotencyKey)],
    [5, text(item.adapter)],
    [6, origin(item.origin, salted)],
    [7, uint(item.isParked ? 1 : 0)],
  ])
}

/** Salts the value of the step. */
export function writePlanStep(writer: CborWriter, salted: WriteSalted, item: PlanStepItem): void {
  writeFields(writer, EFFECT_ITEM.planStep, [
    [1, text(item.instance)],
    [2, text(item.step)],
    [3, uint(STEP_NUMBER[item.status])],
    [4, body(item.value, salted)],
  ])
}

/** Salts the result. */
export function writePlanEnded(writer: CborWriter, salted: WriteSalted, item: PlanEndedItem): void {
  writeFields(writer, EFFECT_ITEM.planEnded, [
    [1, text(item.instance)],
    [2, uint(item.code === undefined ? 0 : 1)],
    [3, text(item.code)],
    [4, text(item.step)],
    [5, body(item.result, salted)],
  ])
}

/** Salts the payload that the kernel made. */
export function writeSettled(writer: CborWriter, salted: WriteSalted, item: SettledItem): void {
  writeFields(writer, EFFECT_ITEM.settled, [
    [1, bytes(item.intentHash)],
    [2, text(item.status)],
    [3, body(item.payload, salted)],
    [4, text(item.code)],
  ])
}

/** Holds nothing that is salted: the input is the event or stands in ingress. */
export function writePlanStarted(writer: CborWriter, item: PlanStartedItem): void {
  writeFields(writer, EFFECT_ITEM.planStarted, [
    [1, text(item.instance)],
    [2, text(item.plan)],
    [3, bytes(item.planHash)],
    [4, uint(item.cause)],
  ])
}

/** Holds nothing that is salted. */
export function writeIntentChange(writer: CborWriter, item: IntentChangeItem): void {
  writeFields(writer, EFFECT_ITEM.intentChange, [
    [1, bytes(item.intentHash)],
    [2, uint(CHANGE_NUMBER[item.change])],
    [3, text(item.code)],
  ])
}
