/** JSON Schema of what a shadow run says (spec/24-shadow-report.md, "Report"). */
import { Type, type TObject, type TProperties, type TSchema } from '@sinclair/typebox'
import { hashText, oneOf, openObject } from './build.ts'
import type { JsonDocument } from './port.ts'

const optional = Type.Optional

/** How objects are made: those of the document are closed, because version 1 has these members and no others. */
export type MakeObject = (properties: TProperties) => TObject

/** The bytes that a proposal is bound to by hash. */
export function shadowReportDocuments(): readonly JsonDocument[] {
  const closed: MakeObject = (properties) => Type.Object(properties, { additionalProperties: false })
  return [{ name: 'shadow-report', title: 'A shadow report', schema: shadowReport(closed), parts: {} }]
}

/** A report as a part of what is printed, which may get more members. */
export function shadowReport(object: MakeObject = openObject): TObject {
  const list = (item: TSchema): TSchema => object({ total: count(), items: Type.Array(item) })
  const fromTo = (value: TSchema): TSchema => object({ from: value, to: value })
  const effects = list(effect(object))
  return object({
    version: Type.Literal(1),
    world: hashText(),
    proposal: Type.Integer({ minimum: 1 }),
    patch: hashText(),
    base: hashText(),
    base_height: count(),
    candidate: hashText(),
    head: count(),
    stretch: object({
      from: count(),
      to: count(),
      reason: oneOf(['given', 'last_entries', 'since_change', 'compacted', 'blocked']),
      seeds: count(),
      reached: count(),
    }),
    entries: object({
      submitted: count(),
      refused: count(),
      passed: Type.Array(object({ why: oneOf(['governance', 'not_there', 'snapshot']), count: count() })),
      scripted: count(),
    }),
    authority: authority(object),
    decisions: list(decision(object)),
    appearing: effects,
    vanishing: effects,
    unanswered: effects,
    plans: list(object({ instance: Type.String(), from: plan(object), to: plan(object) })),
    cells_touched: count(),
    cells: list(object({ ...place(), from: optional(hashText()), to: optional(hashText()) })),
    deliveries: list(delivery(object)),
    refusals: list(refusal(object)),
    turns: list(object({ height: count(), from: turn(), to: turn() })),
    fuel: fromTo(count()),
    costs: Type.Array(object({ dimension: Type.String(), from: count(), to: count() })),
    migrations: object({ cells: count(), fuel: count(), failed: list(failed(object)), whole: Type.Boolean() }),
    in_flight: list(inFlight(object)),
    endings: list(object({ instance: Type.String(), code: Type.String() })),
    findings: Type.Array(finding(object)),
  })
}

function count(): TSchema {
  return Type.Integer({ minimum: 0 })
}

/** A cell. */
function place(): TProperties {
  return { reducer: Type.String(), key: optional(Type.String()) }
}

function authority(object: MakeObject): TSchema {
  const change = oneOf(['narrows', 'keeps', 'widens'])
  const item = object({
    section: Type.String(),
    name: Type.String(),
    path: optional(Type.Array(Type.Union([Type.String(), count()]))),
    change,
    rule: Type.String({ pattern: '^A[1-9][0-9]*$' }),
    approval: optional(Type.Literal(true)),
    reason: Type.String(),
  })
  return object({ verdict: change, approval: Type.Boolean(), items: Type.Array(item) })
}

function effect(object: MakeObject): TSchema {
  return object({ height: count(), effect_kind: Type.String(), origin: Type.String(), intent: hashText(), params: hashText() }) // prettier-ignore
}

function decision(object: MakeObject): TSchema {
  const verdict = object({
    outcome: oneOf(['allow', 'deny', 'park']),
    code: optional(Type.String()),
    grant: optional(Type.String()),
    policy: optional(Type.String()),
    rule: optional(count()),
  })
  return object({
    height: count(),
    effect_kind: Type.String(),
    origin: Type.String(),
    request: hashText(),
    intent: optional(hashText()),
    from: verdict,
    to: verdict,
  })
}

function plan(object: MakeObject): TSchema {
  return object({
    status: oneOf(['ok', 'failed', 'running', 'absent']),
    code: optional(Type.String()),
    step: optional(Type.String()),
    result: optional(hashText()),
  })
}

function delivery(object: MakeObject): TSchema {
  return object({ height: count(), ...place(), from: Type.String(), to: Type.String(), note: optional(Type.String()) })
}

function refusal(object: MakeObject): TSchema {
  return object({ height: count(), kind: Type.String(), schema: optional(Type.String()), code: Type.String() })
}

function turn(): TSchema {
  return oneOf(['ok', 'turn_limit', 'refused'])
}

function failed(object: MakeObject): TSchema {
  return object({ ...place(), from: count(), to: count(), outcome: Type.String(), note: optional(Type.String()) })
}

function inFlight(object: MakeObject): TSchema {
  return object({
    intent: hashText(),
    effect_kind: Type.String(),
    origin: Type.String(),
    height: count(),
    to: oneOf(['denied', 'parked']),
    code: optional(Type.String()),
  })
}

const CODES = [
  ...['authority_widens', 'cannot_apply', 'cannot_fork', 'deliveries_fail', 'entries_limit', 'fuel_limit'],
  ...['in_flight_denied', 'migration_failed', 'open_intents', 'plans_fail', 'receipts_unused', 'refusals'],
  ...['rehearsal_limit', 'stretch_compacted', 'time_limit', 'turn_limit'],
] as const

function finding(object: MakeObject): TSchema {
  return object({ code: oneOf(CODES), severity: oneOf(['error', 'warning', 'info']), message: Type.String() })
}
