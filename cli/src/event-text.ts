/** An event as the command line gives it, made into an ingress. */
import type { JsonNode } from '@aos/air'
import { AosError } from '@aos/cbor'
import { keyFromText, keySchemaOfEvent, valueFromNode } from '@aos/host'
import type { HostWorld } from '@aos/host'
import type { EventIngress } from '@aos/kernel'

/** An event as a person wrote it: nothing has been checked against its schema yet. */
export interface EventText {
  readonly schema: string
  /** In either lens. */
  readonly value: JsonNode
  /** JSON or a bare word. */
  readonly key: string | undefined
  readonly idempotencyKey: string | undefined
}

/** Canonical bytes of value and key. Throws `air.*`, `host.unknown_schema`, `host.not_keyed`. */
export function makeEvent(host: HostWorld, given: EventText, principal: string): EventIngress {
  const { definitions } = host
  const { schema, idempotencyKey } = given
  const value = valueFromNode(definitions, schema, given.value)
  const base = { kind: 'event', principal, schema, value } as const
  return {
    ...base,
    ...(given.key === undefined ? {} : { key: keyBytes(host, schema, given.key) }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  }
}

function keyBytes(host: HostWorld, schema: string, text: string): Uint8Array {
  const keySchema = keySchemaOfEvent(host.definitions, schema)
  if (keySchema !== undefined) return keyFromText(host.definitions, keySchema, text)
  throw new AosError('host.not_keyed', `${schema} reaches no keyed reducer, found the key ${text}`, { path: ['key'] })
}
