/**
 * The byte layouts of a pack file (spec/journal.cddl, "Pack file"): one head for the file, one for each record. Integers are
 * big-endian.
 */
import { HASH_BYTES, equalBytes, type HashBytes } from '@aos/cbor'
import { getCount, setCount } from '../layout.ts'
import { nodeSha256, sha256Latin1, writeLatin1 } from '../node-sha256.ts'

export const PACK_HEAD_BYTES = 32
export const RECORD_HEAD_BYTES = 72
export const PACK_NONCE_BYTES = 8
/** What is longer becomes a file of its own. */
export const PACKED_BYTES_MAX: number = 256 * 1024
/** In an anchor values of any length are packed, up to this bound. */
export const ANCHORED_BYTES_MAX: number = 1 << 30
/** Anchors have this number; packs are numbered from 1 on. */
export const ANCHOR_NUMBER = 0
/** First byte of a record; a search for records looks for it. */
export const RECORD_MAGIC: Uint8Array = Uint8Array.of(0x41, 0x4f, 0x53, 0x52) // AOSR

const MAGIC = 0x414f5352 // AOSR
const PACK_MAGIC = 0x414f5350 // AOSP
const VERSION = 1
const CHECK_BYTES = 8
const PACK_CHECK_AT: number = PACK_HEAD_BYTES - CHECK_BYTES
const RECORD_CHECK_AT: number = RECORD_HEAD_BYTES - CHECK_BYTES

/**
 * `packed`: the bytes follow the head. `file`: they are in a file of their own, and nothing follows. `closed`: no value; who
 * wrote the pack will not write to it again.
 */
export type RecordKind = 'packed' | 'file' | 'closed'

const KINDS: readonly RecordKind[] = ['packed', 'file', 'closed']

export interface RecordHead {
  readonly kind: RecordKind
  readonly hash: HashBytes
  /** Bytes of the value. */
  readonly length: number
  /** Where the write began that the record was part of: everything before was durable. */
  readonly durable: number
}

/** First bytes of a pack file: what its nonce is. */
export function encodePackHead(number: number, nonce: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(PACK_HEAD_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, PACK_MAGIC)
  view.setUint32(4, VERSION)
  setCount(view, 8, number)
  bytes.set(nonce, 16)
  bytes.set(checkOf(bytes.subarray(0, PACK_CHECK_AT)), PACK_CHECK_AT)
  return bytes
}

/** The nonce; undefined when the head is damaged; `unsupported` for an intact head of a later version. */
export function decodePackHead(bytes: Uint8Array, number: number): Uint8Array | 'unsupported' | undefined {
  if (bytes.length < PACK_HEAD_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, PACK_HEAD_BYTES)
  if (view.getUint32(0) !== PACK_MAGIC || !isChecked(bytes, PACK_CHECK_AT)) return undefined
  if (view.getUint32(4) !== VERSION) return 'unsupported'
  return getCount(view, 8) === number ? bytes.slice(16, 16 + PACK_NONCE_BYTES) : undefined
}

/** How a value of so many bytes is kept. */
export function kindOf(length: number): Exclude<RecordKind, 'closed'> {
  return length > PACKED_BYTES_MAX ? 'file' : 'packed'
}

/** Bytes that a record takes in its pack. */
export function recordBytes(head: Pick<RecordHead, 'kind' | 'length'>): number {
  return RECORD_HEAD_BYTES + (head.kind === 'packed' ? head.length : 0)
}

/** Where a record stands. */
export interface RecordPlace {
  /** In its pack. */
  readonly position: number
  readonly nonce: Uint8Array
}

/** Writes heads of records, thousands in a row. */
export class RecordHeadEncoder {
  readonly #check = new Uint8Array(HASH_BYTES)
  /** The head under way: views of each place of a pack would be work for the collector. */
  readonly #head = new Uint8Array(RECORD_HEAD_BYTES)
  readonly #view = new DataView(this.#head.buffer)

  /** Writes a head at `at`. The position in the pack is part of its check. */
  encode(into: Uint8Array, at: number, head: RecordHead, place: RecordPlace): void {
    const view = this.#view
    view.setUint32(0, MAGIC)
    view.setUint32(4, (VERSION << 24) | (KINDS.indexOf(head.kind) << 16))
    setCount(view, 8, head.length)
    this.#head.set(place.nonce, 16)
    setCount(view, 24, head.durable)
    this.#head.set(head.hash, 32)
    // What is hashed ends with the position, where the check will stand.
    setCount(view, RECORD_CHECK_AT, place.position)
    nodeSha256.sha256Into(this.#head, this.#check, 0)
    into.set(this.#head, at)
    for (let index = 0; index < CHECK_BYTES; index += 1) into[at + RECORD_CHECK_AT + index] = this.#check[index] ?? 0
  }
}

/** What is known of the place of a record. */
export interface ExpectedPlace {
  readonly position: number
  readonly nonce: Uint8Array | undefined
  /** Packed values have at most so many bytes: PACKED_BYTES_MAX unless given. */
  readonly packedBytesMax?: number
}

/** A whole head that belongs at this place of this pack; undefined for anything else. The value is not looked at. */
export function decodeRecordHead(bytes: Uint8Array, place: ExpectedPlace): RecordHead | undefined {
  if (bytes.length < RECORD_HEAD_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, RECORD_HEAD_BYTES)
  if (!startsWithMagic(bytes) || bytes[4] !== VERSION || view.getUint16(6) !== 0) return undefined
  const kind = KINDS[bytes[5] ?? KINDS.length]
  if (kind === undefined) return undefined
  if (place.nonce !== undefined && !equalBytes(place.nonce, nonceOf(bytes))) return undefined
  if (!isChecked(bytes, RECORD_CHECK_AT, place.position)) return undefined
  const length = getCount(view, 8)
  if (kind === 'packed' && length > (place.packedBytesMax ?? PACKED_BYTES_MAX)) return undefined
  return { kind, hash: bytes.slice(32, 64), length, durable: getCount(view, 24) }
}

/** The nonce that stands in a record's head. */
export function nonceOf(record: Uint8Array): Uint8Array {
  return record.slice(16, 16 + PACK_NONCE_BYTES)
}

function startsWithMagic(bytes: Uint8Array): boolean {
  return bytes[0] === 0x41 && bytes[1] === 0x4f && bytes[2] === 0x53 && bytes[3] === 0x52
}

/** The first 8 bytes of SHA-256(bytes, or bytes ‖ position). */
export function checkOf(bytes: Uint8Array, position?: number): Uint8Array {
  const input = new Uint8Array(bytes.length + (position === undefined ? 0 : 8))
  input.set(bytes)
  if (position !== undefined) setCount(new DataView(input.buffer), bytes.length, position)
  const check = new Uint8Array(CHECK_BYTES)
  writeLatin1(check, sha256Latin1(input).slice(0, CHECK_BYTES), 0)
  return check
}

function isChecked(bytes: Uint8Array, at: number, position?: number): boolean {
  return equalBytes(checkOf(bytes.subarray(0, at), position), bytes.subarray(at, at + CHECK_BYTES))
}
