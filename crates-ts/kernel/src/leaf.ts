/** The leaf of an entry: SHA-256(0x00 ‖ header), as RFC 6962 hashes leaves (K4; spec/06-kernel.md, "Entry"). */
import { CborWriter, HASH_BYTES } from '@aos/cbor'
import type { HashBytes, Sha256Port } from '@aos/cbor'

/** What stands in front of the header when it is hashed. */
export const LEAF_TAG: Uint8Array = new Uint8Array([0])

/** Hashes headers as they stand in recorded entries, in memory that it uses again. */
export class LeafHasher {
  readonly #sha256: Sha256Port
  readonly #input: CborWriter = new CborWriter()

  constructor(sha256: Sha256Port) {
    this.#sha256 = sha256
  }

  /** `from` and `to`: where the header stands in the entry. */
  hash(entry: Uint8Array, from: number, to: number): HashBytes {
    this.#input.reset()
    this.#input.raw(LEAF_TAG)
    this.#input.raw(entry.subarray(from, to))
    const leaf = new Uint8Array(HASH_BYTES)
    this.#sha256.sha256Into(this.#input.view(), leaf, 0)
    return leaf
  }
}
