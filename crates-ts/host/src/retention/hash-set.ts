/** Many hashes in little memory: 32 bytes each and a few more, in tables that grow. */
import { HASH_BYTES } from '@aos/cbor'

const CAPACITY_MIN = 1024
/** Of the places that are taken at most. */
const LOAD_MAX = 0.6

/** A set of SHA-256 values, by their bytes. Nothing is taken out again. */
export class HashSet {
  #places = new Uint8Array(CAPACITY_MIN * HASH_BYTES)
  #taken = new Uint8Array(CAPACITY_MIN)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(hash: Uint8Array): boolean {
    return this.#taken[this.#placeOf(hash)] === 1
  }

  /** True when it was not in the set. The bytes are copied. */
  add(hash: Uint8Array): boolean {
    if (this.#size >= this.#taken.length * LOAD_MAX) this.#grow()
    const place = this.#placeOf(hash)
    if (this.#taken[place] === 1) return false
    this.#taken[place] = 1
    this.#places.set(hash, place * HASH_BYTES)
    this.#size += 1
    return true
  }

  /** Views, in no order; what is added meanwhile may not come. */
  *values(): Generator<Uint8Array, void, undefined> {
    const [places, taken] = [this.#places, this.#taken]
    for (let place = 0; place < taken.length; place += 1) {
      if (taken[place] === 1) yield places.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES)
    }
  }

  /** Where it is, or would be. Hashes are spread evenly as they are. */
  #placeOf(hash: Uint8Array): number {
    const mask = this.#taken.length - 1
    const start = (hash[0] ?? 0) | ((hash[1] ?? 0) << 8) | ((hash[2] ?? 0) << 16) | ((hash[3] ?? 0) << 24)
    let place = start & mask
    while (this.#taken[place] === 1 && !this.#isAt(hash, place * HASH_BYTES)) place = (place + 1) & mask
    return place
  }

  #isAt(hash: Uint8Array, at: number): boolean {
    for (let index = 0; index < HASH_BYTES; index += 1) if (this.#places[at + index] !== hash[index]) return false
    return true
  }

  #grow(): void {
    const old = this.values()
    // The walk has the tables of before once it is under way.
    const first = old.next()
    this.#places = new Uint8Array(this.#places.length * 2)
    this.#taken = new Uint8Array(this.#taken.length * 2)
    for (let step = first; step.done !== true; step = old.next()) {
      const hash = step.value
      const place = this.#placeOf(hash)
      this.#taken[place] = 1
      this.#places.set(hash, place * HASH_BYTES)
    }
  }
}
