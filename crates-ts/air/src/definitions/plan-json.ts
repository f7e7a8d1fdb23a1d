/**
 * Plans, effects, capabilities, policies, secrets, and the sections of a manifest that are about them, as JSON. Lenses differ in
 * types only; slots are in their normal form in both (spec/03-air.md, "Lenses of definitions").
 */
import { literalJson } from '../expressions/literal.ts'
import { exprJson } from '../expressions/parse-expr.ts'
import { jsonInteger, type JsonNode } from '../json.ts'
import type { Manifest } from '../model.ts'
import type {
  CapGrant,
  DefCap,
  DefEffect,
  DefPlan,
  DefPolicy,
  DefSecret,
  EffectBinding,
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
function list(items: readonly JsonNode[]): JsonNode | undefined {
  return items.length === 0 ? undefined : items
}

/** Nothing when it is empty; entries in canonical order. */
function textMap(entries: ReadonlyMap<string, JsonNode>): JsonNode | undefined {
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

/** The sections of a manifest that are no lists of definitions; those that are empty are undefined. */
export function powersJson(manifest: Manifest): {
  readonly [section in 'defaults' | 'moduleBindings' | 'triggers' | 'bindings' | 'approvers' | 'limits']:
    JsonNode | undefined
} {
  const grants = list(manifest.grants.map(grantJson))
  const hasDefaults = manifest.policy !== undefined || grants !== undefined
  const modules = [...manifest.moduleBindings].map(([module, slots]): [string, JsonNode] => {
    return [module, members([['slots', textMap(slots)]])]
  })
  return {
    defaults: hasDefaults ? members([['policy', manifest.policy], ['cap_grants', grants]]) : undefined,
    moduleBindings: textMap(new Map(modules)),
    triggers: list(
      manifest.triggers.map((trigger) =>
        members([['event', trigger.event], ['plan', trigger.plan], ['correlate_by', trigger.correlateBy]]),
      ),
    ),
    bindings: list(manifest.bindings.map(bindingJson)),
    approvers: list(
      manifest.approvers.map(({ name, key, roles }) => members([['name', name], ['key', key], ['roles', list(roles)]])),
    ),
    limits: textMap(new Map([...(manifest.limits ?? [])].map(([name, limit]) => [name, jsonInteger(limit)]))),
  } // prettier-ignore
}

function grantJson(grant: CapGrant): JsonNode {
  const budgets = [...(grant.budgets ?? [])].map(([dimension, { limit, windowNs }]): [string, JsonNode] => [
    dimension,
    members([['limit', jsonInteger(limit)], ['window_ns', number(windowNs)]]),
  ]) // prettier-ignore
  return members([
    ['name', grant.name],
    ['cap', grant.cap],
    ['params', literalJson(grant.params)],
    ['expiry_ns', number(grant.expiryNs)],
    ['budgets', textMap(new Map(budgets))],
    ['literal_secrets', grant.literalSecrets === true ? true : undefined],
  ])
}

function bindingJson(binding: EffectBinding): JsonNode {
  return members([
    ['pattern', binding.pattern],
    ['adapter', binding.adapter],
    ['idempotent', binding.idempotent],
    ['timeout_ms', number(binding.timeoutMs)],
    ['attempts_max', number(binding.attemptsMax)],
    ['concurrency_max', number(binding.concurrencyMax)],
  ])
}

function number(value: number | bigint | undefined): JsonNode | undefined {
  return value === undefined ? undefined : jsonInteger(value)
}
