/** From an event to its deliveries (spec/06-kernel.md, "Routing"). */
import { PREFIX, equalBytes, isAosError } from '@aos/cbor'
import type { AosError } from '@aos/cbor'
import type { FieldRange } from '@aos/air'
import type { Catalog, ReducerRecord, Route } from './catalog.ts'
import { kernelError } from './errors.ts'
import { LIMITS } from './limits.ts'

/** An event on its way to reducers. */
export interface RoutedEvent {
  readonly schema: string
  /** Prefixed canonical bytes, already validated by its schema. */
  readonly value: Uint8Array
  /** Prefixed canonical bytes, if its sender gave a key. */
  readonly key: Uint8Array | undefined
}

/** One event on its way to one cell. */
export interface Delivery {
  readonly reducer: ReducerRecord
  /** undefined for a reducer that is not keyed. */
  readonly key: Uint8Array | undefined
  /** The event as the reducer's event schema has it. */
  readonly value: Uint8Array
  /** Index of the event in its entry: 0 for the ingress, i+1 for derived item i. */
  readonly cause: number
  /** Who it is done for; undefined: whoever sent the ingress (K16). */
  readonly by?: Requester | undefined
}

/** On whose behalf something happens, and in which trace (K16). */
export interface Requester {
  readonly principal: string
  readonly trace?: Uint8Array | undefined
}

const PREFIX_BYTES = 3

/** Shared: many events go to no reducer. */
export const NO_DELIVERIES: readonly Delivery[] = []

/** The deliveries of an event in route order. Throws `kernel.key_*` and `kernel.bad_key`. */
export function routeEvent(catalog: Catalog, event: RoutedEvent, cause: number, by?: Requester): readonly Delivery[] {
  const routes = catalog.routes.get(event.schema)
  if (routes === undefined) return NO_DELIVERIES
  return routes.map((route) => {
    const value = route.wrap === undefined ? event.value : wrapValue(route.wrap, event.value)
    return { reducer: route.reducer, key: keyOf(route, event, value), value, cause, by }
  })
}

/**
 * The delivery of an event to the one cell that asked for it, past all routes: a receipt event. undefined when the reducer does not
 * take the schema.
 */
export function directDelivery(
  reducer: ReducerRecord,
  event: RoutedEvent,
  cause: number,
  by: Requester,
): Delivery | undefined {
  const member = reducer.members.get(event.schema)
  if (member === undefined && event.schema !== reducer.eventSchema) return undefined
  const value = member?.wrap === undefined ? event.value : wrapValue(member.wrap, event.value)
  return { reducer, key: event.key, value, cause, by }
}

function wrapValue(wrap: NonNullable<Route['wrap']>, value: Uint8Array): Uint8Array {
  if (wrap.unit) return wrap.head
  const wrapped = new Uint8Array(wrap.head.length + value.length - PREFIX_BYTES)
  wrapped.set(wrap.head, 0)
  wrapped.set(value.subarray(PREFIX_BYTES), wrap.head.length)
  return wrapped
}

const range: FieldRange = { start: 0, end: 0 }

function keyOf(route: Route, event: RoutedEvent, value: Uint8Array): Uint8Array | undefined {
  const { name, keyCodec } = route.reducer
  const given = event.key
  if (keyCodec === undefined) {
    if (given === undefined) return undefined
    throw kernelError('kernel.key_unexpected', `${name} is not keyed, so an event for it carries no key`, {
      path: ['key'],
    })
  }
  if (route.locateKey === undefined) {
    if (given === undefined) {
      throw kernelError('kernel.key_missing', `${name} is keyed and its route names no key field: give a key`, {
        path: ['key'],
      })
    }
    checkKey(route.reducer, given)
    return given
  }
  if (!route.locateKey(value, range)) {
    throw kernelError('kernel.key_missing', `the event has no key field for ${name}`, { path: ['value'] })
  }
  const size = range.end - range.start + PREFIX_BYTES
  if (size > LIMITS.keyBytesMax) throw tooLong(size)
  const key = new Uint8Array(size)
  key.set(PREFIX, 0)
  key.set(value.subarray(range.start, range.end), PREFIX_BYTES)
  if (given !== undefined && !equalBytes(given, key)) {
    throw kernelError('kernel.key_mismatch', `the key given differs from the one in the event's key field`, {
      path: ['key'],
    })
  }
  return key
}

function checkKey(reducer: ReducerRecord, key: Uint8Array): void {
  if (key.length > LIMITS.keyBytesMax) throw tooLong(key.length)
  try {
    reducer.keyCodec?.validate(key)
  } catch (error) {
    if (!isAosError(error)) throw error
    throw kernelError('kernel.bad_key', `the key does not match the key schema of ${reducer.name}: ${error.message}`, {
      path: ['key', ...(error.path ?? [])],
      cause: error,
    })
  }
}

function tooLong(size: number): AosError {
  return kernelError('kernel.too_large', `a key may have ${LIMITS.keyBytesMax} bytes, found ${size}`, { path: ['key'] })
}
