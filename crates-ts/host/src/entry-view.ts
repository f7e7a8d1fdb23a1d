/** A journal entry as people read it. */
import type { JsonNode } from '@aos/air'
import { formatHash, isAosError, toHex } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import { decodeEntry } from '@aos/kernel'
import type { DecodedEntry, DecodedItem } from '@aos/kernel'
import type { JournalRecord } from '@aos/store'
import type { Definitions } from './definitions.ts'
import { viewEffectItem, viewReceipt } from './entry-view-effects.ts'
import type { ReceiptView } from './entry-view-effects.ts'
import { keySchemaOfEvent, valueToNode } from './values.ts'

/** Members in the order in which they are shown; undefined ones are absent. */
export interface EntryView {
  readonly height: number
  readonly kind: string
  /** RFC 3339 of now_ns, for people. */
  readonly time: string
  readonly now_ns: string
  readonly logical_now_ns: string
  readonly principal: string
  readonly leaf: string
  readonly prev: string
  readonly fuel: number
  readonly manifest: string | undefined
  /** The time that a `clock` entry sets. */
  readonly set_ns: string | undefined
  readonly idempotency_key: string | undefined
  /** Of a `receipt` entry: what was signed, without what the intent says. */
  readonly receipt: ReceiptView | undefined
  readonly schema: string | undefined
  /** Sugar lens, or `{"hex": …}` when the definitions at hand do not fit. */
  readonly value: JsonNode | Hex | undefined
  readonly key: JsonNode | Hex | undefined
  readonly blobs: readonly string[] | undefined
  readonly signed_by: readonly string[] | undefined
  readonly derived: readonly Readonly<Record<string, unknown>>[]
  readonly bytes: number
}

interface Hex {
  readonly hex: string
}

/** Throws `kernel.bad_entry`. */
export function viewEntry(record: JournalRecord, definitions: Definitions | undefined): EntryView {
  const entry = decodeEntry(record.bytes)
  const { header, ingress } = entry
  const nowNs = BigInt(numberOf(header.get(2)))
  const schema = textOf(ingress.get(7))
  const values = entry.bodies?.values ?? []
  const show = makeShow(definitions)
  const eventKey = ingress.has(9) ? values[1] : undefined
  const keySchema =
    schema === undefined || definitions === undefined ? undefined : keySchemaOfEvent(definitions, schema)
  return {
    height: entry.height,
    kind: entry.kind,
    time: new Date(Number(nowNs / 1_000_000n)).toISOString(),
    now_ns: nowNs.toString(),
    logical_now_ns: String(numberOf(header.get(3))),
    principal: textOf(ingress.get(1)) ?? '',
    leaf: formatHash(record.leaf),
    prev: hashOf(header.get(9)) ?? '',
    fuel: Number(numberOf(header.get(8))),
    manifest: hashOf(header.get(4)),
    set_ns: entry.kind === 'clock' ? clockOf(ingress.get(10)) : undefined,
    idempotency_key: textOf(ingress.get(4)),
    receipt: entry.kind === 'receipt' ? viewReceipt(ingress.get(10)) : undefined,
    schema,
    value: ingress.has(8) ? show(schema, values[0]) : undefined,
    key: eventKey === undefined ? undefined : show(keySchema, eventKey),
    blobs: listOf(ingress.get(6))?.map((hash) => hashOf(hash) ?? ''),
    signed_by: listOf(ingress.get(2))?.map((signature) => hashOf(memberOf(signature, 0)) ?? ''),
    derived: entry.derived.map((item, index) => viewItem(item, { index, entry, definitions, show })),
    bytes: record.bytes.length,
  }
}

type Show = (schema: string | undefined, bytes: Uint8Array | undefined) => JsonNode | Hex | undefined

function makeShow(definitions: Definitions | undefined): Show {
  return (schema, bytes) => {
    if (bytes === undefined) return undefined
    if (definitions === undefined || schema === undefined) return { hex: toHex(bytes) }
    try {
      return valueToNode(definitions, schema, bytes)
    } catch (error) {
      if (isAosError(error)) return { hex: toHex(bytes) }
      throw error
    }
  }
}

interface ItemContext {
  readonly index: number
  readonly entry: DecodedEntry
  readonly definitions: Definitions | undefined
  readonly show: Show
}

function viewItem(item: DecodedItem, context: ItemContext): Readonly<Record<string, unknown>> {
  const { fields } = item
  const index = context.index + 1
  switch (fields.get(0)) {
    case 0:
      return { index, item: 'delivery', ...viewDelivery(item, context) }
    case 1: {
      const schema = textOf(fields.get(1))
      const keySchema =
        schema === undefined || context.definitions === undefined
          ? undefined
          : keySchemaOfEvent(context.definitions, schema)
      const value = context.show(schema, item.value)
      return { index, item: 'raised', schema, value, key: context.show(keySchema, item.key), delivery: fields.get(4) }
    }
    case 2:
      return { index, item: 'module_use', wasm: hashOf(fields.get(1)), rewritten: hashOf(fields.get(2)) }
    case 3:
      return { index, item: 'turn_limit', bound: fields.get(1) }
    case 9:
      return { index, item: 'migration', ...viewMigration(item, context) }
    default:
      return { index, ...viewEffectItem(item) }
  }
}

function viewMigration(item: DecodedItem, context: ItemContext): Readonly<Record<string, unknown>> {
  const { fields } = item
  const reducer = textOf(fields.get(1))
  const keySchema = reducer === undefined ? undefined : context.definitions?.modules.get(reducer)?.keySchema
  return {
    reducer,
    key: keySchema === undefined ? undefined : context.show(keySchema, item.key),
    from: fields.get(3),
    to: fields.get(4),
    outcome: fields.get(5),
    fuel: fields.get(6),
    state_hash: hashOf(fields.get(7)),
  }
}

function viewDelivery(item: DecodedItem, context: ItemContext): Readonly<Record<string, unknown>> {
  const { fields } = item
  const reducer = textOf(fields.get(1))
  const keySchema = reducer === undefined ? undefined : context.definitions?.modules.get(reducer)?.keySchema
  const state = fields.get(6)
  return {
    reducer,
    key: keySchema === undefined ? undefined : context.show(keySchema, item.key),
    module: hashOf(fields.get(3)),
    outcome: fields.get(4),
    fuel: fields.get(5),
    state_hash: state === null ? null : hashOf(state),
    cause: fields.get(7),
  }
}

function clockOf(command: Data | undefined): string | undefined {
  return command === undefined ? undefined : String(numberOf(memberOf(command, 0)))
}

function numberOf(data: Data | undefined): number | bigint {
  return typeof data === 'number' || typeof data === 'bigint' ? data : 0
}

function textOf(data: Data | undefined): string | undefined {
  return typeof data === 'string' ? data : undefined
}

function hashOf(data: Data | undefined): string | undefined {
  return data instanceof Uint8Array ? formatHash(data) : undefined
}

function listOf(data: Data | undefined): readonly Data[] | undefined {
  return Array.isArray(data) ? (data as readonly Data[]) : undefined // an array of Data is a list of Data
}

function memberOf(data: Data, key: number): Data | undefined {
  return data instanceof Map ? (data as ReadonlyMap<Data, Data>).get(key) : undefined // decode makes Maps of Data
}
