/**
 * The model of what acts: expressions, plans, effects, capabilities, policies, secrets (spec/03-air.md, "Definitions";
 * spec/09-expressions.md; spec/10-plans.md; spec/11-gate.md). Shapes only; `model.ts` holds schemas, modules and the manifest.
 */
import type { TypeExpr, Value } from './model.ts'

/** The sorts of constants, named as in JSON without `_b64` and `_ns`. `null` is the absent option and the unit value. */
export type ConstantSort =
  'null' | 'bool' | 'int' | 'nat' | 'dec128' | 'bytes' | 'text' | 'time' | 'duration' | 'hash' | 'uuid'

export type ExprOperator =
  | 'len'
  | 'get'
  | 'has'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'and'
  | 'or'
  | 'not'
  | 'concat'
  | 'hash'
  | 'hash_bytes'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'mod'
  | 'starts_with'
  | 'ends_with'
  | 'contains'

/** An expression as authored: total, without loops or names of its own. */
export type Expr =
  | { readonly kind: 'constant'; readonly sort: ConstantSort; readonly value: Value }
  /** As written, for example `@var:order.total`. */
  | { readonly kind: 'reference'; readonly text: string }
  | { readonly kind: 'operation'; readonly operator: ExprOperator; readonly operands: readonly Expr[] }
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, Expr> }
  | { readonly kind: 'list'; readonly items: readonly Expr[] }
  | { readonly kind: 'set'; readonly items: readonly Expr[] }
  | { readonly kind: 'map'; readonly entries: readonly { readonly key: Expr; readonly value: Expr }[] }
  | { readonly kind: 'variant'; readonly tag: string; readonly value?: Expr }

/** A constant in the tagged lens: what a slot without references is folded to, and what grants hold. */
export type Literal =
  | { readonly kind: 'constant'; readonly sort: ConstantSort; readonly value: Value }
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, Literal> }
  | { readonly kind: 'list'; readonly items: readonly Literal[] }
  | { readonly kind: 'set'; readonly items: readonly Literal[] }
  | { readonly kind: 'map'; readonly entries: readonly { readonly key: Literal; readonly value: Literal }[] }
  /** `{"tag": T, "value"?: V}`. */
  | { readonly kind: 'variant'; readonly tag: string; readonly value?: Literal }
  /** `{"alias": A, "version": n}`. */
  | { readonly kind: 'secret'; readonly alias: string; readonly version: number }

/** An ExprOrValue slot of a plan after normalisation. */
export type PlanSlot =
  | { readonly kind: 'expression'; readonly expr: Expr }
  /** Checked against the schema of its slot, when that is known. */
  | { readonly kind: 'literal'; readonly literal: Literal }

export type ReceiptStatus = 'ok' | 'error' | 'timeout' | 'denied' | 'unknown'

export type PlanStep =
  | { readonly op: 'raise_event'; readonly id: string; readonly event: string; readonly value: PlanSlot }
  | {
      readonly op: 'emit_effect'
      readonly id: string
      readonly effectKind: string
      readonly params: PlanSlot
      /** Name of a grant. */
      readonly cap: string
      readonly idempotencyKey?: PlanSlot
      /** The variable that `await_receipt.for` names. */
      readonly handle: string
    }
  | {
      readonly op: 'await_receipt'
      readonly id: string
      /** `@var:<handle>`. */
      readonly for: Expr
      readonly bind: string
      /** K24; default: only `ok`. */
      readonly accept?: readonly ReceiptStatus[]
      /** K25: a time. */
      readonly deadline?: PlanSlot
    }
  | {
      readonly op: 'await_event'
      readonly id: string
      readonly event: string
      readonly where?: Expr
      readonly bind: string
      readonly deadline?: PlanSlot
    }
  | { readonly op: 'assign'; readonly id: string; readonly expr: PlanSlot; readonly bind: string }
  | { readonly op: 'end'; readonly id: string; readonly result?: PlanSlot }

