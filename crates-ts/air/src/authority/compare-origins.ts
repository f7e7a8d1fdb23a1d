/** What plans and reducers may ask for, under which grants (spec/23-authority.md, "Rules": A9). */
import type { AuthorityItem } from './port.ts'
import { namesOfBoth } from './items.ts'
import type { Sides } from './side.ts'
import { kindsOfReducer, usesOfPlan, usesOfReducer, type Use } from './uses.ts'

/** Of every plan the kinds and grants of its effects: a plan may not come to use what no plan of its name used. */
export function comparePlans({ before, after }: Sides): readonly AuthorityItem[] {
  const names = namesOfBoth(before.set.plans.keys(), after.set.plans.keys())
  return names.flatMap((name) => compareUses('plans', name, usesOfPlan(before, name), usesOfPlan(after, name)))
}

/** Of every reducer the kinds that it may emit, and the grants that its slots lead to. */
export function compareReducers({ before, after }: Sides): readonly AuthorityItem[] {
  return namesOfBoth(before.modules.keys(), after.modules.keys()).flatMap((name): readonly AuthorityItem[] => {
    const [old, fresh] = [kindsOfReducer(before, name), kindsOfReducer(after, name)]
    const kinds = namesOfBoth(old, fresh).flatMap((kind): readonly AuthorityItem[] => {
      const item = { section: 'modules', name, path: ['abi', 'reducer', 'effects_emitted', kind], rule: 'A9' } as const
      if (old.has(kind) === fresh.has(kind)) return []
      if (fresh.has(kind)) return [{ ...item, change: 'widens', reason: `the reducer may ask for ${kind}` }]
      return [{ ...item, change: 'narrows', reason: `the reducer may not ask for ${kind} any more` }]
    })
    // Of kinds that come or go that says it all.
    const kept = ({ kind }: Use): boolean => old.has(kind) && fresh.has(kind)
    const [was, is] = [usesOfReducer(before, name).filter(kept), usesOfReducer(after, name).filter(kept)]
    return [...kinds, ...compareUses('modules', name, was, is)]
  })
}

function compareUses(
  section: 'plans' | 'modules',
  name: string,
  before: readonly Use[],
  after: readonly Use[],
): readonly AuthorityItem[] {
  const [old, fresh] = [
    new Map(before.map((use) => [labelOf(use), use])),
    new Map(after.map((use) => [labelOf(use), use])),
  ]
  return namesOfBoth(old.keys(), fresh.keys()).flatMap((label): readonly AuthorityItem[] => {
    const use = fresh.get(label) ?? old.get(label)
    if (use === undefined || old.has(label) === fresh.has(label)) return []
    const item = { section, name, path: [use.kind, use.grant], rule: 'A9' } as const
    const about = `for ${use.kind} under the grant ${use.grant}`
    if (fresh.has(label)) return [{ ...item, change: 'widens', reason: `it may ask ${about}, which it did not` }]
    return [{ ...item, change: 'narrows', reason: `it does not ask ${about} any more` }]
  })
}

function labelOf({ kind, grant }: Use): string {
  return JSON.stringify([kind, grant])
}
