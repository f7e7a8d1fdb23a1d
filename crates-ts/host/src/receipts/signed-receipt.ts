/** Signing and checking receipts (spec/12-receipts.md, "Receipt statement" and "Batch signatures"). */
import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { AosError, isAosError, sha256, toHex } from '@aos/cbor'
import { BATCH_SIZE_MAX, batchSigningBytes, makeBatch, receiptSigningBytes } from '@aos/effects'
import type { BatchPlace, Receipt } from '@aos/effects'
import type { KeyReport, VerifiedSignature } from '@aos/kernel'
import type { KeyPair } from '../keys/key-pair.ts'
import { checkPublicKey } from '../keys/public-key.ts'
import { CheckedBatch } from './checked-batch.ts'
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

/** Receipts with the signatures that were made for them, each once. */
export interface SignedGroup {
  readonly receipts: readonly SignedReceipt[]
  readonly checks: readonly Check[]
}

/** A signature to be verified once, for all receipts that it is over. */
export interface Check {
  readonly keyId: Uint8Array
  readonly signature: Uint8Array
  /** What it must cover. */
  readonly message: Uint8Array
  /** The first receipt that it is over. */
  readonly receipt: Receipt
}

/** One signature for all of them: over the statement of a single one, otherwise over the root of each full batch. */
export function signReceipts(key: KeyPair, unsigned: readonly UnsignedReceipt[]): readonly SignedReceipt[] {
  return signGroup(key, unsigned).receipts
}

/** The same with what is to be verified before the receipts count: what was covered need not be made again for that. */
export function signGroup(key: KeyPair, unsigned: readonly UnsignedReceipt[]): SignedGroup {
  const receipts: SignedReceipt[] = []
  const checks: Check[] = []
  for (let from = 0; from < unsigned.length; from += BATCH_SIZE_MAX) {
    signBatch(key, unsigned.slice(from, from + BATCH_SIZE_MAX), { receipts, checks })
  }
  return { receipts, checks }
}

function signBatch(
  key: KeyPair,
  unsigned: readonly UnsignedReceipt[],
  group: { readonly receipts: SignedReceipt[]; readonly checks: Check[] },
): void {
  const [first] = unsigned
  if (first === undefined) return
  const { keyId } = key
  const { receipt } = first
  if (unsigned.length === 1) {
    const message = messageOf(receipt)
    const signature = key.sign(message)
    group.receipts.push({ ...first, signature: { keyId, signature } })
    group.checks.push({ keyId, signature, message, receipt })
    return
  }
  const { root, places } = makeBatch(
    nodeSha256,
    unsigned.map((one) => messageOf(one.receipt)),
  )
  const message = batchSigningBytes(nodeSha256, { world: receipt.world, size: unsigned.length, root })
  const signature = key.sign(message)
  for (const [index, place] of places.entries()) {
    const one = unsigned[index]
    if (one === undefined) throw new RangeError('a batch has a place for each of its messages')
    group.receipts.push({ receipt: one.receipt, payload: one.payload, signature: { keyId, signature, place } })
  }
  group.checks.push({ keyId, signature, message, receipt })
}

function messageOf(receipt: Receipt): Uint8Array {
  return receiptSigningBytes(nodeSha256, receipt)
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
   * Resolves when every signature holds, in whatever order they were checked; a batch is verified once. Rejects with `receipt.bad_signature`, or with
   * `kernel.receipt_key` when a key is not registered, for the first that does not.
   */
  async verify(keys: readonly KeyReport[], receipts: readonly SignedReceipt[]): Promise<void> {
    await this.check(keys, listChecks(receipts))
  }

  /** Like `verify`, of signatures with what they must cover. */
  async check(keys: readonly KeyReport[], checks: readonly Check[]): Promise<void> {
    const found = await Promise.all(
      checks.map(({ keyId, message, signature }) => verifyApart(this.#keyOf(keys, toHex(keyId)), message, signature)),
    )
    const bad = checks[found.indexOf(false)]
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

/** What is to be verified, in the order of the receipts. Throws `receipt.bad_signature` for a place that is in no batch. */
function listChecks(receipts: readonly SignedReceipt[]): readonly Check[] {
  const checks: Check[] = []
  let batch: CheckedBatch | undefined
  for (const { receipt, signature: given } of receipts) {
    const { keyId, signature, place } = given
    const single = messageOf(receipt)
    if (place === undefined) {
      checks.push({ keyId, signature, message: single, receipt })
      continue
    }
    // The receipts of a batch stand together.
    if (batch?.isOf(receipt, given) !== true) batch = new CheckedBatch(receipt, given)
    const message = inBatch(batch, { receipt, single, place })
    if (message !== undefined) checks.push({ keyId, signature, message, receipt })
  }
  return checks
}

interface Placed {
  readonly receipt: Receipt
  readonly single: Uint8Array
  readonly place: BatchPlace
}

function inBatch(batch: CheckedBatch, { receipt, single, place }: Placed): Uint8Array | undefined {
  try {
    return batch.messageOf(single, place)
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
