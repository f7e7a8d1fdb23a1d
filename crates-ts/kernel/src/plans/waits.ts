/** Giving open waits what they wait for (K25, K26; spec/10-plans.md, "Waits"). */
import { exprFromValue, integerValue, mapValue, recordValue, textValue, type ExprValue } from '@aos/expr'
import type { SchemaTable } from '@aos/air'
import { isAosError } from '@aos/cbor'
import { holds } from './advance.ts'
import type { AwaitEventStep } from './compiled-plan.ts'
import type { PlanInstance, ReceiptValue, StepState } from './instance.ts'
import { LaterValue } from './later-value.ts'
import { makeScope } from './plan-scope.ts'

/** `matched`: the instance can run on. `failed`: a `where` could not be evaluated, which ends the instance with the code. */
export type Offer =
  { readonly kind: 'none' | 'matched' } | { readonly kind: 'failed'; readonly code: string; readonly step: string }

interface OpenWait {
  readonly step: AwaitEventStep
  readonly state: StepState
}

/** Open waits for events of a schema, in the order of the definition. Those past their deadline never match. */
function* openWaits(instance: PlanInstance, schema: string, logicalNowNs: bigint): Iterable<OpenWait> {
  for (const [index, step] of instance.plan.steps.entries()) {
    const state = instance.steps[index]
    if (step.op !== 'await_event' || step.event !== schema || state?.status !== 'waiting') continue
    if (state.matched !== undefined) continue
    if (state.deadlineNs !== undefined && state.deadlineNs <= logicalNowNs) continue
    yield { step, state }
  }
}

/** An event on its way to everybody who waits for it: what it means is worked out once for each form that somebody knows it by. */
export class OfferedEvent {
  readonly schema: string
  readonly #bytes: Uint8Array
  readonly #values = new Map<AwaitEventStep, ExprValue>()

  /** `value` are prefixed canonical bytes. */
  constructor(event: { readonly schema: string; readonly value: Uint8Array }) {
    this.schema = event.schema
    this.#bytes = event.value
  }

