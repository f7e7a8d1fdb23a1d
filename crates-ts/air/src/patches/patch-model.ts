/** The model of patches: from one manifest to the next (spec/18-patches.md, "Operations"). Shapes only. */
import type { Hash } from '@aos/cbor'
import type { DefinitionKind, NamedDefinition } from '../definitions/definition-set.ts'
import type { EventRoute, Manifest, NamedRef } from '../model.ts'
import type {
  ApprovalRule,
  Approver,
  Budget,
  CapGrant,
  EffectBinding,
  Expr,
  Migration,
  PlanTrigger,
} from '../plan-model.ts'

/** What is to be changed in a manifest and in what it lists. */
export interface Patch {
  readonly kind: 'patch'
  readonly version: '1'
  /** Of the manifest that it changes; the zero hash is a placeholder, here and in operations. */
  readonly baseManifestHash: Hash
  readonly operations: readonly PatchOperation[]
  /** How long the change is watched when it is in force, and what must hold as long; absent: it is not watched. */
  readonly probation?: Probation
}

/** A time behind a change, and an expression over `@world` (spec/17-governance.md, "Probation"). */
export interface Probation {
  /** Logical time, more than 0. */
  readonly windowNs: bigint
  readonly invariant: Expr
}

/** A definition by its kind and name. */
export interface DefinitionName {
  readonly kind: DefinitionKind
  readonly name: string
}

/** A definition that a manifest is to list, by its hash. */
export interface ListedName extends DefinitionName {
  readonly hash: Hash
}

/** The names that a section lists, in the order that they are to have. */
export interface SectionOrder {
  readonly kind: DefinitionKind
  readonly names: readonly string[]
}

/** One operation; `preHash` is the hash of what it takes the place of. */
export type PatchOperation =
  | { readonly op: 'add_def'; readonly definition: NamedDefinition }
  | { readonly op: 'replace_def'; readonly definition: NamedDefinition; readonly preHash: Hash }
  | ({ readonly op: 'remove_def'; readonly preHash: Hash } & DefinitionName)
  | {
      readonly op: 'set_manifest_refs'
      readonly add: readonly ListedName[]
      readonly remove: readonly DefinitionName[]
      readonly order: readonly SectionOrder[]
    }
  /** Absent: stays. null: no policy. */
  | { readonly op: 'set_defaults'; readonly policy?: string | null; readonly grants?: readonly CapGrant[] }
  | {
      readonly op: 'set_budgets'
      readonly grant: string
      readonly preHash: Hash
      readonly budgets: ReadonlyMap<string, Budget>
    }
  | { readonly op: 'set_module_bindings'; readonly preHash: Hash; readonly bindings: Manifest['moduleBindings'] }
  /** Absent: the manifest has no `routing`. */
  | { readonly op: 'set_routing_events'; readonly preHash: Hash; readonly routes?: readonly EventRoute[] }
  | { readonly op: 'set_triggers'; readonly preHash: Hash; readonly triggers: readonly PlanTrigger[] }
  | { readonly op: 'set_secrets'; readonly preHash: Hash; readonly secrets: readonly NamedRef[] }
  | { readonly op: 'set_bindings'; readonly preHash: Hash; readonly bindings: readonly EffectBinding[] }
  | {
      readonly op: 'set_approvers'
      readonly preHash: Hash
      readonly approvers: readonly Approver[]
      readonly approvals: readonly ApprovalRule[]
    }
  | { readonly op: 'set_limits'; readonly preHash: Hash; readonly limits: ReadonlyMap<string, number> }
  | { readonly op: 'set_migrations'; readonly preHash: Hash; readonly migrations: readonly Migration[] }

/** An operation of one name. */
export type OperationOf<Op extends PatchOperation['op']> = Extract<PatchOperation, { readonly op: Op }>
