/** The structure of patches in JSON, operation by operation (spec/18-patches.md, "Operations"). */
import { Type, type TSchema } from '@sinclair/typebox'
import { AIR_LIMITS } from '../limits.ts'
import {
  APPROVALS_SHAPE,
  APPROVERS_SHAPE,
  BINDINGS_SHAPE,
  BUDGETS_SHAPE,
  DEFAULTS_SHAPE,
  LIMITS_SHAPE,
  MIGRATIONS_SHAPE,
  MODULE_BINDINGS_SHAPE,
  ROUTES_SHAPE,
  SECRETS_SHAPE,
  TRIGGERS_SHAPE,
} from './manifest-shapes.ts'
import { BOUNDED, choice, CLOSED, Expression, Natural, Word } from './parts.ts'

const Kind = choice('defschema', 'defmodule', 'defplan', 'defeffect', 'defcap', 'defpolicy', 'defsecret')
const Node = Type.Unknown({ part: 'definition' })
const hash = { hash: Type.Optional(Type.Unknown({ part: 'hash' })) }
const pre_hash = Type.Optional(Type.Unknown({ part: 'hash' }))
const named = { kind: Kind, name: Word }

function closed(members: Readonly<Record<string, TSchema>>): TSchema {
  return Type.Object(members, CLOSED)
}

function list(members: Readonly<Record<string, TSchema>>): TSchema {
  return Type.Optional(Type.Array(closed(members), BOUNDED))
}

/** What stands under the name of an operation; `set_routing_inboxes` is refused whatever it holds. */
export const OPERATION_SHAPES: ReadonlyMap<string, TSchema> = new Map(
  Object.entries({
    add_def: closed({ kind: Kind, node: Node }),
    replace_def: closed({ ...named, new_node: Node, pre_hash }),
    remove_def: closed({ ...named, pre_hash }),
    set_manifest_refs: closed({
      add: list({ ...named, ...hash }),
      remove: list(named),
      order: list({ kind: Kind, names: Type.Array(Word, BOUNDED) }),
    }),
    set_defaults: DEFAULTS_SHAPE,
    set_budgets: closed({ grant: Word, pre_hash, budgets: BUDGETS_SHAPE }),
    set_module_bindings: closed({ pre_hash, bindings: MODULE_BINDINGS_SHAPE }),
    set_routing_events: closed({ pre_hash, events: Type.Optional(ROUTES_SHAPE) }),
    set_triggers: closed({ pre_hash, triggers: TRIGGERS_SHAPE }),
    set_secrets: closed({ pre_hash, secrets: SECRETS_SHAPE }),
    set_bindings: closed({ pre_hash, bindings: BINDINGS_SHAPE }),
    set_approvers: closed({ pre_hash, approvers: APPROVERS_SHAPE, approvals: Type.Optional(APPROVALS_SHAPE) }),
    set_limits: closed({ pre_hash, limits: LIMITS_SHAPE }),
    set_migrations: closed({ pre_hash, migrations: MIGRATIONS_SHAPE }),
  }),
)

/** A patch around its operations, each of which is read by its own structure. */
export const PATCH_SHAPE: TSchema = Type.Object(
  {
    $kind: Type.Optional(Type.Literal('patch')),
    version: Type.Optional(Type.Literal('1', { code: 'air.bad_version' })),
    base_manifest_hash: Type.Optional(Type.Unknown({ part: 'hash' })),
    patches: Type.Array(Type.Unknown({ part: 'operation' }), {
      maxItems: AIR_LIMITS.patchOperationsMax,
      code: 'air.too_large',
    }),
    probation: Type.Optional(closed({ window_ns: Natural, invariant: Expression })),
  },
  CLOSED,
)
