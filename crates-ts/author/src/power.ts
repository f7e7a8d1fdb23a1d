/** What may be done: effects, capabilities, grants (spec/03-air.md, "Definitions"; spec/11-gate.md). */
import type { AirType, Schema } from './air-type.ts'
import type { Json } from './expression-json.ts'
import { integerJson, lower } from './lower.ts'
import type { ModuleDefinition } from './module.ts'
import { placeHere } from './place.ts'
import type { Place } from './place.ts'
import type { Literal } from './slot.ts'
import { typeJson } from './type-json.ts'

/** Who may ask for an effect. */
export type Scope = 'plan' | 'reducer' | 'both'

/** A kind of effect: its parameters, its receipt, and the type of capability that it needs. */
export interface Effect<
  K extends string = string,
  P extends AirType = AirType,
  R extends AirType = AirType,
  C extends string = string,
  O extends Scope = Scope,
> {
  readonly kind: 'effect'
  readonly name: string
  readonly effectKind: K
  readonly params: Schema<string, P>
  readonly receipt: Schema<string, R>
  readonly capType: C
  readonly scope: O
  readonly json: Json
  readonly place: Place
}

/** What `effect` is given. */
export interface EffectOptions<
  K extends string,
  P extends AirType,
  R extends AirType,
  C extends string,
  O extends Scope,
> {
  /** Such as `mail.send`. */
  readonly kind: K
  readonly params: Schema<string, P>
  readonly receipt: Schema<string, R>
  readonly cap: Cap<C>
  readonly scope: O
}

/** Defines a kind of effect that an adapter of the host performs. */
export function effect<
  const K extends string,
  P extends AirType,
  R extends AirType,
  C extends string,
  const O extends Scope,
>(name: string, options: EffectOptions<K, P, R, C, O>): Effect<K, P, R, C, O> {
  const { kind: effectKind, params, receipt, cap: needed, scope } = options
  const json = {
    $kind: 'defeffect',
    name,
    kind: effectKind,
    params_schema: params.name,
    receipt_schema: receipt.name,
    cap_type: needed.capType,
    origin_scope: scope,
  }
  return { kind: 'effect', name, effectKind, params, receipt, capType: needed.capType, scope, json, place: placeHere() }
}

/** A capability: what the parameters of its grants are, and who judges by them. */
export interface Cap<C extends string = string, P extends AirType = AirType> {
  readonly kind: 'cap'
  readonly name: string
  readonly capType: C
  readonly params: P
  /** The pure module that judges; undefined for one that lets everything through. */
  readonly enforcer: ModuleDefinition | undefined
  readonly json: Json
  readonly place: Place
}

/** What `cap` is given. */
export interface CapOptions<C extends string, P extends AirType> {
  /** Such as `mail.out`: effects name it. */
  readonly type: C
  /** Type of the parameters of a grant. */
  readonly params: P
  /** Absent: whatever the grant says passes. */
  readonly enforcer?: ModuleDefinition
}

/** Defines a type of power: what its grants say, and which module judges by it. */
export function cap<const C extends string, P extends AirType>(name: string, options: CapOptions<C, P>): Cap<C, P> {
  const { type: capType, params, enforcer } = options
  const json = {
    $kind: 'defcap',
    name,
    cap_type: capType,
    schema: typeJson(params),
    ...(enforcer === undefined ? {} : { enforcer: { module: enforcer.name } }),
  }
  return { kind: 'cap', name, capType, params, enforcer, json, place: placeHere() }
}

/** A power that the world gives to its plans and reducers, by a name. */
export interface Grant<C extends string = string, P extends AirType = AirType> {
  readonly kind: 'grant'
  readonly name: string
  readonly cap: Cap<C, P>
  readonly json: Json
  readonly place: Place
}

/** How much of a dimension, in all or within any window of a length. */
export interface BudgetOptions {
  /** Of the dimension's unit: calls, tokens, cents. */
  readonly limit: number | bigint
  /** Such as `1h`. */
  readonly window?: string | number | bigint
}

/** What bounds a grant beside its parameters. */
export interface GrantOptions {
  /** From this time on it is void. */
  readonly expiry?: string | number | bigint
  /** By dimension: `calls`, `tokens`, and what receipts report. */
  readonly budgets?: { readonly [dimension: string]: BudgetOptions }
  /** Values of secrets may be written into parameters. */
  readonly literalSecrets?: boolean
}

/** Grants a capability: `grant('bank', sys.cap('http.out@1'), { hosts: ['bank.example'] })`. */
export function grant<C extends string, P extends AirType>(
  name: string,
  of: Cap<C, P>,
  params: Literal<P>,
  options: GrantOptions = {},
): Grant<C, P> {
  const { expiry, budgets, literalSecrets } = options
  const json = {
    name,
    cap: of.name,
    params: lowerLiteral(params, of.params, 'params'),
    ...(expiry === undefined ? {} : { expiry_ns: nanoseconds(expiry, 'time', 'expiry') }),
    ...(budgets === undefined ? {} : { budgets: budgetsJson(budgets) }),
    ...(literalSecrets === true ? { literal_secrets: true } : {}),
  }
  return { kind: 'grant', name, cap: of, json, place: placeHere() }
}

function budgetsJson(budgets: { readonly [dimension: string]: BudgetOptions }): Json {
  const written = Object.entries(budgets).map(([dimension, { limit, window }]): readonly [string, Json] => {
    const length = window === undefined ? {} : { window_ns: nanoseconds(window, 'duration', 'window') }
    return [dimension, { limit: typeof limit === 'bigint' ? integerJson(limit) : limit, ...length }]
  })
  return Object.fromEntries(written)
}

function nanoseconds(value: string | number | bigint, kind: 'time' | 'duration', member: string): Json {
  const { [`${kind}_ns`]: found = 0 } = lowerLiteral(value, { kind }, member)
  return found
}

function lowerLiteral(value: unknown, type: AirType, member: string): { readonly [form: string]: Json } {
  return lower(value, type, { form: 'literal', path: [member], onSecret: () => undefined })
}
