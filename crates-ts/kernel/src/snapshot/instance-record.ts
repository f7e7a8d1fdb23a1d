/**
 * The record of a running plan (spec/16-snapshots.md, "Records"). The plan itself is not in it: it is the one of that name in the manifest
 * that was in force at the start (K27), which the record names.
 */
import { encode, formatHash, hashBytes } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import { RECEIPT_STATUSES } from '@aos/effects'
import { NULL_VALUE, decodeStateForm, encodeStateForm } from '@aos/expr'
import type { ExprValue } from '@aos/expr'
import type { PlanInstance, ReceiptValue, StepState, StepStatus } from '../plans/instance.ts'
import { valueNow } from '../plans/later-value.ts'
import { Fields, badRecord } from './fields.ts'
import type { PinnedDefinitions } from './pinned.ts'

const STATUSES: readonly StepStatus[] = ['pending', 'waiting', 'done', 'skipped']

/** An array of the fields below, in this order. Variables, intents and receipts keep the order in which they came. */
export function encodeInstance(instance: PlanInstance): Uint8Array {
  const { id, plan, principal, trace, input, steps, variables, intents, receipts } = instance
  return encode([
    id,
    hashBytes(plan.manifest),
    plan.name,
    principal,
    trace ?? null,
    encodeStateForm(input),
    steps.map(stepData),
    [...variables].flatMap(([name, value]) => [name, encodeStateForm(value)]),
    [...intents].flatMap(([step, hash]) => [step, hashBytes(hash)]),
    [...receipts].flatMap(([step, receipt]) => [
      step,
      RECEIPT_STATUSES.indexOf(receipt.status),
      encodeStateForm(receipt.record),
    ]),
  ])
}

function stepData({ status, decided, isLive, value, matched, deadlineNs }: StepState): Data {
  return [STATUSES.indexOf(status), decided, isLive, valueData(valueNow(value)), valueData(matched), deadlineNs ?? null]
}

function valueData(value: ExprValue | undefined): Data {
  return value === undefined ? null : encodeStateForm(value)
}

/** Throws `kernel.bad_snapshot`, and what loading the manifest of the start throws. */
export function decodeInstance(bytes: Uint8Array, pinned: PinnedDefinitions): PlanInstance {
  const fields = Fields.of(bytes)
  const id = fields.text()
  const plan = pinned.plan(fields.hash(), fields.text())
  const instance: PlanInstance = {
    id,
    plan,
    principal: fields.text(),
    trace: fields.optional((each) => each.bytes().slice()),
    input: readValue(fields),
    steps: fields.each((each) => readStep(each.list())).slice(),
    variables: new Map(fields.each((each) => [each.text(), readValue(each)] as const)),
    intents: new Map(fields.each((each) => [each.count(), formatHash(each.bytes())] as const)),
    receipts: new Map(fields.each((each) => [each.count(), readReceipt(each)] as const)),
  }
  fields.end()
  if (instance.steps.length !== plan.steps.length)
    throw badRecord(`${id} has another number of steps than ${plan.name}`)
  return instance
}

function readValue(fields: Fields): ExprValue {
  return decodeStateForm(fields.bytes().slice())
}

function readStep(fields: Fields): StepState {
  return {
    status: fields.oneOf(STATUSES),
    decided: fields.count(),
    isLive: fields.bool(),
    value: fields.optional(readValue),
    matched: fields.optional(readValue),
    deadlineNs: fields.optional((each) => each.uint()),
  }
}

function readReceipt(fields: Fields): ReceiptValue {
  const status = fields.oneOf(RECEIPT_STATUSES)
  const record = readValue(fields)
  const payload = record.sort === 'record' ? record.fields.get('payload') : undefined
  return { status, payload: payload ?? NULL_VALUE, record }
}
