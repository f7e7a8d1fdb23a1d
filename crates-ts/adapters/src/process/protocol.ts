/** The lines between host and driver (spec/13-adapters.md, "Drivers"). */
import { formatJson, jsonInteger, parseJson, valueToJson } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { isHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { ReceiptStatus } from '@aos/effects'
import { readArray, readCost, readFlag, readNat, readObject, readStatus, readText } from '../json-fields.ts'
import { failureResult } from '../failures.ts'
import { paramsToJson, payloadFromJson } from '../kind-types.ts'
import type { KindTypes } from '../kind-types.ts'
import type { AdapterCall, AdapterResult } from '../port.ts'

/** The version that both sides say. */
export const DRIVER_PROTOCOL = 1

/** What a driver says of itself. */
export interface DriverHello {
  readonly type: 'hello'
  readonly protocol: number
  readonly kinds: readonly string[]
  /** True when it can tell what came of earlier calls. */
  readonly lookup: boolean
}

/** Every line that a driver may send. */
export type DriverMessage =
  | DriverHello
  | { readonly type: 'pong'; readonly id: number }
  | { readonly type: 'none'; readonly id: number }
  | {
      readonly type: 'result'
      readonly id: number
      readonly status: ReceiptStatus
      readonly payload: JsonNode
      readonly cost: ReadonlyMap<string, number>
      readonly retryable: boolean
    }
  | { readonly type: 'blob_get'; readonly id: number; readonly call: number; readonly hash: Hash }
  | { readonly type: 'blob_put'; readonly id: number; readonly call: number; readonly bytes: Uint8Array }

/** Throws for what is no message. Members that the protocol does not have are passed over. */
export function parseDriverLine(line: string): DriverMessage {
  const message = readObject(parseJson(line), [])
  const type = readText(message.get('type'), ['type'])
  const id = (): number => readNat(message.get('id'), ['id'])
  switch (type) {
    case 'hello': {
      const protocol = readNat(message.get('protocol'), ['protocol'])
      const kinds = readArray(message.get('kinds'), ['kinds']).map((kind, at) => readText(kind, ['kinds', at]))
      return { type, protocol, kinds, lookup: readFlag(message.get('lookup'), ['lookup']) }
    }
    case 'pong':
    case 'none':
      return { type, id: id() }
    case 'result': {
      const status = readStatus(message.get('status'), ['status'])
      const cost = readCost(message.get('cost'), ['cost'])
      const retryable = readFlag(message.get('retryable'), ['retryable'])
      return { type, id: id(), status, payload: message.get('payload') ?? null, cost, retryable }
    }
    case 'blob_get': {
      const hash = readText(message.get('hash'), ['hash'])
      if (!isHash(hash)) throw new Error('hash is none')
      return { type, id: id(), call: readNat(message.get('call'), ['call']), hash }
    }
    case 'blob_put': {
      const text = readText(message.get('bytes'), ['bytes'])
      const bytes = Buffer.from(text, 'base64')
      if (bytes.toString('base64') !== text) throw new Error('bytes are no base64')
      return { type, id: id(), call: readNat(message.get('call'), ['call']), bytes: new Uint8Array(bytes) }
    }
    default:
      throw new Error('there is no such type')
  }
}

/** One line of the host, without the line feed. Numbers are integers. */
export function hostLine(type: string, members: Readonly<Record<string, JsonNode | number | undefined>> = {}): string {
  const node = new Map<string, JsonNode>([['type', type]])
  for (const [name, item] of Object.entries(members)) {
    if (item !== undefined) node.set(name, typeof item === 'number' ? jsonInteger(item) : item)
  }
  return formatJson(node)
}

/** A question: do it, or tell what came of it. */
export interface DriverQuestion {
  readonly type: 'call' | 'lookup'
  readonly call: AdapterCall
  readonly types: KindTypes
  /** Milliseconds after which the answer is of no use. */
  readonly deadlineMs: number
}

/** The line of a question. Throws `air.*` for parameters that are not of their schema. */
export function questionLine(id: number, { type, call, types, deadlineMs }: DriverQuestion): string {
  const { grant } = call
  const grantParams = types.grant === undefined ? null : valueToJson(types.grant, types.table, grant.params)
  return hostLine(type, {
    id,
    kind: call.effectKind,
    params: paramsToJson(types, call.params),
    intent_hash: call.intentHash,
    idempotency_key: call.idempotencyKey,
    attempt: call.attempt,
    deadline_ms: deadlineMs,
    grant: new Map<string, JsonNode>([
      ['name', grant.name],
      ['cap_type', grant.capType],
      ['params', grantParams],
    ]),
  })
}

/** The result that a line means; undefined for what a look-up tells in another type: nobody can say what it means. */
export function readResult(
  question: DriverQuestion,
  message: Extract<DriverMessage, { type: 'result' }>,
): AdapterResult | undefined {
  const { status, cost, retryable } = message
  const payload = payloadFromJson(question.types, status, message.payload)
  if (!payload.ok && question.type === 'lookup') return undefined
  if (!payload.ok) return failureResult('adapter_protocol', 'the payload of a result is not of its schema', cost)
  return { status, payload: payload.value, cost, retryable }
}