  valueFor(step: AwaitEventStep, table: SchemaTable): ExprValue {
    const known = this.#values.get(step)
    if (known !== undefined) return known
    const value = exprFromValue(step.schema.codec.decode(this.#bytes), step.schema.type, table)
    this.#values.set(step, value)
    return value
  }
}

/** True when the event would change the instance: looked at before it is copied for a turn. */
export function concerns(instance: PlanInstance, event: OfferedEvent, logicalNowNs: bigint): boolean {
  for (const { step } of openWaits(instance, event.schema, logicalNowNs)) {
    if (step.where === undefined) return true
    try {
      const value = event.valueFor(step, instance.plan.table)
      if (holds(step.where, makeScope(instance, logicalNowNs, value))) return true
    } catch (error) {
      if (!isAosError(error)) throw error
      return true
    }
  }
  return false
}

/** Offers an event to every open wait of the instance; each takes its first match (K26). */
export function offerEvent(instance: PlanInstance, event: OfferedEvent, logicalNowNs: bigint): Offer {
  let matched = false
  for (const { step, state } of openWaits(instance, event.schema, logicalNowNs)) {
    const value = event.valueFor(step, instance.plan.table)
    try {
      const scope = makeScope(instance, logicalNowNs, value)
      if (step.where !== undefined && !holds(step.where, scope)) continue
    } catch (error) {
      if (!isAosError(error)) throw error
      return { kind: 'failed', code: `expression/${error.code}`, step: step.id }
    }
    state.matched = value
    matched = true
  }
  return { kind: matched ? 'matched' : 'none' }
}

/** Stores a receipt; an open wait for it can then run. False when the instance did not ask for it, or was given one (a deadline) before. */
export function giveReceipt(instance: PlanInstance, intentHash: string, receipt: ReceiptValue): boolean {
  for (const [emitting, hash] of instance.intents) {
    if (hash !== intentHash) continue
    if (instance.receipts.has(emitting)) return false
    instance.receipts.set(emitting, receipt)
    for (let index = 0; index < instance.steps.length; index += 1) {
      const step = instance.plan.steps[index]
      const state = instance.steps[index]
      if (step?.op === 'await_receipt' && step.emit === emitting && state?.status === 'waiting') {
        state.matched = receipt.payload
      }
    }
    return true
  }
  return false
}

/** Deadlines of open waits that are not past yet, for the world's list of due work. */
export function deadlinesOf(instance: PlanInstance): readonly { readonly step: string; readonly atNs: bigint }[] {
  let deadlines: { readonly step: string; readonly atNs: bigint }[] | undefined
  for (let index = 0; index < instance.steps.length; index += 1) {
    const state = instance.steps[index]
    const step = instance.plan.steps[index]
    if (step === undefined || state?.deadlineNs === undefined) continue
    if (state.status !== 'waiting' || state.matched !== undefined) continue
    deadlines ??= []
    deadlines.push({ step: step.id, atNs: state.deadlineNs })
  }
  return deadlines ?? NO_DEADLINES
}

const NO_DEADLINES: readonly never[] = []
const NO_COST: ReadonlyMap<string, number> = new Map()

/**
 * Lets the deadline of an open wait pass (K25). An `await_receipt` that accepts `timeout` gets a receipt of that status; otherwise the instance
 * ends with the code `deadline`. Nothing happens when the wait is not open any more.
 */
export function passDeadline(
  instance: PlanInstance,
  stepId: string,
  logicalNowNs: bigint,
): 'none' | 'matched' | 'ended' {
  const index = instance.plan.indexes.get(stepId) ?? -1
  const step = instance.plan.steps[index]
  const state = instance.steps[index]
  if (step === undefined || state?.status !== 'waiting' || state.matched !== undefined) return 'none'
  if (state.deadlineNs === undefined || state.deadlineNs > logicalNowNs) return 'none'
  if (step.op !== 'await_receipt' || !step.accept.has('timeout')) return 'ended'
  const receipt = deadlineReceipt(instance.intents.get(step.emit) ?? '')
  instance.receipts.set(step.emit, receipt)
  state.matched = receipt.payload
  return 'matched'
}

function deadlineReceipt(intentHash: string): ReceiptValue {
  const payload = recordValue(
    new Map([
      ['code', textValue('text', 'deadline')],
      ['message', textValue('text', 'no receipt came before the deadline')],
    ]),
  )
  return makeReceiptValue({ status: 'timeout', payload, adapterId: '', cost: NO_COST, intentHash })
}

/** What the value of `@receipt` is made of (K24). */
interface ReceiptParts {
  readonly status: ReceiptValue['status']
  readonly payload: ExprValue
  readonly adapterId: string
  readonly cost: ReadonlyMap<string, number>
  readonly intentHash: string
}

/** A payload of so many bytes and a cost of so few dimensions are far from every bound: making a record of them cannot fail. */
const SMALL_BYTES_MAX = 1_048_576
const SMALL_COST_MAX = 64

/** Throws `expr.too_large`. */
export function makeReceiptValue(parts: ReceiptParts): ReceiptValue {
  const receipt = new GivenReceipt(parts)
  const isSmall = parts.payload.bytes <= SMALL_BYTES_MAX && parts.cost.size <= SMALL_COST_MAX
  if (!isSmall) receipt.make()
  return receipt
}

class GivenReceipt implements ReceiptValue {
  readonly status: ReceiptValue['status']
  readonly payload: ExprValue
  readonly #record: LaterValue

  constructor(parts: ReceiptParts) {
    this.status = parts.status
    this.payload = parts.payload
    this.#record = new LaterValue(() => receiptRecord(parts))
  }

  get record(): ExprValue {
    return this.#record.value
  }

  make(): void {
    void this.#record.value
  }
}

function receiptRecord(parts: ReceiptParts): ExprValue {
  const cost: { readonly key: ExprValue; readonly value: ExprValue }[] = []
  for (const [dimension, amount] of parts.cost) {
    cost.push({ key: textValue('text', dimension), value: integerValue('nat', BigInt(amount)) })
  }
  const fields = new Map<string, ExprValue>()
  fields.set('status', textValue('text', parts.status))
  fields.set('payload', parts.payload)
  fields.set('adapter_id', textValue('text', parts.adapterId))
  fields.set('cost', mapValue(cost))
  fields.set('intent_hash', textValue('hash', parts.intentHash))
  return recordValue(fields)
}
