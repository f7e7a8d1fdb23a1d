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
export type IntentChange =
  'released' | 'rejected' | 'cancelled' | 'requeued' | 'orphaned' | 'dead' | 'revoked' | 'parked'

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
  parked: 7,
}

/** The head of an item: a map with ascending integer keys, of which `fields` follow. What is undefined is left out. */
function head(writer: CborWriter, kind: number, fields: number): void {
  writer.map(fields + 1)
  writer.uint(0)
  writer.uint(kind)
}

/** Of a definition, a code or a step. */
function name(writer: CborWriter, key: number, value: string | undefined): void {
  if (value === undefined) return
  writer.uint(key)
  writer.name(value)
}

/** Of an instance: it stands in few items. */
function text(writer: CborWriter, key: number, value: string): void {
  writer.uint(key)
  writer.text(value)
}

function uint(writer: CborWriter, key: number, value: number | undefined): void {
  if (value === undefined) return
  writer.uint(key)
  writer.uint(value)
}

function bytes(writer: CborWriter, key: number, value: Uint8Array): void {
  writer.uint(key)
  writer.bytes(value)
}

/** A value that stands by its salted hash, with the function that writes it. */
interface Salted {
  readonly value: Uint8Array | undefined
  readonly salted: WriteSalted
}

function body(writer: CborWriter, key: number, { value, salted }: Salted): void {
  if (value === undefined) return
  writer.uint(key)
  salted(writer, value)
}

function count(value: unknown): number {
  return value === undefined ? 0 : 1
}

/** The key of a cell stands by salted hash here, too. */
function writeOrigin(writer: CborWriter, salted: WriteSalted, value: EffectOrigin): void {
  if (value.kind === 'plan') {
    writer.array(3)
    writer.uint(0)
    writer.text(value.instance)
    writer.name(value.step)
    return
  }
  writer.array(value.key === undefined ? 2 : 3)
  writer.uint(1)
  writer.name(value.reducer)
  if (value.key !== undefined) salted(writer, value.key)
}

/** Holds nothing that is salted: its hash stands in receipts. */
export function writeDecision(writer: CborWriter, item: DecisionItem): void {
  const { grant, policy, rule, code } = item
  head(writer, EFFECT_ITEM.decision, 4 + count(grant) + count(policy) + count(rule) + count(code))
  name(writer, 1, item.effectKind)
  uint(writer, 2, OUTCOME_NUMBER[item.outcome])
  bytes(writer, 3, item.requestHash)
  name(writer, 4, grant)
  name(writer, 5, policy)
  uint(writer, 6, rule)
  name(writer, 7, code)
  uint(writer, 8, item.cause)
}

/** Salts the parameters and the key of a cell. */
export function writeIntent(writer: CborWriter, salted: WriteSalted, item: IntentItem): void {
  head(writer, EFFECT_ITEM.intent, 7)
  bytes(writer, 1, item.hash)
  uint(writer, 2, item.decision)
  body(writer, 3, { value: item.params, salted })
  bytes(writer, 4, item.idempotencyKey)
  name(writer, 5, item.adapter)
  writer.uint(6)
  writeOrigin(writer, salted, item.origin)
  uint(writer, 7, item.isParked ? 1 : 0)
}

/** Salts the value of the step. */
export function writePlanStep(writer: CborWriter, salted: WriteSalted, item: PlanStepItem): void {
  const { value } = item
  head(writer, EFFECT_ITEM.planStep, 3 + count(value))
  text(writer, 1, item.instance)
  name(writer, 2, item.step)
  uint(writer, 3, STEP_NUMBER[item.status])
  body(writer, 4, { value, salted })
}

/** Salts the result. */
export function writePlanEnded(writer: CborWriter, salted: WriteSalted, item: PlanEndedItem): void {
  const { code, step, result } = item
  head(writer, EFFECT_ITEM.planEnded, 2 + count(code) + count(step) + count(result))
  text(writer, 1, item.instance)
  uint(writer, 2, code === undefined ? 0 : 1)
  name(writer, 3, code)
  name(writer, 4, step)
  body(writer, 5, { value: result, salted })
}

/** Salts the payload that the kernel made. */
export function writeSettled(writer: CborWriter, salted: WriteSalted, item: SettledItem): void {
  const { payload, code } = item
  head(writer, EFFECT_ITEM.settled, 2 + count(payload) + count(code))
  bytes(writer, 1, item.intentHash)
  name(writer, 2, item.status)
  body(writer, 3, { value: payload, salted })
  name(writer, 4, code)
}

/** Holds nothing that is salted: the input is the event or stands in ingress. */
export function writePlanStarted(writer: CborWriter, item: PlanStartedItem): void {
  head(writer, EFFECT_ITEM.planStarted, 4)
  text(writer, 1, item.instance)
  name(writer, 2, item.plan)
  bytes(writer, 3, item.planHash)
  uint(writer, 4, item.cause)
}

/** Holds nothing that is salted. */
export function writeIntentChange(writer: CborWriter, item: IntentChangeItem): void {
  const { code } = item
  head(writer, EFFECT_ITEM.intentChange, 2 + count(code))
  bytes(writer, 1, item.intentHash)
  uint(writer, 2, CHANGE_NUMBER[item.change])
  name(writer, 3, code)
}
