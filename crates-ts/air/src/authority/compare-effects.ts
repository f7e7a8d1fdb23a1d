/** Effect kinds that a manifest lists, and capabilities with their enforcers (spec/23-authority.md, "Rules": A2, A3). */
import { ALLOW_ALL } from '../definitions/parse-rules.ts'
import type { DefCap, DefEffect } from '../plan-model.ts'
import { namesOfBoth } from './items.ts'
import type { AuthorityItem } from './port.ts'
import type { Side, Sides } from './side.ts'

/** A2: kinds that come and go, and what is different in those that stay. */
export function compareEffects(sides: Sides): readonly AuthorityItem[] {
  const { before, after } = sides
  return namesOfBoth(before.effects.keys(), after.effects.keys()).flatMap((kind): readonly AuthorityItem[] => {
    const [was, is] = [before.effects.get(kind), after.effects.get(kind)]
    const item = { section: 'effects', name: kind, rule: 'A2' } as const
    if (was === undefined) return [{ ...item, change: 'widens', reason: 'effects of this kind can be asked for' }]
    if (is === undefined) return [{ ...item, change: 'narrows', reason: 'no effect of this kind can be asked for' }]
    return compareEffect(sides, was, is)
  })
}

function compareEffect(sides: Sides, was: DefEffect, is: DefEffect): readonly AuthorityItem[] {
  const { before, after, types } = sides
  const item = { section: 'effects', name: is.effectKind, rule: 'A2' } as const
  const found: AuthorityItem[] = []
  const typeOf = (schema: string, side: Side): number => types.idOf({ kind: 'ref', name: schema }, side.table)
  if (typeOf(was.paramsSchema, before) !== typeOf(is.paramsSchema, after)) {
    const reason = 'the parameters are of another type, and conditions may see other values'
    found.push({ ...item, path: ['params_schema'], change: 'widens', reason })
  }
  if (typeOf(was.receiptSchema, before) !== typeOf(is.receiptSchema, after)) {
    const reason = 'receipts are of another type; nothing is judged by them'
    found.push({ ...item, path: ['receipt_schema'], change: 'keeps', reason })
  }
  if (was.capType !== is.capType) {
    const reason = 'grants of another type of capability count'
    found.push({ ...item, path: ['cap_type'], change: 'widens', reason })
  }
  if (was.originScope !== is.originScope) {
    const change = was.originScope === 'both' ? 'narrows' : 'widens'
    const reason = `it is for ${is.originScope === 'both' ? 'plans and reducers' : `${is.originScope}s only`}`
    found.push({ ...item, path: ['origin_scope'], change, reason })
  }
  const isSame = before.hashOf('effects', was.name) === after.hashOf('effects', is.name) && was.name === is.name
  if (found.length > 0 || isSame) return found
  return [{ ...item, change: 'keeps', reason: 'another definition that means the same' }]
}

/** A3: capabilities of which there is a grant on both sides; of others nothing depends on it. */
export function compareCaps(sides: Sides): readonly AuthorityItem[] {
  const { before, after } = sides
  const kept = after.manifest.grants.filter(({ name, cap }) => before.grants.get(name)?.cap === cap)
  const used = new Set(kept.map(({ cap }) => cap))
  return namesOfBoth(before.caps.keys(), after.caps.keys()).flatMap((name): readonly AuthorityItem[] => {
    const [was, is] = [before.caps.get(name), after.caps.get(name)]
    const item = { section: 'caps', name, rule: 'A3' } as const
    if (was === undefined) return [{ ...item, change: 'keeps', reason: 'a capability gives nothing without a grant' }]
    if (is === undefined) return [{ ...item, change: 'narrows', reason: 'no grant is of it any more' }]
    const found = compareCap(sides, was, is)
    if (used.has(name) || found.length === 0) return found
    return [{ ...item, change: 'keeps', reason: 'no grant was and is of it' }]
  })
}

function compareCap(sides: Sides, was: DefCap, is: DefCap): readonly AuthorityItem[] {
  const { before, after, types } = sides
  const item = { section: 'caps', name: is.name, rule: 'A3' } as const
  const found: AuthorityItem[] = []
  if (was.capType !== is.capType) {
    found.push({ ...item, path: ['cap_type'], change: 'widens', reason: 'its grants count for other effects' })
  }
  if (types.idOf(was.schema, before.table) !== types.idOf(is.schema, after.table)) {
    found.push({
      ...item,
      path: ['schema'],
      change: 'widens',
      reason: 'the parameters of its grants mean something else',
    })
  }
  return [...found, ...compareEnforcer(sides, was, is)]
}

function compareEnforcer({ before, after }: Sides, was: DefCap, is: DefCap): readonly AuthorityItem[] {
  const item = { section: 'caps', name: is.name, path: ['enforcer', 'module'], rule: 'A3' } as const
  if (is.enforcer === ALLOW_ALL) {
    return was.enforcer === ALLOW_ALL ? [] : [{ ...item, change: 'widens', reason: 'nobody says no any more' }]
  }
  if (was.enforcer === ALLOW_ALL) return [{ ...item, change: 'narrows', reason: 'an enforcer can say no' }]
  const [old, now] = [before.modules.get(was.enforcer), after.modules.get(is.enforcer)]
  if (now === undefined) {
    return old === undefined
      ? []
      : [{ ...item, change: 'narrows', reason: 'the enforcer is not listed, so all is denied' }]
  }
  if (old === undefined)
    return [{ ...item, change: 'widens', reason: 'the enforcer was not listed, so all was denied' }]
  if (was.enforcer !== is.enforcer || old.hash !== now.hash) {
    return [{ ...item, change: 'widens', reason: 'another module judges, which may say yes where the old one said no' }]
  }
  if (now.definition.pure?.context === undefined) return []
  const reason = 'the enforcer is told the hash of the manifest, so it may judge by the change itself'
  return [{ ...item, change: 'widens', reason }]
}
