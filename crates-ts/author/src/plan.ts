/** Plans: what their author writes (spec/03-air.md, "Definitions"; spec/10-plans.md). */
import type { AirType, Primitive, Schema } from './air-type.ts'
import type { Json } from './expression-json.ts'
import type { Expr, MapTerm, Merged, Term } from './expression.ts'
import { placeHere } from './place.ts'
import type { Place } from './place.ts'
import { PlanWriter } from './plan-writer.ts'
import type { Effect, Grant } from './power.ts'
import type { Secret } from './secret.ts'
import type { Slot } from './slot.ts'

type FailureType = Schema<
  'sys/EffectFailure@1',
  {
    readonly kind: 'record'
    readonly fields: { readonly code: Primitive<'text'>; readonly message: Primitive<'text'> }
  }
>

/** How an effect ended; a plan accepts `ok` alone unless it says more. */
export type ReceiptStatus = 'ok' | 'error' | 'timeout' | 'denied' | 'unknown'

/** A step of a plan, for `after`. */
export interface Step {
  readonly id: string
}

/** A step that another one follows when a guard holds. */
export interface GuardedStep {
  readonly step: Step
  readonly when: Term<'bool'>
}

/** Where a step stands. Without `after` it follows the step that was written before it. */
export interface StepOptions {
  /** One step or several; of several it is enough that one was done. An empty list: it waits for nothing. */
  readonly after?: Step | readonly (Step | GuardedStep)[]
  /** The guard of the ways into this step that have none of their own. */
  readonly when?: Term<'bool'>
}

/** A step that gives a variable a value. */
export interface BindingOptions extends StepOptions {
  /** Name of the variable; the id of the step unless given. */
  readonly as?: string
}

/** What an effect is asked for with. */
export interface EmitOptions<P extends AirType, C extends string> extends BindingOptions {
  readonly params: Slot<P>
  readonly cap: Grant<C>
  /** By which the adapter knows a call again; the hash of the intent unless given. */
  readonly idempotencyKey?: string | Term<'hash' | 'text' | 'bytes'>
}

/** An effect whose receipt can be waited for. */
export interface Awaitable<R extends AirType> extends Step {
  readonly receipt: Schema<string, R>
}

/** An effect that was asked for. */
export interface Emitted<P extends AirType, R extends AirType> extends Awaitable<R> {
  /** `@step:ID`. */
  readonly value: Term<'record'> & {
    readonly handle: Term<'text'>
    readonly intent_hash: Term<'hash'>
    readonly params: Expr<P>
  }
}

/** What a receipt is waited for with. */
export interface AwaitReceiptOptions<S extends ReceiptStatus> extends BindingOptions {
  /** Statuses with which the plan goes on; `ok` unless given. */
  readonly accept?: readonly S[]
  readonly deadline?: Slot<Primitive<'time'>>
}

/** The payload: of the receipt's schema, or, when more than `ok` is accepted, perhaps of a failure's. */
export type PayloadOf<R extends AirType, S extends ReceiptStatus> = [S] extends ['ok']
  ? Expr<R>
  : Merged<R | FailureType>

/** A receipt that came. */
export interface Received<R extends AirType, S extends ReceiptStatus> extends Step {
  /** `@var:NAME`. */
  readonly payload: PayloadOf<R, S>
  /** `@receipt:ID`. */
  readonly receipt: Term<'record'> & {
    readonly status: Term<'text'>
    readonly payload: PayloadOf<R, S>
    readonly adapter_id: Term<'text'>
    readonly cost: MapTerm<Primitive<'text'>, Primitive<'nat'>>
    readonly intent_hash: Term<'hash'>
  }
}

/** What an event is waited for with. */
export interface AwaitEventOptions<E extends AirType> extends BindingOptions {
  /** Which event it is. */
  readonly where?: (event: Expr<E>) => Term<'bool'>
  readonly deadline?: Slot<Primitive<'time'>>
}

