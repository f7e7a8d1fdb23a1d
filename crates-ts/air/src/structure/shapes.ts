/**
 * The structure of definitions in JSON, after sugar is folded (spec/03-air.md, "Definitions").
 *
 * `code` is the code of a broken constraint; a missing or mistyped member has its own codes. Parts with a grammar of
 * their own (types, references, hashes) are `Unknown` here and read by `definitions/`; `part` names the grammar, for the
 * JSON Schemas in `documents/` that are made of these.
 */
import { Type, type TSchema } from '@sinclair/typebox'
import { AIR_LIMITS } from '../limits.ts'
import { BOUNDED, choice, CLOSED, Expression, Id, Name, SecretName, Slot, Word, Words } from './parts.ts'

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
