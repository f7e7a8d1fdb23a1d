/**
 * What a small world of powers lets pass, by trying everything: an independent reading of spec/11-gate.md for the comparison of
 * authority to be held to.
 */
import {
  CAP_OF_KIND,
  CONDITIONS,
  EVENTS,
  REDUCER,
  TYPE_OF_CAP,
  type Grant,
  type Kind,
  type Params,
  type Powers,
  type Request,
  type Rule,
  type Use,
} from './_powers.ts'

const PRINCIPALS = ['key:a', 'key:ab', 'host:b'] as const

const ALL_PARAMS: { readonly [kind in Kind]: readonly Params[] } = {
  'http.request': ['a', 'b'].flatMap((host) =>
    ['GET', 'POST'].flatMap((method) => ['', '/x', '/x/y', '/xy', '/z'].map((path) => ({ host, method, path }))),
  ),
  'mail.send': ['ada', 'bob'].flatMap((to) => ['literal', 's@1', 't@1'].map((key) => ({ to, key }))),
  'timer.set': [{}],
}

const MOMENTS = [5, 15] as const
/** What was spent under the grant, and when. */
const LEDGERS: readonly (readonly (readonly [number, number])[])[] = [[], [[0, 2]], [[4, 1], [0, 1]], [[0, 3], [1, 1]]] // prettier-ignore

/** By request: 1 when an approval is asked for, 2 when it passes. What is denied, or not asked for by anybody, is not there. */
export function whatPasses(powers: Powers): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const { origin, use: asked } of usesOf(powers)) {
    const grant = powers.grants.find(({ name }) => name === asked.grant)
    if (grant === undefined || !powers.kinds.includes(asked.kind)) continue
    for (const principal of PRINCIPALS) {
      for (const params of ALL_PARAMS[asked.kind]) {
        const request: Request = { kind: asked.kind, origin, grant, principal, params }
        const level = judgeRequest(powers, request)
        if (level === 0) continue
        for (const moment of momentsOf(grant)) {
          found.set(JSON.stringify([asked, origin, principal, params, moment]), level)
        }
      }
    }
  }
  return found
}

/** Every moment and ledger at which the grant has room for a call. */
function momentsOf({ expiry, limit, window }: Grant): readonly (readonly [number, number])[] {
  return MOMENTS.flatMap((now) =>
    LEDGERS.flatMap((ledger, index): readonly (readonly [number, number])[] => {
      if (expiry !== null && expiry <= now) return []
      const counted = ledger.filter(([at]) => window === null || at + window > now)
      const spent = counted.reduce((sum, [, amount]) => sum + amount, 0)
      return limit !== null && spent + 1 > limit ? [] : [[now, index]]
    }),
  )
}

function usesOf(powers: Powers): readonly { readonly origin: Request['origin']; readonly use: Use }[] {
  const slots = new Map(powers.slots.map(({ slot, grant: name }) => [slot, name]))
  const ofReducer = powers.declared.flatMap((kind): readonly Use[] => {
    const fitting = powers.grants.filter(({ cap }) => cap === CAP_OF_KIND[kind]).map(({ name }) => name)
    const only = !slots.has('default') && fitting.length === 1 ? fitting : []
    return [...slots.values(), ...only].map((name) => ({ kind, grant: name }))
  })
  return [
    ...powers.uses.map(({ plan, use: each }) => ({ origin: { kind: 'plan', name: plan } as const, use: each })),
    ...ofReducer.map((each) => ({ origin: { kind: 'reducer', name: REDUCER } as const, use: each })),
  ]
}

function judgeRequest(powers: Powers, request: Request): number {
  const { kind, origin, grant, params } = request
  const scope = { 'http.request': 'plan', 'mail.send': powers.mailScope, 'timer.set': 'reducer' }[kind]
  if (scope !== 'both' && scope !== origin.kind) return 0
  if (CAP_OF_KIND[kind] !== grant.cap) return 0
  if (!mayUseKey(powers, request) || !isEnforced(powers, grant, params)) return 0
  return powers.hasPolicy ? judgeByRules(powers.rules, request) : 0
}

