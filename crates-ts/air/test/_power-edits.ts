/** Changes of small worlds of powers: any, and such that nothing more can pass. */
import fc from 'fast-check'
import { powers, type Powers } from './_powers.ts'

/** What an item is known by stays; two items that are known by the same would be no world. */
const IDENTITY: ReadonlySet<string> = new Set(['name', 'slot', 'key', 'authority', 'role'])

/** Numbers that say what is changed where. */
export const numbers: fc.Arbitrary<readonly number[]> = fc.array(fc.nat(59), { minLength: 20, maxLength: 20 })

/** One to three things are otherwise, some of them as they are in another world. */
export function changed(
  base: Powers,
  other: Powers,
  given: readonly number[],
  keys = Object.keys(base) as readonly (keyof Powers)[], // which are all
): Powers {
  const times = 1 + ((given[0] ?? 0) % 3)
  let next = base
  for (let at = 0; at < times; at += 1) {
    const [which = 0, ...how] = given.slice(1 + at * 4, 5 + at * 4)
    const key = keys[which % keys.length]
    if (key === undefined) continue
    const [mine, theirs]: readonly unknown[] = [next[key], other[key]]
    const value = Array.isArray(mine) && Array.isArray(theirs) ? changedList(mine, theirs, how) : theirs
    next = { ...next, [key]: value }
  }
  return next
}

/** A world in which much passes. */
export const RICH: Powers = {
  kinds: ['http.request', 'mail.send', 'timer.set'],
  mailScope: 'both',
  judge: 'nobody',
  grants: [
    {
      name: 'g1',
      cap: 'http',
      hosts: ['a'],
      methods: null,
      prefixes: ['/x'],
      expiry: null,
      limit: 4,
      window: 12,
      literal: false,
    },
    {
      name: 'g2',
      cap: 'mail',
      hosts: null,
      methods: null,
      prefixes: null,
      expiry: 20,
      limit: null,
      window: null,
      literal: true,
    },
    {
      name: 'g3',
      cap: 'timer',
      hosts: null,
      methods: null,
      prefixes: null,
      expiry: null,
      limit: null,
      window: null,
      literal: false,
    },
  ],
  rules: [
    {
      kind: 'http.request',
      grant: null,
      capType: null,
      originKind: null,
      originName: null,
      principal: 'host:*',
      where: [],
      decision: 'deny',
    },
    {
      kind: 'http.request',
      grant: null,
      capType: null,
      originKind: null,
      originName: null,
      principal: null,
      where: [0],
      decision: 'require_approval',
    },
    {
      kind: null,
      grant: null,
      capType: null,
      originKind: null,
      originName: null,
      principal: null,
      where: [],
      decision: 'allow',
    },
  ],
  hasPolicy: true,
  uses: [
    { plan: 'demo/P@1', use: { kind: 'http.request', grant: 'g1' } },
    { plan: 'demo/Q@1', use: { kind: 'mail.send', grant: 'g2' } },
  ],
  raised: [{ plan: 'demo/P@1', event: 'demo/B@1' }],
  declared: ['timer.set', 'mail.send'],
  slots: [{ slot: 'default', grant: 'g3' }],
  triggers: [
    { event: 'demo/A@1', plan: 'demo/P@1' },
    { event: 'demo/B@1', plan: 'demo/Q@1' },
  ],
  routes: ['demo/C@1'],
  secrets: [
    { name: 's@1', caps: ['g2'], plans: null },
    { name: 't@1', caps: null, plans: ['demo/Q@1'] },
  ],
  approvers: [
    { key: 'a', roles: ['x'] },
    { key: 'b', roles: ['x', 'y'] },
    { key: 'c', roles: [] },
  ],
  approvals: [
    { authority: 'widens', role: 'x', count: 1 },
    { authority: 'keeps', role: null, count: 1 },
  ],
}

/** Any world, and more often one that is much like a rich one. */
export const worlds: fc.Arbitrary<Powers> = fc.oneof(powers, {
  weight: 3,
  arbitrary: fc.tuple(powers, numbers).map(([other, given]) => changed(RICH, other, given)),
})

function changedList(mine: readonly unknown[], theirs: readonly unknown[], how: readonly number[]): readonly unknown[] {
  const [way = 0, first = 0, second = 0] = how
  const at = first % Math.max(1, mine.length)
  const [here, there] = [mine[at], theirs[second % Math.max(1, theirs.length)]]
  switch (way % 6) {
    case 0:
      return theirs
    case 1:
      return mine.filter((_, index) => index !== at)
    case 2:
      return mine.some((each) => labelOf(each) === labelOf(there)) || there === undefined
        ? mine
        : mine.toSpliced(at, 0, there)
    case 3:
      return mine.length < 2 ? mine : [...mine.slice(at + 1), ...mine.slice(0, at + 1)]
    default:
      if (typeof here !== 'object' || typeof there !== 'object' || here === null || there === null) return mine
      return mine.with(at, withOneMember(here, there, second))
  }
}

