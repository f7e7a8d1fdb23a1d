/** Starting instances (spec/10-plans.md, "Triggers" and "Starting by hand"). */
import { bytesValue, exprFromValue, findMember, valueFromExpr } from '@aos/expr'
import type { ExprValue } from '@aos/expr'
import { isAosError } from '@aos/cbor'
import type { CompiledPlan, TypedSchema } from './compiled-plan.ts'
import { makeInstance } from './instance.ts'
import type { PlanInstance } from './instance.ts'

/** A trigger of the manifest in force. */
export interface CompiledTrigger {
  readonly event: TypedSchema
  readonly plan: CompiledPlan
  /** The event's type is the input's: then there is nothing to fit. */
  readonly fits: boolean
  /** Members from the input to the correlated value. */
  readonly correlateBy: readonly string[] | undefined
}

/** Who started an instance, and where in the journal. */
export interface Starter {
  /** `<height>.<index>` of the event or the command. */
  readonly eventId: string
  readonly principal: string
  readonly trace: Uint8Array | undefined
}

/** The instance of a plan that starts with this event or command: one at most (K17). */
export function instanceId(eventId: string, plan: string): string {
  return `${eventId}/${plan}`
}

/** `value` and `key` are prefixed canonical bytes. Throws `expr.type_mismatch` when the event does not fit the plan's input. */
export function startByTrigger(
  trigger: CompiledTrigger,
  event: { readonly value: Uint8Array; readonly key: Uint8Array | undefined },
  starter: Starter,
): PlanInstance {
  const { plan } = trigger
  const given = exprFromValue(trigger.event.codec.decode(event.value), trigger.event.type, plan.table)
  const input = trigger.fits ? given : fitInput(plan, given)
  const { principal, trace } = starter
  const correlation = correlationOf(trigger, input, event.key)
  return makeInstance({ id: instanceId(starter.eventId, plan.name), plan, principal, trace, input, correlation })
}

function fitInput(plan: CompiledPlan, given: ExprValue): ExprValue {
  const { type } = plan.input
  return exprFromValue(valueFromExpr(given, type, plan.table), type, plan.table)
}

/** `input` are prefixed canonical bytes by the plan's input schema, which were checked. */
export function startByHand(plan: CompiledPlan, input: Uint8Array, starter: Starter): PlanInstance {
  const value = exprFromValue(plan.input.codec.decode(input), plan.input.type, plan.table)
  const { principal, trace } = starter
  const id = instanceId(starter.eventId, plan.name)
  return makeInstance({ id, plan, principal, trace, input: value, correlation: undefined })
}

/** The value that `correlate_by` names; else the key of the event, as bytes. */
function correlationOf(trigger: CompiledTrigger, input: ExprValue, key: Uint8Array | undefined): ExprValue | undefined {
  if (trigger.correlateBy !== undefined) {
    const found = findPath(input, trigger.correlateBy)
    if (found !== undefined) return found
  }
  return key === undefined ? undefined : bytesValue(key)
}

function findPath(value: ExprValue, path: readonly string[]): ExprValue | undefined {
  let at: ExprValue | undefined = value
  for (const name of path) {
    if (at === undefined) return undefined
    try {
      at = findMember(at, name)
    } catch (error) {
      if (!isAosError(error)) throw error
      return undefined
    }
  }
  return at
}
