/** Finding the parts and the chain fields of an encoded entry (spec/journal.cddl, "K4"; spec/06-kernel.md, K4). */
import { HASH_BYTES, isAosError, skipItem, type HashBytes } from '@aos/cbor'
import { nodeSha256 } from './node-sha256.ts'

/** Half-open byte range. */
export interface ByteRange {
  readonly from: number
  readonly to: number
}

export interface EntryParts {
  readonly header: ByteRange
  readonly ingress: ByteRange
  readonly derived: ByteRange
  readonly bodies: ByteRange
}

/** The fields of a header that storage relies on. */
export interface ChainFields {
  readonly height: number
  readonly ingressHash: HashBytes
  readonly derivedHash: HashBytes
  readonly prev: HashBytes
}

const ENTRY_HEAD = 0x84 // array(4)
const MAP_MAJOR = 5
const KEY_HEIGHT = 0
const KEY_INGRESS_HASH = 6
const KEY_DERIVED_HASH = 7
const KEY_PREV = 9
const HASH_ITEM_BYTES = 2 + HASH_BYTES // 0x58 0x20 and the hash

/** The range of the header, undefined when the bytes are no entry. Cheap: the other parts are not looked at. */
export function findHeader(entry: Uint8Array): ByteRange | undefined {
  if (entry[0] !== ENTRY_HEAD || (entry[1] ?? 0) >> 5 !== MAP_MAJOR) return undefined
  const to = skip(entry, 1)
  return to === undefined ? undefined : { from: 1, to }
}

/** All four parts; undefined unless the bytes are exactly an array of four well-formed items. */
export function findParts(entry: Uint8Array): EntryParts | undefined {
  const header = findHeader(entry)
  if (header === undefined) return undefined
  const ingressTo = skip(entry, header.to)
  const derivedTo = ingressTo === undefined ? undefined : skip(entry, ingressTo)
  const bodiesTo = derivedTo === undefined ? undefined : skip(entry, derivedTo)
  if (ingressTo === undefined || derivedTo === undefined || bodiesTo !== entry.length) return undefined
  return {
    header,
    ingress: { from: header.to, to: ingressTo },
    derived: { from: ingressTo, to: derivedTo },
    bodies: { from: derivedTo, to: bodiesTo },
  }
}

/** SHA-256(0x00 ‖ header). Throws nothing; the caller has found the header. */
export function hashHeader(entry: Uint8Array, header: ByteRange): HashBytes {
  const input = new Uint8Array(1 + header.to - header.from)
  input.set(entry.subarray(header.from, header.to), 1)
  const leaf = new Uint8Array(HASH_BYTES)
  nodeSha256.sha256Into(input, leaf, 0)
  return leaf
}

/** The chain fields of a header; undefined when one is absent or not of its type. */
export function readChainFields(entry: Uint8Array, header: ByteRange): ChainFields | undefined {
  const values = new Map<number, number>()
  for (let at = header.from + 1; at < header.to;) {
    const key = entry[at] ?? 0
    if (key > 23) return undefined
    values.set(key, at + 1)
    const end = skip(entry, at + 1)
    if (end === undefined) return undefined
    at = end
  }
  const height = readUint(entry, values.get(KEY_HEIGHT))
  const ingressHash = readHash(entry, values.get(KEY_INGRESS_HASH))
  const derivedHash = readHash(entry, values.get(KEY_DERIVED_HASH))
  const prev = readHash(entry, values.get(KEY_PREV))
  if (height === undefined || ingressHash === undefined || derivedHash === undefined || prev === undefined) {
    return undefined
  }
  return { height, ingressHash, derivedHash, prev }
}

function skip(bytes: Uint8Array, at: number): number | undefined {
  try {
    const end = skipItem(bytes, at)
    return end <= bytes.length ? end : undefined
  } catch (error) {
    if (isAosError(error)) return undefined
    throw error
  }
}

function readUint(bytes: Uint8Array, at: number | undefined): number | undefined {
  if (at === undefined) return undefined
  const first = bytes[at] ?? 0xff
  if (first < 24) return first
  if (first > 27) return undefined
  let value = 0
  for (let index = 1; index <= 1 << (first - 24); index += 1) value = value * 256 + (bytes[at + index] ?? 0)
  return Number.isSafeInteger(value) ? value : undefined
}

function readHash(bytes: Uint8Array, at: number | undefined): HashBytes | undefined {
  if (at === undefined || bytes[at] !== 0x58 || bytes[at + 1] !== HASH_BYTES) return undefined
  return at + HASH_ITEM_BYTES <= bytes.length ? bytes.slice(at + 2, at + HASH_ITEM_BYTES) : undefined
}
