/** The graph of a plan: names, edges, and what waits for what (spec/03-air.md, "Plans"). */
import type { ErrorPath } from '@aos/cbor'
import { report, reportStrict, shown } from '../issues.ts'
import type { DefPlan } from '../plan-model.ts'
import type { Scope } from './scope.ts'

/** Names are unique, edges lead from step to step and never back, and receipts are waited for after their effect. */
export function checkPlanGraph(scope: Scope, plan: DefPlan, path: ErrorPath): void {
  if (plan.steps.length === 0) report(scope.sink, 'air.empty_plan', [...path, 'steps'], 'expected at least one step')
  checkNames(scope, plan, path)
  checkEdges(scope, plan, path)
  for (const [index, step] of plan.steps.entries()) {
    if (step.op === 'await_receipt') checkReceipt(scope, plan, index, path)
  }
}

function checkNames(scope: Scope, plan: DefPlan, path: ErrorPath): void {
  const ids = new Set<string>()
  const handles = new Set<string>()
  const bound = new Set(plan.steps.flatMap((step) => ('bind' in step ? [step.bind] : [])))
  for (const [index, step] of plan.steps.entries()) {
    const at = [...path, 'steps', index]
    if (ids.has(step.id))
      report(scope.sink, 'air.duplicate_name', [...at, 'id'], `the step ${shown(step.id)} stands twice`)
    ids.add(step.id)
    if (step.op !== 'emit_effect') continue
    if (handles.has(step.handle) || bound.has(step.handle)) {
      const message = `the variable ${shown(step.handle)} is bound by another step too`
      report(scope.sink, 'air.duplicate_name', [...at, 'bind', 'effect_id_as'], message)
    }
    handles.add(step.handle)
  }
}

function checkEdges(scope: Scope, plan: DefPlan, path: ErrorPath): void {
  const ids = new Set(plan.steps.map(({ id }) => id))
  const seen = new Set<string>()
  for (const [index, { from, to }] of plan.edges.entries()) {
    const at = [...path, 'edges', index]
    if (!ids.has(from)) report(scope.sink, 'air.unknown_step', [...at, 'from'], `there is no step ${shown(from)}`)
    if (!ids.has(to)) report(scope.sink, 'air.unknown_step', [...at, 'to'], `there is no step ${shown(to)}`)
    const pair = JSON.stringify([from, to])
    if (seen.has(pair)) report(scope.sink, 'air.duplicate_edge', at, `${shown(from)} leads to ${shown(to)} already`)
    seen.add(pair)
  }
  const circular = circularEdge(plan)
  if (circular === undefined) return
  const message = 'this edge is on a way that leads back to its step'
  report(scope.sink, 'air.cyclic_plan', [...path, 'edges', circular], message)
}

/** The first edge between two steps that no order of the steps can satisfy. */
function circularEdge(plan: DefPlan): number | undefined {
  const before = new Map<string, number>(plan.steps.map(({ id }) => [id, 0]))
  const outgoing = new Map<string, string[]>()
  for (const { from, to } of plan.edges) {
    if (!before.has(from) || !before.has(to)) continue
    before.set(to, (before.get(to) ?? 0) + 1)
    outgoing.set(from, [...(outgoing.get(from) ?? []), to])
  }
  const ordered = [...before].flatMap(([id, count]) => (count === 0 ? [id] : []))
  for (const id of ordered) {
    for (const next of outgoing.get(id) ?? []) {
      const left = (before.get(next) ?? 0) - 1
      before.set(next, left)
      if (left === 0) ordered.push(next) // the loop reaches what is pushed
    }
  }
  const done = new Set(ordered)
  const index = plan.edges.findIndex(
    ({ from, to }) => before.has(from) && before.has(to) && !done.has(from) && !done.has(to),
  )
  return index < 0 ? undefined : index
}

/** `@var:<handle>` of an effect that an earlier step asks for, and that has been asked for when this step runs. */
function checkReceipt(scope: Scope, plan: DefPlan, index: number, path: ErrorPath): void {
  const step = plan.steps[index]
  if (step?.op !== 'await_receipt') return
  if (step.accept !== undefined && new Set(step.accept).size < step.accept.length) {
    report(scope.sink, 'air.bad_accept', [...path, 'steps', index, 'accept'], 'a status stands twice')
  }
  const at = [...path, 'steps', index, 'for']
  const handle = step.for.kind === 'reference' && step.for.text.startsWith('@var:') ? step.for.text.slice(5) : undefined
  const emitter = plan.steps.findIndex((other) => other.op === 'emit_effect' && other.handle === handle)
  const emit = plan.steps[emitter]
  if (handle === undefined || emit === undefined) {
    const message = 'expected {"ref":"@var:HANDLE"} with the effect_id_as of an emit_effect step'
    report(scope.sink, 'air.bad_receipt', at, message)
    return
  }
  if (emitter > index) {
    report(scope.sink, 'air.bad_receipt', at, `the step ${shown(emit.id)} that asks for it is listed behind`)
  } else if (!leadsTo(plan, emit.id, step.id)) {
    reportStrict(
      scope.sink,
      'air.bad_receipt',
      at,
      `no way leads from ${shown(emit.id)}, which asks for it, to this step`,
    )
  }
}

function leadsTo(plan: DefPlan, from: string, to: string): boolean {
  const reached = new Set([from])
  // Entries that are added while a Set is walked are walked too.
  for (const id of reached) for (const edge of plan.edges) if (edge.from === id) reached.add(edge.to)
  return reached.has(to)
}
