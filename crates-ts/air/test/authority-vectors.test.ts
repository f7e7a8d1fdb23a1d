import { describe, expect, it } from 'vitest'
import { BUILTIN_CAPS, compareAuthority, type Authority, type AuthorityItem } from '../src/index.ts'
import { isKnownCap, parametersOf } from '../src/authority/compare-params.ts'
import { patchedSet, patchOf, setOf } from './_sets.ts'
import { readVectors } from './_util.ts'

interface VectorFile {
  readonly base: readonly unknown[]
  readonly cases: readonly {
    readonly name: string
    readonly patch: unknown
    readonly verdict: Authority
    readonly approval: boolean
    readonly items: readonly Omit<AuthorityItem, 'reason'>[]
  }[]
}

const file = readVectors<VectorFile>('../authority/authority.json')
const base = setOf(file.base)

describe.each(file.cases)('$name', ({ patch, verdict, approval, items }) => {
  const next = patchedSet(base, patchOf(patch, base))

  it('has these items, each with a reason', () => {
    const report = compareAuthority({ base, next })
    expect(report.items.map(({ reason: _, ...item }) => item)).toEqual(items)
    expect({ verdict: report.verdict, approval: report.approval }).toEqual({ verdict, approval })
    for (const { reason } of report.items) expect(reason).toMatch(/^\S.{5,}[^.]$/)
  })

  it('has the same report, byte for byte, when it is compared again', () => {
    const [once, again] = [0, 1].map(() => JSON.stringify(compareAuthority({ base, next })))
    expect(again).toBe(once)
  })

  it('is taken back by a change with items about the same', () => {
    const about = ({ section, name, path = [] }: Omit<AuthorityItem, 'reason'>): string =>
      `${section} ${name} ${path.join()}`
    const back = compareAuthority({ base: next, next: base })
    if (verdict === 'narrows') expect(back.verdict).not.toBe('narrows')
    const isWhole = (item: Omit<AuthorityItem, 'reason'>): boolean =>
      !['policy', 'policies', 'approvers', 'manifest'].includes(item.section)
    expect(back.items.filter(isWhole).map(about)).toEqual(items.filter(isWhole).map(about))
  })
})

it('a set compared with itself has no items', () => {
  expect(compareAuthority({ base, next: base })).toEqual({ verdict: 'keeps', approval: false, items: [] })
})

it('the vectors have an item of every rule, and of most every way that it can go', () => {
  const seen = new Set(file.cases.flatMap(({ items }) => items.map(({ rule, change }) => `${rule} ${change}`)))
  const never = ['A5 keeps', 'A6 keeps', 'A8 keeps', 'A9 keeps', 'A10 keeps', 'A12 keeps', 'A14 widens']
  const all = Array.from({ length: 13 }, (_, index) => `A${index + 2}`)
  const pairs = all.flatMap((rule) => ['narrows', 'keeps', 'widens'].map((change) => `${rule} ${change}`))
  expect(pairs.filter((pair) => !seen.has(pair))).toEqual(never)
})

it('every parameter of a built-in capability has a meaning', () => {
  for (const { name, schema } of BUILTIN_CAPS.values()) {
    if (schema.kind !== 'record') throw new Error(`${name} has parameters of another form`)
    expect(isKnownCap(name)).toBe(true)
    expect(parametersOf(name).toSorted()).toEqual([...schema.fields.keys()].toSorted())
  }
})
