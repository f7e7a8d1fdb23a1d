/** What goes where: routes, triggers, slots and bindings of a manifest (spec/03-air.md, "Definitions"). */
import { AosError } from '@aos/cbor'
import type { AirType, RecordType, Schema, Unnamed, VariantType } from './air-type.ts'
import { computedOf, reference } from './computed.ts'
import type { Json } from './expression-json.ts'
import type { Expr, Term } from './expression.ts'
import type { ModuleDefinition, Reducer, ReducerOptions } from './module.ts'
import type { Plan } from './plan.ts'
import type { Grant } from './power.ts'
import type { Slot } from './slot.ts'

/** Events of a schema go to a reducer. */
export interface Route {
  readonly kind: 'route'
  readonly event: Schema
  readonly reducer: ModuleDefinition
  readonly json: Json
}

/** Events of a schema start a plan. */
export interface Trigger {
  readonly kind: 'trigger'
  readonly event: Schema
  readonly plan: Plan
  readonly json: Json
}

/** Grants in the slots of a reducer. */
export interface SlotBinding {
  readonly kind: 'slots'
  readonly reducer: ModuleDefinition
  readonly grants: readonly Grant[]
  readonly json: Json
}

/** What a reducer takes: its event, and each schema that is an arm of it. */
export type EventOf<O extends ReducerOptions> =
  O['event'] | (O['event'] extends Schema<string, VariantType<infer A>> ? Extract<A[keyof A], Schema> : never)

/** A keyed reducer needs the way to the key, unless the event is a receipt; one without keys has none. */
export type RouteOptions<O extends ReducerOptions, E> = O extends { readonly key: Schema<string, infer K> }
  ? [E, E extends O['event'] ? true : false] extends [Schema<`sys/${string}`>, false]
    ? readonly []
    : E extends Schema<string, infer T extends AirType>
      ? readonly [options: { readonly key: (event: Expr<T>) => Expr<K> }]
      : never
  : readonly []

/** Routes events to a reducer: `route(Order, Shop, { key: (order) => order.id })`. */
export function route<O extends ReducerOptions, E extends EventOf<NoInfer<O>>>(
  event: E,
  to: Reducer<O>,
  ...options: RouteOptions<O, E>
): Route {
  const [{ key } = { key: undefined }] = options as readonly [{ readonly key: (event: unknown) => Term }?] // as declared
  const json = {
    event: event.name,
    reducer: to.name,
    ...(key === undefined ? {} : { key_field: pathOf('@event', event, key) }),
  }
  return { kind: 'route', event, reducer: to, json }
}

/** The type `unknown` when a value of `E` is an input of `I`; else one that nothing has, whose member says what is wrong. */
export type IsInput<E extends AirType, I extends AirType> = [Expr<E>, FieldsBeside<E, I>] extends [Slot<I>, never]
  ? unknown
  : { readonly 'the event is no input of this plan': E }

/** Names of the fields that one record has and the other has not. */
type FieldsBeside<E, I> =
  Unnamed<E> extends RecordType<infer F>
    ? Unnamed<I> extends RecordType<infer G>
      ? Exclude<keyof F, keyof G>
      : never
    : never

/** Starts a plan with every event of a schema. `correlateBy` leads to what its waits are told apart by. */
export function trigger<E extends AirType, I extends AirType>(
  event: Schema<string, E>,
  starts: Plan<I> & IsInput<NoInfer<E>, NoInfer<I>>,
  options: { readonly correlateBy?: (input: Expr<I>) => Term } = {},
): Trigger {
  const { correlateBy } = options
  const { name, input } = starts
  const json = {
    event: event.name,
    plan: name,
    ...(correlateBy === undefined ? {} : { correlate_by: pathOf('@input', input, correlateBy) }),
  }
  return { kind: 'trigger', event, plan: starts, json }
}

/** Puts grants in the slots of a reducer, each of the capability that the slot is for. */
export function slots<O extends ReducerOptions>(of: Reducer<O>, grants: GrantsOf<O>): SlotBinding {
  const entries = Object.entries<Grant>(grants)
  const json = Object.fromEntries(entries.map(([slot, { name }]) => [slot, name]))
  return { kind: 'slots', reducer: of, grants: entries.map(([, each]) => each), json }
}

/** A grant for each slot, or for some; `default` is a slot that every reducer has. */
export type GrantsOf<O extends ReducerOptions> = {
  readonly [S in keyof O['slots']]?: O['slots'][S] extends { readonly capType: infer C extends string }
    ? Grant<C>
    : never
} & { readonly default?: Grant }

/** The fields behind the root. Throws `author.bad_path` for anything but a path. */
function pathOf<T>(root: string, type: Schema, lead: (from: T) => Term): string {
  const ref = computedOf(lead(reference<T>(root, type)))?.json['ref']
  if (typeof ref === 'string' && ref.startsWith(`${root}.`)) return ref.slice(root.length + 1)
  throw new AosError('author.bad_path', `expected a field of ${type.name}, such as (value) => value.id`)
}

/** Which adapter performs the effects of a kind, and how (spec/14-dispatch.md, "What counts"). */
export interface Binding {
  /** A kind, a beginning and `.*`, or `*`. */
  readonly pattern: string
  /** Id of the adapter. */
  readonly adapter: string
  readonly idempotent?: boolean
  readonly timeoutMs?: number
  readonly attemptsMax?: number
  readonly concurrencyMax?: number
}

/** Someone who may answer what waits for an approval. */
export interface Approver {
  readonly name: string
  /** Public key in hexadecimal. */
  readonly key: string
  readonly roles?: readonly string[]
}

/** As the manifest has it. */
export function bindingJson(binding: Binding): Json {
  const { pattern, adapter, idempotent, timeoutMs, attemptsMax, concurrencyMax } = binding
  return {
    pattern,
    adapter,
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(timeoutMs === undefined ? {} : { timeout_ms: timeoutMs }),
    ...(attemptsMax === undefined ? {} : { attempts_max: attemptsMax }),
    ...(concurrencyMax === undefined ? {} : { concurrency_max: concurrencyMax }),
  }
}

/** As the manifest has it. */
export function approverJson({ name, key, roles }: Approver): Json {
  return { name, key, ...(roles === undefined ? {} : { roles }) }
}
