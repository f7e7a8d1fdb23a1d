/** What the gate judges by: the effects, grants and policy of the manifest in force (G8; spec/11-gate.md, "What is judged by"). */
import type { Budget, SchemaCodec, SchemaTable, TypeExpr } from '@aos/air'
import type { CompiledExpr, ExprValue } from '@aos/expr'
import type { TreeGrant } from '@aos/workspace'
import type { LoadedModule } from '../ports.ts'
import type { RuleIndex } from './rule-index.ts'

/** A schema's type and codec. */
export interface GateSchema {
  readonly type: TypeExpr
  readonly codec: SchemaCodec
}

/** An effect that the manifest lists, with who performs it. */
export interface EffectRecord {
  readonly kind: string
  readonly capType: string
  readonly originScope: 'reducer' | 'plan' | 'both'
  readonly params: GateSchema
  /** The name of that schema. */
  readonly paramsName: string
  /** Its parameters have slots for secrets. */
  readonly takesSecrets: boolean
  readonly receipt: GateSchema
  /** Who performs it, by the bindings of the manifest; fixed for an intent when it is emitted. */
  readonly adapter: string
}

/** `allow`: `sys/CapAllowAll@1`, which is no module. `missing`: the manifest lists no such module. */
export type Enforcer =
  | { readonly kind: 'allow' | 'missing' }
  | { readonly kind: 'module'; readonly name: string; readonly module: LoadedModule; readonly wantsContext: boolean }

/** A grant with the enforcer of its capability. */
export interface GrantRecord {
  readonly name: string
  readonly capName: string
  readonly capType: string
  /** By the type of the capability, prefixed canonical bytes, and as a value for conditions. */
  readonly params: Uint8Array
  readonly value: ExprValue
  readonly expiryNs: bigint | undefined
  readonly budgets: ReadonlyMap<string, Budget>
  readonly allowsLiteralSecrets: boolean
  /** Which trees it reaches; undefined for what is no capability of workspaces. */
  readonly trees: TreeGrant | undefined
  readonly enforcer: Enforcer
}

/** One rule; a field that is undefined matches everything. */
export interface RuleRecord {
  readonly effectKind: string | undefined
  readonly capName: string | undefined
  readonly capType: string | undefined
  readonly originKind: 'plan' | 'reducer' | undefined
  readonly originName: string | undefined
  readonly principal: string | undefined
  readonly where: CompiledExpr | undefined
  readonly decision: 'allow' | 'deny' | 'require_approval'
}

/** The policy in force. */
export interface PolicyRecord {
  readonly name: string
  readonly rules: RuleIndex
}

/** Who may use a secret. */
export interface SecretRecord {
  /** undefined: any grant, any plan (G3). */
  readonly allowedCaps: ReadonlySet<string> | undefined
  readonly allowedPlans: ReadonlySet<string> | undefined
}

/** Everything that one judgement looks at. */
export interface GateCatalog {
  readonly table: SchemaTable
  readonly effects: ReadonlyMap<string, EffectRecord>
  readonly grants: ReadonlyMap<string, GrantRecord>
  /** undefined: everything is denied (G7). */
  readonly policy: PolicyRecord | undefined
  /** By `alias@version`. */
  readonly secrets: ReadonlyMap<string, SecretRecord>
}

/** Nothing is declared, so nothing passes. */
export const EMPTY_GATE_CATALOG: GateCatalog = {
  table: new Map(),
  effects: new Map(),
  grants: new Map(),
  policy: undefined,
  secrets: new Map(),
}
