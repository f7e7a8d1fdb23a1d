/** Salted hashes of values (K5; spec/06-kernel.md, "Entry"). */
import { HASH_BYTES } from '@aos/cbor'
import type { CborWriter, Sha256Port } from '@aos/cbor'

const TAG = 'aos/salt/v1'
/** K5: fresh bytes that an ingress is stamped with. */
export const ENTROPY_BYTES = 16
/** Most values are no longer, with their salt. */
const SHORT_BYTES_MAX = 512
const INDEX_AT = TAG.length + ENTROPY_BYTES

/** Makes the salted hashes of one entry at a time. Holds scratch memory, so that nothing is allocated per value. */
export class Salter {
  readonly #sha256: Sha256Port
  readonly #saltInput: Uint8Array = new Uint8Array(INDEX_AT + 4)
  #message: Uint8Array = new Uint8Array(1024)
  /** Views of the message by length, for short ones. */
  #views: Uint8Array[] = []

  constructor(sha256: Sha256Port) {
    this.#sha256 = sha256
    for (let at = 0; at < TAG.length; at += 1) this.#saltInput[at] = TAG.charCodeAt(at)
  }

  begin(entropy: Uint8Array): void {
    this.#saltInput.set(entropy, TAG.length)
  }

  /** Appends SHA-256(salt(index) ‖ value) as a byte string. */
  write(writer: CborWriter, index: number, value: Uint8Array): void {
    const salt = this.#saltInput
    salt[INDEX_AT] = index >>> 24
    salt[INDEX_AT + 1] = (index >>> 16) & 255
    salt[INDEX_AT + 2] = (index >>> 8) & 255
    salt[INDEX_AT + 3] = index & 255
    const size = HASH_BYTES + value.length
    if (this.#message.length < size) {
      this.#message = new Uint8Array(size * 2)
      this.#views = []
    }
    this.#sha256.sha256Into(salt, this.#message, 0)
    this.#message.set(value, HASH_BYTES)
    writer.digest(this.#sha256, this.#viewOf(size))
  }

  #viewOf(size: number): Uint8Array {
    if (size > SHORT_BYTES_MAX) return this.#message.subarray(0, size)
    return (this.#views[size] ??= this.#message.subarray(0, size))
  }
}
