/** The structure of a manifest in JSON, section by section (spec/03-air.md, "Definitions"). */
import { Type, type TSchema } from '@sinclair/typebox'
import { AIR_LIMITS } from '../limits.ts'
import { DEFINITION_NAME_LENGTH_MAX, EFFECT_PATTERN_PATTERN } from '../names.ts'
import { BOUNDED, choice, CLOSED, Count, EmptyList, Name, Natural, SecretName, Word, Words } from './parts.ts'

/** A map with keys that the author chooses. */
const KEYED = { maxProperties: AIR_LIMITS.listEntriesMax, code: 'air.too_large' }

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

/** Of `routing.events`, and of the operation that sets it. */
export const ROUTES_SHAPE: TSchema = Type.Array(EventRoute, BOUNDED)

const Routing = Type.Object({ events: Type.Optional(ROUTES_SHAPE), inboxes: Type.Optional(EmptyList) }, CLOSED)

/** Budgets of a grant by dimension. */
export const BUDGETS_SHAPE: TSchema = Type.Record(
  Type.String(),
  Type.Object({ limit: Natural, window_ns: Type.Optional(Natural) }, CLOSED),
  KEYED,
)

const Grant = Type.Object(
  {
    name: Word,
    cap: Name,
    params: Type.Unknown({ part: 'literal' }),
    expiry_ns: Type.Optional(Natural),
    budgets: Type.Optional(BUDGETS_SHAPE),
    literal_secrets: Type.Optional(Type.Boolean()),
  },
  CLOSED,
)

/** The policy that decides, and all grants. */
export const DEFAULTS_SHAPE: TSchema = Type.Object(
  { policy: Type.Optional(Name), cap_grants: Type.Optional(Type.Array(Grant, BOUNDED)) },
  CLOSED,
)

const Slots = Type.Object({ slots: Type.Optional(Type.Record(Type.String(), Word, KEYED)) }, CLOSED)

/** Which grants stand in the slots of which modules. */
export const MODULE_BINDINGS_SHAPE: TSchema = Type.Record(Type.String(), Slots, KEYED)

const Trigger = Type.Object({ event: Name, plan: Name, correlate_by: Type.Optional(Word) }, CLOSED)

/** Which plans are started by which events. */
export const TRIGGERS_SHAPE: TSchema = Type.Array(Trigger, BOUNDED)

const EffectBinding = Type.Object(
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

/** Which adapters perform which kinds of effects. */
export const BINDINGS_SHAPE: TSchema = Type.Array(EffectBinding, BOUNDED)

const Approver = Type.Object(
  {
    name: Word,
    key: Type.String({ pattern: '^[0-9a-f]{64}$', code: 'air.bad_key' }),
    roles: Type.Optional(Words),
  },
  CLOSED,
)

/** Who may approve, with their keys and roles. */
export const APPROVERS_SHAPE: TSchema = Type.Array(Approver, BOUNDED)

const ApprovalRule = Type.Object(
  { authority: choice('narrows', 'keeps', 'widens'), role: Type.Optional(Word), count: Count },
  CLOSED,
)

/** How many approvers a change needs, by its authority. */
export const APPROVALS_SHAPE: TSchema = Type.Array(ApprovalRule, BOUNDED)

/** An entry of `migrations` is one of the two. */
export const STATE_MIGRATION_SHAPE: TSchema = Type.Object({ reducer: Name, module: Name }, CLOSED)
/** The other one: of an event schema. */
export const EVENT_MIGRATION_SHAPE: TSchema = Type.Object({ event: Name, module: Name }, CLOSED)

/** Modules between two forms of values. */
export const MIGRATIONS_SHAPE: TSchema = Type.Array(Type.Unknown({ part: 'migration' }), BOUNDED)

/** References to secrets, which have names of their own form. */
export const SECRETS_SHAPE: TSchema = Type.Array(Type.Unknown({ part: 'secretreference' }), BOUNDED)

/** Engine bounds, which a manifest may lower. */
export const LIMITS_SHAPE: TSchema = Type.Record(Type.String(), Count, KEYED)

const References = Type.Optional(Type.Array(Type.Unknown({ part: 'reference' }), BOUNDED))

/** All sections of a manifest; any of them may be absent. */
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
    secrets: Type.Optional(SECRETS_SHAPE),
    defaults: Type.Optional(DEFAULTS_SHAPE),
    module_bindings: Type.Optional(MODULE_BINDINGS_SHAPE),
    routing: Type.Optional(Routing),
    triggers: Type.Optional(TRIGGERS_SHAPE),
    bindings: Type.Optional(BINDINGS_SHAPE),
    approvers: Type.Optional(APPROVERS_SHAPE),
    approvals: Type.Optional(APPROVALS_SHAPE),
    limits: Type.Optional(LIMITS_SHAPE),
    migrations: Type.Optional(MIGRATIONS_SHAPE),
  },
  CLOSED,
)
