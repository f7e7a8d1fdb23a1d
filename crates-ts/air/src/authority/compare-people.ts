/** Who performs effects, who approves, and how far the engine goes (spec/23-authority.md, "Rules": A10 to A12). */
import type { Authority, EffectBinding } from '../plan-model.ts'
import { compareAmounts, namesOfBoth } from './items.ts'
import type { AuthorityItem } from './port.ts'
import type { Side, Sides } from './side.ts'

/** A10: of every kind that is listed on both sides, by the binding that counts. */
export function compareBindings({ before, after }: Sides): readonly AuthorityItem[] {
  const kinds = namesOfBoth(before.effects.keys(), after.effects.keys())
  return kinds
    .filter((kind) => before.effects.has(kind) && after.effects.has(kind))
    .flatMap((kind) => {
      const [was, is] = [callOf(before, kind), callOf(after, kind)]
      const item = { section: 'bindings', name: kind, rule: 'A10' } as const
      const found: AuthorityItem[] = []
      if (was.adapter !== is.adapter) {
        const reason = `${is.adapter} performs it, and not ${was.adapter}`
        found.push({ ...item, path: ['adapter'], change: 'widens', reason })
      }
      for (const [key, old, fresh] of [
        ['idempotent', was.idempotent, is.idempotent],
        ['timeout_ms', was.timeoutMs, is.timeoutMs],
        ['attempts_max', was.attemptsMax, is.attemptsMax],
        ['concurrency_max', was.concurrencyMax, is.concurrencyMax],
      ] as const) {
        const change = compareAmounts(BigInt(old), BigInt(fresh))
        if (change !== 'keeps') found.push({ ...item, path: [key], change, reason: callReason(change) })
      }
      return found
    })
}

function callReason(change: Authority): string {
  return change === 'widens'
    ? 'one request may lead to more or longer calls'
    : 'one request leads to fewer or shorter calls'
}

/** How the kind is performed; what a binding does not say is as the chapter on dispatch says. */
function callOf({ manifest }: Side, kind: string): Required<Omit<EffectBinding, 'pattern'>> {
  const binding = manifest.bindings.find(({ pattern }) => matches(pattern, kind))
  return {
    adapter: binding?.adapter ?? defaultAdapter(kind),
    idempotent: binding?.idempotent ?? CALL.idempotent,
    timeoutMs: binding?.timeoutMs ?? CALL.timeoutMs,
    attemptsMax: binding?.attemptsMax ?? CALL.attemptsMax,
    concurrencyMax: binding?.concurrencyMax ?? CALL.concurrencyMax,
  }
}

/** The first part of the kind; for what the kernel and the host answer, the host (spec/11-gate.md, "Internal effects"). */
function defaultAdapter(kind: string): string {
  const [family = kind] = kind.split('.')
  return HOST_FAMILIES.has(family) ? 'host' : family
}

const HOST_FAMILIES: ReadonlySet<string> = new Set(['governance', 'introspect', 'workspace'])

/** spec/14-dispatch.md, "What counts". */
const CALL = { idempotent: false, timeoutMs: 30_000, attemptsMax: 3, concurrencyMax: 8 }

function matches(pattern: string, kind: string): boolean {
  return pattern.endsWith('*') ? kind.startsWith(pattern.slice(0, -1)) : pattern === kind
}

/** A11: people by their keys; without approvers the owners approve, who are not in the manifest. */
export function compareApprovers({ before, after }: Sides): readonly AuthorityItem[] {
  const [old, fresh] = [before, after].map(
    ({ manifest }) => new Map(manifest.approvers.map((each) => [each.key, each])),
  )
  if (old === undefined || fresh === undefined) return []
  const isHandedOver = (old.size === 0) !== (fresh.size === 0)
  return namesOfBoth(old.keys(), fresh.keys()).flatMap((key): readonly AuthorityItem[] => {
    const [was, is] = [old.get(key), fresh.get(key)]
    const item = { section: 'approvers', name: (is ?? was)?.name ?? key, rule: 'A11', approval: true } as const
    if (was === undefined) return [{ ...item, change: 'widens', reason: 'this key can approve' }]
    if (is === undefined) {
      const reason = isHandedOver ? 'without approvers the owners approve' : 'this key cannot approve any more'
      return [{ ...item, change: isHandedOver ? 'widens' : 'narrows', reason }]
    }
    const roles = namesOfBoth(was.roles, is.roles).flatMap((role): readonly AuthorityItem[] => {
      if (was.roles.includes(role) === is.roles.includes(role)) return []
      const isNew = is.roles.includes(role)
      const reason = isNew ? `has the role ${role}` : `has the role ${role} no more`
      return [{ ...item, path: ['roles', role], change: isNew ? 'widens' : 'narrows', reason }]
    })
    if (was.name === is.name) return roles
    return [...roles, { ...item, path: ['name'], change: 'keeps', reason: `the same key was called ${was.name}` }]
  })
}

/** A11: how many approvers a change needs. */
export function compareApprovals({ before, after }: Sides): readonly AuthorityItem[] {
  const counts = ({ manifest }: Side): ReadonlyMap<string, number> =>
    new Map(manifest.approvals.map(({ authority, role, count }) => [role === undefined ? authority : `${authority} -> ${role}`, count])) // prettier-ignore
  return compareBounds(counts(before), counts(after)).map(({ name, before: was, after: is }) => {
    const isMore = (is ?? 0) > (was ?? 0)
    const reason = `approvals that are needed: ${was ?? 'no rule'} before, ${is ?? 'no rule'} now`
    return { section: 'approvals', name, change: isMore ? 'narrows' : 'widens', rule: 'A11', approval: true, reason }
  })
}

/** A12: bounds that the manifest lowers. */
export function compareLimits({ before, after }: Sides): readonly AuthorityItem[] {
  const none = new Map<string, number>()
  const changes = compareBounds(before.manifest.limits ?? none, after.manifest.limits ?? none)
  return changes.map(({ name, before: was, after: is }) => {
    const isLower = is !== undefined && (was === undefined || is < was)
    const reason = `it was ${was ?? 'not lowered'} and is ${is ?? 'not lowered'}`
    return { section: 'limits', name, change: isLower ? 'narrows' : 'widens', rule: 'A12', reason }
  })
}

/** Entries that differ, or are on one side only. */
function compareBounds(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): readonly { readonly name: string; readonly before: number | undefined; readonly after: number | undefined }[] {
  return namesOfBoth(before.keys(), after.keys()).flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)]
    return was === is ? [] : [{ name, before: was, after: is }]
  })
}
