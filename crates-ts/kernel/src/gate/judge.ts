/**
 * The gate (spec/11-gate.md, "Order"): kind and origin, parameters, grant, secrets, enforcer, budget, policy. The first that says no
 * ends it; nothing leaves a world without having passed them all.
 */
import { exprFromValue } from '@aos/expr'
import type { ExprValue } from '@aos/expr'
import { isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { EMPTY_LEDGER, reserve } from './budgets.ts'
import type { Ledger, Reservations } from './budgets.ts'
import { askEnforcer } from './enforcer.ts'
import type { EffectRecord, GateCatalog, GrantRecord } from './gate-catalog.ts'
import { askPolicy } from './policy.ts'
import { findSecrets, hasSecretSlots } from './secret-slots.ts'

/** What is asked for, by whom. */
export interface GateRequest {
  readonly effectKind: string
  /** Prefixed canonical bytes by the params schema when they come from a plan; what a reducer gave, otherwise. */
  readonly params: Uint8Array
  /** Name of the grant; undefined when no slot leads to one. */
  readonly grant: string | undefined
  readonly origin: { readonly kind: 'plan' | 'reducer'; readonly name: string }
  readonly principal: string
}

/** The moment at which a request is judged. */
export interface GateFacts {
  readonly logicalNowNs: bigint
  readonly height: number
  readonly manifestHash: Hash
  /** Fuel that is left for the enforcer. */
  readonly fuelLimit: number
  readonly ledgerOf: (grant: string) => Ledger | undefined
}

/** A decision, and what follows from it when it is no refusal. */
export interface Judgement {
  readonly outcome: 'allow' | 'deny' | 'park'
  /** Why not; stands in the journal. */
  readonly code: string | undefined
  /** For people; never journaled. */
  readonly reason: string | undefined
  readonly effect: EffectRecord | undefined
  readonly grant: GrantRecord | undefined
  readonly policy: string | undefined
  readonly rule: number | undefined
  /** Normalised; what was given when they could not be. */
  readonly params: Uint8Array
  readonly fuel: number
  /** The grant's ledger with the reservations in it; undefined when it did not change. */
  readonly ledger: Ledger | undefined
  readonly reserved: Reservations
}

const NOTHING_RESERVED: Reservations = new Map()

/** Throws only for a fault of the host. */
export function judge(catalog: GateCatalog, request: GateRequest, facts: GateFacts): Judgement {
  const before = { effect: undefined, grant: undefined, params: request.params, fuel: 0 }
  const effect = catalog.effects.get(request.effectKind)
  if (effect === undefined) return denied(before, 'effect.unknown_kind')
  if (effect.originScope !== 'both' && effect.originScope !== request.origin.kind) {
    return denied({ ...before, effect }, 'effect.origin_scope')
  }
  let params: Uint8Array
  try {
    params = effect.params.codec.normalize(request.params).slice()
  } catch (error) {
    if (!isAosError(error)) throw error
    return denied({ ...before, effect }, 'effect.params', `${error.code}: ${error.message}`)
  }
  return judgeGrant(catalog, { ...request, params }, facts, effect)
}

function judgeGrant(catalog: GateCatalog, request: GateRequest, facts: GateFacts, effect: EffectRecord): Judgement {
  const grant = request.grant === undefined ? undefined : catalog.grants.get(request.grant)
  const before = { effect, grant, params: request.params, fuel: 0 }
  // A plan is checked against its grants before it is in force: one that is missing was taken away (G8).
  if (grant === undefined) return denied(before, request.origin.kind === 'plan' ? 'cap.revoked' : 'cap.missing')
  if (grant.capType !== effect.capType) return denied(before, 'cap.type')
  if (grant.expiryNs !== undefined && grant.expiryNs <= facts.logicalNowNs) return denied(before, 'cap.expired')
  const secret = judgeSecrets(catalog, request, effect, grant)
  if (secret !== undefined) return denied(before, secret)
  const { fuel, code, reason } = askEnforcer({ ...request, ...facts, grant })
  const after = { ...before, fuel }
  if (code !== undefined) return denied(after, code, reason)
  return judgeBudgetAndPolicy(catalog, request, facts, { ...after, effect, grant })
}

type Considered = Pick<Judgement, 'effect' | 'grant' | 'params' | 'fuel'>

function judgeBudgetAndPolicy(
  catalog: GateCatalog,
  request: GateRequest,
  facts: GateFacts,
  considered: Considered & { readonly effect: EffectRecord; readonly grant: GrantRecord },
): Judgement {
  const { effect, grant } = considered
  const { logicalNowNs } = facts
  let known: ExprValue | undefined
  const params = (): ExprValue => {
    known ??= exprFromValue(effect.params.codec.decode(request.params), effect.params.type, catalog.table)
    return known
  }
  const amounts = grant.budgets.size === 0 ? NOTHING_RESERVED : amountsOf(grant, params())
  const booked = reserve(facts.ledgerOf(grant.name) ?? EMPTY_LEDGER, { budgets: grant.budgets, amounts, logicalNowNs })
  if ('exceeded' in booked) return denied(considered, 'budget.exceeded', booked.exceeded)
  const answer = askPolicy(catalog.policy, { ...request, grant, params })
  const named = { ...considered, policy: catalog.policy?.name, rule: answer.rule }
  if (answer.decision === 'deny') return { ...denied(considered, answer.code ?? 'policy.denied'), ...named }
  return {
    ...named,
    outcome: answer.decision === 'allow' ? 'allow' : 'park',
    code: undefined,
    reason: undefined,
    ledger: grant.budgets.size === 0 ? undefined : booked.ledger,
    reserved: booked.reserved,
  }
}

function denied(considered: Considered, code: string, reason?: string): Judgement {
  return {
    ...considered,
    outcome: 'deny',
    code,
    reason,
    policy: undefined,
    rule: undefined,
    ledger: undefined,
    reserved: NOTHING_RESERVED,
  }
}

/** One call; of other dimensions what the parameters announce in a nat of the name `max_<dimension>`. */
function amountsOf(grant: GrantRecord, params: ExprValue): Reservations {
  const amounts = new Map<string, bigint>()
  for (const dimension of grant.budgets.keys()) {
    if (dimension === 'calls') amounts.set(dimension, 1n)
    const announced = params.sort === 'record' ? params.fields.get(`max_${dimension}`) : undefined
    if (announced?.sort === 'nat') amounts.set(dimension, announced.value)
  }
  return amounts
}

function judgeSecrets(
  catalog: GateCatalog,
  request: GateRequest,
  effect: EffectRecord,
  grant: GrantRecord,
): string | undefined {
  if (!hasSecretSlots(effect.params.type, catalog.table)) return undefined
  for (const use of findSecrets(effect.params.type, effect.params.codec.decode(request.params), catalog.table)) {
    if (use.kind === 'literal') {
      if (!grant.allowsLiteralSecrets) return 'secret.literal'
      continue
    }
    const secret = catalog.secrets.get(use.name)
    if (secret === undefined) return 'secret.unknown'
    if (secret.allowedCaps?.has(grant.name) === false) return 'secret.denied'
    const { origin } = request
    if (origin.kind === 'plan' && secret.allowedPlans?.has(origin.name) === false) return 'secret.denied'
  }
  return undefined
}
