/**
 * Copies of short byte strings, cut from larger blocks.
 *
 * An engine gives every array over 64 bytes memory of its own, at the cost of about a microsecond; a view into a
 * block costs a tenth of that. A block lives as long as one of its pieces.
 */
export class Slab {
  readonly #blockBytes: number
  #block: Uint8Array
  #used = 0

  constructor(options: { readonly blockBytes: number }) {
    this.#blockBytes = options.blockBytes
    this.#block = new Uint8Array(options.blockBytes)
  }

  /** A copy that the caller owns. Long ones get memory of their own. */
  copy(bytes: Uint8Array): Uint8Array {
    const size = bytes.length
    if (size * 4 > this.#blockBytes) return bytes.slice()
    if (this.#used + size > this.#blockBytes) {
      this.#block = new Uint8Array(this.#blockBytes)
      this.#used = 0
    }
    const start = this.#used
    this.#used = start + size
    this.#block.set(bytes, start)
    return this.#block.subarray(start, start + size)
  }
}
