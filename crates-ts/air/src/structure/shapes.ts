/**
 * The structure of definitions in JSON, after sugar is folded (spec/03-air.md, "Definitions").
 *
 * `code` is the code of a broken constraint; a missing or mistyped member has its own codes. Parts with a grammar of
 * their own (types, references, hashes) are `Unknown` here and read by `definitions/`; `part` names the grammar, for the
 * JSON Schemas in `documents/` that are made of these.
 */
import { Type, type TSchema } from '@sinclair/typebox'
import { AIR_LIMITS } from '../limits.ts'
import {
  DEFINITION_NAME_LENGTH_MAX,
  DEFINITION_NAME_PATTERN,
  EFFECT_PATTERN_PATTERN,
  SECRET_NAME_PATTERN,
  WORD_PATTERN,
} from '../names.ts'

const CLOSED = { additionalProperties: false }
const UNSUPPORTED = { code: 'air.unsupported' }
const BOUNDED = { maxItems: AIR_LIMITS.listEntriesMax, code: 'air.too_large' }

const Name = Type.String({
  pattern: DEFINITION_NAME_PATTERN,
  maxLength: DEFINITION_NAME_LENGTH_MAX,
  code: 'air.bad_name',
})

/** Names that are not of definitions: effect kinds, slots, cap types, field paths. */
const Word = Type.String({ minLength: 1, maxLength: DEFINITION_NAME_LENGTH_MAX, code: 'air.bad_name' })

/** What a reference may name. */
const Id = Type.String({
  pattern: WORD_PATTERN,
  maxLength: DEFINITION_NAME_LENGTH_MAX,
  code: 'air.bad_name',
  want: 'a word of 1 to 256 characters without a dot',
})

const SecretName = Type.String({
  pattern: SECRET_NAME_PATTERN,
  maxLength: DEFINITION_NAME_LENGTH_MAX,
  code: 'air.bad_name',
  want: 'a name like mail/key@1',
})

/** Parts with a grammar of their own. */
const Expression = Type.Unknown({ part: 'expression' })
const Slot = Type.Unknown({ part: 'slot' })
const Natural = Type.Unknown({ part: 'natural' })
const Count = Type.Unknown({ part: 'count' })

const Words = Type.Array(Word, BOUNDED)

function choice(...words: readonly string[]): TSchema {
  return Type.Union(words.map((word) => Type.Literal(word)))
}

const EmptyList = Type.Array(Type.Unknown(), { maxItems: 0, ...UNSUPPORTED })

export const DEFSCHEMA_SHAPE: TSchema = Type.Object(
  { $kind: Type.Literal('defschema'), name: Name, type: Type.Unknown({ part: 'type' }) },
  CLOSED,
)

const ReducerAbi = Type.Object(
  {
    state: Name,
    event: Name,
    context: Type.Optional(Name),
    annotations: Type.Optional(Name),
    effects_emitted: Type.Optional(Type.Array(Word, BOUNDED)),
    cap_slots: Type.Optional(
      Type.Record(Type.String(), Word, { maxProperties: AIR_LIMITS.listEntriesMax, code: 'air.too_large' }),
    ),
  },
  CLOSED,
)

const PureAbi = Type.Object({ input: Name, output: Name, context: Type.Optional(Name) }, CLOSED)

export const DEFMODULE_SHAPE: TSchema = Type.Object(
  {
    $kind: Type.Literal('defmodule'),
    name: Name,
    module_kind: Type.Union([Type.Literal('reducer'), Type.Literal('pure')]),
    wasm_hash: Type.Optional(Type.Unknown({ part: 'hash' })),
    key_schema: Type.Optional(Name),
    abi: Type.Object({ reducer: Type.Optional(ReducerAbi), pure: Type.Optional(PureAbi) }, CLOSED),
  },
  CLOSED,
)

