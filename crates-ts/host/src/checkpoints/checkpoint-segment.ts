/**
 * Checkpoints in a file, one behind the other (spec/16-snapshots.md, "Checkpoint files"): each signed by the key of the host, so that nobody who has only
 * the world folder can give the world another state.
 */
import { createHash } from 'node:crypto'
import { HASH_BYTES, equalBytes } from '@aos/cbor'
import { verifySignature } from '../keys/key-pair.ts'
import type { KeyPair } from '../keys/key-pair.ts'

/** "AOSCKPT", version 1. */
const MAGIC = Uint8Array.of(0x41, 0x4f, 0x53, 0x43, 0x4b, 0x50, 0x54, 1)
const KEY_AT = 8
const LENGTH_AT: number = KEY_AT + HASH_BYTES
const BEFORE_AT: number = LENGTH_AT + 8
const BODY_HASH_AT: number = BEFORE_AT + HASH_BYTES
const SIGNATURE_AT: number = BODY_HASH_AT + HASH_BYTES
const SIGNATURE_BYTES = 64
/** In front of every body. */
export const SEGMENT_HEAD_BYTES: number = SIGNATURE_AT + SIGNATURE_BYTES

/** What stands before the first one. */
const NO_SEGMENT: Uint8Array = new Uint8Array(HASH_BYTES)

/** One checkpoint as it stands in the file. */
export interface WrittenSegment {
  /** Head and body. */
  readonly bytes: Uint8Array
  readonly bodyHash: Uint8Array
}

/** `bodyHashBefore`: of the checkpoint before in the file; undefined for the first. */
export function writeSegment(
  key: KeyPair,
  body: readonly Uint8Array[],
  bodyHashBefore: Uint8Array | undefined,
): WrittenSegment {
  const length = body.reduce((sum, part) => sum + part.length, 0)
  const bytes = new Uint8Array(SEGMENT_HEAD_BYTES + length)
  const hash = createHash('sha256')
  let at = SEGMENT_HEAD_BYTES
  for (const part of body) {
    hash.update(part)
    bytes.set(part, at)
    at += part.length
  }
  const bodyHash = new Uint8Array(hash.digest())
  bytes.set(MAGIC)
  bytes.set(key.keyId, KEY_AT)
  new DataView(bytes.buffer).setBigUint64(LENGTH_AT, BigInt(length))
  bytes.set(bodyHashBefore ?? NO_SEGMENT, BEFORE_AT)
  bytes.set(bodyHash, BODY_HASH_AT)
  bytes.set(key.sign(bytes.subarray(0, SIGNATURE_AT)), SIGNATURE_AT)
  return { bytes, bodyHash }
}

/** What a file holds up to the first place where it is not as it was written. */
export interface ReadSegments {
  readonly bodies: readonly Uint8Array[]
  /** The key that signed all of them. */
  readonly key: Pick<KeyPair, 'publicKey'> | undefined
}

/** `findKey`: by key id; undefined when it is not there, and then nothing counts. */
export function readSegments(
  file: Uint8Array,
  findKey: (keyId: Uint8Array) => Pick<KeyPair, 'publicKey'> | undefined,
): ReadSegments {
  const bodies: Uint8Array[] = []
  let key: ReadSegments['key']
  let before = NO_SEGMENT
  for (let at = 0; at + SEGMENT_HEAD_BYTES <= file.length;) {
    const head = file.subarray(at, at + SEGMENT_HEAD_BYTES)
    if (!equalBytes(head.subarray(0, KEY_AT), MAGIC)) break
    const length = Number(new DataView(head.buffer, head.byteOffset).getBigUint64(LENGTH_AT))
    const bodyAt = at + SEGMENT_HEAD_BYTES
    if (length > file.length - bodyAt || !equalBytes(head.subarray(BEFORE_AT, BODY_HASH_AT), before)) break
    const body = file.subarray(bodyAt, bodyAt + length)
    const bodyHash = head.subarray(BODY_HASH_AT, SIGNATURE_AT)
    key ??= findKey(head.slice(KEY_AT, LENGTH_AT))
    const isSigned =
      key !== undefined &&
      verifySignature(key.publicKey, head.subarray(0, SIGNATURE_AT), head.subarray(SIGNATURE_AT, SEGMENT_HEAD_BYTES))
    if (!isSigned || !equalBytes(createHash('sha256').update(body).digest(), bodyHash)) break
    bodies.push(body)
    before = bodyHash
    at = bodyAt + length
  }
  return { bodies, key: bodies.length === 0 ? undefined : key }
}
