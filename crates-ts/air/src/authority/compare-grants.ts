/** Grants: parameters, expiry, literal secrets, budgets (spec/23-authority.md, "Rules": A4 to A6). */
import { equalBytes } from '@aos/cbor'
import { BUILTIN_MODULES } from '../builtin/modules.ts'
import { encodeDefinition } from '../definitions/node.ts'
import { ALLOW_ALL } from '../definitions/parse-rules.ts'
import { literalBytes } from '../expressions/literal.ts'
import type { Authority, Budget, CapGrant, DefPolicy, Expr } from '../plan-model.ts'
import { compareParams, isKnownCap, namesIn } from './compare-params.ts'
import { compareAmounts, namesOfBoth } from './items.ts'
import type { AuthorityItem } from './port.ts'
import { capTypeOf, type Side, type Sides } from './side.ts'

/** What is added, removed, and different in those that stay. */
export function compareGrants(sides: Sides): readonly AuthorityItem[] {
  const { before, after } = sides
  return namesOfBoth(before.grants.keys(), after.grants.keys()).flatMap((name): readonly AuthorityItem[] => {
    const [was, is] = [before.grants.get(name), after.grants.get(name)]
    const item = { section: 'grants', name, rule: 'A4' } as const
    if (was === undefined) return [{ ...item, change: 'widens', reason: 'the grant is new' }]
    if (is === undefined) return [{ ...item, change: 'narrows', reason: 'the grant is gone' }]
    return [...compareCapOf(sides, was, is), ...compareTerms(was, is), ...compareBudgets(was, is)]
  })
}

function compareCapOf(sides: Sides, was: CapGrant, is: CapGrant): readonly AuthorityItem[] {
  const item = { section: 'grants', name: is.name, rule: 'A4' } as const
  if (was.cap !== is.cap) return [{ ...item, path: ['cap'], change: 'widens', reason: 'it is of another capability' }]
  if (equalBytes(literalBytes(was.params), literalBytes(is.params))) return []
  const unknown = (reason: string): readonly AuthorityItem[] => [
    { ...item, path: ['params'], change: 'widens', reason },
  ]
  if ([sides.before, sides.after].some((side) => looksAtGrant(side, is.name))) {
    return unknown('a condition of the policy looks at its parameters')
  }
  if (!isKnownCap(is.cap) || ![sides.before, sides.after].every((side) => isJudgedAsKnown(side, is.cap))) {
    return unknown('what its parameters do is not known')
  }
  const changes = compareParams(is.cap, was.params, is.params)
  const shared = is.cap === 'sys/workspace@1' ? workspaceOfOthers(sides.after, was, is) : undefined
  return changes.map(({ path, change, reason }) => {
    const at = { ...item, path: ['params', ...path] }
    if (shared === undefined || path[0] !== 'workspaces') return { ...at, change, reason }
    return {
      ...at,
      change: 'widens',
      reason: `trees that are made under it come to be of ${shared}, which other grants reach`,
    }
  })
}

/**
 * Trees that are made under a grant that names workspaces are of those, and under one that names none perhaps nobody's (spec/19-workspaces.md,
 * "Trees and grants": W15). So when it comes to name some, other grants that name them may reach more.
 */
function workspaceOfOthers({ manifest }: Side, was: CapGrant, is: CapGrant): string | undefined {
  if (namesIn(was, 'workspaces') !== undefined) return undefined
  const others = manifest.grants.filter(({ name, cap }) => cap === is.cap && name !== is.name)
  const named = new Set(others.flatMap((other) => namesIn(other, 'workspaces') ?? []))
  return namesIn(is, 'workspaces')?.find((name) => named.has(name))
}

/** By nobody, or by the module that this release brings: what another one makes of parameters is not known. */
function isJudgedAsKnown(side: Side, cap: string): boolean {
  const enforcer = side.caps.get(cap)?.enforcer
  if (enforcer === ALLOW_ALL) return true
  const module = enforcer === undefined ? undefined : side.modules.get(enforcer)?.definition
  const builtin = enforcer === undefined ? undefined : BUILTIN_MODULES.get(enforcer)
  if (module === undefined || builtin === undefined) return false
  return equalBytes(encodeDefinition(module), encodeDefinition(builtin))
}

