/** Hashes one behind the other in one piece of memory: thousands of arrays that live for long would be work for the collector. */
import { HASH_BYTES } from '@aos/cbor'
import type { HashBytes } from '@aos/cbor'

const ROWS_MIN = 16

/** Grows by doubling. */
export class HashList {
  #bytes = new Uint8Array(0)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Number `index` stands at HASH_BYTES times it, until one is added. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Copies the hash that stands in `hashes` at `at`. */
  add(hashes: Uint8Array, at: number): void {
    const start = this.#size * HASH_BYTES
    if (start === this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(ROWS_MIN * HASH_BYTES, 2 * start))
      bytes.set(this.#bytes)
      this.#bytes = bytes
    }
    for (let index = 0; index < HASH_BYTES; index += 1) this.#bytes[start + index] = hashes[at + index] ?? 0
    this.#size += 1
  }

  /** A view. */
  at(index: number): HashBytes {
    return this.#bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)
  }

  /** Memory goes, too. */
  clear(): void {
    this.#size = 0
    this.#bytes = new Uint8Array(0)
  }
}
