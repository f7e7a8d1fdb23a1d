/**
 * The AIR model after parsing and normalisation (spec/03-air.md).
 *
 * These shapes are what every other part of the system sees; JSON in either lens is folded into them by
 * `parseDefinition` and nothing else makes them.
 */
import type { Hash } from '@aos/cbor'
import type {
  ApprovalRule,
  Approver,
  CapGrant,
  DefCap,
  DefEffect,
  DefPlan,
  DefPolicy,
  DefSecret,
  EffectBinding,
  Migration,
  PlanTrigger,
} from './plan-model.ts'

/** The sorts of values without parts; what each holds is in spec/03-values.md. */
export type PrimitiveType =
  'bool' | 'int' | 'nat' | 'dec128' | 'bytes' | 'text' | 'time' | 'duration' | 'hash' | 'uuid' | 'unit'

/** Sorts that may be keys of a map or of a cell: each has one spelling and no parts. */
export type MapKeyType = 'int' | 'nat' | 'text' | 'uuid' | 'hash'

/** A type expression. Field and arm order is the author's; the canonical order is by encoded key. */
export type TypeExpr =
  | { readonly kind: PrimitiveType }
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, TypeExpr> }
  | { readonly kind: 'variant'; readonly arms: ReadonlyMap<string, TypeExpr> }
  | { readonly kind: 'list'; readonly item: TypeExpr }
  | { readonly kind: 'set'; readonly item: TypeExpr }
  | { readonly kind: 'map'; readonly key: MapKeyType; readonly value: TypeExpr }
  | { readonly kind: 'option'; readonly inner: TypeExpr }
  | { readonly kind: 'ref'; readonly name: string }

/** A named type: `name` is written `space/Name@version` (spec/03-air.md, "Definitions"). */
export interface DefSchema {
  readonly kind: 'defschema'
  readonly name: string
  readonly type: TypeExpr
}

/** Names of the schemas that a reducer reads and writes, and the effects it may ask for (spec/03-air.md, "Modules"). */
export interface ReducerAbi {
  readonly state: string
  readonly event: string
  readonly context?: string
  readonly annotations?: string
  readonly effectsEmitted: readonly string[]
  readonly capSlots: ReadonlyMap<string, string>
}

/** Names of the schemas between which a pure module maps (spec/03-air.md, "Modules"). */
export interface PureAbi {
  readonly input: string
  readonly output: string
  readonly context?: string
}

/** A WebAssembly module and what it is given and gives back. Exactly the section of its kind is present. */
export interface DefModule {
  readonly kind: 'defmodule'
  readonly name: string
  readonly moduleKind: 'reducer' | 'pure'
  readonly wasmHash: Hash
  readonly keySchema?: string
  readonly reducer?: ReducerAbi
  readonly pure?: PureAbi
}

/** A definition by its name and by the hash of its node; in force is what the hash says. */
export interface NamedRef {
  readonly name: string
  readonly hash: Hash
}

/** Events of this schema go to that reducer; `keyField` is the path of the cell key within the event. */
export interface EventRoute {
  readonly event: string
  readonly reducer: string
  readonly keyField?: string
}

/** What is in force in a world (spec/03-air.md, "Definitions"). `routing.inboxes` does not exist. */
export interface Manifest {
  readonly kind: 'manifest'
  readonly airVersion: '1'
  readonly schemas: readonly NamedRef[]
  readonly modules: readonly NamedRef[]
  readonly plans: readonly NamedRef[]
  readonly effects: readonly NamedRef[]
  readonly caps: readonly NamedRef[]
  readonly policies: readonly NamedRef[]
  readonly secrets: readonly NamedRef[]
  /** The policy that decides; without one every effect is denied. */
  readonly policy?: string
  readonly grants: readonly CapGrant[]
  /** By module: the grants that stand in its slots. */
  readonly moduleBindings: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly routes: readonly EventRoute[]
  /** True when the JSON had `routing`, also an empty one: an empty `routing` is hashed as an empty map. */
  readonly hasRouting: boolean
  readonly triggers: readonly PlanTrigger[]
  /** The first whose pattern fits an effect kind counts. */
  readonly bindings: readonly EffectBinding[]
  readonly approvers: readonly Approver[]
  readonly approvals: readonly ApprovalRule[]
  /** At most one for each reducer and each event schema. */
  readonly migrations: readonly Migration[]
  /** Bounds of the engine by name; they may only lower it. */
  readonly limits?: ReadonlyMap<string, number>
}

/** Whatever stands in AIR under a name and has a hash (spec/03-air.md, "Definitions"). */
export type Definition = DefSchema | DefModule | DefPlan | DefEffect | DefCap | DefPolicy | DefSecret | Manifest

/** Types by name, as a codec or validator needs them. */
export type SchemaTable = ReadonlyMap<string, TypeExpr>

/**
 * Decoded values. int, nat, time, duration: number within ±(2^53-1), else bigint; dec128, text, hash, uuid:
 * string; unit and an absent option: null; record: null-prototype object with every field; variant:
 * {$tag} or {$tag,$value}; list and set: array; map: Map in canonical key order.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | ReadonlyMap<string | number | bigint, Value>
  | { readonly [field: string]: Value }