export interface PlanEdge {
  readonly from: string
  readonly to: string
  readonly when?: Expr
}

export interface DefPlan {
  readonly kind: 'defplan'
  readonly name: string
  readonly input: string
  readonly output?: string
  readonly locals: ReadonlyMap<string, string>
  readonly steps: readonly PlanStep[]
  readonly edges: readonly PlanEdge[]
  /** Grants and effect kinds, sorted; derived from the steps when the author gave none. */
  readonly requiredCaps: readonly string[]
  readonly allowedEffects: readonly string[]
  readonly invariants: readonly Expr[]
}

export interface DefEffect {
  readonly kind: 'defeffect'
  readonly name: string
  readonly effectKind: string
  readonly paramsSchema: string
  readonly receiptSchema: string
  readonly capType: string
  readonly originScope: 'reducer' | 'plan' | 'both'
}

export interface DefCap {
  readonly kind: 'defcap'
  readonly name: string
  readonly capType: string
  /** Type of a grant's parameters. */
  readonly schema: TypeExpr
  /** Name of a pure module, or `sys/CapAllowAll@1`. */
  readonly enforcer: string
}

export interface PolicyMatch {
  readonly effectKind?: string
  readonly capName?: string
  readonly capType?: string
  readonly originKind?: 'plan' | 'reducer'
  readonly originName?: string
  /** `method:id`; a `*` at the end matches any rest (G7). */
  readonly principal?: string
  /** Over `@params`, `@grant`, `@principal` (G7). */
  readonly where?: Expr
}

export interface PolicyRule {
  readonly when: PolicyMatch
  readonly decision: 'allow' | 'deny' | 'require_approval'
}

export interface DefPolicy {
  readonly kind: 'defpolicy'
  readonly name: string
  readonly rules: readonly PolicyRule[]
}

export interface DefSecret {
  readonly kind: 'defsecret'
  /** `alias@version`, version from 1. */
  readonly name: string
  readonly bindingId: string
  readonly expectedDigest?: string
  /** Names of grants and plans; empty: not constrained (G3: absent). */
  readonly allowedCaps?: readonly string[]
  readonly allowedPlans?: readonly string[]
}

/** G6: at most `limit` of a dimension, in all or within any window of that length. */
export interface Budget {
  readonly limit: bigint
  readonly windowNs?: bigint
}

export interface CapGrant {
  readonly name: string
  /** Name of a defcap. */
  readonly cap: string
  readonly params: Literal
  readonly expiryNs?: bigint
  /** By dimension: `calls`, `cost`, `tokens` and what receipts of the kind report. */
  readonly budgets?: ReadonlyMap<string, Budget>
  /** A literal may stand in a slot for secrets. */
  readonly literalSecrets?: boolean
}

export interface PlanTrigger {
  readonly event: string
  readonly plan: string
  readonly correlateBy?: string
}

/** Which adapter performs the kinds of a pattern (`http.*`, `llm.generate`), and how (G10). */
export interface EffectBinding {
  readonly pattern: string
  readonly adapter: string
  readonly idempotent?: boolean
  readonly timeoutMs?: number
  readonly attemptsMax?: number
  readonly concurrencyMax?: number
}

export interface Approver {
  readonly name: string
  /** Raw ed25519 public key, hexadecimal. */
  readonly key: string
  readonly roles: readonly string[]
}

/** What a change does to what a world may do, as a whole (spec/03-air.md, "Approval and migration"). */
export type Authority = 'narrows' | 'keeps' | 'widens'

/** How many different approvers a change of this authority needs. */
export interface ApprovalRule {
  readonly authority: Authority
  /** Only those who have it count; anybody without one. */
  readonly role?: string
  readonly count: number
}

/** A pure module from the form of values that was in force before to the one of this manifest. */
export type Migration =
  | { readonly kind: 'state'; readonly reducer: string; readonly module: string }
  | { readonly kind: 'event'; readonly event: string; readonly module: string }
