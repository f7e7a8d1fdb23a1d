/** Makes the JSON of a plan from the calls of its author. What the types of the calls are stands in `plan.ts`. */
import { AosError } from '@aos/cbor'
import type { AirType, Schema } from './air-type.ts'
import { sys } from './builtin.ts'
import { computedOf, oneOf, reference } from './computed.ts'
import type { ComputedType } from './computed.ts'
import type { ExprJson, Json } from './expression-json.ts'
import type { Term } from './expression.ts'
import { lower } from './lower.ts'
import { jsonOf } from './operators.ts'
import { placeHere } from './place.ts'
import type { Place } from './place.ts'
import type { GuardedStep, PlanUses, Step, StepOptions } from './plan.ts'
import type { Effect, Grant } from './power.ts'
import type { Secret } from './secret.ts'

interface Binding extends StepOptions {
  readonly as?: string
}

interface EmitCall extends Binding {
  readonly params: unknown
  readonly cap: Grant
  readonly idempotencyKey?: unknown
}

interface WaitCall extends Binding {
  readonly accept?: readonly string[]
  readonly where?: (event: unknown) => Term<'bool'>
  readonly deadline?: unknown
}

interface WrittenStep extends Step {
  readonly handle?: string
  readonly receipt?: Schema
}

/** One for each plan. */
export class PlanWriter {
  readonly #input: Schema
  readonly #output: Schema | undefined
  readonly #steps: Json[] = []
  readonly #edges: Json[] = []
  readonly #invariants: Json[] = []
  readonly #locals = new Map<string, string>()
  readonly #places: Place[] = []
  readonly #known = new Map<string, Step>()
  readonly #schemas = new Set<Schema>()
  readonly #effects = new Set<Effect>()
  readonly #grants = new Set<Grant>()
  readonly #secrets = new Set<Secret>()
  #last: Step | undefined

  constructor(input: Schema, output: Schema | undefined) {
    this.#input = input
    this.#output = output
    this.#schemas.add(input)
    if (output !== undefined) this.#schemas.add(output)
  }

  /** What the author's function gets: every member works without the others. */
  get steps(): Readonly<Record<string, unknown>> {
    return {
      input: reference('@plan.input', this.#input),
      correlationId: (type: AirType) => reference('@var:correlation_id', type),
      emit: (id: string, effect: Effect, call: EmitCall) => this.#emit(id, effect, call),
      awaitReceipt: (id: string, of: WrittenStep, call: WaitCall = {}) => this.#awaitReceipt(id, of, call),
      awaitEvent: (id: string, event: Schema, call: WaitCall = {}) => this.#awaitEvent(id, event, call),
      raise: (id: string, event: Schema, value: unknown, call: StepOptions = {}) => this.#raise(id, event, value, call),
      assign: (id: string, schema: Schema, value: unknown, call: Binding = {}) => this.#assign(id, schema, value, call),
      compute: (id: string, value: Term, call: Binding = {}) => this.#compute(id, value, call),
      end: (id: string, call: StepOptions & { readonly result?: unknown } = {}) => this.#end(id, call),
      edge: (from: Step, to: Step, { when }: { readonly when?: Term<'bool'> } = {}) => {
        this.#need(to, `the way from ${from.id}`, 'leads to')
        this.#edge(from, to.id, when)
      },
      invariant: (condition: Term<'bool'>) => {
        this.#invariants.push(jsonOf(condition))
      },
    }
  }

  /** The definition, and what it needs beside it. */
  finish(name: string): { readonly json: Json; readonly uses: PlanUses; readonly stepPlaces: readonly Place[] } {
    const json = {
      $kind: 'defplan',
      name,
      input: this.#input.name,
      ...(this.#output === undefined ? {} : { output: this.#output.name }),
      ...(this.#locals.size === 0 ? {} : { locals: Object.fromEntries(this.#locals) }),
      steps: this.#steps,
      ...(this.#edges.length === 0 ? {} : { edges: this.#edges }),
      ...(this.#invariants.length === 0 ? {} : { invariants: this.#invariants }),
    }
    const uses = {
      schemas: [...this.#schemas],
      effects: [...this.#effects],
      grants: [...this.#grants],
      secrets: [...this.#secrets],
    }
    return { json, uses, stepPlaces: this.#places }
  }

  #emit(id: string, effect: Effect, call: EmitCall): unknown {
    const handle = call.as ?? id
    const { params, cap, idempotencyKey } = call
    this.#effects.add(effect)
    this.#grants.add(cap)
    const step = this.#add(id, call, {
      op: 'emit_effect',
      kind: effect.effectKind,
      params: this.#slot(params, effect.params, 'params'),
      cap: cap.name,
      ...(idempotencyKey === undefined ? {} : { idempotency_key: this.#keySlot(idempotencyKey) }),
      bind: { effect_id_as: handle },
    })
    const value: ComputedType = {
      kind: 'record',
      fields: { handle: { kind: 'text' }, intent_hash: { kind: 'hash' }, params: effect.params },
    }
    return Object.assign(step, { handle, receipt: effect.receipt, value: reference(`@step:${id}`, value) })
  }

  #awaitReceipt(id: string, of: WrittenStep, call: WaitCall): unknown {
    const { as = id, accept } = call
    const { handle, receipt } = of
    if (handle === undefined || receipt === undefined || this.#known.get(of.id) !== of) {
      throw new AosError('author.bad_plan', `the step ${id} waits for ${of.id}, which is no emit of this plan`)
    }
    const step = this.#add(id, call, {
      op: 'await_receipt',
      for: { ref: `@var:${handle}` },
      ...(accept === undefined ? {} : { accept }),
      ...this.#deadline(call),
      bind: { as },
    })
    const isOkAlone = accept === undefined || accept.every((status) => status === 'ok')
    const types: readonly AirType[] = isOkAlone ? [receipt] : [receipt, sys.schema('EffectFailure@1')]
    const payload = oneOf(types) ?? receipt
    return Object.assign(step, {
      payload: reference(`@var:${as}`, payload),
      receipt: reference(`@receipt:${id}`, receiptType(payload)),
    })
  }

  #awaitEvent(id: string, event: Schema, call: WaitCall): unknown {
    const { as = id, where } = call
    this.#schemas.add(event)
    const step = this.#add(id, call, {
      op: 'await_event',
      event: event.name,
      ...(where === undefined ? {} : { where: jsonOf(where(reference('@event', event))) }),
      ...this.#deadline(call),
      bind: { as },
    })
    return Object.assign(step, { value: reference(`@var:${as}`, event) })
  }

  #raise(id: string, event: Schema, value: unknown, call: StepOptions): Step {
    this.#schemas.add(event)
    return this.#add(id, call, { op: 'raise_event', event: event.name, value: this.#slot(value, event, 'value') })
  }

  #assign(id: string, schema: Schema, value: unknown, call: Binding): unknown {
    const { as = id } = call
    const declared = this.#locals.get(as)
    if (declared !== undefined && declared !== schema.name) {
      throw new AosError('author.bad_plan', `the variable ${as} is of ${declared} already, not of ${schema.name}`)
    }
    this.#schemas.add(schema)
    this.#locals.set(as, schema.name)
    const step = this.#add(id, call, { op: 'assign', expr: this.#slot(value, schema, 'value'), bind: { as } })
    return Object.assign(step, { value: reference(`@var:${as}`, schema) })
  }

  #compute(id: string, value: Term, call: Binding): unknown {
    const { as = id } = call
    const computed = computedOf(value)
    if (computed === undefined) throw new AosError('author.bad_value', `the step ${id} computes nothing`)
    const step = this.#add(id, call, { op: 'assign', expr: computed.json, bind: { as } })
    return Object.assign(step, { value: reference(`@var:${as}`, computed.type) })
  }

