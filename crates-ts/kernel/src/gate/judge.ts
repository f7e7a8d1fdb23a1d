/**
 * The gate (spec/11-gate.md, "Order"): kind and origin, parameters, grant, secrets, enforcer, budget, policy. The first that says no
 * ends it; nothing leaves a world without having passed them all.
 */
import { exprFromValue } from '@aos/expr'
import type { ExprValue } from '@aos/expr'
import { isAosError } from '@aos/cbor'
import type { KnownTrees } from '@aos/workspace'
import type { Hash } from '@aos/cbor'
import { findForeignTree } from '../internal/workspace-trees.ts'
import { EMPTY_LEDGER, reserve } from './budgets.ts'
import type { Ledger, Reservations } from './budgets.ts'
import { askEnforcer } from './enforcer.ts'
import type { EffectRecord, GateCatalog, GrantRecord } from './gate-catalog.ts'
import { askPolicy } from './policy.ts'
import { findSecrets } from './secret-slots.ts'

/** What is asked for, by whom. */
export interface GateRequest {
  readonly effectKind: string
  /** Prefixed canonical bytes by the params schema when they come from a plan; what a reducer gave, otherwise. */
  readonly params: Uint8Array
  /** Name of the grant; undefined when no slot leads to one. */
  readonly grant: string | undefined
  readonly origin: { readonly kind: 'plan' | 'reducer'; readonly name: string }
  readonly principal: string
  /** It had its grant once. */
  readonly wasGranted: boolean
}

/** The moment at which a request is judged. */
export interface GateFacts {
  readonly logicalNowNs: bigint
  readonly height: number
  readonly manifestHash: Hash
  /** Fuel that is left for the enforcer. */
  readonly fuelLimit: number
  readonly ledgerOf: (grant: string) => Ledger | undefined
  /** undefined: the engine remembers no trees. */
  readonly trees: KnownTrees | undefined
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
  const considered: Considered = { effect: undefined, grant: undefined, params: request.params, fuel: 0 }
  const effect = catalog.effects.get(request.effectKind)
  if (effect === undefined) return denied(considered, 'effect.unknown_kind')
  considered.effect = effect
  if (effect.originScope !== 'both' && effect.originScope !== request.origin.kind) {
    return denied(considered, 'effect.origin_scope')
  }
  try {
    const params = effect.params.codec.normalize(request.params)
    // What was canonical comes back as it is, and is the requester's own.
    considered.params = params === request.params ? params : params.slice()
  } catch (error) {
    if (!isAosError(error)) throw error
    return denied(considered, 'effect.params', `${error.code}: ${error.message}`)
  }
  return judgeGrant({ catalog, request, facts, effect }, considered)
}

/** What has been found so far. */
interface Considered {
  effect: EffectRecord | undefined
  grant: GrantRecord | undefined
  /** Normalised as soon as they could be. */
  params: Uint8Array
  fuel: number
}

interface Ground {
  readonly catalog: GateCatalog
  readonly request: GateRequest
  readonly facts: GateFacts
  readonly effect: EffectRecord
}

function judgeGrant(ground: Ground, considered: Considered): Judgement {
  const { catalog, request, facts, effect } = ground
  const grant = request.grant === undefined ? undefined : catalog.grants.get(request.grant)
  considered.grant = grant
  // A plan is checked against its grants before it is in force: one that is missing was taken away (G8).
  const wasGranted = request.wasGranted || request.origin.kind === 'plan'
  if (grant === undefined) return denied(considered, wasGranted ? 'cap.revoked' : 'cap.missing')
  if (grant.capType !== effect.capType) return denied(considered, 'cap.type')
  if (grant.expiryNs !== undefined && grant.expiryNs <= facts.logicalNowNs) return denied(considered, 'cap.expired')
  const { params } = considered
  const secret = effect.takesSecrets ? judgeSecrets(ground, grant, params) : undefined
  if (secret !== undefined) return denied(considered, secret)
  if (grant.enforcer.kind !== 'allow') {
    const { fuel, code, reason } = askEnforcer(grant, {
      effectKind: request.effectKind,
      params,
      origin: request.origin,
      logicalNowNs: facts.logicalNowNs,
      height: facts.height,
      manifestHash: facts.manifestHash,
      fuelLimit: facts.fuelLimit,
    })
    considered.fuel = fuel
    if (code !== undefined) return denied(considered, code, reason)
  }
  const foreign = findForeignTree(effect, params, { grant, trees: facts.trees })
  if (foreign !== undefined) return denied(considered, 'cap.foreign_tree', foreign)
  return judgeBudgetAndPolicy(ground, grant, considered)
}

function judgeBudgetAndPolicy(ground: Ground, grant: GrantRecord, considered: Considered): Judgement {
  const { catalog, request, facts, effect } = ground
  const { params, fuel } = considered
  const { name, budgets } = grant
  let known: ExprValue | undefined
  const value = (): ExprValue => {
    known ??= exprFromValue(effect.params.codec.decode(params), effect.params.type, catalog.table)
    return known
  }
  let ledger: Ledger | undefined
  let reserved = NOTHING_RESERVED
  if (budgets.size > 0) {
    const amounts = amountsOf(grant, value())
    const { logicalNowNs } = facts
    const booked = reserve(facts.ledgerOf(name) ?? EMPTY_LEDGER, { budgets, amounts, logicalNowNs })
    if ('exceeded' in booked) return denied(considered, 'budget.exceeded', booked.exceeded)
    ledger = booked.ledger
    reserved = booked.reserved
  }
  const { effectKind, origin, principal } = request
  const answer = askPolicy(catalog.policy, { effectKind, grant, origin, principal, params: value })
  const { decision, rule } = answer
  const isDenied = decision === 'deny'
  return {
    outcome: isDenied ? 'deny' : decision === 'allow' ? 'allow' : 'park',
    code: isDenied ? (answer.code ?? 'policy.denied') : undefined,
    reason: undefined,
    effect,
    grant,
    policy: catalog.policy?.name,
    rule,
    params,
    fuel,
    ledger: isDenied ? undefined : ledger,
    reserved: isDenied ? NOTHING_RESERVED : reserved,
  }
}

function denied(considered: Considered, code: string, reason?: string): Judgement {
  return {
    outcome: 'deny',
    code,
    reason,
    effect: considered.effect,
    grant: considered.grant,
    policy: undefined,
    rule: undefined,
    params: considered.params,
    fuel: considered.fuel,
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

function judgeSecrets(ground: Ground, grant: GrantRecord, params: Uint8Array): string | undefined {
  const { catalog, request, effect } = ground
  for (const use of findSecrets(effect.params.type, effect.params.codec.decode(params), catalog.table)) {
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
