/** Plans: their graph, what their steps name, and the values in their slots (spec/03-air.md, "Plans"). */
import type { ErrorPath } from '@aos/cbor'
import { capsOf, effectsOf } from '../definitions/parse-plan.ts'
import { foldExpr } from '../expressions/literal.ts'
import { report, reportStrict, shown } from '../issues.ts'
import type { DefPlan, Expr, PlanSlot, PlanStep } from '../plan-model.ts'
import type { SlotSchema } from '../plans/read-slot.ts'
import { checkLiteral } from './check-powers.ts'
import { checkPlanGraph } from './check-plan-graph.ts'
import { checkSecretUses } from './check-secrets.ts'
import { capTypeOf, checkSchemaName, typeOf, type Scope } from './scope.ts'

/** Holds every listed plan to the rules; what its expressions refer to is checked elsewhere. */
export function checkPlans(scope: Scope): void {
  for (const plan of scope.listed.plans.values()) {
    const path = ['plans', plan.name]
    checkPlanGraph(scope, plan, path)
    checkSchemas(scope, plan, path)
    checkDerived(scope, plan, path)
    for (const [index, step] of plan.steps.entries()) {
      const at = [...path, 'steps', index]
      if (step.op === 'emit_effect') checkEmit(scope, step, at)
      for (const slot of slotsOf(plan, step)) checkSlot(scope, plan, slot, at)
    }
    checkEnds(scope, plan, path)
    checkCorrelation(scope, plan, path)
  }
}

function checkSchemas(scope: Scope, plan: DefPlan, path: ErrorPath): void {
  checkSchemaName(scope, plan.input, [...path, 'input'])
  if (plan.output !== undefined) checkSchemaName(scope, plan.output, [...path, 'output'])
  for (const [name, schema] of plan.locals) checkSchemaName(scope, schema, [...path, 'locals', name])
  for (const [index, step] of plan.steps.entries()) {
    if (step.op !== 'raise_event' && step.op !== 'await_event') continue
    checkSchemaName(scope, step.event, [...path, 'steps', index, 'event'])
  }
}

function checkDerived(scope: Scope, plan: DefPlan, path: ErrorPath): void {
  const lists = [
    { key: 'required_caps', found: plan.requiredCaps, wanted: capsOf(plan.steps) },
    { key: 'allowed_effects', found: plan.allowedEffects, wanted: effectsOf(plan.steps) },
  ]
  for (const { key, found, wanted } of lists) {
    if (found.length === wanted.length && found.every((name, index) => name === wanted[index])) continue
    const message = `the steps need ${wanted.map(shown).join(', ') || 'none'}; leave the list away or name exactly those`
    report(scope.sink, 'air.derived_list', [...path, key], message)
  }
}

type StepOf<Op extends PlanStep['op']> = Extract<PlanStep, { readonly op: Op }>

function checkEmit(scope: Scope, step: StepOf<'emit_effect'>, path: ErrorPath): void {
  const effect = scope.effectsByKind.get(step.effectKind)
  if (effect === undefined) {
    const message = `the manifest lists no effect of the kind ${shown(step.effectKind)}`
    report(scope.sink, 'air.unknown_effect', [...path, 'kind'], message)
  } else if (effect.originScope === 'reducer') {
    const message = `${shown(step.effectKind)} is for reducers only`
    reportStrict(scope.sink, 'air.origin_scope', [...path, 'kind'], message)
  }
  if (!scope.grants.has(step.cap)) {
    report(scope.sink, 'air.unknown_grant', [...path, 'cap'], `no grant is called ${shown(step.cap)}`)
    return
  }
  const found = capTypeOf(scope, step.cap)
  if (effect === undefined || found === undefined || found === effect.capType) return
  const message = `${shown(step.effectKind)} needs a grant of the type ${shown(effect.capType)}, found ${shown(found)}`
  report(scope.sink, 'air.cap_type', [...path, 'cap'], message)
}

/** A slot of a step by the name that it has in JSON. */
export interface StepSlot {
  readonly key: string
  readonly slot: PlanSlot
  readonly of: SlotOf
}