export const DEFPLAN_SHAPE: TSchema = Type.Object(
  {
    $kind: Type.Literal('defplan'),
    name: Name,
    input: Name,
    output: Type.Optional(Name),
    locals: Type.Optional(
      Type.Record(Type.String(), Name, { maxProperties: AIR_LIMITS.listEntriesMax, code: 'air.too_large' }),
    ),
    steps: Type.Array(Type.Unknown({ part: 'step' }), { maxItems: AIR_LIMITS.planStepsMax, code: 'air.too_large' }),
    edges: Type.Optional(
      Type.Array(Type.Object({ from: Id, to: Id, when: Type.Optional(Expression) }, CLOSED), {
        maxItems: AIR_LIMITS.planEdgesMax,
        code: 'air.too_large',
      }),
    ),
    required_caps: Type.Optional(Words),
    allowed_effects: Type.Optional(Words),
    invariants: Type.Optional(Type.Array(Expression, BOUNDED)),
  },
  CLOSED,
)

const Bind = Type.Object({ as: Id }, CLOSED)
const Status = choice('ok', 'error', 'timeout', 'denied', 'unknown')

/** The members of a step, by its `op`. */
export const STEP_SHAPES: ReadonlyMap<string, TSchema> = new Map(
  Object.entries({
    raise_event: { event: Name, value: Slot },
    emit_effect: {
      kind: Word,
      params: Slot,
      cap: Word,
      idempotency_key: Type.Optional(Slot),
      bind: Type.Object({ effect_id_as: Id }, CLOSED),
    },
    await_receipt: {
      for: Expression,
      accept: Type.Optional(Type.Array(Status, { maxItems: 5, code: 'air.too_large' })),
      deadline: Type.Optional(Slot),
      bind: Bind,
    },
    await_event: {
      event: Name,
      where: Type.Optional(Expression),
      deadline: Type.Optional(Slot),
      bind: Bind,
    },
    assign: { expr: Slot, bind: Bind },
    end: { result: Type.Optional(Slot) },
  }).map(([op, members]) => [op, Type.Object({ id: Id, op: Type.Literal(op), ...members }, CLOSED)]),
)

export const DEFEFFECT_SHAPE: TSchema = Type.Object(
  {
    $kind: Type.Literal('defeffect'),
    name: Name,
    kind: Word,
    params_schema: Name,
    receipt_schema: Name,
    cap_type: Word,
    origin_scope: choice('reducer', 'plan', 'both'),
  },
  CLOSED,
)

export const DEFCAP_SHAPE: TSchema = Type.Object(
  {
    $kind: Type.Literal('defcap'),
    name: Name,
    cap_type: Word,
    schema: Type.Unknown({ part: 'type' }),
    enforcer: Type.Optional(Type.Object({ module: Name }, CLOSED)),
  },
  CLOSED,
)

const PolicyMatch = Type.Object(
  {
    effect_kind: Type.Optional(Word),
    cap_name: Type.Optional(Word),
    cap_type: Type.Optional(Word),
    origin_kind: Type.Optional(choice('plan', 'reducer')),
    origin_name: Type.Optional(Word),
    principal: Type.Optional(Word),
    where: Type.Optional(Expression),
  },
  CLOSED,
)

export const DEFPOLICY_SHAPE: TSchema = Type.Object(
  {
    $kind: Type.Literal('defpolicy'),
    name: Name,
    rules: Type.Array(
      Type.Object({ when: PolicyMatch, decision: choice('allow', 'deny', 'require_approval') }, CLOSED),
      {
        maxItems: AIR_LIMITS.policyRulesMax,
        code: 'air.too_large',
      },
    ),
  },
  CLOSED,
)

export const DEFSECRET_SHAPE: TSchema = Type.Object(
  {
    $kind: Type.Literal('defsecret'),
    name: SecretName,
    binding_id: Word,
    expected_digest: Type.Optional(Type.Unknown({ part: 'digest' })),
    allowed_caps: Type.Optional(Words),
    allowed_plans: Type.Optional(Words),
  },
  CLOSED,
)

/** An entry of a section that lists definitions. */
export const NAMED_REF_SHAPE: TSchema = Type.Object(
  { name: Name, hash: Type.Optional(Type.Unknown({ part: 'hash' })) },
  CLOSED,
)

/** An entry of `secrets`. */
export const SECRET_REF_SHAPE: TSchema = Type.Object(
  { name: SecretName, hash: Type.Optional(Type.Unknown({ part: 'hash' })) },
  CLOSED,
)

