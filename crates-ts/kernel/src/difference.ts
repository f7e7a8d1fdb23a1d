/** Compares an entry with its re-derivation and names the first field that differs (spec/06-kernel.md, "Replay and verification"). */
import { encode, equalBytes, toHex } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import type { Difference } from './api.ts'
import { decodeEntry } from './entry-reader.ts'
import type { DecodedEntry, DecodedItem } from './entry-reader.ts'

const HEADER_FIELDS: readonly string[] = [
  'height',
  'kind',
  'now_ns',
  'logical_now_ns',
  'manifest',
  'engine',
  'ingress_hash',
  'derived_hash',
  'fuel',
  'prev',
]
const INGRESS_FIELDS: readonly string[] = [
  'kind',
  'principal',
  'auth',
  'trace',
  'idempotency_key',
  'entropy_hash',
  'blobs',
  'schema',
  'value',
  'key',
  'command',
]
const ITEM_FIELDS: ReadonlyMap<number, readonly string[]> = new Map([
  [0, ['item', 'reducer', 'key', 'module', 'outcome', 'fuel', 'state', 'cause']],
  [1, ['item', 'schema', 'value', 'key', 'delivery']],
  [2, ['item', 'wasm', 'rewritten']],
  [3, ['item', 'bound']],
  [9, ['item', 'reducer', 'key', 'from', 'to', 'outcome', 'fuel', 'state']],
  [12, ['item', 'proposal', 'change', 'hash', 'text']],
])

/**
 * undefined when the bytes are equal. Of unequal ones the cause comes before its effects: ingress, then derived in order, then bodies,
 * then the header, whose hashes differ whenever anything else does.
 */
export function findDifference(entries: {
  readonly height: number
  readonly written: Uint8Array
  readonly derived: Uint8Array
}): Difference | undefined {
  if (equalBytes(entries.written, entries.derived)) return undefined
  const written = decodeEntry(entries.written)
  const derived = decodeEntry(entries.derived)
  const found =
    differInFields(written.ingress, derived.ingress, INGRESS_FIELDS, 'ingress') ??
    differInItems(written, derived) ??
    differInBodies(written, derived) ??
    differInFields(written.header, derived.header, HEADER_FIELDS, 'header')
  return { height: entries.height, ...(found ?? { path: 'entry', expected: 'the same bytes', found: 'other bytes' }) }
}

type Found = Omit<Difference, 'height'>

function differInFields(
  written: ReadonlyMap<number, Data>,
  derived: ReadonlyMap<number, Data>,
  names: readonly string[],
  part: string,
): Found | undefined {
  const numbers = [...new Set([...written.keys(), ...derived.keys()])].sort((left, right) => left - right)
  for (const number of numbers) {
    const expected = render(written.get(number))
    const found = render(derived.get(number))
    if (expected !== found) return { path: `${part}.${names[number] ?? number}`, expected, found }
  }
  return undefined
}

function differInItems(written: DecodedEntry, derived: DecodedEntry): Found | undefined {
  const count = Math.max(written.derived.length, derived.derived.length)
  for (let index = 0; index < count; index += 1) {
    const left = written.derived[index]
    const right = derived.derived[index]
    const path = `derived[${index}]`
    if (left === undefined || right === undefined) {
      return { path, expected: renderItem(left), found: renderItem(right), ...where(left ?? right) }
    }
    const names = ITEM_FIELDS.get(Number(left.fields.get(0))) ?? []
    const found = differInFields(left.fields, right.fields, names, path)
    if (found !== undefined) return { ...found, ...where(left) }
  }
  return undefined
}

function differInBodies(written: DecodedEntry, derived: DecodedEntry): Found | undefined {
  const left = [written.bodies?.entropy, ...(written.bodies?.values ?? [])]
  const right = [derived.bodies?.entropy, ...(derived.bodies?.values ?? [])]
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const expected = render(left[index])
    const found = render(right[index])
    if (expected !== found)
      return { path: index === 0 ? 'bodies.entropy' : `bodies.values[${index - 1}]`, expected, found }
  }
  return undefined
}

/** Reducer and key of a delivery. */
function where(item: DecodedItem | undefined): { readonly reducer?: string; readonly key?: Uint8Array } {
  if (item === undefined || item.fields.get(0) !== 0) return {}
  const reducer = item.fields.get(1)
  return {
    ...(typeof reducer === 'string' ? { reducer } : {}),
    ...(item.key === undefined ? {} : { key: item.key }),
  }
}

function renderItem(item: DecodedItem | undefined): string {
  return item === undefined ? 'nothing' : render(item.fields)
}

function render(value: Data | undefined): string {
  if (value === undefined) return 'nothing'
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return toHex(encode(value))
}