function mayUseKey({ secrets }: Powers, { params: { key }, grant, origin }: Request): boolean {
  if (key === undefined) return true
  if (key === 'literal') return grant.literal
  const secret = secrets.find(({ name }) => name === key)
  if (secret === undefined) return false
  const isForPlan = origin.kind === 'reducer' || secret.plans === null || secret.plans.length === 0 || secret.plans.includes(origin.name) // prettier-ignore
  return isForPlan && (secret.caps === null || secret.caps.length === 0 || secret.caps.includes(grant.name))
}

function isEnforced(
  { judge }: Powers,
  { hosts, methods, prefixes }: Grant,
  { host, method, path, to }: Params,
): boolean {
  if (to !== undefined) return judge === 'nobody' || judge === `for ${to}`
  if (host === undefined || method === undefined || path === undefined) return true
  const isUnder = (prefix: string): boolean => prefix === '' || path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`) // prettier-ignore
  return (
    (hosts === null || hosts.some((each) => each.toLowerCase() === host)) &&
    (methods === null || methods.includes(method)) &&
    (prefixes === null || prefixes.some(isUnder))
  )
}

function judgeByRules(rules: readonly Rule[], request: Request): number {
  const { kind, grant, origin, principal } = request
  for (const each of rules) {
    const fields: readonly (readonly [string | null, string])[] = [
      [each.kind, kind],
      [each.grant, grant.name],
      [each.capType, TYPE_OF_CAP[grant.cap]],
      [each.originKind, origin.kind],
      [each.originName, origin.name],
    ]
    if (fields.some(([wanted, is]) => wanted !== null && wanted !== is)) continue
    if (each.principal !== null && !isPrincipal(each.principal, principal)) continue
    const conditions = each.where.map((number) => CONDITIONS[number]?.judge(request))
    // All of them are evaluated, so one that fails makes the whole fail.
    if (conditions.includes(undefined)) return 0
    if (conditions.includes(false)) continue
    return { deny: 0, require_approval: 1, allow: 2 }[each.decision]
  }
  return 0
}

function isPrincipal(pattern: string, principal: string): boolean {
  return pattern.endsWith('*') ? principal.startsWith(pattern.slice(0, -1)) : principal === pattern
}

/** Every event with every use that it can lead to. */
export function whatIsReached(powers: Powers): ReadonlySet<string> {
  const found = new Set<string>()
  for (const event of EVENTS) {
    const seen = new Set<string>()
    const visit = (name: string): void => {
      if (seen.has(name)) return
      seen.add(name)
      for (const trigger of powers.triggers) if (trigger.event === name) visit(trigger.plan)
      if (powers.routes.includes(name)) visit(REDUCER)
      for (const raise of powers.raised) if (raise.plan === name) visit(raise.event)
      if (name === REDUCER) EVENTS.forEach(visit)
    }
    visit(event)
    for (const each of usesOf(powers)) {
      if (!powers.kinds.includes(each.use.kind)) continue
      const isOfGrant = powers.grants.some(({ name, cap }) => name === each.use.grant && cap === CAP_OF_KIND[each.use.kind]) // prettier-ignore
      if (seen.has(each.origin.name) && isOfGrant) found.add(JSON.stringify([event, each]))
    }
  }
  return found
}

/** Every group of people whose approvals are enough for a change of an authority. */
export function whoApproves({ approvers, approvals }: Powers): ReadonlySet<string> {
  const people = ['a', 'b', 'c', 'owner']
  const groups = Array.from({ length: 2 ** people.length }, (_, bits) => people.filter((_name, at) => (bits >> at) % 2 === 1)) // prettier-ignore
  const isEnough = (group: readonly string[], authority: string): boolean => {
    if (approvers.length === 0) return group.includes('owner')
    const there = approvers.filter(({ key }) => group.includes(key))
    const needed = approvals.filter((each) => each.authority === authority)
    if (needed.length === 0) return there.length > 0
    return needed.every(
      ({ role, count }) => there.filter(({ roles }) => role === null || roles.includes(role)).length >= count,
    )
  }
  const all = ['narrows', 'keeps', 'widens'].flatMap((authority) => groups.map((group) => ({ authority, group })))
  return new Set(all.filter(({ group, authority }) => isEnough(group, authority)).map((each) => JSON.stringify(each)))
}