/** A step whose value stands in a variable, `@var:NAME`. */
export interface Bound<T> extends Step {
  readonly value: T
}

/** The steps of a plan, in the order in which they are called, and what its expressions begin with. */
export interface PlanSteps<I extends AirType, O extends AirType | undefined> {
  /** `@plan.input`. */
  readonly input: Expr<I>
  /** `@var:correlation_id`: of the type of what the trigger correlates by. */
  readonly correlationId: <T extends AirType>(type: T) => Expr<T>
  /** Asks for an effect under a grant. */
  readonly emit: <P extends AirType, R extends AirType, C extends string>(
    id: string,
    effect: Effect<string, P, R, C, 'plan' | 'both'>,
    options: EmitOptions<P, NoInfer<C>>,
  ) => Emitted<P, R>
  /** Waits until the effect is done. */
  readonly awaitReceipt: <R extends AirType, const S extends ReceiptStatus = 'ok'>(
    id: string,
    of: Awaitable<R>,
    options?: AwaitReceiptOptions<S>,
  ) => Received<R, S>
  /** Waits for an event that comes later. */
  readonly awaitEvent: <E extends AirType>(
    id: string,
    event: Schema<string, E>,
    options?: AwaitEventOptions<NoInfer<E>>,
  ) => Bound<Expr<E>>
  /** Raises an event. */
  readonly raise: <E extends AirType>(
    id: string,
    event: Schema<string, E>,
    value: Slot<E>,
    options?: StepOptions,
  ) => Step
  /** Gives a variable of a schema a value. */
  readonly assign: <T extends AirType>(
    id: string,
    schema: Schema<string, T>,
    value: Slot<T>,
    options?: BindingOptions,
  ) => Bound<Expr<T>>
  /** Gives a variable whatever an expression computes. */
  readonly compute: <T extends Term>(id: string, value: T, options?: BindingOptions) => Bound<T>
  /** Ends the plan, whatever its other branches are doing. */
  readonly end: O extends AirType
    ? (id: string, options: StepOptions & { readonly result: Slot<O> }) => Step
    : (id: string, options?: StepOptions) => Step
  /** A way from one step to another beside those that `after` says, in the order of these calls. */
  readonly edge: (from: Step, to: Step, options?: { readonly when?: Term<'bool'> }) => void
  /** Must hold after every step. */
  readonly invariant: (condition: Term<'bool'>) => void
}

/** What `plan` is given. */
export interface PlanOptions<I extends AirType, O extends AirType | undefined> {
  readonly input: Schema<string, I>
  readonly output?: O extends AirType ? Schema<string, O> : undefined
}

/** A graph of steps that a world runs when a trigger or a person starts it. */
export interface Plan<I extends AirType = AirType> {
  readonly kind: 'plan'
  readonly name: string
  readonly input: Schema<string, I>
  readonly uses: PlanUses
  readonly json: Json
  readonly place: Place
  /** Of each step. */
  readonly stepPlaces: readonly Place[]
}

/** What a plan names. */
export interface PlanUses {
  readonly schemas: readonly Schema[]
  readonly effects: readonly Effect[]
  readonly grants: readonly Grant[]
  readonly secrets: readonly Secret[]
}

/** Defines a plan; `write` is called once, at once, and says its steps. Throws `author.*`. */
export function plan<I extends AirType, O extends AirType | undefined = undefined>(
  name: string,
  options: PlanOptions<I, O>,
  write: (steps: PlanSteps<I, O>) => void,
): Plan<I> {
  const place = placeHere()
  const writer = new PlanWriter(options.input, options.output)
  write(writer.steps as unknown as PlanSteps<I, O>) // the writer knows nothing of the author's types
  const { json, uses, stepPlaces } = writer.finish(name)
  return { kind: 'plan', name, input: options.input, uses, json, place, stepPlaces }
}
