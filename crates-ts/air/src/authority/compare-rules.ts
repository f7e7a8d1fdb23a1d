/** The policy that decides, and who may use secrets (spec/23-authority.md, "Rules": A7, A8). */
import type { Authority, DefSecret } from '../plan-model.ts'
import { namesOfBoth } from './items.ts'
import type { AuthorityItem } from './port.ts'
import { findUncovered } from './rule-cover.ts'
import type { Sides } from './side.ts'

/** A7: rule by rule of the new policy what is not shown; else one item for the whole. */
export function comparePolicy({ before, after }: Sides): readonly AuthorityItem[] {
  const [was, is] = [before.policy, after.policy]
  const name = is?.name ?? was?.name
  if (name === undefined) return []
  const [old, fresh] = [was?.rules ?? [], is?.rules ?? []]
  const item = { section: 'policy', name, rule: 'A7' } as const
  const uncovered = findUncovered(old, fresh)
  if (uncovered.length > 0) {
    const reason = 'it is not shown that what this rule lets pass was let pass before'
    return uncovered.map((index) => ({ ...item, path: ['rules', index], change: 'widens', reason }))
  }
  if (findUncovered(fresh, old).length > 0) {
    const reason =
      is === undefined ? 'without a policy everything is denied' : 'every rule gives at most what was given'
    return [{ ...item, change: 'narrows', reason }]
  }
  const isSame = was?.name === is?.name && before.hashOf('policies', name) === after.hashOf('policies', name)
  return isSame ? [] : [{ ...item, change: 'keeps', reason: 'the rules decide as they did' }]
}

/** A8: secrets that come and go, and for whom those are that stay. */
export function compareSecrets({ before, after }: Sides): readonly AuthorityItem[] {
  return namesOfBoth(before.secrets.keys(), after.secrets.keys()).flatMap((name): readonly AuthorityItem[] => {
    const [was, is] = [before.secrets.get(name), after.secrets.get(name)]
    const item = { section: 'secrets', name, rule: 'A8' } as const
    if (was === undefined) return [{ ...item, change: 'widens', reason: 'the secret can be used' }]
    if (is === undefined) return [{ ...item, change: 'narrows', reason: 'the secret cannot be used any more' }]
    return compareSecret(was, is)
  })
}

function compareSecret(was: DefSecret, is: DefSecret): readonly AuthorityItem[] {
  const item = { section: 'secrets', name: is.name, rule: 'A8' } as const
  const found: AuthorityItem[] = []
  if (was.bindingId !== is.bindingId) {
    found.push({ ...item, path: ['binding_id'], change: 'widens', reason: 'another secret stands behind the name' })
  }
  if (was.expectedDigest !== is.expectedDigest) {
    const isNew = was.expectedDigest === undefined
    const reason = isNew ? 'it is held to a digest' : 'it is not held to the digest that it was held to'
    found.push({ ...item, path: ['expected_digest'], change: isNew ? 'narrows' : 'widens', reason })
  }
  const lists = [
    { key: 'allowed_caps', old: was.allowedCaps, fresh: is.allowedCaps },
    { key: 'allowed_plans', old: was.allowedPlans, fresh: is.allowedPlans },
  ]
  for (const { key, old, fresh } of lists) {
    const change = compareNames(old, fresh)
    const reason = change === 'narrows' ? 'it is for fewer' : 'it is for others, too'
    if (change !== 'keeps') found.push({ ...item, path: [key], change, reason })
  }
  return found
}

/** An absent list names everything. */
function compareNames(before: readonly string[] | undefined, after: readonly string[] | undefined): Authority {
  if (before === undefined) return after === undefined ? 'keeps' : 'narrows'
  if (after === undefined || after.some((name) => !before.includes(name))) return 'widens'
  return before.some((name) => !after.includes(name)) ? 'narrows' : 'keeps'
}
