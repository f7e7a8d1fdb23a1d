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

/** The kind of entry that names the root of a snapshot. */
export const KIND_SNAPSHOT_ROOT = 14

const ENTRY_HEAD = 0x84 // array(4)
const MAP_MAJOR = 5
const KEY_HEIGHT = 0
const KEY_KIND = 1
const KEY_INGRESS_HASH = 6
const KEY_DERIVED_HASH = 7
const KEY_PREV = 9
const KEY_MAX = 23 // a larger key is no single byte
const HASH_ITEM_BYTES = 2 + HASH_BYTES // 0x58 0x20 and the hash

/** The range of the header, undefined when the bytes are no entry. Cheap: the other parts are not looked at. */
export function findHeader(entry: Uint8Array): ByteRange | undefined {
  if (entry[0] !== ENTRY_HEAD || (entry[1] ?? 0) >> 5 !== MAP_MAJOR) return undefined
  const to = skip(entry, 1)
  return to === undefined ? undefined : { from: 1, to }
}

/** The kind in a canonical header, which starts with height and kind; undefined when it is not there. */
export function readKind(entry: Uint8Array, header: ByteRange): number | undefined {
  if (entry[header.from + 1] !== KEY_HEIGHT) return undefined
  const at = skip(entry, header.from + 2)
  if (at === undefined || at >= header.to || entry[at] !== KEY_KIND) return undefined
  return readUint(entry, at + 1)
}

const NULL = 0xf6

/** Whether only the header is there: the three other parts are null. */
export function isCompacted(entry: Uint8Array, header: ByteRange): boolean {
  const at = header.to
  return at + 3 === entry.length && entry[at] === NULL && entry[at + 1] === NULL && entry[at + 2] === NULL
}

/** The entry without its content: the header as it is, and null for the three other parts. */
export function compactedEntry(entry: Uint8Array, header: ByteRange): Uint8Array {
  const bytes = new Uint8Array(header.to + 3)
  bytes.set(entry.subarray(0, header.to))
  bytes.fill(NULL, header.to)
  return bytes
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

/** Hashes headers to leaves, SHA-256(0x00 ‖ header), in one buffer that is used again and again. */
export class LeafHasher {
  #input = new Uint8Array(512)

  /** The caller has found the header. */
  hash(entry: Uint8Array, header: ByteRange): HashBytes {
    const length = 1 + header.to - header.from
    if (this.#input.length < length) this.#input = new Uint8Array(2 * length)
    this.#input.set(entry.subarray(header.from, header.to), 1)
    const leaf = new Uint8Array(HASH_BYTES)
    nodeSha256.sha256Into(this.#input.subarray(0, length), leaf, 0)
    return leaf
  }
}

/**
 * The quick form of the chain check, by place: a canonical header starts with its height and ends with the leaf before
 * it. False also for what only `readChainFields` can tell.
 */
export function isLinked(entry: Uint8Array, header: ByteRange, link: { height: number; prev: HashBytes }): boolean {
  const prevAt = header.to - HASH_BYTES
  const isPlaced =
    entry[header.from + 1] === KEY_HEIGHT &&
    entry[prevAt - 3] === KEY_PREV &&
    entry[prevAt - 2] === 0x58 &&
    entry[prevAt - 1] === HASH_BYTES
  if (!isPlaced || readUint(entry, header.from + 2) !== link.height) return false
  for (let index = 0; index < HASH_BYTES; index += 1) if (entry[prevAt + index] !== link.prev[index]) return false
  return true
}

/** The chain fields of a header; undefined when one is absent or not of its type. */
export function readChainFields(entry: Uint8Array, header: ByteRange): ChainFields | undefined {
  let height: number | undefined
  let ingressHash: HashBytes | undefined
  let derivedHash: HashBytes | undefined
  let prev: HashBytes | undefined
  for (let at = header.from + 1; at < header.to;) {
    const key = entry[at] ?? 0
    if (key > KEY_MAX) return undefined
    if (key === KEY_HEIGHT) height = readUint(entry, at + 1)
    else if (key === KEY_INGRESS_HASH) ingressHash = readHash(entry, at + 1)
    else if (key === KEY_DERIVED_HASH) derivedHash = readHash(entry, at + 1)
    else if (key === KEY_PREV) prev = readHash(entry, at + 1)
    const end = skip(entry, at + 1)
    if (end === undefined) return undefined
    at = end
  }
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

function readUint(bytes: Uint8Array, at: number): number | undefined {
  const first = bytes[at] ?? 0xff
  if (first < 24) return first
  if (first > 27) return undefined
  let value = 0
  for (let index = 1; index <= 1 << (first - 24); index += 1) value = value * 256 + (bytes[at + index] ?? 0)
  return Number.isSafeInteger(value) ? value : undefined
}

function readHash(bytes: Uint8Array, at: number): HashBytes | undefined {
  if (bytes[at] !== 0x58 || bytes[at + 1] !== HASH_BYTES) return undefined
  return at + HASH_ITEM_BYTES <= bytes.length ? bytes.slice(at + 2, at + HASH_ITEM_BYTES) : undefined
}