/** The slots of a step in the order of its members, each with what it is to hold. */
export function slotsOf(plan: DefPlan, step: PlanStep): readonly StepSlot[] {
  const optional = (key: string, slot: PlanSlot | undefined, of: SlotOf): readonly StepSlot[] =>
    slot === undefined ? [] : [{ key, slot, of }]
  switch (step.op) {
    case 'raise_event':
      return [{ key: 'value', slot: step.value, of: { schema: step.event } }]
    case 'emit_effect':
      return [
        { key: 'params', slot: step.params, of: { effect: step.effectKind } },
        ...optional('idempotency_key', step.idempotencyKey, { primitive: 'hash' }),
      ]
    case 'await_receipt':
    case 'await_event':
      return optional('deadline', step.deadline, { primitive: 'time' })
    case 'assign': {
      const local = plan.locals.get(step.bind)
      return [{ key: 'expr', slot: step.expr, of: local === undefined ? undefined : { schema: local } }]
    }
    case 'end':
      return optional('result', step.result, plan.output === undefined ? undefined : { schema: plan.output })
  }
}

/** What a slot is to hold; undefined: anything. */
export type SlotOf =
  { readonly schema: string } | { readonly effect: string } | { readonly primitive: 'time' | 'hash' } | undefined

/** The type of a slot, when it is known. */
export function schemaOfSlot(scope: Pick<Scope, 'table' | 'effectsByKind'>, of: SlotOf): SlotSchema | undefined {
  const { table } = scope
  if (of === undefined) return undefined
  if ('primitive' in of) return { type: { kind: of.primitive }, table }
  const name = 'effect' in of ? scope.effectsByKind.get(of.effect)?.paramsSchema : of.schema
  return name !== undefined && table.has(name) ? { type: { kind: 'ref', name }, table } : undefined
}

function checkSlot(scope: Scope, plan: DefPlan, { key, slot, of }: StepSlot, path: ErrorPath): void {
  const schema = schemaOfSlot(scope, of)
  const at = [...path, key]
  if (schema === undefined) return
  if (slot.kind === 'literal') checkLiteral(scope, slot.literal, schema, at)
  else if (foldExpr(slot.expr) !== undefined) {
    report(scope.sink, 'air.not_normal', at, 'a value without references is written as a literal')
  }
  checkSecretUses(scope, { plan, slot, schema }, at)
}

/** A plan with an output gives one at every end, and has one. */
function checkEnds(scope: Scope, plan: DefPlan, path: ErrorPath): void {
  const ends = plan.steps.flatMap((step, index) => (step.op === 'end' ? [{ step, index }] : []))
  for (const { step, index } of ends) {
    if ((step.result === undefined) === (plan.output === undefined)) continue
    const message = plan.output === undefined ? 'the plan declares no output' : 'the plan declares an output'
    reportStrict(scope.sink, 'air.plan_result', [...path, 'steps', index, 'result'], message)
  }
  if (plan.output === undefined || ends.length > 0) return
  reportStrict(scope.sink, 'air.end_unreachable', [...path, 'output'], 'no step ends the plan with a result')
}

/** A plan that is started with a correlation looks at it, or at the same field of the event, wherever it waits for one. */
function checkCorrelation(scope: Scope, plan: DefPlan, path: ErrorPath): void {
  const keys = scope.manifest.triggers.flatMap((trigger) =>
    trigger.plan === plan.name ? (trigger.correlateBy ?? []) : [],
  )
  if (keys.length === 0 || typeOf(scope, plan.input) === undefined) return
  for (const [index, step] of plan.steps.entries()) {
    if (step.op !== 'await_event') continue
    const references = step.where === undefined ? [] : referencesOf(step.where)
    const looks = references.some(
      (text) => text === '@var:correlation_id' || keys.some((key) => text.startsWith(`@event.${key}`)),
    )
    if (looks) continue
    const message = `where must look at @var:correlation_id, or at @event.${keys[0] ?? ''}`
    report(scope.sink, 'air.correlation', [...path, 'steps', index, 'where'], message)
  }
}

/** The references in an expression, as they are written. */
export function referencesOf(expr: Expr): readonly string[] {
  switch (expr.kind) {
    case 'constant':
      return []
    case 'reference':
      return [expr.text]
    case 'operation':
      return expr.operands.flatMap(referencesOf)
    case 'record':
      return [...expr.fields.values()].flatMap(referencesOf)
    case 'list':
    case 'set':
      return expr.items.flatMap(referencesOf)
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [...referencesOf(key), ...referencesOf(value)])
    case 'variant':
      return expr.value === undefined ? [] : referencesOf(expr.value)
  }
}