const EventRoute = Type.Object({ event: Name, reducer: Name, key_field: Type.Optional(Word) }, CLOSED)

const Routing = Type.Object(
  { events: Type.Optional(Type.Array(EventRoute, BOUNDED)), inboxes: Type.Optional(EmptyList) },
  CLOSED,
)

const Grant = Type.Object(
  {
    name: Word,
    cap: Name,
    params: Type.Unknown({ part: 'literal' }),
    expiry_ns: Type.Optional(Natural),
    budgets: Type.Optional(
      Type.Record(Type.String(), Type.Object({ limit: Natural, window_ns: Type.Optional(Natural) }, CLOSED), {
        maxProperties: AIR_LIMITS.listEntriesMax,
        code: 'air.too_large',
      }),
    ),
    literal_secrets: Type.Optional(Type.Boolean()),
  },
  CLOSED,
)

const Defaults = Type.Object(
  { policy: Type.Optional(Name), cap_grants: Type.Optional(Type.Array(Grant, BOUNDED)) },
  CLOSED,
)

const Slots = Type.Object(
  {
    slots: Type.Optional(
      Type.Record(Type.String(), Word, { maxProperties: AIR_LIMITS.listEntriesMax, code: 'air.too_large' }),
    ),
  },
  CLOSED,
)

const Trigger = Type.Object({ event: Name, plan: Name, correlate_by: Type.Optional(Word) }, CLOSED)

const EffectBindingShape = Type.Object(
  {
    pattern: Type.String({
      pattern: EFFECT_PATTERN_PATTERN,
      maxLength: DEFINITION_NAME_LENGTH_MAX,
      code: 'air.bad_name',
      want: 'an effect kind, or a beginning of one with .* behind it, or *',
    }),
    adapter: Word,
    idempotent: Type.Optional(Type.Boolean()),
    timeout_ms: Type.Optional(Count),
    attempts_max: Type.Optional(Count),
    concurrency_max: Type.Optional(Count),
  },
  CLOSED,
)

const ApproverShape = Type.Object(
  {
    name: Word,
    key: Type.String({ pattern: '^[0-9a-f]{64}$', code: 'air.bad_key' }),
    roles: Type.Optional(Words),
  },
  CLOSED,
)

const ApprovalShape = Type.Object(
  { authority: choice('narrows', 'keeps', 'widens'), role: Type.Optional(Word), count: Count },
  CLOSED,
)

/** An entry of `migrations` is one of the two. */
export const STATE_MIGRATION_SHAPE: TSchema = Type.Object({ reducer: Name, module: Name }, CLOSED)
export const EVENT_MIGRATION_SHAPE: TSchema = Type.Object({ event: Name, module: Name }, CLOSED)

const References = Type.Optional(Type.Array(Type.Unknown({ part: 'reference' }), BOUNDED))

export const MANIFEST_SHAPE: TSchema = Type.Object(
  {
    $kind: Type.Literal('manifest'),
    air_version: Type.Literal('1', { code: 'air.bad_version' }),
    schemas: References,
    modules: References,
    plans: References,
    effects: References,
    caps: References,
    policies: References,
    secrets: Type.Optional(Type.Array(Type.Unknown({ part: 'secretreference' }), BOUNDED)),
    defaults: Type.Optional(Defaults),
    module_bindings: Type.Optional(
      Type.Record(Type.String(), Slots, { maxProperties: AIR_LIMITS.listEntriesMax, code: 'air.too_large' }),
    ),
    routing: Type.Optional(Routing),
    triggers: Type.Optional(Type.Array(Trigger, BOUNDED)),
    bindings: Type.Optional(Type.Array(EffectBindingShape, BOUNDED)),
    approvers: Type.Optional(Type.Array(ApproverShape, BOUNDED)),
    approvals: Type.Optional(Type.Array(ApprovalShape, BOUNDED)),
    limits: Type.Optional(
      Type.Record(Type.String(), Count, { maxProperties: AIR_LIMITS.listEntriesMax, code: 'air.too_large' }),
    ),
    migrations: Type.Optional(Type.Array(Type.Unknown({ part: 'migration' }), BOUNDED)),
  },
  CLOSED,
)
