/** What is known of the names in a plan before it runs (spec/09-expressions.md, "Checks of plans"). */
import type { DefEffect, DefPlan, PlanStep, SchemaTable, TypeExpr } from '@aos/air'
import { checkExpr } from './check.ts'
import type { TypeScope } from './check.ts'
import { literalType } from './literal-type.ts'
import { ANY } from './type.ts'
import type { ExprType } from './type.ts'

/** A plan with what its names mean. */
export interface PlanTypesOptions {
  readonly plan: DefPlan
  readonly table: SchemaTable
  /** Listed effects by kind. */
  readonly effects: ReadonlyMap<string, DefEffect>
}

/** Where in a plan an expression stands. */
export interface PlanPlace {
  /** Steps that have been decided when it is evaluated; undefined: after any step. */
  readonly after: ReadonlySet<string> | undefined
  /** The schema of `@event`, in a `where`. */
  readonly event?: string
}

/** The types of a plan's roots. Steps are looked at once, each after those that lead to it. */
export class PlanTypes {
  readonly #options: PlanTypesOptions
  readonly #steps: ReadonlyMap<string, PlanStep>
  readonly #before: ReadonlyMap<string, ReadonlySet<string>>
  readonly #known = new Map<string, ExprType>()

  constructor(options: PlanTypesOptions) {
    this.#options = options
    this.#steps = new Map(options.plan.steps.map((step) => [step.id, step]))
    this.#before = ancestors(options.plan)
  }

  /** The steps on the ways to a step, without itself. */
  before(id: string): ReadonlySet<string> {
    return this.#before.get(id) ?? new Set()
  }

  /** What stands at the roots at a place. */
  scope(place: PlanPlace): TypeScope {
    const { plan, table } = this.#options
    const isDone = (id: string): boolean => place.after === undefined || place.after.has(id)
    return {
      table,
      lookUp: (root) => {
        switch (root.kind) {
          case 'input':
            return schemaType(plan.input)
          case 'now':
            return { kind: 'time' }
          case 'event':
            return place.event === undefined ? undefined : schemaType(place.event)
          case 'var':
            return this.#variable(root.name, isDone)
          case 'step': {
            const step = this.#steps.get(root.id)
            return step !== undefined && isDone(root.id) ? this.#valueOf(step) : undefined
          }
          case 'receipt': {
            const step = this.#steps.get(root.id)
            return step?.op === 'await_receipt' && isDone(root.id) ? this.#receipt(step) : undefined
          }
          default:
            return undefined
        }
      },
    }
  }

  /** Of a declared variable what its schema says, else what the only step that binds it gives. */
  #variable(name: string, isDone: (id: string) => boolean): ExprType | undefined {
    if (name === 'correlation_id') return ANY
    const binders = this.#options.plan.steps.filter((step) => boundBy(step) === name)
    if (!binders.some(({ id }) => isDone(id))) return undefined
    const local = this.#options.plan.locals.get(name)
    const [only, ...others] = binders
    if (only?.op === 'emit_effect' && others.length === 0) return { kind: 'text' }
    if (local !== undefined && binders.every(({ op }) => op === 'assign')) return schemaType(local)
    return only === undefined || others.length > 0 ? ANY : this.#valueOf(only)
  }

  /** The value of a step that is done. */
  #valueOf(step: PlanStep): ExprType {
    const known = this.#known.get(step.id)
    if (known !== undefined) return known
    this.#known.set(step.id, ANY) // a cycle of edges is reported elsewhere
    const type = this.#makeValue(step)
    this.#known.set(step.id, type)
    return type
  }

  #makeValue(step: PlanStep): ExprType {
    const { effects, plan } = this.#options
    switch (step.op) {
      case 'emit_effect': {
        const params = effects.get(step.effectKind)?.paramsSchema
        return record({ handle: { kind: 'text' }, intent_hash: { kind: 'hash' }, params: optionalSchema(params) })
      }
      case 'raise_event':
        return record({ schema: { kind: 'text' }, value: schemaType(step.event) })
      case 'await_event':
        return schemaType(step.event)
      case 'await_receipt':
        return this.#payload(step)
      case 'assign': {
        const local = plan.locals.get(step.bind)
        if (local !== undefined) return schemaType(local)
        if (step.expr.kind === 'literal') return literalType(step.expr.literal)
        return checkExpr(step.expr.expr, this.scope({ after: this.before(step.id) })).type
      }
      case 'end':
        return ANY
    }
  }

  /** With a status other than ok the payload may be a failure. */
  #payload(step: Extract<PlanStep, { readonly op: 'await_receipt' }>): ExprType {
    if (step.accept?.some((status) => status !== 'ok') === true) return ANY
    const handle = step.for.kind === 'reference' ? step.for.text.slice('@var:'.length) : ''
    const emit = this.#options.plan.steps.find((other) => other.op === 'emit_effect' && other.handle === handle)
    if (emit?.op !== 'emit_effect') return ANY
    return optionalSchema(this.#options.effects.get(emit.effectKind)?.receiptSchema)
  }

  #receipt(step: Extract<PlanStep, { readonly op: 'await_receipt' }>): ExprType {
    return record({
      status: { kind: 'text' },
      payload: this.#payload(step),
      adapter_id: { kind: 'text' },
      cost: { kind: 'map', key: { kind: 'text' }, value: { kind: 'nat' } },
      intent_hash: { kind: 'hash' },
    })
  }
}

function boundBy(step: PlanStep): string | undefined {
  if (step.op === 'emit_effect') return step.handle
  return 'bind' in step ? step.bind : undefined
}

function schemaType(name: string): ExprType {
  const type: TypeExpr = { kind: 'ref', name }
  return { kind: 'schema', type }
}

function optionalSchema(name: string | undefined): ExprType {
  return name === undefined ? ANY : schemaType(name)
}

function record(fields: Readonly<Record<string, ExprType>>): ExprType {
  return { kind: 'record', fields: new Map(Object.entries(fields)) }
}

/** For every step those from which edges lead to it. */
function ancestors(plan: DefPlan): ReadonlyMap<string, ReadonlySet<string>> {
  const sources = new Map<string, string[]>()
  for (const { from, to } of plan.edges) sources.set(to, [...(sources.get(to) ?? []), from])
  return new Map(
    plan.steps.map(({ id }) => {
      const found = new Set(sources.get(id))
      // Entries that are added while a Set is walked are walked too.
      for (const step of found) for (const source of sources.get(step) ?? []) found.add(source)
      return [id, found]
    }),
  )
}
