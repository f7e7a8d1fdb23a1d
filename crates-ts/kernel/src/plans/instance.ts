/**
 * One running plan (spec/10-plans.md, "Instances"). Part of the world's state:
 *
 *   id            text `<height>.<index>/<plan>`, the event or command that started it
 *   plan          the compiled definition it is pinned to (K27)
 *   principal, trace   of the ingress that started it (K16)
 *   input, variables, step values   values of expressions
 *   steps         pending | waiting | done | skipped
 *   edges decided, one live edge seen, by step
 *   intents       emitting step -> intent hash
 *   receipts      emitting step -> what came back
 */
import type { Hash } from '@aos/cbor'
import type { ReceiptStatus } from '@aos/effects'
import type { ExprValue } from '@aos/expr'
import type { InstanceReport } from '../api.ts'
import type { CompiledPlan } from './compiled-plan.ts'
import type { LaterValue } from './later-value.ts'

/** `waiting`: it has run and is not completed. */
export type StepStatus = 'pending' | 'waiting' | 'done' | 'skipped'

/** How far one step is. */
export interface StepState {
  status: StepStatus
  /** Incoming edges that are decided, and whether one of them is live (K23). */
  decided: number
  isLive: boolean
  value: ExprValue | LaterValue | undefined
  /** What an open wait has been given; taken when the instance runs next. */
  matched: ExprValue | undefined
  /** Logical time after which an open wait never matches (K25). */
  deadlineNs: bigint | undefined
}

/** A receipt as a plan sees it. */
export interface ReceiptValue {
  readonly status: ReceiptStatus
  readonly payload: ExprValue
  /** The record of `@receipt`. */
  readonly record: ExprValue
}

/** A running plan; a turn works on a copy. */
export interface PlanInstance {
  readonly id: string
  readonly plan: CompiledPlan
  readonly principal: string
  readonly trace: Uint8Array | undefined
  readonly input: ExprValue
  readonly steps: StepState[]
  readonly variables: Map<string, ExprValue>
  readonly intents: Map<number, Hash>
  readonly receipts: Map<number, ReceiptValue>
}

/** Nothing has run yet. */
export function makeInstance(
  start: Pick<PlanInstance, 'id' | 'plan' | 'principal' | 'trace' | 'input'> & {
    readonly correlation: ExprValue | undefined
  },
): PlanInstance {
  const { id, plan, principal, trace, input, correlation } = start
  return {
    id,
    plan,
    principal,
    trace,
    input,
    steps: plan.steps.map(freshStep),
    variables: correlation === undefined ? new Map() : new Map([['correlation_id', correlation]]),
    intents: new Map(),
    receipts: new Map(),
  }
}

function freshStep(): StepState {
  return { status: 'pending', decided: 0, isLive: false, value: undefined, matched: undefined, deadlineNs: undefined }
}

/** A copy that a turn may change while the original stands (K8). Values are shared: they never change. */
export function copyInstance(instance: PlanInstance): PlanInstance {
  const { id, plan, principal, trace, input } = instance
  return {
    id,
    plan,
    principal,
    trace,
    input,
    steps: instance.steps.map((step) => ({ ...step })),
    variables: new Map(instance.variables),
    intents: new Map(instance.intents),
    receipts: new Map(instance.receipts),
  }
}

/** For people and programs outside: no values. */
export function reportInstance(instance: PlanInstance): InstanceReport {
  return {
    id: instance.id,
    plan: instance.plan.name,
    manifest: instance.plan.manifest,
    principal: instance.principal,
    steps: instance.plan.steps.map(({ id, op }, index) => {
      const state = instance.steps[index]
      return { id, op, status: state?.status ?? 'pending', deadlineNs: state?.deadlineNs }
    }),
  }
}
