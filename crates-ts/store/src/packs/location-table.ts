/**
 * Locations by hash, in memory (spec/07-journal.md, "Content"): the records that the database does not name yet, and those that
 * were asked for lately. Columns instead of objects, for a snapshot notes thousands of records at a time.
 */
import { HASH_BYTES, type HashBytes } from '@aos/cbor'
import type { Location } from './content-index.ts'

const ROWS_MIN = 64
/** Made at once at most; a table grows by doubling. */
const ROWS_AT_ONCE_MAX = 8192

/** What a row says: where the value is, or that it is nowhere any more. */
export type Place = Location | 'gone'

const KIND_PACKED = 0
const KIND_FILE = 1
const KIND_GONE = 2
const NOWHERE: Location = { kind: 'packed', pack: 0, position: 0, length: 0 }

/** Rows stand in the order in which their hashes came; a hash has one row, and what was set last counts. */
export class LocationTable {
  readonly #rowsMin: number
  #count = 0
  #rows = 0
  #hashes = new Uint8Array(0)
  #packs = new Float64Array(0)
  #positions = new Float64Array(0)
  #lengths = new Float64Array(0)
  #kinds = new Uint8Array(0)
  /** Row + 1 by a part of the hash, the next free place when it is taken; half of them are empty. */
  #slots = new Int32Array(0)

  /** `expected`: rows that will come, if that is known. */
  constructor(expected = 0) {
    this.#rowsMin = 2 ** Math.ceil(Math.log2(Math.min(ROWS_AT_ONCE_MAX, Math.max(ROWS_MIN, expected))))
  }

  get size(): number {
    return this.#count
  }

  get(hash: HashBytes): Place | undefined {
    const row = this.#find(hash)
    return row < 0 ? undefined : this.#place(row)
  }

  set(hash: HashBytes, place: Place): void {
    const known = this.#find(hash)
    const row = known < 0 ? this.#add(hash) : known
    const { kind, pack, position, length } = place === 'gone' ? NOWHERE : place
    this.#packs[row] = pack
    this.#positions[row] = position
    this.#lengths[row] = length
    this.#kinds[row] = place === 'gone' ? KIND_GONE : kind === 'file' ? KIND_FILE : KIND_PACKED
  }

  /** Copies the hash of a row, and says where its value is: for thousands of rows, without an array for each. */
  row(row: number, hash: Uint8Array, at: number): Place {
    const from = row * HASH_BYTES
    for (let index = 0; index < HASH_BYTES; index += 1) hash[at + index] = this.#hashes[from + index] ?? 0
    return this.#place(row)
  }

  /** The hash is a view that the next step may change. */
  *entries(): Generator<readonly [HashBytes, Place], void, undefined> {
    for (let row = 0; row < this.#count; row += 1) yield [this.#hashAt(row), this.#place(row)]
  }

  #hashAt(row: number): HashBytes {
    return this.#hashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES)
  }

  #place(row: number): Place {
    const kind = this.#kinds[row]
    if (kind === KIND_GONE) return 'gone'
    return {
      kind: kind === KIND_FILE ? 'file' : 'packed',
      pack: this.#packs[row] ?? 0,
      position: this.#positions[row] ?? 0,
      length: this.#lengths[row] ?? 0,
    }
  }

  /** The row; below zero when there is none. */
  #find(hash: HashBytes): number {
    const mask = this.#slots.length - 1
    if (mask < 0) return -1
    for (let slot = slotOf(hash) & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] ?? 0) - 1
      if (row < 0 || this.#isHashAt(row, hash)) return row
    }
  }

  #isHashAt(row: number, hash: HashBytes): boolean {
    const at = row * HASH_BYTES
    for (let index = 0; index < HASH_BYTES; index += 1) if (this.#hashes[at + index] !== hash[index]) return false
    return true
  }

  #add(hash: HashBytes): number {
    if (this.#count === this.#rows) this.#grow()
    const row = this.#count
    this.#hashes.set(hash, row * HASH_BYTES)
    this.#fillSlot(row, slotOf(hash))
    this.#count += 1
    return row
  }

  #fillSlot(row: number, from: number): void {
    const mask = this.#slots.length - 1
    let slot = from & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = row + 1
  }

  #grow(): void {
    const rows = Math.max(this.#rowsMin, 2 * this.#rows)
    const grown = <T extends Uint8Array | Float64Array>(column: T, into: T): T => {
      into.set(column)
      return into
    }
    this.#hashes = grown(this.#hashes, new Uint8Array(rows * HASH_BYTES))
    this.#packs = grown(this.#packs, new Float64Array(rows))
    this.#positions = grown(this.#positions, new Float64Array(rows))
    this.#lengths = grown(this.#lengths, new Float64Array(rows))
    this.#kinds = grown(this.#kinds, new Uint8Array(rows))
    this.#rows = rows
    this.#slots = new Int32Array(2 * rows)
    for (let row = 0; row < this.#count; row += 1) this.#fillSlot(row, slotOf(this.#hashAt(row)))
  }
}

/** Hashes are evenly spread in every part. */
function slotOf(hash: HashBytes): number {
  return ((hash[0] ?? 0) << 24) | ((hash[1] ?? 0) << 16) | ((hash[2] ?? 0) << 8) | (hash[3] ?? 0)
}
