/** Where events lead: what they start, what that raises, and which effects it asks for (spec/23-authority.md, "Ways"). */
import type { TypeExpr } from '../model.ts'
import type { Side } from './side.ts'
import { usesOfPlan, usesOfReducer, type Use } from './uses.ts'

/** An event, or what it starts. */
export interface Place {
  readonly kind: 'event' | 'plan' | 'reducer'
  readonly name: string
}

/** An effect with the plan or reducer that asks for it. */
export interface EffectOfOrigin extends Use {
  readonly origin: string
  /** The same for the same effect of the same origin on both sides of a comparison. */
  readonly label: string
}

/** A place that was looked at: what it asks for itself, and where it leads. */
interface Stop {
  readonly effects: readonly EffectOfOrigin[]
  /** With their labels. */
  readonly next: readonly (readonly [string, Place])[]
}

/** A reducer may raise any event, so all of them lead through this place. */
const ANY_EVENT: Place = { kind: 'event', name: '' }

/** The ways of one set of definitions. */
export class Ways {
  readonly #side: Side
  /** By event: what it starts. */
  readonly #starts = new Map<string, Place[]>()
  readonly #stops = new Map<string, Stop>()
  /** The answer that was given last: the ways from one place are asked about in a row. */
  #last: { readonly start: string; readonly labels: ReadonlySet<string> } | undefined

  constructor(side: Side) {
    this.#side = side
    for (const { event, plan } of side.manifest.triggers) this.#addStart(event, { kind: 'plan', name: plan })
    for (const { event, reducer } of routesOf(side).values()) this.#addStart(event, { kind: 'reducer', name: reducer })
  }

  /** Every effect that it can lead to, nearest first. */
  *from(start: Place): Generator<EffectOfOrigin> {
    const seen = new Map<string, Place>([[labelOf(start), start]])
    for (const [label, place] of seen) {
      const { effects, next } = this.#stopAt(label, place)
      yield* effects
      for (const [name, each] of next) if (!seen.has(name)) seen.set(name, each)
    }
  }

  /** The labels of all effects that it can lead to. */
  labelsFrom(start: Place): ReadonlySet<string> {
    const label = labelOf(start)
    if (this.#last?.start === label) return this.#last.labels
    const labels = new Set<string>()
    for (const effect of this.from(start)) labels.add(effect.label)
    this.#last = { start: label, labels }
    return labels
  }

  #stopAt(label: string, place: Place): Stop {
    const known = this.#stops.get(label)
    if (known !== undefined) return known
    const effects = this.#usesOf(place).map((use) => ({
      ...use,
      origin: place.name,
      label: JSON.stringify([label, use.kind, use.grant]),
    }))
    const next = this.#after(place).map((each): readonly [string, Place] => [labelOf(each), each])
    const stop = { effects, next }
    this.#stops.set(label, stop)
    return stop
  }

  #usesOf({ kind, name }: Place): readonly Use[] {
    if (kind === 'event') return []
    return kind === 'plan' ? usesOfPlan(this.#side, name) : usesOfReducer(this.#side, name)
  }

  #after(place: Place): readonly Place[] {
    if (place === ANY_EVENT) return [...this.#starts.values()].flat()
    switch (place.kind) {
      case 'event':
        return this.#starts.get(place.name) ?? []
      case 'plan':
        return eventsRaised(this.#side, place.name).map((name) => ({ kind: 'event', name }))
      case 'reducer':
        return [ANY_EVENT]
    }
  }

  #addStart(event: string, place: Place): void {
    const known = this.#starts.get(event)
    if (known === undefined) this.#starts.set(event, [place])
    else known.push(place)
  }
}

function labelOf({ kind, name }: Place): string {
  return `${kind} ${name}`
}

/** The events that steps of a plan raise. Nothing when there is no such plan. */
export function eventsRaised(side: Side, plan: string): readonly string[] {
  const steps = side.set.plans.get(plan)?.steps ?? []
  return [...new Set(steps.flatMap((step) => (step.op === 'raise_event' ? [step.event] : [])))]
}

/** An event that a reducer is given. */
export interface RouteTo {
  readonly event: string
  readonly reducer: string
  readonly keyField: string | undefined
}

/** By `EVENT -> REDUCER`, with those that a route on the own event schema of a reducer admits (spec/06-kernel.md, "Routing"). */
export function routesOf({ manifest, modules, table }: Side): ReadonlyMap<string, RouteTo> {
  const routes = new Map<string, RouteTo>()
  const add = (route: RouteTo): void => {
    const label = `${route.event} -> ${route.reducer}`
    if (!routes.has(label)) routes.set(label, route)
  }
  for (const { event, reducer, keyField } of manifest.routes) add({ event, reducer, keyField })
  for (const { event, reducer, keyField } of manifest.routes) {
    if (modules.get(reducer)?.definition.reducer?.event !== event) continue
    for (const member of membersOf(event, table)) add({ event: member, reducer, keyField })
  }
  return routes
}

/** The schemas that an event schema is an alias of, and the references that are arms of its variant. */
function membersOf(event: string, table: ReadonlyMap<string, TypeExpr>): ReadonlySet<string> {
  const members = new Set<string>()
  let type = table.get(event)
  while (type?.kind === 'ref' && !members.has(type.name)) {
    members.add(type.name)
    type = table.get(type.name)
  }
  const arms = type?.kind === 'variant' ? [...type.arms.values()] : []
  for (const arm of arms) if (arm.kind === 'ref') members.add(arm.name)
  return members
}
