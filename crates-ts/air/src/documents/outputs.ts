/**
 * JSON Schemas of what `aos … --json` prints (spec/schemas/README.md). Members that are not named here may come; the ones
 * that are stay. They stand in this package because it is the one that has TypeBox.
 */
import { Type, type TObject, type TSchema } from '@sinclair/typebox'
import { hashText, oneOf, openObject } from './build.ts'
import { effectsMembers, gateOutputs } from './outputs-gate.ts'
import { governanceOutputs } from './outputs-governance.ts'
import { secretOutputs } from './outputs-secrets.ts'
import { snapshotOutputs, snapshotPlace } from './outputs-snapshots.ts'
import { workspaceOutputs } from './outputs-workspaces.ts'
import type { JsonDocument } from './port.ts'

const optional = Type.Optional

/** One for each command whose document scripts rely on, and the one of a failure. */
export function outputDocuments(): readonly JsonDocument[] {
  const document = (command: string, data: TSchema): JsonDocument => ({
    name: `output-${command.replaceAll(' ', '-')}`,
    title: command === 'event stream' ? 'aos event send --ndjson --json' : `aos ${command} --json`,
    schema: Type.Union([success(data), failure()]),
    parts: {},
  })
  return [
    ...gateOutputs().map(([command, data]) => document(command, data)),
    ...secretOutputs().map(([command, data]) => document(command, data)),
    ...governanceOutputs().map(([command, data]) => document(command, data)),
    ...snapshotOutputs().map(([command, data]) => document(command, data)),
    ...workspaceOutputs().map(([command, data]) => document(command, data)),
    document('air check', airCheck()),
    document('air diff', airDiff()),
    document('air emit', airEmit()),
    document('air hash', Type.Array(openObject({ kind: definitionKind(), name: Type.String(), hash: hashText() }))),
    document('bench', bench()),
    document('doctor', doctor()),
    document('doctor clock', doctorClock()),
    document('event send', eventSend()),
    document('event stream', summary()),
    document('examples', examples()),
    document('gen types', openObject({ text: optional(Type.String()), file: optional(Type.String()) })),
    document('journal head', journalHead()),
    document('journal replay', replay()),
    document('journal verify', verify()),
    document('module check', moduleCheck()),
    document('state get', stateGet()),
    document('state ls', stateLs()),
    { name: 'output-error', title: 'aos … --json: a failure', schema: failure(), parts: {} },
    {
      name: 'output-event-ack',
      title: 'aos event send --ndjson --acks: one line',
      schema: acknowledgement(),
      parts: {},
    },
    {
      name: 'output-event-summary',
      title: 'aos event send --ndjson --acks: the last line',
      schema: summary(),
      parts: {},
    },
  ]
}

function success(data: TSchema): TSchema {
  return openObject({ ok: Type.Literal(true), data, meta: optional(Type.Unknown()) })
}

function failure(): TSchema {
  const error = openObject({
    code: Type.String({ pattern: '^[a-z]+\\.[a-z][a-z0-9_]*$' }),
    message: Type.String({ minLength: 1 }),
    path: optional(path()),
    hint: optional(Type.String()),
    details: optional(Type.Unknown()),
  })
  return openObject({ ok: Type.Literal(false), error })
}

/** A path as 08 writes it. */
function path(): TSchema {
  return Type.String({ pattern: '^\\$' })
}

function count(): TSchema {
  return Type.Integer({ minimum: 0 })
}

function definitionKind(): TSchema {
  const powers = ['defeffect', 'defcap', 'defpolicy', 'defsecret']
  return oneOf(['defschema', 'defmodule', 'defplan', ...powers, 'manifest'])
}

function airCheck(): TSchema {
  const issue = openObject({
    file: Type.String(),
    line: optional(Type.Integer({ minimum: 1 })),
    column: optional(Type.Integer({ minimum: 1 })),
    code: Type.String(),
    path: path(),
    message: Type.String(),
  })
  return openObject({ ok: Type.Boolean(), issues: Type.Array(issue), warnings: Type.Array(issue) })
}

function airEmit(): TSchema {
  return openObject({
    file: Type.String(),
    definitions: Type.Integer({ minimum: 1 }),
    changed: Type.Boolean(),
    others: Type.Array(Type.String()),
  })
}

function airDiff(): TSchema {
  const changes = [
    ...['added', 'removed', 'changed', 'reordered', 'field_added', 'field_removed', 'arm_added', 'arm_removed'],
    ...['option_added', 'option_removed', 'retyped', 'reference_affected'],
  ]
  const value = optional(Type.Unknown())
  const verdictOf = optional(oneOf(['yes', 'no', 'unknown']))
  const reason = optional(
    openObject({ code: Type.String(), message: Type.String(), path: optional(path()), witness: value }),
  )
  const definition = openObject({
    kind: definitionKind(),
    name: Type.String(),
    change: oneOf(['added', 'removed', 'changed', 'affected']),
    same_content_as: optional(Type.String()),
    items: Type.Array(openObject({ path: path(), change: oneOf(changes), before: value, after: value })),
    accepts_old: verdictOf,
    accepts_old_reason: reason,
    accepted_by_old: verdictOf,
    accepted_by_old_reason: reason,
  })
  return openObject({ equal: Type.Boolean(), definitions: Type.Array(definition) })
}

