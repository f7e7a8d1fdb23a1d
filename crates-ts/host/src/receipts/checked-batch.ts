/** One signature over many receipts, verified once (spec/12-receipts.md, "Batch signatures"). */
import { equalBytes } from '@aos/cbor'
import type { HashBytes } from '@aos/cbor'
import { KnownBatch, batchSigningBytes } from '@aos/effects'
import type { BatchPlace, Receipt } from '@aos/effects'
import type { VerifiedSignature } from '@aos/kernel'
import { nodeSha256 } from '../sha256.ts'

/** The receipts under one signature over a batch. */
export class CheckedBatch {
  readonly #world: Receipt['world']
  readonly #signature: VerifiedSignature
  readonly #known: KnownBatch
  #root: HashBytes | undefined

  constructor({ world }: Receipt, signature: VerifiedSignature) {
    this.#world = world
    this.#signature = signature
    this.#known = new KnownBatch(nodeSha256, signature.place?.size ?? 0)
  }

  isOf({ world }: Receipt, { keyId, signature, place }: VerifiedSignature): boolean {
    const own = this.#signature
    if (world !== this.#world || place?.size !== this.#known.size) return false
    return isSame(signature, own.signature) && isSame(keyId, own.keyId)
  }

  /** What the signature must cover; undefined when an earlier receipt of the batch has said so. Throws `effects.bad_batch`. */
  messageOf(single: Uint8Array, place: BatchPlace): Uint8Array | undefined {
    const root = this.#known.rootOf(single, place)
    if (root === this.#root) return undefined
    this.#root ??= root
    return batchSigningBytes(nodeSha256, { world: this.#world, size: place.size, root })
  }
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left === right || equalBytes(left, right)
}
