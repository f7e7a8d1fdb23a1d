/**
 * Plans, effects, capabilities, policies and secrets as JSON. Lenses differ in types only; slots are in their normal form in
 * both (spec/03-air.md, "Lenses of definitions").
 */
import { exprJson } from '../expressions/parse-expr.ts'
import type { JsonNode, JsonObject } from '../json.ts'
import type {
  DefCap,
  DefEffect,
  DefPlan,
  DefPolicy,
  DefSecret,
  PlanSlot,
  PlanStep,
  PolicyMatch,
} from '../plan-model.ts'
import { slotJson } from '../plans/read-slot.ts'
import { compareKeys } from '../types/key-order.ts'
import { typeJson, type Lens } from '../types/node.ts'
import { members } from './json-members.ts'

type MemberList = readonly (readonly [string, JsonNode | undefined])[]

export function planJson(plan: DefPlan): JsonNode {
  const edges = plan.edges.map(({ from, to, when }) =>
    members([['from', from], ['to', to], ['when', when && exprJson(when)]]),
  ) // prettier-ignore
  return members([
    ['$kind', 'defplan'],
    ['name', plan.name],
    ['input', plan.input],
    ['output', plan.output],
    ['locals', textMap(plan.locals)],
    ['steps', plan.steps.map(stepJson)],
    ['edges', list(edges)],
    ['required_caps', list(plan.requiredCaps)],
    ['allowed_effects', list(plan.allowedEffects)],
    ['invariants', list(plan.invariants.map(exprJson))],
  ])
}

function stepJson(step: PlanStep): JsonNode {
  return members([['id', step.id], ['op', step.op], ...stepMembers(step)])
}

function stepMembers(step: PlanStep): MemberList {
  switch (step.op) {
    case 'raise_event':
      return [
        ['event', step.event],
        ['value', slotJson(step.value)],
      ]
    case 'emit_effect':
      return [
        ['kind', step.effectKind],
        ['params', slotJson(step.params)],
        ['cap', step.cap],
        ['idempotency_key', slot(step.idempotencyKey)],
        ['bind', members([['effect_id_as', step.handle]])],
      ]
    case 'await_receipt':
      return [
        ['for', exprJson(step.for)],
        ['accept', step.accept && list(step.accept)],
        ['deadline', slot(step.deadline)],
        ['bind', members([['as', step.bind]])],
      ]
    case 'await_event':
      return [
        ['event', step.event],
        ['where', step.where && exprJson(step.where)],
        ['deadline', slot(step.deadline)],
        ['bind', members([['as', step.bind]])],
      ]
    case 'assign':
      return [
        ['expr', slotJson(step.expr)],
        ['bind', members([['as', step.bind]])],
      ]
    case 'end':
      return [['result', slot(step.result)]]
  }
}

function slot(value: PlanSlot | undefined): JsonNode | undefined {
  return value && slotJson(value)
}

/** Nothing when it is empty. */
export function list(items: readonly JsonNode[]): JsonNode | undefined {
  return items.length === 0 ? undefined : items
}

/** Nothing when it is empty; entries in canonical order. */
export function textMap(entries: ReadonlyMap<string, JsonNode>): JsonObject | undefined {
  if (entries.size === 0) return undefined
  return new Map([...entries].toSorted(([left], [right]) => compareKeys(left, right)))
}

export function effectJson(effect: DefEffect): JsonNode {
  return members([
    ['$kind', 'defeffect'],
    ['name', effect.name],
    ['kind', effect.effectKind],
    ['params_schema', effect.paramsSchema],
    ['receipt_schema', effect.receiptSchema],
    ['cap_type', effect.capType],
    ['origin_scope', effect.originScope],
  ])
}

export function capJson(cap: DefCap, lens: Lens): JsonNode {
  return members([
    ['$kind', 'defcap'],
    ['name', cap.name],
    ['cap_type', cap.capType],
    ['schema', typeJson(cap.schema, lens)],
    ['enforcer', members([['module', cap.enforcer]])],
  ])
}

export function policyJson(policy: DefPolicy): JsonNode {
  const rules = policy.rules.map(({ when, decision }) => members([['when', matchJson(when)], ['decision', decision]])) // prettier-ignore
  return members([
    ['$kind', 'defpolicy'],
    ['name', policy.name],
    ['rules', rules],
  ])
}

function matchJson(match: PolicyMatch): JsonNode {
  return members([
    ['effect_kind', match.effectKind],
    ['cap_name', match.capName],
    ['cap_type', match.capType],
    ['origin_kind', match.originKind],
    ['origin_name', match.originName],
    ['principal', match.principal],
    ['where', match.where && exprJson(match.where)],
  ])
}

export function secretJson(secret: DefSecret): JsonNode {
  return members([
    ['$kind', 'defsecret'],
    ['name', secret.name],
    ['binding_id', secret.bindingId],
    ['expected_digest', secret.expectedDigest],
    ['allowed_caps', list(secret.allowedCaps ?? [])],
    ['allowed_plans', list(secret.allowedPlans ?? [])],
  ])
}