  #end(id: string, call: StepOptions & { readonly result?: unknown }): Step {
    const { result } = call
    if (this.#output === undefined || result === undefined) return this.#add(id, call, { op: 'end' })
    return this.#add(id, call, { op: 'end', result: this.#slot(result, this.#output, 'result') })
  }

  /** Appends a step and the edges that lead to it. */
  #add(id: string, { after, when }: StepOptions, members: { readonly [name: string]: Json }): Step {
    if (this.#known.has(id)) throw new AosError('author.bad_plan', `two steps have the id ${id}`)
    const before = after === undefined ? (this.#last === undefined ? [] : [this.#last]) : after
    const sources = isList(before) ? before : [before]
    if (sources.length === 0 && when !== undefined) {
      throw new AosError('author.bad_plan', `the step ${id} has a guard, but no step comes before it`)
    }
    for (const source of sources) this.#edge(source, id, when)
    const step: Step = { id }
    this.#known.set(id, step)
    this.#last = step
    this.#places.push(placeHere())
    const { op = '', ...rest } = members
    this.#steps.push({ id, op, ...rest })
    return step
  }

  #edge(source: Step | GuardedStep, to: string, guard: Term<'bool'> | undefined): void {
    const { step, when = guard } = 'step' in source ? source : { step: source }
    this.#need(step, `the step ${to}`, 'comes after')
    this.#edges.push({ from: step.id, to, ...(when === undefined ? {} : { when: jsonOf(when) }) })
  }

  #need(step: Step, what: string, how: string): void {
    if (this.#known.get(step.id) === step) return
    throw new AosError('author.bad_plan', `${what} ${how} ${step.id}, which is no step of this plan`)
  }

  #deadline({ deadline }: WaitCall): { readonly deadline?: Json } {
    return deadline === undefined ? {} : { deadline: this.#slot(deadline, { kind: 'time' }, 'deadline') }
  }

  /** A text that is written out is the hash itself; what is computed may be a text or bytes. */
  #keySlot(key: unknown): ExprJson {
    return this.#slot(key, { kind: 'hash' }, 'idempotencyKey')
  }

  #slot(value: unknown, type: AirType, member: string): ExprJson {
    const onSecret = (secret: Secret): void => {
      this.#secrets.add(secret)
    }
    return lower(value, type, { form: 'expression', path: [member], onSecret })
  }
}

/** Of `@receipt:ID` (K24). */
function receiptType(payload: ComputedType): ComputedType {
  const cost: AirType = { kind: 'map', key: { kind: 'text' }, value: { kind: 'nat' } }
  const fields = {
    status: { kind: 'text' },
    payload,
    adapter_id: { kind: 'text' },
    cost,
    intent_hash: { kind: 'hash' },
  } as const
  return { kind: 'parts', fields }
}

function isList(value: Step | readonly (Step | GuardedStep)[]): value is readonly (Step | GuardedStep)[] {
  return Array.isArray(value)
}