function labelOf(item: unknown): string {
  if (typeof item !== 'object' || item === null) return String(item)
  const known = Object.entries(item).filter(([key]) => IDENTITY.has(key))
  return JSON.stringify(known.length > 0 ? known : item)
}

function withOneMember(here: object, there: object, number: number): object {
  const free = Object.entries(there).filter(([key]) => !IDENTITY.has(key))
  const [key, value] = free[number % Math.max(1, free.length)] ?? []
  return key === undefined ? here : { ...here, [key]: value as unknown }
}

type Edit = (powers: Powers, number: number) => Powers

/** The item at a place is another one. */
function edit<Item>(items: readonly Item[], number: number, change: (item: Item) => Item): readonly Item[] {
  const at = number % Math.max(1, items.length)
  return items.map((item, index) => (index === at ? change(item) : item))
}

function drop<Item>(items: readonly Item[], number: number): readonly Item[] {
  const at = number % Math.max(1, items.length)
  return items.filter((_, index) => index !== at)
}

/** The smaller one, where none is the greatest. */
function less(value: number | null, number: number): number {
  return Math.min(value ?? Infinity, number)
}

/** A condition on the parameters of grants makes what they do to it unknown. */
function looksAtGrants({ rules }: Powers): boolean {
  return rules.some(({ where }) => where.includes(5))
}

/** Each takes something away, or changes nothing. */
export const NARROWING: readonly Edit[] = [
  (powers, number) => ({ ...powers, kinds: drop(powers.kinds, number) }),
  (powers) => ({ ...powers, mailScope: powers.mailScope === 'both' ? 'plan' : powers.mailScope }),
  // The slot `default` may come to lead to the grant that is left.
  (powers, number) => (powers.slots.some(({ slot }) => slot === 'default') ? { ...powers, grants: drop(powers.grants, number) } : powers), // prettier-ignore
  (powers, number) => ({ ...powers, grants: edit(powers.grants, number, (each) => ({ ...each, expiry: less(each.expiry, number % 12) })) }), // prettier-ignore
  (powers, number) => ({ ...powers, grants: edit(powers.grants, number, (each) => ({ ...each, limit: less(each.limit, number % 4) })) }), // prettier-ignore
  (powers, number) => ({ ...powers, grants: edit(powers.grants, number, (each) => ({ ...each, window: null })) }),
  (powers, number) => ({ ...powers, grants: edit(powers.grants, number, (each) => ({ ...each, literal: false })) }),
  (powers, number) => (looksAtGrants(powers) ? powers : { ...powers, grants: edit(powers.grants, number, (each) => ({ ...each, methods: each.methods === null ? ['GET'] : each.methods.slice(1) })) }), // prettier-ignore
  (powers, number) => (looksAtGrants(powers) ? powers : { ...powers, grants: edit(powers.grants, number, (each) => ({ ...each, prefixes: each.prefixes?.map((prefix) => `${prefix}/y`) ?? ['/x'] })) }), // prettier-ignore
  (powers, number) => {
    const deny = { kind: null, grant: null, capType: null, originKind: null, originName: null, where: [], decision: 'deny', principal: 'key:a*' } as const // prettier-ignore
    return { ...powers, rules: powers.rules.toSpliced(number % (powers.rules.length + 1), 0, deny) }
  },
  (powers, number) => ({ ...powers, rules: edit(powers.rules, number, (each) => ({ ...each, decision: each.decision === 'allow' ? 'require_approval' : each.decision })) }), // prettier-ignore
  (powers) => ({ ...powers, rules: powers.rules.slice(0, -1) }),
  (powers) => ({ ...powers, rules: edit(powers.rules, powers.rules.length - 1, (each) => ({ ...each, where: [...new Set([...each.where, 2])] })) }), // prettier-ignore
  (powers) => ({ ...powers, hasPolicy: false }),
  (powers, number) => ({ ...powers, uses: drop(powers.uses, number) }),
  (powers, number) => ({ ...powers, raised: drop(powers.raised, number) }),
  (powers, number) => ({ ...powers, declared: drop(powers.declared, number) }),
  (powers, number) => ({ ...powers, triggers: drop(powers.triggers, number) }),
  (powers, number) => ({ ...powers, routes: drop(powers.routes, number) }),
  (powers, number) => ({ ...powers, secrets: drop(powers.secrets, number) }),
  (powers, number) => ({ ...powers, secrets: edit(powers.secrets, number, (each) => ({ ...each, caps: each.caps === null || each.caps.length === 0 ? ['g1'] : each.caps.slice(0, 1) })) }), // prettier-ignore
  (powers, number) => (powers.approvers.length < 2 ? powers : { ...powers, approvers: drop(powers.approvers, number) }),
  (powers, number) => ({ ...powers, approvals: edit(powers.approvals, number, (each) => ({ ...each, count: each.count + 1 })) }), // prettier-ignore
]
