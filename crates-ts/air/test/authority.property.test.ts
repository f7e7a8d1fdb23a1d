import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compareAuthority, type AuthorityReport } from '../src/index.ts'
import { changed, NARROWING, numbers, RICH, worlds } from './_power-edits.ts'
import { whatIsReached, whatPasses, whoApproves } from './_brute-gate.ts'
import { denseRules, powers, setOfPowers, type Powers } from './_powers.ts'
import { propertyOptions } from './_types.ts'
import { bytesOfSet, setPairs } from './_sets.ts'

/** By brute force: what is possible in `next` and was not in `base`. */
function whatIsNew(base: Powers, next: Powers): readonly string[] {
  const before = whatPasses(base)
  const passes = [...whatPasses(next)].filter(([request, level]) => level > (before.get(request) ?? 0))
  const [reached, approved] = [whatIsReached(base), whoApproves(base)]
  return [
    ...passes.map(([request]) => `passes ${request}`),
    ...[...whatIsReached(next)].filter((each) => !reached.has(each)).map((each) => `is reached ${each}`),
    ...[...whoApproves(next)].filter((each) => !approved.has(each)).map((each) => `approves ${each}`),
  ]
}

function compare(base: Powers, next: Powers): AuthorityReport {
  return compareAuthority({ base: setOfPowers(base), next: setOfPowers(next) })
}

it('what lets one more effect pass, be reached or be approved is never said to narrow or keep', () => {
  const seen = { narrows: 0, keeps: 0, widens: 0, 'widens, and nothing is new': 0 }
  fc.assert(
    fc.property(worlds, powers, numbers, (base, other, given) => {
      const next = changed(base, other, given)
      const { verdict, items } = compare(base, next)
      const fresh = whatIsNew(base, next)
      if (verdict !== 'widens') expect(fresh.slice(0, 3)).toEqual([])
      if (items.length > 0) seen[verdict] += 1
      if (verdict === 'widens' && fresh.length === 0) seen['widens, and nothing is new'] += 1
    }),
    propertyOptions(250),
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10)
  // Caution has its price, and it is not the rule.
  expect(seen['widens, and nothing is new']).toBeLessThan(seen.widens * 0.7)
})

it('what lets one more effect pass by its rules is never said to narrow or keep', () => {
  const seen = { narrows: 0, keeps: 0, widens: 0 }
  fc.assert(
    fc.property(denseRules, denseRules, numbers, fc.boolean(), (rules, others, given, isOther) => {
      const base = { ...RICH, rules }
      const next = isOther ? { ...RICH, rules: others } : changed(base, { ...RICH, rules: others }, given, ['rules'])
      const { verdict, items } = compare(base, next)
      if (verdict !== 'widens') expect(whatIsNew(base, next).slice(0, 3)).toEqual([])
      if (items.length > 0) seen[verdict] += 1
    }),
    propertyOptions(250),
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(6)
})

it('what only takes away narrows, whatever it is', () => {
  const narrowed = new Set<number>()
  fc.assert(
    fc.property(worlds, fc.nat(NARROWING.length - 1), fc.nat(11), (base, which, number) => {
      const next = NARROWING[which]?.(base, number) ?? base
      const { verdict, items } = compare(base, next)
      expect(whatIsNew(base, next)).toEqual([])
      expect(verdict, JSON.stringify(items)).not.toBe('widens')
      if (whatIsNew(next, base).length === 0) return
      expect(verdict, JSON.stringify(items)).toBe('narrows')
      narrowed.add(which)
    }),
    propertyOptions(250),
  )
  expect(narrowed.size).toBeGreaterThan(NARROWING.length - 4)
})

it('many changes that only take away never widen, and the way back never narrows', () => {
  fc.assert(
    fc.property(
      powers,
      fc.array(fc.tuple(fc.nat(NARROWING.length - 1), fc.nat(11)), { maxLength: 4 }),
      (base, edits) => {
        const next = edits.reduce((at, [which, number]) => NARROWING[which]?.(at, number) ?? at, base)
        const there = compare(base, next)
        const back = compare(next, base)
        expect(there.verdict, JSON.stringify(there.items)).not.toBe('widens')
        if (there.verdict === 'narrows') expect(back.verdict, JSON.stringify(back.items)).not.toBe('narrows')
      },
    ),
    propertyOptions(120),
  )
})

it('two sets that differ in a byte differ in an item', () => {
  fc.assert(
    fc.property(setPairs, ({ base, next }) => {
      if (JSON.stringify(bytesOfSet(base)) === JSON.stringify(bytesOfSet(next))) return
      expect(compareAuthority({ base, next }).items).not.toEqual([])
    }),
    propertyOptions(150),
  )
})

it('a world of powers and itself have no items', () => {
  fc.assert(
    fc.property(worlds, (base) => {
      expect(compare(base, base)).toEqual({ verdict: 'keeps', approval: false, items: [] })
    }),
    propertyOptions(50),
  )
})