function bench(): TSchema {
  return Type.Array(
    openObject({
      name: Type.String(),
      unit: Type.String(),
      value: Type.Number(),
      spread: Type.Number(),
      min: optional(Type.Number()),
      max: optional(Type.Number()),
      rounds: optional(count()),
      bar: optional(Type.Number()),
      bar_is: optional(oneOf(['at_least', 'at_most'])),
      holds: optional(Type.Boolean()),
      note: optional(Type.String()),
      base: optional(Type.Number()),
      change: optional(Type.Number()),
      outside: optional(Type.Boolean()),
    }),
  )
}

function doctor(): TSchema {
  const check = openObject({
    name: Type.String({ pattern: '^[a-z]+(-[a-z]+)*$' }),
    state: oneOf(['ok', 'warn', 'fail']),
    message: Type.String({ minLength: 1 }),
    hint: optional(Type.String()),
    details: optional(Type.Unknown()),
  })
  return openObject({ ok: Type.Boolean(), checks: Type.Array(check) })
}

function doctorClock(): TSchema {
  const nanoseconds = Type.String({ pattern: '^-?[0-9]+$' })
  return openObject({
    clock: Type.Union([Type.Literal('real'), Type.Literal('virtual'), Type.Null()]),
    held: Type.Boolean(),
    wall_ns: nanoseconds,
    stamped_ns: nanoseconds,
    last_now_ns: nanoseconds,
    logical_now_ns: nanoseconds,
    jump_ns: nanoseconds,
    accepted_height: optional(count()),
  })
}

function eventSend(): TSchema {
  const step = openObject({
    reducer: Type.String(),
    key: optional(Type.Unknown()),
    outcome: Type.String(),
    fuel: count(),
    note: optional(Type.String()),
  })
  return openObject({
    height: count(),
    event_id: eventId(),
    outcome: Type.String(),
    steps: Type.Array(step),
    ...effectsMembers(),
  })
}

/** World, height and index. */
function eventId(): TSchema {
  return Type.String({ pattern: ':[0-9]+\\.[0-9]+$' })
}

function acknowledgement(): TSchema {
  return openObject({ line: count(), height: count(), event_id: eventId() })
}

function summary(): TSchema {
  const height = Type.Union([count(), Type.Null()])
  return openObject({
    sent: count(),
    accepted: count(),
    refused: count(),
    first_height: height,
    last_height: height,
    seconds: Type.Number({ minimum: 0 }),
  })
}

/** Without a name, only the names. */
function examples(): TSchema {
  return Type.Array(
    openObject({
      name: Type.String(),
      ok: optional(Type.Boolean()),
      seconds: optional(Type.Number({ minimum: 0 })),
      height: optional(count()),
      root: optional(hashText()),
    }),
  )
}

function journalHead(): TSchema {
  return openObject({
    height: count(),
    entries: count(),
    manifest_hash: Type.Union([hashText(), Type.Null()]),
    head_hash: hashText(),
    log_root: hashText(),
    snapshot: optional(snapshotPlace()),
  })
}

/** Of a replay, also from where it started. */
function replay(): TSchema {
  return openObject({ ...verdict().properties, from_snapshot: optional(snapshotPlace()) })
}

function verdict(): TObject {
  const difference = openObject({
    height: count(),
    path: Type.String(),
    expected: Type.String(),
    found: Type.String(),
    reducer: optional(Type.String()),
    key: optional(Type.Unknown()),
    note: optional(Type.String()),
  })
  return openObject({
    ok: Type.Boolean(),
    entries: count(),
    root: hashText(),
    compacted_below: optional(count()),
    first_difference: optional(difference),
  })
}

/** Of a verification, also what was found of an archive. */
function verify(): TSchema {
  const difference = { height: count(), path: Type.String(), expected: Type.String(), found: Type.String() }
  const archive = {
    ok: Type.Boolean(),
    first: count(),
    last: count(),
    root: hashText(),
    of_world: optional(Type.Boolean()),
    first_difference: optional(openObject(difference)),
  }
  return openObject({ ...verdict().properties, archive: optional(openObject(archive)) })
}

function moduleCheck(): TSchema {
  const issue = openObject({
    code: Type.String(),
    message: Type.String(),
    offset: optional(count()),
    source: optional(Type.String()),
  })
  return openObject({
    ok: Type.Boolean(),
    issues: Type.Array(issue),
    imports: Type.Array(Type.Unknown()),
    exports: Type.Array(Type.Unknown()),
    size: count(),
    metered_size: Type.Union([count(), Type.Null()]),
    engine_digest: hashText(),
  })
}

/** `state_base64` in the place of `state` with --raw. */
function stateGet(): TSchema {
  const where = { reducer: Type.String(), key: optional(Type.Unknown()), height: count() }
  return Type.Union([
    openObject({ ...where, state: Type.Unknown() }),
    openObject({ ...where, state_base64: Type.Union([Type.String(), Type.Null()]) }),
  ])
}

function stateLs(): TSchema {
  const cell = openObject({ key: Type.Unknown(), size: count(), state_hash: hashText() })
  return openObject({ cells: Type.Array(cell), next_cursor: optional(Type.String()) })
}
