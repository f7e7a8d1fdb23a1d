/**
 * The structure of definitions in JSON, after sugar is folded (spec/03-air.md, "Definitions").
 *
 * `code` is the code of a broken constraint; a missing or mistyped member has its own codes. Parts with a grammar of
 * their own (types, references, hashes) are `Unknown` here and read by `definitions/`; `part` names the grammar, for the
 * JSON Schemas in `documents/` that are made of these.
 */
import { Type, type TSchema } from '@sinclair/typebox'
import { AIR_LIMITS } from '../limits.ts'
import { DEFINITION_NAME_LENGTH_MAX, DEFINITION_NAME_PATTERN } from '../names.ts'

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

const EmptyList = Type.Array(Type.Unknown(), { maxItems: 0, ...UNSUPPORTED })
const EmptyRecord = Type.Record(Type.String(), Type.Unknown(), { maxProperties: 0, ...UNSUPPORTED })
const EmptyEither = Type.Union([EmptyList, EmptyRecord], UNSUPPORTED)

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

/** An entry of `schemas` or `modules`. */
export const NAMED_REF_SHAPE: TSchema = Type.Object(
  { name: Name, hash: Type.Optional(Type.Unknown({ part: 'hash' })) },
  CLOSED,
)

const EventRoute = Type.Object({ event: Name, reducer: Name, key_field: Type.Optional(Word) }, CLOSED)

const Routing = Type.Object(
  { events: Type.Optional(Type.Array(EventRoute, BOUNDED)), inboxes: Type.Optional(EmptyList) },
  CLOSED,
)

const Defaults = Type.Object(
  { policy: Type.Optional(Type.Undefined(UNSUPPORTED)), cap_grants: Type.Optional(EmptyList) },
  CLOSED,
)

export const MANIFEST_SHAPE: TSchema = Type.Object(
  {
    $kind: Type.Literal('manifest'),
    air_version: Type.Literal('1', { code: 'air.bad_version' }),
    schemas: Type.Optional(Type.Array(Type.Unknown({ part: 'reference' }), BOUNDED)),
    modules: Type.Optional(Type.Array(Type.Unknown({ part: 'reference' }), BOUNDED)),
    plans: Type.Optional(EmptyList),
    effects: Type.Optional(EmptyList),
    caps: Type.Optional(EmptyList),
    policies: Type.Optional(EmptyList),
    secrets: Type.Optional(EmptyList),
    defaults: Type.Optional(Defaults),
    module_bindings: Type.Optional(EmptyRecord),
    routing: Type.Optional(Routing),
    triggers: Type.Optional(EmptyList),
    bindings: Type.Optional(EmptyEither),
    approvers: Type.Optional(EmptyEither),
    migrations: Type.Optional(EmptyEither),
    limits: Type.Optional(EmptyEither),
  },
  CLOSED,
)
