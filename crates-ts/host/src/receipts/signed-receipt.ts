/** Signing and checking receipts (spec/12-receipts.md, "Receipt statement" and "Batch signatures"). */
import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { AosError, isAosError, sha256, toHex } from '@aos/cbor'
import {
  BATCH_SIZE_MAX,
  batchSigningBytes,
  makeBatch,
  messageOfPlace,
  receiptStatement,
  signingBytes,
} from '@aos/effects'
import type { Receipt } from '@aos/effects'
import type { KeyReport, VerifiedSignature } from '@aos/kernel'
import type { KeyPair } from '../keys/key-pair.ts'
import { checkPublicKey } from '../keys/public-key.ts'
import { nodeSha256 } from '../sha256.ts'

/** A signature that came along; nobody has looked at it yet. */
export type GivenSignature = VerifiedSignature

/** What is to be signed. */
export interface UnsignedReceipt {
  readonly receipt: Receipt
  /** The bytes behind `payloadHash`. */
  readonly payload: Uint8Array
}

/** A receipt with what makes it count. */
export interface SignedReceipt extends UnsignedReceipt {
  readonly signature: GivenSignature
}

/** Length of an ed25519 signature. */
export const SIGNATURE_BYTES = 64

/** DER before the raw key of an SPKI ed25519 one. */
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex')

/** One signature for all of them: over the statement of a single one, otherwise over the root of each full batch. */
export function signReceipts(key: KeyPair, unsigned: readonly UnsignedReceipt[]): readonly SignedReceipt[] {
  const signed: SignedReceipt[] = []
  for (let from = 0; from < unsigned.length; from += BATCH_SIZE_MAX) {
    signed.push(...signBatch(key, unsigned.slice(from, from + BATCH_SIZE_MAX)))
  }
  return signed
}

function signBatch(key: KeyPair, unsigned: readonly UnsignedReceipt[]): readonly SignedReceipt[] {
  const messages = unsigned.map(({ receipt }) => messageOf(receipt))
  const [first] = unsigned
  const [message] = messages
  if (first === undefined || message === undefined) return []
  if (unsigned.length === 1) return [{ ...first, signature: { keyId: key.keyId, signature: key.sign(message) } }]
  const { root, places } = makeBatch(nodeSha256, messages)
  const { world } = first.receipt
  const signature = key.sign(batchSigningBytes(nodeSha256, { world, size: messages.length, root }))
  return unsigned.map((one, index) => {
    const place = places[index]
    return { ...one, signature: { keyId: key.keyId, signature, ...(place === undefined ? {} : { place }) } }
  })
}

function messageOf(receipt: Receipt): Uint8Array {
  return signingBytes(nodeSha256, 'receipt', receiptStatement(receipt))
}

/** The bytes that the signature must cover. Throws `effects.bad_batch`. */
export function receiptMessage(receipt: Receipt, signature: GivenSignature): Uint8Array {
  const message = messageOf(receipt)
  const { place } = signature
  return place === undefined ? message : messageOfPlace(nodeSha256, { world: receipt.world, message, place })
}

/** A raw public key as the platform takes it. Throws `key.small_order` and `key.bad_public_key`. */
export function publicKeyObject(publicKey: Uint8Array): KeyObject {
  checkPublicKey(publicKey)
  return createPublicKey({ key: Buffer.concat([SPKI_HEAD, publicKey]), format: 'der', type: 'spki' })
}

/** Checks signatures on the platform's threads. Remembers the keys it has seen. */
export class ReceiptVerifier {
  readonly #keys = new Map<string, KeyObject>()

  /**
   * Resolves when every signature holds, in whatever order they were checked. Rejects with `receipt.bad_signature`, or with
   * `kernel.receipt_key` when a key is not registered, for the first that does not.
   */
  async verify(keys: readonly KeyReport[], receipts: readonly SignedReceipt[]): Promise<void> {
    const known = new Map<string, Promise<boolean>>()
    const checks = receipts.map(({ receipt, signature }) => {
      const id = toHex(signature.keyId)
      const message = tryMessage(receipt, signature)
      const again = `${id} ${toHex(message)} ${toHex(signature.signature)}`
      const running = known.get(again) ?? verifyApart(this.#keyOf(keys, id), message, signature.signature)
      known.set(again, running)
      return running
    })
    const found = await Promise.all(checks)
    const bad = receipts[found.indexOf(false)]
    if (bad !== undefined) throw badSignature(bad.receipt.intentHash)
  }

  #keyOf(keys: readonly KeyReport[], id: string): KeyObject {
    const known = this.#keys.get(id)
    if (known !== undefined) return known
    const key = keys.find(({ publicKey }) => toHex(sha256(nodeSha256, publicKey)) === id)
    if (key === undefined) {
      throw new AosError('kernel.receipt_key', `the key ${id} is not registered`, { path: ['signature'] })
    }
    const made = publicKeyObject(key.publicKey)
    this.#keys.set(id, made)
    return made
  }
}

function tryMessage(receipt: Receipt, signature: GivenSignature): Uint8Array {
  try {
    return receiptMessage(receipt, signature)
  } catch (error) {
    if (isAosError(error) && error.code === 'effects.bad_batch') throw badSignature(receipt.intentHash, error)
    throw error
  }
}

/** Not on the main thread. */
function verifyApart(key: KeyObject, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (signature.length !== SIGNATURE_BYTES) return Promise.resolve(false)
  return new Promise((resolve, reject) => {
    verify(null, message, key, signature, (error, holds) => {
      if (error === null) resolve(holds)
      else reject(error)
    })
  })
}

function badSignature(intentHash: Uint8Array, cause?: AosError): AosError {
  const why = cause === undefined ? 'does not verify' : `has no place in its batch: ${cause.message}`
  return new AosError('receipt.bad_signature', `the signature for sha256:${toHex(intentHash)} ${why}`, {
    path: ['signature'],
    cause,
  })
}
