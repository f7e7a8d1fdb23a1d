/** From a checked definition to a plan that runs (spec/10-plans.md, "Definitions at work"). */
import { compileSchema } from '@aos/air'
import type { DefPlan, Expr, PlanSlot, PlanStep, SchemaTable, TypeExpr } from '@aos/air'
import type { Hash, Sha256Port } from '@aos/cbor'
import type { ReceiptStatus } from '@aos/effects'
import { compileExpr, literalValue, valueFromExpr } from '@aos/expr'
import type { CompiledExpr } from '@aos/expr'
import { kernelError } from '../errors.ts'
import type { CompiledEdge, CompiledPlan, CompiledStep, EncodeSlot, TypedSchema } from './compiled-plan.ts'

/** What a definition is compiled against. */
export interface CompilePlanOptions {
  readonly sha256: Sha256Port
  /** Hash of the definition. */
  readonly hash: Hash
  readonly manifest: Hash
  readonly table: SchemaTable
  readonly fingerprint: (name: string) => Hash
  /** Parameter schema of an effect kind that the manifest lists. */
  readonly paramsSchema: (effectKind: string) => string | undefined
}

const OK_ONLY: readonly ReceiptStatus[] = ['ok']

/**
 * The definition has passed the checks of AIR (03), so names and the graph hold. Throws `kernel.bad_manifest` where they do not, and
 * `expr.*` of an expression that cannot be compiled.
 */
export function compilePlan(plan: DefPlan, options: CompilePlanOptions): CompiledPlan {
  const compiler = new PlanCompiler(plan, options)
  return {
    name: plan.name,
    hash: options.hash,
    manifest: options.manifest,
    table: options.table,
    fingerprint: options.fingerprint,
    input: compiler.schema(plan.input),
    output: plan.output === undefined ? undefined : compiler.schema(plan.output),
    steps: plan.steps.map((step) => compiler.step(step)),
    indexes: compiler.indexes,
    invariants: plan.invariants.map((invariant) => compiler.expr(invariant)),
  }
}

class PlanCompiler {
  readonly #plan: DefPlan
  readonly #options: CompilePlanOptions
  /** Positions of the steps by id. */
  readonly indexes: ReadonlyMap<string, number>

  constructor(plan: DefPlan, options: CompilePlanOptions) {
    this.#plan = plan
    this.#options = options
    this.indexes = new Map(plan.steps.map((step, index) => [step.id, index]))
  }

  expr(expr: Expr): CompiledExpr {
    return compileExpr(this.#options.sha256, expr)
  }

  schema(name: string): TypedSchema {
    const type = this.#options.table.get(name)
    if (type === undefined) throw this.#broken(`no schema is named ${name}`)
    return { type, codec: compileSchema(type, this.#options.table) }
  }

  step(step: PlanStep): CompiledStep {
    const { id } = step
    const outgoing = this.#plan.edges.filter((edge) => edge.from === id).map((edge) => this.#edge(edge.to, edge.when))
    const base = { id, outgoing, incoming: this.#plan.edges.filter((edge) => edge.to === id).length }
    switch (step.op) {
      case 'emit_effect': {
        const name = this.#options.paramsSchema(step.effectKind)
        if (name === undefined) throw this.#broken(`no effect has the kind ${step.effectKind}`)
        const paramsSchema = this.schema(name)
        return {
          ...base,
          op: step.op,
          effectKind: step.effectKind,
          grant: step.cap,
          params: this.#slot(step.params, paramsSchema),
          paramsSchema,
          paramsName: name,
          authorKey: step.idempotencyKey === undefined ? undefined : this.#untyped(step.idempotencyKey),
          handle: step.handle,
        }
      }
      case 'await_receipt':
        return {
          ...base,
          op: step.op,
          emit: this.#emitOf(step.for),
          accept: new Set(step.accept ?? OK_ONLY),
          bind: step.bind,
          deadline: step.deadline === undefined ? undefined : this.#untyped(step.deadline),
        }
      case 'await_event':
        return {
          ...base,
          op: step.op,
          event: step.event,
          schema: this.schema(step.event),
          where: step.where === undefined ? undefined : this.expr(step.where),
          bind: step.bind,
          deadline: step.deadline === undefined ? undefined : this.#untyped(step.deadline),
        }
      case 'raise_event': {
        const schema = this.schema(step.event)
        return { ...base, op: step.op, event: step.event, schema, value: this.#slot(step.value, schema) }
      }
      case 'assign': {
        const local = this.#plan.locals.get(step.bind)
        const type: TypeExpr | undefined = local === undefined ? undefined : { kind: 'ref', name: local }
        return { ...base, op: step.op, value: this.#untyped(step.expr), local: type, bind: step.bind }
      }
      case 'end': {
        const { output } = this.#plan
        const result = step.result
        if (result === undefined || output === undefined) return { ...base, op: step.op, result: undefined }
        return { ...base, op: step.op, result: this.#slot(result, this.schema(output)) }
      }
    }
  }

  #edge(to: string, when: Expr | undefined): CompiledEdge {
    const index = this.indexes.get(to)
    if (index === undefined) throw this.#broken(`no step is named ${to}`)
    return { to: index, when: when === undefined ? undefined : this.expr(when) }
  }

  /** `@var:<handle>` names the emitting step (03). */
  #emitOf(reference: Expr): number {
    const handle = reference.kind === 'reference' ? reference.text.slice('@var:'.length) : ''
    const index = this.#plan.steps.findIndex((step) => step.op === 'emit_effect' && step.handle === handle)
    if (index < 0) throw this.#broken(`no step emits ${handle}`)
    return index
  }

  /** A literal is encoded once, now; an expression each time. */
  #slot(slot: PlanSlot, schema: TypedSchema): EncodeSlot {
    const { table } = this.#options
    if (slot.kind === 'literal') {
      const bytes = schema.codec.encode(valueFromExpr(literalValue(slot.literal), schema.type, table)).slice()
      return () => bytes
    }
    const expr = this.expr(slot.expr)
    return (scope) => schema.codec.encode(valueFromExpr(expr.evaluate(scope), schema.type, table)).slice()
  }

  #untyped(slot: PlanSlot): CompiledExpr {
    if (slot.kind === 'expression') return this.expr(slot.expr)
    const value = literalValue(slot.literal)
    return { references: [], evaluate: () => value }
  }

  #broken(message: string): Error {
    return kernelError('kernel.bad_manifest', `${this.#plan.name}: ${message}`)
  }
}
