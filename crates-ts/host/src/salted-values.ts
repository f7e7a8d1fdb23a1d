/** Checks the bodies of an entry against the salted hashes that name them (K5; spec/06-kernel.md, "Entry"). */
import { equalBytes, formatHash } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import type { DecodedEntry } from '@aos/kernel'
import { nodeSha256 } from './sha256.ts'

const TAG = new TextEncoder().encode('aos/salt/v1')
const HASH_BYTES = 32
const INTENT = 5
const REDUCER_ORIGIN = 1

/** Fields of an item that hold a salted hash, by the item's number, in the order of the values (spec/journal.cddl). */
const SALTED_FIELDS: ReadonlyMap<Data | undefined, readonly (readonly [number, string])[]> = new Map([
  [0, [[2, 'key']]],
  [1, [[2, 'value'], [3, 'key']]], // prettier-ignore
  [INTENT, [[3, 'params']]],
  [6, [[4, 'value']]],
  [7, [[5, 'result']]],
  [8, [[3, 'payload']]],
])

export interface SaltedDifference {
  readonly path: string
  readonly expected: string
  readonly found: string
}

/** undefined when all hold, or when the bodies were dropped. */
export function checkSaltedValues(entry: DecodedEntry): SaltedDifference | undefined {
  const { bodies } = entry
  if (bodies === undefined) return undefined
  const named = namedValues(entry)
  if (named.length !== bodies.values.length) {
    return { path: 'bodies', expected: `${named.length} values`, found: `${bodies.values.length} values` }
  }
  for (const [index, { path, hash }] of named.entries()) {
    const salted = saltedHash(bodies.entropy, index, bodies.values[index] ?? new Uint8Array(0))
    if (hash instanceof Uint8Array && equalBytes(hash, salted)) continue
    return { path, expected: hash instanceof Uint8Array ? formatHash(hash) : 'a hash', found: formatHash(salted) }
  }
  return undefined
}

interface NamedValue {
  readonly path: string
  readonly hash: Data | undefined
}

/** In the order of the bodies: ingress first, then items in order. */
function namedValues(entry: DecodedEntry): readonly NamedValue[] {
  const named: NamedValue[] = []
  const add = (fields: ReadonlyMap<number, Data>, field: number, path: string): void => {
    if (fields.has(field)) named.push({ path, hash: fields.get(field) })
  }
  add(entry.ingress, 8, 'ingress.value')
  add(entry.ingress, 9, 'ingress.key')
  for (const [index, { fields }] of entry.derived.entries()) {
    const kind = fields.get(0)
    for (const [field, name] of SALTED_FIELDS.get(kind) ?? []) add(fields, field, `derived[${index}].${name}`)
    const origin = kind === INTENT ? fields.get(6) : undefined
    if (!Array.isArray(origin)) continue
    // The cell key of a reducer stands in the origin of its intent.
    const [by, , key] = origin as readonly Data[]
    if (by === REDUCER_ORIGIN && key !== undefined) named.push({ path: `derived[${index}].origin`, hash: key })
  }
  return named
}

/** SHA-256(salt ‖ value), salt = SHA-256(tag ‖ entropy ‖ u32be index). */
function saltedHash(entropy: Uint8Array, index: number, value: Uint8Array): Uint8Array {
  const salt = new Uint8Array(TAG.length + entropy.length + 4)
  salt.set(TAG)
  salt.set(entropy, TAG.length)
  new DataView(salt.buffer).setUint32(TAG.length + entropy.length, index)
  const message = new Uint8Array(HASH_BYTES + value.length)
  nodeSha256.sha256Into(salt, message, 0)
  message.set(value, HASH_BYTES)
  const digest = new Uint8Array(HASH_BYTES)
  nodeSha256.sha256Into(message, digest, 0)
  return digest
}