/** True when a rule that may be about the grant has a condition on `@grant`. */
function looksAtGrant(side: Side, grant: string): boolean {
  const rules: DefPolicy['rules'] = side.policy?.rules ?? []
  return rules.some(({ when }) => {
    const isAbout =
      (when.capName === undefined || when.capName === grant) &&
      (when.capType === undefined || when.capType === capTypeOf(side, grant))
    return isAbout && when.where !== undefined && refersToGrant(when.where)
  })
}

function refersToGrant(expr: Expr): boolean {
  switch (expr.kind) {
    case 'constant':
      return false
    case 'reference':
      return expr.text === '@grant' || expr.text.startsWith('@grant.')
    case 'operation':
      return expr.operands.some(refersToGrant)
    case 'record':
      return [...expr.fields.values()].some(refersToGrant)
    case 'list':
    case 'set':
      return expr.items.some(refersToGrant)
    case 'map':
      return expr.entries.some(({ key, value }) => refersToGrant(key) || refersToGrant(value))
    case 'variant':
      return expr.value !== undefined && refersToGrant(expr.value)
  }
}

function compareTerms(was: CapGrant, is: CapGrant): readonly AuthorityItem[] {
  const item = { section: 'grants', name: is.name, rule: 'A5' } as const
  const found: AuthorityItem[] = []
  const expiry = compareBounds(was.expiryNs, is.expiryNs)
  if (expiry !== 'keeps') {
    const reason = expiry === 'narrows' ? 'it ends earlier' : 'it lasts longer'
    found.push({ ...item, path: ['expiry_ns'], change: expiry, reason })
  }
  const [literal, literalNow] = [was.literalSecrets === true, is.literalSecrets === true]
  if (literal !== literalNow) {
    const reason = literalNow ? 'secrets may be written out' : 'secrets may not be written out any more'
    found.push({ ...item, path: ['literal_secrets'], change: literalNow ? 'widens' : 'narrows', reason })
  }
  return found
}

/** Bounds of which none is the greatest. */
function compareBounds(before: bigint | undefined, after: bigint | undefined): Authority {
  if (before === undefined) return after === undefined ? 'keeps' : 'narrows'
  return after === undefined ? 'widens' : compareAmounts(before, after)
}

const NO_BUDGETS: ReadonlyMap<string, Budget> = new Map()

function compareBudgets({ budgets: was = NO_BUDGETS }: CapGrant, is: CapGrant): readonly AuthorityItem[] {
  const { budgets: now = NO_BUDGETS } = is
  const item = { section: 'grants', name: is.name, rule: 'A6' } as const
  return namesOfBoth(was.keys(), now.keys()).flatMap((dimension): readonly AuthorityItem[] => {
    const [old, fresh] = [was.get(dimension), now.get(dimension)]
    const path = ['budgets', dimension]
    if (old === undefined) return [{ ...item, path, change: 'narrows', reason: 'there is a budget' }]
    if (fresh === undefined) return [{ ...item, path, change: 'widens', reason: 'there is no budget any more' }]
    const limit = compareAmounts(old.limit, fresh.limit)
    // Without a window all that was ever spent counts, so the longer one is the narrower.
    const window = compareBounds(fresh.windowNs, old.windowNs)
    return [
      { ...item, path: [...path, 'limit'], change: limit, reason: `it was ${old.limit} and is ${fresh.limit}` },
      { ...item, path: [...path, 'window_ns'], change: window, reason: windowReason(window) },
    ].filter(({ change }) => change !== 'keeps')
  })
}

function windowReason(change: Authority): string {
  return change === 'narrows' ? 'what was spent counts for longer' : 'what was spent is forgotten earlier'
}
