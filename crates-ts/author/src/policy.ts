/** Policies: the first rule that matches decides (spec/11-gate.md, "Policy"). */
import type { AirType } from './air-type.ts'
import { UNKNOWN, reference } from './computed.ts'
import type { Json } from './expression-json.ts'
import type { Expr, Term } from './expression.ts'
import { jsonOf } from './operators.ts'
import { placeHere } from './place.ts'
import type { Place } from './place.ts'
import type { Effect, Grant } from './power.ts'

/** What a condition sees: nothing is known of what the rule does not name. */
export interface RuleTerms<P extends AirType, G extends AirType> {
  /** The parameters of the effect. */
  readonly params: Expr<P>
  /** The parameters of the grant. */
  readonly grant: Expr<G>
  /** Who started it, as `method:id`. */
  readonly principal: Term<'text'>
}

/** What a rule matches; a member that is absent matches everything. */
export interface RuleMatch<P extends AirType = AirType, G extends AirType = AirType> {
  readonly effect?: Effect<string, P>
  readonly grant?: Grant<string, G>
  /** Type of the capability, such as `http.out`. */
  readonly capType?: string
  readonly originKind?: 'plan' | 'reducer'
  /** The plan or reducer that asks. */
  readonly origin?: { readonly kind: 'plan' | 'module'; readonly name: string }
  /** `method:id`; a `*` at the end stands for any rest. */
  readonly principal?: string
  /** Holds of the parameters. One that cannot be evaluated denies. */
  readonly where?: (terms: RuleTerms<NoInfer<P>, NoInfer<G>>) => Term<'bool'>
}

/** One rule of a policy. */
export interface Rule {
  readonly json: Json
}

/** A list of rules. */
export interface Policy {
  readonly kind: 'policy'
  readonly name: string
  readonly json: Json
  readonly place: Place
}

/** Lets what matches pass. */
export function allow<P extends AirType = AirType, G extends AirType = AirType>(match: RuleMatch<P, G> = {}): Rule {
  return rule(match, 'allow')
}

/** Refuses what matches; without members, everything that no earlier rule let pass. */
export function deny<P extends AirType = AirType, G extends AirType = AirType>(match: RuleMatch<P, G> = {}): Rule {
  return rule(match, 'deny')
}

/** Holds what matches until a person approves it. */
export function requireApproval<P extends AirType = AirType, G extends AirType = AirType>(
  match: RuleMatch<P, G> = {},
): Rule {
  return rule(match, 'require_approval')
}

/** Defines a policy; what no rule matches is denied. */
export function policy(name: string, rules: readonly Rule[]): Policy {
  const json = { $kind: 'defpolicy', name, rules: rules.map((each) => each.json) }
  return { kind: 'policy', name, json, place: placeHere() }
}

function rule<P extends AirType, G extends AirType>(match: RuleMatch<P, G>, decision: string): Rule {
  const { effect, grant, capType, originKind, origin, principal, where } = match
  const terms = {
    params: reference<Expr<P>>('@params', effect?.params ?? UNKNOWN),
    grant: reference<Expr<G>>('@grant', grant?.cap.params ?? UNKNOWN),
    principal: reference<Term<'text'>>('@principal', { kind: 'text' }),
  }
  const when = {
    ...(effect === undefined ? {} : { effect_kind: effect.effectKind }),
    ...(grant === undefined ? {} : { cap_name: grant.name }),
    ...(capType === undefined ? {} : { cap_type: capType }),
    ...(originKind === undefined ? {} : { origin_kind: originKind }),
    ...(origin === undefined ? {} : { origin_name: origin.name }),
    ...(principal === undefined ? {} : { principal }),
    ...(where === undefined ? {} : { where: jsonOf(where(terms)) }),
  }
  return { json: { when, decision } }
}
