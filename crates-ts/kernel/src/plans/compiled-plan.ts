/** A plan made ready to run: expressions compiled, slots typed, edges by index (spec/10-plans.md, "Definitions at work"). */
import type { SchemaCodec, SchemaTable, TypeExpr } from '@aos/air'
import type { Hash } from '@aos/cbor'
import type { ReceiptStatus } from '@aos/effects'
import type { CompiledExpr, ExprScope } from '@aos/expr'

/** A typed slot: gives prefixed canonical bytes. Throws `expr.*` and `air.*`. */
export type EncodeSlot = (scope: ExprScope) => Uint8Array

/** A way out of a step. */
export interface CompiledEdge {
  readonly to: number
  /** undefined: the edge is live whenever its source completed. */
  readonly when: CompiledExpr | undefined
}

interface StepBase {
  readonly id: string
  /** How many edges lead here. */
  readonly incoming: number
  readonly outgoing: readonly CompiledEdge[]
}

/** A type with the codec of its schema, for values that leave or enter the plan. */
export interface TypedSchema {
  readonly type: TypeExpr
  readonly codec: SchemaCodec
}

/** Asks for an effect. */
export interface EmitStep extends StepBase {
  readonly op: 'emit_effect'
  readonly effectKind: string
  readonly grant: string
  readonly params: EncodeSlot
  readonly paramsSchema: TypedSchema
  /** The name of that schema. */
  readonly paramsName: string
  readonly authorKey: CompiledExpr | undefined
  readonly handle: string
}

/** Waits for what came of an effect. */
export interface AwaitReceiptStep extends StepBase {
  readonly op: 'await_receipt'
  /** Index of the step that emits. */
  readonly emit: number
  readonly accept: ReadonlySet<ReceiptStatus>
  readonly bind: string
  readonly deadline: CompiledExpr | undefined
}

/** Waits for an event. */
export interface AwaitEventStep extends StepBase {
  readonly op: 'await_event'
  readonly event: string
  readonly schema: TypedSchema
  readonly where: CompiledExpr | undefined
  readonly bind: string
  readonly deadline: CompiledExpr | undefined
}

/** Raises an event. */
export interface RaiseStep extends StepBase {
  readonly op: 'raise_event'
  readonly event: string
  readonly schema: TypedSchema
  readonly value: EncodeSlot
}

/** Computes a value and binds it. */
export interface AssignStep extends StepBase {
  readonly op: 'assign'
  readonly value: CompiledExpr
  /** undefined: the variable is not declared, so it takes any value. */
  readonly local: TypeExpr | undefined
  readonly bind: string
}

/** Ends the instance. */
export interface EndStep extends StepBase {
  readonly op: 'end'
  readonly result: EncodeSlot | undefined
}

/** A step of any kind. */
export type CompiledStep = EmitStep | AwaitReceiptStep | AwaitEventStep | RaiseStep | AssignStep | EndStep

/** K27: pinned with the schemas it was compiled against; an instance keeps it to its end. */
export interface CompiledPlan {
  readonly name: string
  readonly hash: Hash
  /** The manifest that it was compiled with: it and the name lead to the same plan again. */
  readonly manifest: Hash
  readonly table: SchemaTable
  /** Of the schemas of the table. */
  fingerprint(name: string): Hash
  readonly input: TypedSchema
  readonly output: TypedSchema | undefined
  /** In the order of the definition. */
  readonly steps: readonly CompiledStep[]
  /** Positions in `steps` by id. */
  readonly indexes: ReadonlyMap<string, number>
  readonly invariants: readonly CompiledExpr[]
}
