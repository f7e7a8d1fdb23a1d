/** A world: everything that its manifest lists, found from what it does (spec/03-air.md, "Definitions"). */
import { AosError } from '@aos/cbor'
import type { Schema } from './air-type.ts'
import { Collector } from './collect.ts'
import type { Json } from './expression-json.ts'
import type { ModuleDefinition } from './module.ts'
import { placeHere } from './place.ts'
import type { Place } from './place.ts'
import type { Plan } from './plan.ts'
import type { Policy } from './policy.ts'
import type { Cap, Effect, Grant } from './power.ts'
import { approverJson, bindingJson } from './routing.ts'
import type { Approver, Binding, Route, SlotBinding, Trigger } from './routing.ts'
import type { Secret } from './secret.ts'
import { typeJson } from './type-json.ts'

/**
 * What a world does, and what it has beside. Schemas, modules, plans, effects, grants and secrets that are reached from what is
 * given here need not be listed; lists fix their order and add what nothing reaches.
 */
export interface WorldOptions {
  readonly routes?: readonly Route[]
  readonly triggers?: readonly Trigger[]
  /** Decides about effects; without one all are denied. */
  readonly policy?: Policy
  readonly slots?: readonly SlotBinding[]
  readonly bindings?: readonly Binding[]
  readonly approvers?: readonly Approver[]
  /** Bounds of the engine that are lowered, by name. */
  readonly limits?: { readonly [bound: string]: number }
  readonly schemas?: readonly Schema[]
  readonly modules?: readonly ModuleDefinition[]
  readonly plans?: readonly Plan[]
  readonly effects?: readonly Effect[]
  readonly caps?: readonly Cap[]
  readonly policies?: readonly Policy[]
  readonly secrets?: readonly Secret[]
  readonly grants?: readonly Grant[]
}

/** A definition, or a part of one, and where it was written. */
interface PlacedPart {
  /** From the list of definitions. */
  readonly path: readonly (string | number)[]
  readonly place: Place
}

/** The default export of a world file. */
export interface World {
  readonly kind: 'world'
  /** In the order of a manifest's sections, the manifest last. */
  readonly definitions: readonly Json[]
  readonly places: readonly PlacedPart[]
}

/** Makes a world; it is the default export of `world.air.ts`. */
export function world(options: WorldOptions): World {
  const place = placeHere()
  const found = new Collector(options)
  const own = <T extends { readonly name: string }>(all: readonly T[]): readonly T[] =>
    all.filter(({ name }) => !name.startsWith('sys/'))
  const schemas = own(found.schemas).map((each) => ({
    json: { $kind: 'defschema', name: each.name, type: typeJson(each.type) },
    place: each.place,
    stepPlaces: [],
  }))
  const others = [found.modules, found.plans, found.effects, found.caps, found.policies, found.secrets]
  const placed = [...schemas, ...others.flatMap((section) => own<Placed>(section))]
  const places = placed.flatMap(({ place: of, stepPlaces = [] }, index): readonly PlacedPart[] => [
    { path: [index], place: of },
    ...stepPlaces.map((step, at) => ({ path: [index, 'steps', at], place: step })),
  ])
  const manifestAt = placed.length
  return {
    kind: 'world',
    definitions: [...placed.map(({ json }) => json), manifestJson(options, found)],
    places: [
      ...places,
      { path: [manifestAt], place },
      ...found.grants.map((each, at) => ({ path: [manifestAt, 'defaults', 'cap_grants', at], place: each.place })),
    ],
  }
}

interface Placed {
  readonly name: string
  readonly json: Json
  readonly place: Place
  readonly stepPlaces?: readonly Place[]
}

/** What the command reads from a world file: the definitions as JSON, and the places of their parts. Throws `author.no_world`. */
export function writeWorld(exported: unknown): string {
  if (isWorld(exported)) return JSON.stringify({ definitions: exported.definitions, places: exported.places })
  throw new AosError('author.no_world', 'expected `export default world({ … })`')
}

function isWorld(value: unknown): value is World {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'world'
}

function manifestJson(options: WorldOptions, found: Collector): Json {
  const { routes = [], triggers = [], policy, slots = [], bindings = [], approvers = [], limits } = options
  const references = {
    schemas: namesOf(found.schemas.filter(({ name }) => !name.startsWith('sys/'))),
    modules: namesOf(found.modules),
    plans: namesOf(found.plans),
    effects: namesOf(found.effects),
    caps: namesOf(found.caps.filter(({ name }) => !name.startsWith('sys/'))),
    policies: namesOf(found.policies),
    secrets: namesOf(found.secrets),
  }
  const defaults = {
    ...(policy === undefined ? {} : { policy: policy.name }),
    ...(found.grants.length === 0 ? {} : { cap_grants: found.grants.map(({ json }) => json) }),
  }
  const moduleBindings = slots.map(({ reducer, json }): readonly [string, Json] => [reducer.name, { slots: json }])
  return {
    $kind: 'manifest',
    air_version: '1',
    ...references,
    ...(Object.keys(defaults).length === 0 ? {} : { defaults }),
    ...(moduleBindings.length === 0 ? {} : { module_bindings: Object.fromEntries(moduleBindings) }),
    ...(routes.length === 0 ? {} : { routing: { events: routes.map(({ json }) => json) } }),
    ...(triggers.length === 0 ? {} : { triggers: triggers.map(({ json }) => json) }),
    ...(bindings.length === 0 ? {} : { bindings: bindings.map(bindingJson) }),
    ...(approvers.length === 0 ? {} : { approvers: approvers.map(approverJson) }),
    ...(limits === undefined ? {} : { limits }),
  }
}

function namesOf(all: readonly { readonly name: string }[]): readonly string[] {
  return all.map(({ name }) => name)
}
