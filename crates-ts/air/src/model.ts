/**
 * The AIR model after parsing and normalisation (spec/03-air.md).
 *
 * These shapes are what every other part of the system sees; JSON in either lens is folded into them by
 * `parseDefinition` and nothing else makes them.
 */
import type { Hash } from '@aos/cbor'

export type PrimitiveType =
  'bool' | 'int' | 'nat' | 'dec128' | 'bytes' | 'text' | 'time' | 'duration' | 'hash' | 'uuid' | 'unit'

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

export interface DefSchema {
  readonly kind: 'defschema'
  readonly name: string
  readonly type: TypeExpr
}

export interface ReducerAbi {
  readonly state: string
  readonly event: string
  readonly context?: string
  readonly annotations?: string
  readonly effectsEmitted: readonly string[]
  readonly capSlots: ReadonlyMap<string, string>
}

export interface PureAbi {
  readonly input: string
  readonly output: string
  readonly context?: string
}

export interface DefModule {
  readonly kind: 'defmodule'
  readonly name: string
  readonly moduleKind: 'reducer' | 'pure'
  readonly wasmHash: Hash
  readonly keySchema?: string
  readonly reducer?: ReducerAbi
  readonly pure?: PureAbi
}

export interface NamedRef {
  readonly name: string
  readonly hash: Hash
}

export interface EventRoute {
  readonly event: string
  readonly reducer: string
  readonly keyField?: string
}

/** The sections that exist so far; the others are `air.unsupported` when they are not empty. */
export interface Manifest {
  readonly kind: 'manifest'
  readonly airVersion: '1'
  readonly schemas: readonly NamedRef[]
  readonly modules: readonly NamedRef[]
  readonly routes: readonly EventRoute[]
  /** True when the JSON had `routing`, also an empty one: an empty `routing` is hashed as an empty map. */
  readonly hasRouting: boolean
}

export type Definition = DefSchema | DefModule | Manifest

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
