/** JSON Schemas of what commands about plans, intents, receipts and the daemon print under `data`. */
import { Type, type TSchema } from '@sinclair/typebox'
import { hashText, oneOf, openObject } from './build.ts'
import { snapshotPlace } from './outputs-snapshots.ts'

const optional = Type.Optional

/** Documents under `data` of plans, intents, receipts and the daemon, each with the words of its command. */
export function gateOutputs(): readonly (readonly [command: string, data: TSchema])[] {
  const answer = openObject({
    height: count(),
    intent: hashText(),
    decision: oneOf(['approve', 'reject']),
    waited: waited(),
  })
  return [
    ['approvals ls', approvals()],
    ['approve', answer],
    ['driver test', driverTest()],
    ['effects ls', openObject({ intents: Type.Array(intent()), waited: waited() })],
    ['effects requeue', openObject({ height: count(), intent: hashText(), waited: waited() })],
    ['logs', openObject({ lines: Type.Array(Type.String()) })],
    ['plan cancel', openObject({ height: count(), instance: Type.String() })],
    ['plan ls', openObject({ instances: Type.Array(instance()) })],
    ['plan show', instance()],
    ['plan start', planStart()],
    ['policy explain', policyExplain()],
    ['receipt ls', receiptLs()],
    ['receipt submit', receiptSubmit()],
    ['reject', answer],
    ['status', status()],
    ['stop', openObject({ pid: count() })],
    ['upgrade', upgrade()],
    ['worlds ls', worldsLs()],
  ]
}

function approvals(): TSchema {
  const proposal = openObject({
    proposal: count(),
    authority: oneOf(['narrows', 'keeps', 'widens']),
    report_hash: optional(hashText()),
    approvals: count(),
  })
  return openObject({ intents: Type.Array(intent()), proposals: Type.Array(proposal) })
}

/** What a turn did to plans and effects, beside what else it did. */
export function effectsMembers(): Readonly<Record<'intents' | 'decisions' | 'started' | 'ended' | 'waited', TSchema>> {
  const ended = openObject({
    instance: Type.String(),
    code: optional(Type.String()),
    step: optional(Type.String()),
  })
  return {
    intents: Type.Array(intent()),
    decisions: Type.Array(decision()),
    started: optional(Type.Array(Type.String())),
    ended: optional(Type.Array(ended)),
    waited: waited(),
  }
}

function count(): TSchema {
  return Type.Integer({ minimum: 0 })
}

function nanoseconds(): TSchema {
  return Type.String({ pattern: '^[0-9]+$' })
}

/** With --wait: whether there was nothing left to perform before the time was over. */
function waited(): TSchema {
  return optional(oneOf(['quiet', 'waiting']))
}

function intent(): TSchema {
  return openObject({
    intent: hashText(),
    effect: Type.String(),
    status: oneOf(['open', 'parked', 'dead']),
    adapter: Type.String(),
    grant: Type.String(),
    height: count(),
    index: count(),
    instance: optional(Type.String()),
    step: optional(Type.String()),
    reducer: optional(Type.String()),
    cell: optional(Type.Unknown()),
    principal: Type.String(),
    params: optional(Type.Unknown()),
    idempotency_key: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    orphan: optional(Type.Literal(true)),
    due_ns: optional(nanoseconds()),
  })
}

function decision(): TSchema {
  return openObject({
    index: count(),
    effect: Type.String(),
    outcome: oneOf(['allow', 'deny', 'park']),
    code: optional(Type.String()),
    grant: optional(Type.String()),
    policy: optional(Type.String()),
    rule: optional(count()),
    reason: optional(Type.String()),
  })
}

function instance(): TSchema {
  const step = openObject({
    step: Type.String(),
    op: Type.String(),
    status: Type.String(),
    deadline_ns: optional(nanoseconds()),
  })
  return openObject({
    instance: Type.String(),
    plan: Type.String(),
    principal: Type.String(),
    steps: Type.Array(step),
  })
}

function planStart(): TSchema {
  return openObject({ height: count(), instance: Type.String(), outcome: Type.String(), ...effectsMembers() })
}

/** `matched` is the rule as it stood in the policy. */
function policyExplain(): TSchema {
  const explained = openObject({
    index: count(),
    effect: Type.String(),
    outcome: oneOf(['allow', 'deny', 'park']),
    code: optional(Type.String()),
    grant: optional(Type.String()),
    policy: optional(Type.String()),
    rule: optional(count()),
    matched: optional(Type.Unknown()),
  })
  return openObject({ height: count(), time: Type.String(), decisions: Type.Array(explained) })
}

function receiptLs(): TSchema {
  const receipt = openObject({
    height: count(),
    time: Type.String(),
    principal: Type.String(),
    intent: hashText(),
    adapter: Type.String(),
    status: Type.String(),
  })
  return openObject({ receipts: Type.Array(receipt) })
}

function receiptSubmit(): TSchema {
  const settled = openObject({ intent: hashText(), status: Type.String(), code: optional(Type.String()) })
  return openObject({ height: count(), settled: Type.Array(settled) })
}

function driverTest(): TSchema {
  const check = openObject({ check: Type.String(), ok: Type.Boolean(), note: Type.String() })
  return openObject({ ok: Type.Boolean(), checks: Type.Array(check) })
}

function status(): TSchema {
  const orNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()])
  return openObject({
    world: orNull(hashText()),
    folder: Type.String(),
    height: orNull(count()),
    entries: count(),
    manifest_hash: orNull(hashText()),
    engine_digest: hashText(),
    open_work: count(),
    intents: openObject({ open: count(), parked: count(), dead: count() }),
    running_plans: count(),
    next_due_ns: orNull(nanoseconds()),
    recovery: openObject({
      worst_ms: count(),
      bound_ms: count(),
      entries: count(),
      changes: count(),
      snapshot: orNull(snapshotPlace()),
    }),
    disk: openObject({ journal_bytes: count(), content_bytes: count() }),
    opened_ms: count(),
    daemon: orNull(openObject({ pid: count(), since: Type.String(), socket: Type.String() })),
  })
}

function worldsLs(): TSchema {
  const orNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()])
  const world = openObject({
    name: Type.String({ minLength: 1 }),
    state: oneOf(['asleep', 'waking', 'awake', 'closing']),
    busy: Type.Boolean(),
    world: orNull(hashText()),
    height: orNull(count()),
    open_work: orNull(count()),
    next_due_ns: orNull(nanoseconds()),
    wakes_at: orNull(Type.String()),
    error: orNull(openObject({ code: Type.String(), message: Type.String() })),
  })
  const daemon = { pid: count(), since: Type.String(), socket: Type.String() }
  return openObject({ folder: Type.String(), ...daemon, workers: count(), worlds: Type.Array(world) })
}

function upgrade(): TSchema {
  return openObject({
    changed: Type.Boolean(),
    engine_digest: hashText(),
    before: optional(hashText()),
    height: Type.Union([count(), Type.Null()]),
  })
}
