/** Triggers, routes and raised events: which events come to lead to which effects (spec/23-authority.md, "Rules": A13). */
import type { ErrorPath } from '@aos/cbor'
import { namesOfBoth } from './items.ts'
import type { AuthorityItem, AuthoritySection } from './port.ts'
import type { Sides } from './side.ts'
import { eventsRaised, routesOf, Ways, type EffectOfOrigin, type Place } from './ways.ts'

/** Every way that is on one side only, judged by what is behind it and what could be reached anyhow. */
export function compareWays(sides: Sides): readonly AuthorityItem[] {
  const { before, after } = sides
  const found = { before: new Ways(before), after: new Ways(after) }
  return [...compareTriggers(sides, found), ...compareRoutes(sides, found), ...compareRaised(sides, found)]
}

interface BothWays {
  readonly before: Ways
  readonly after: Ways
}

/** A way from one place to another, and where its item stands. */
interface Way {
  readonly from: Place
  readonly to: Place
  readonly section: AuthoritySection
  readonly name: string
  readonly path?: ErrorPath
}

function compareTriggers({ before, after }: Sides, ways: BothWays): readonly AuthorityItem[] {
  const [old, fresh] = [before, after].map(
    ({ manifest }) => new Map(manifest.triggers.map((trigger) => [`${trigger.event} -> ${trigger.plan}`, trigger])),
  )
  if (old === undefined || fresh === undefined) return []
  return namesOfBoth(old.keys(), fresh.keys()).flatMap((name): readonly AuthorityItem[] => {
    const [was, is] = [old.get(name), fresh.get(name)]
    const trigger = is ?? was
    if (trigger === undefined) return []
    if (was !== undefined && is !== undefined) {
      if (was.correlateBy === is.correlateBy) return []
      const reason = 'the same events start the same plan, with another correlation'
      return [{ section: 'triggers', name, path: ['correlate_by'], change: 'keeps', rule: 'A13', reason }]
    }
    const [from, to] = [place('event', trigger.event), place('plan', trigger.plan)]
    return [judgeWay({ from, to, section: 'triggers', name }, ways, is !== undefined)]
  })
}

function compareRoutes({ before, after }: Sides, ways: BothWays): readonly AuthorityItem[] {
  const [old, fresh] = [routesOf(before), routesOf(after)]
  return namesOfBoth(old.keys(), fresh.keys()).flatMap((name): readonly AuthorityItem[] => {
    const [was, is] = [old.get(name), fresh.get(name)]
    const route = is ?? was
    if (route === undefined) return []
    if (was !== undefined && is !== undefined) {
      if (was.keyField === is.keyField) return []
      const reason = 'the same events go to the same reducer, under another key'
      return [{ section: 'routing', name, path: ['key_field'], change: 'keeps', rule: 'A13', reason }]
    }
    const [from, to] = [place('event', route.event), place('reducer', route.reducer)]
    return [judgeWay({ from, to, section: 'routing', name }, ways, is !== undefined)]
  })
}

/** Reducers may raise any event, always; plans raise what their steps say. One that leads to nothing is not worth an item. */
function compareRaised({ before, after }: Sides, ways: BothWays): readonly AuthorityItem[] {
  return namesOfBoth(before.set.plans.keys(), after.set.plans.keys()).flatMap((plan) => {
    const [old, fresh] = [new Set(eventsRaised(before, plan)), new Set(eventsRaised(after, plan))]
    return namesOfBoth(old, fresh).flatMap((event): readonly AuthorityItem[] => {
      if (old.has(event) === fresh.has(event)) return []
      const [from, to] = [place('plan', plan), place('event', event)]
      const item = judgeWay({ from, to, section: 'plans', name: plan, path: ['raises', event] }, ways, fresh.has(event))
      return item.change === 'keeps' ? [] : [item]
    })
  })
}

function place(kind: Place['kind'], name: string): Place {
  return { kind, name }
}

/** What is behind a new way must have been in reach from where it starts; what was behind one that is gone need not be now. */
function judgeWay({ from, to, ...item }: Way, ways: BothWays, isNew: boolean): AuthorityItem {
  const anyhow = (isNew ? ways.before : ways.after).labelsFrom(from)
  const effect = firstOutside((isNew ? ways.after : ways.before).from(to), anyhow)
  if (effect === undefined) {
    const reason = isNew ? 'it leads to no effect that was not in reach' : 'it led to no effect that is not in reach'
    return { ...item, change: 'keeps', rule: 'A13', reason }
  }
  const change = isNew ? 'widens' : 'narrows'
  return {
    ...item,
    change,
    rule: 'A13',
    reason: `${from.name} ${isNew ? 'leads' : 'does not lead'} by it ${toEffect(effect)}`,
  }
}

function firstOutside(effects: Iterable<EffectOfOrigin>, labels: ReadonlySet<string>): EffectOfOrigin | undefined {
  for (const effect of effects) if (!labels.has(effect.label)) return effect
  return undefined
}

function toEffect({ origin, kind, grant }: EffectOfOrigin): string {
  return `to ${origin}, which may ask for ${kind} under the grant ${grant}`
}
