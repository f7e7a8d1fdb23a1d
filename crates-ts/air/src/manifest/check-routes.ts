/** Routes from events to reducers (spec/03-air.md, "Routing"). */
import type { ErrorPath } from '@aos/cbor'
import { report, shown } from '../issues.ts'
import type { DefModule, EventRoute, TypeExpr } from '../model.ts'
import type { ResolvedType } from '../types/resolve.ts'
import { isReceiptEvent, takesEvent } from './event-family.ts'
import { checkSchemaName, resolveIn, typeOf, type Scope } from './scope.ts'

/** Holds every route to the event and the reducer that it names (spec/03-air.md, "Routing"). */
export function checkRoutes(scope: Scope): void {
  const seen = new Set<string>()
  for (const [index, route] of scope.manifest.routes.entries()) {
    const path = ['routing', 'events', index]
    const pair = `${route.event} ${route.reducer}`
    if (seen.has(pair)) {
      report(scope.sink, 'air.duplicate_route', path, `${route.event} is led to ${route.reducer} already`)
      continue
    }
    seen.add(pair)
    checkSchemaName(scope, route.event, [...path, 'event'])
    checkRoute(scope, route, path)
  }
}

function checkRoute(scope: Scope, route: EventRoute, path: ErrorPath): void {
  const reducer = scope.modules.get(route.reducer)
  if (!scope.listedModules.has(route.reducer)) {
    const why = reducer === undefined ? 'is not there' : 'is defined, but the manifest does not list it'
    report(scope.sink, 'air.unknown_module', [...path, 'reducer'], `the module ${shown(route.reducer)} ${why}`)
    return
  }
  if (reducer === undefined) return // reported in the list of modules
  if (reducer.reducer === undefined) {
    report(scope.sink, 'air.not_a_reducer', [...path, 'reducer'], `${shown(route.reducer)} is not a reducer`)
    return
  }
  const { event } = reducer.reducer
  const isKnown = typeOf(scope, route.event) !== undefined && typeOf(scope, event) !== undefined
  if (isKnown && !takesEvent(scope, event, route.event)) {
    const message = `${route.reducer} takes ${event}; ${route.event} is neither that nor one of its arms`
    report(scope.sink, 'air.route_event', [...path, 'event'], message)
  }
  checkKeyField(scope, { route, reducer }, path)
}

interface RouteAndReducer {
  readonly route: EventRoute
  readonly reducer: DefModule
}

function checkKeyField(scope: Scope, { route, reducer }: RouteAndReducer, path: ErrorPath): void {
  const { keyField } = route
  const { keySchema } = reducer
  const at = [...path, 'key_field']
  if (keyField === undefined) {
    if (keySchema === undefined || isReceiptEvent(route.event)) return
    report(scope.sink, 'air.route_key_missing', path, `${route.reducer} has a key, so this route needs a key_field`)
    return
  }
  if (keySchema === undefined) {
    report(
      scope.sink,
      'air.route_key_unexpected',
      at,
      `${route.reducer} has no key, so there is nothing to find in the event`,
    )
    return
  }
  const event = resolveIn(scope, typeOf(scope, route.event))
  const key = resolveIn(scope, typeOf(scope, keySchema))
  if (event === undefined || key === undefined) return
  const found = typesAt(scope, event, keyField)
  if (found === undefined) {
    const hint = event.kind === 'variant' ? '; in a variant it starts with $value. and is a field of every arm' : ''
    report(scope.sink, 'air.route_key_path', at, `${route.event} has no field ${shown(keyField)}${hint}`)
    return
  }
  const other = found.find((type) => type.kind !== key.kind)
  if (other === undefined) return
  report(
    scope.sink,
    'air.route_key_type',
    at,
    `expected a field of the type ${keySchema} (${key.kind}), found ${other.kind}`,
  )
}

/** The types that a path leads to, one per arm of a variant; undefined when it leads nowhere in one of them. */
function typesAt(scope: Scope, event: ResolvedType, keyField: string): readonly ResolvedType[] | undefined {
  const fields = keyField.split('.')
  if (event.kind !== 'variant') return singleton(fieldAt(scope, event, fields))
  const [first, ...rest] = fields
  if (first !== '$value' || rest.length === 0) return undefined
  const types: ResolvedType[] = []
  for (const arm of event.arms.values()) {
    if (arm.kind === 'ref' && isReceiptEvent(arm.name)) continue
    const type = fieldAt(scope, arm, rest)
    if (type === undefined) return undefined
    types.push(type)
  }
  return types.length === 0 ? undefined : types
}

function singleton<T>(item: T | undefined): readonly T[] | undefined {
  return item === undefined ? undefined : [item]
}

/** Walks the fields of records; nothing else has fields. */
function fieldAt(scope: Scope, type: TypeExpr, fields: readonly string[]): ResolvedType | undefined {
  let current = resolveIn(scope, type)
  for (const field of fields) {
    if (current?.kind !== 'record') return undefined
    current = resolveIn(scope, current.fields.get(field))
  }
  return current
}
