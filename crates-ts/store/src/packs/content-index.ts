/**
 * Where a value lies: a database over the packs, and in memory what has not been written to it yet (spec/07-journal.md,
 * "Content"). It is derived: what it lacks or says wrongly is found in the packs again.
 */
import { HASH_BYTES, equalBytes, formatHash, isAosError, type Hash, type HashBytes } from '@aos/cbor'
import { BLOB, SIZE, keyOf } from '../content.ts'
import type { KeyValue, KeyValuePair } from '../key-value.ts'
import { getCount, setCount } from '../layout.ts'
import { LocationTable, type Place } from './location-table.ts'
import { checkOf, type RecordKind } from './pack-layout.ts'

/** A position in the packs: they are one sequence of bytes. */
export interface PackPosition {
  readonly pack: number
  readonly position: number
}

/** The record of a value. */
export interface Location extends PackPosition {
  readonly kind: Exclude<RecordKind, 'closed'>
  readonly length: number
}

/** A record with the hash that its head gives. */
export interface FoundRecord extends Location {
  readonly hash: HashBytes
}

export interface ContentSize {
  readonly count: number
  readonly bytes: number
}

/** p ‖ hash → location. */
const PLACE = 0x70
/** e → the position before which every record is in the database. */
const INDEXED_KEY: Uint8Array = Uint8Array.of(0x65)
const LOCATION_BYTES = 25
const POSITION_BYTES = 16
const EMPTY: Uint8Array = new Uint8Array(0)
/** Locations that were read lately are kept in memory, this many to twice as many. */
const LATELY_READ_MAX = 8192

/** True when the first lies before the second. */
export function isBefore(left: PackPosition, right: PackPosition): boolean {
  return left.pack === right.pack ? left.position < right.position : left.pack < right.pack
}

export class ContentIndex {
  /** Absent when only read and there is none. */
  readonly #database: KeyValue | undefined
  /** What the database does not name: that part of it is being written, and what came after. */
  #writing = new LocationTable()
  #unwritten = new LocationTable()
  /** What it does name, as far as it was read lately: two generations, the older is dropped as a whole. */
  #read = new LocationTable()
  #readBefore = new LocationTable()
  /** Whether values of the old layout are there: most stores need not look twice. */
  readonly hasOld: boolean
  readonly #placeKey: Uint8Array = keyOf(PLACE, new Uint8Array(HASH_BYTES))
  /** Values of the old layout that are damaged and stand in a pack again. */
  readonly #replaced = new Map<Hash, HashBytes>()

  private constructor(database: KeyValue | undefined, hasOld: boolean) {
    this.#database = database
    this.hasOld = hasOld
  }

  static async open(database: KeyValue | undefined): Promise<ContentIndex> {
    return new ContentIndex(database, database !== undefined && (await hasOldValues(database)))
  }

  /** Records that are only in memory and not being written. */
  get unwritten(): number {
    return this.#unwritten.size
  }

  /** Before it every record is in the database. */
  get indexed(): PackPosition | undefined {
    const bytes = this.#get(INDEXED_KEY)
    if (bytes?.length !== POSITION_BYTES + 8) return undefined
    if (!equalBytes(checkOf(bytes.subarray(0, POSITION_BYTES)), bytes.subarray(POSITION_BYTES))) return undefined
    const view = viewOf(bytes)
    return { pack: getCount(view, 0), position: getCount(view, 8) }
  }

  find(hash: HashBytes): Location | undefined {
    const place = this.#unwritten.get(hash) ?? this.#writing.get(hash) ?? this.#findWritten(hash)
    return place === 'gone' ? undefined : place
  }

  note(hash: HashBytes, location: Location): void {
    this.#unwritten.set(hash, location)
  }

  /** The value counts as absent from now on, unless it is noted again. */
  forget(hash: HashBytes): void {
    this.#unwritten.set(hash, 'gone')
  }

  /**
   * Notes damaged records that a later write proves durable, unless there is another one of the value: reading them tells of the
   * damage. Returns the others; what nothing proves was torn by a crash.
   */
  noteProven(damaged: readonly FoundRecord[], durable: number): readonly FoundRecord[] {
    if (damaged.length === 0) return damaged
    for (const { hash, ...location } of damaged) {
      if (location.position < durable && this.find(hash) === undefined) this.note(hash, location)
    }
    return damaged.filter(({ position }) => position >= durable)
  }

  /** The value itself, as the layout before the packs kept it. */
  oldValue(hash: HashBytes): Uint8Array | undefined {
    return this.hasOld ? this.#get(keyOf(BLOB, hash)) : undefined
  }

  /** The value of the old layout does not count any more. */
  replaceOld(hash: HashBytes): void {
    this.#replaced.set(formatHash(hash), hash)
  }

  /** Writes what is only in memory, durably; `indexed` as it is now. One call at a time; after a failed one none. */
  async write(indexed: PackPosition): Promise<void> {
    this.#writing = this.#unwritten
    this.#unwritten = new LocationTable(this.#writing.size)
    const replaced = [...this.#replaced]
    await this.#database?.write(rowsOf(this.#writing, [...this.#replaced.values()], indexed))
    this.#keepWritten(this.#writing)
    this.#writing = new LocationTable()
    for (const [hash, bytes] of replaced) if (this.#replaced.get(hash) === bytes) this.#replaced.delete(hash)
  }

  async stat(): Promise<ContentSize> {
    let count = 0
    let bytes = 0
    const add = (length: number): void => {
      count += 1
      bytes += length
    }
    for await (const value of this.#values(PLACE)) add(decodeLocation(value)?.length ?? 0)
    for await (const value of this.#values(SIZE)) if (value.length === 8) add(getCount(viewOf(value), 0))
    for (const hash of this.#hashesInMemory()) {
      const written = this.#readPlace(hash)
      const found = this.find(hash)
      count += (found === undefined ? 0 : 1) - (written === undefined ? 0 : 1)
      bytes += (found?.length ?? 0) - (written?.length ?? 0)
    }
    for (const hash of this.#replaced.values()) {
      const old = this.#get(keyOf(SIZE, hash))
      if (old?.length !== 8) continue
      count -= 1
      bytes -= getCount(viewOf(old), 0)
    }
    return { count, bytes }
  }

  /** The locations that the database holds. */
  async *locations(): AsyncGenerator<Location | undefined, void, undefined> {
    for await (const value of this.#values(PLACE)) yield decodeLocation(value)
  }

  /** The values that the database itself holds. */
  oldValues(): AsyncIterable<Uint8Array> {
    return this.#values(BLOB)
  }

  /** How many values the database should hold itself. */
  async oldCount(): Promise<number> {
    let count = 0
    for await (const value of this.#values(SIZE)) if (value.length === 8) count += 1
    return count
  }

  async close(): Promise<void> {
    await this.#database?.close()
  }

  /** Each once. The hash is a view that the next step may change. */
  *#hashesInMemory(): Generator<HashBytes, void, undefined> {
    for (const [hash] of this.#writing.entries()) yield hash
    for (const [hash] of this.#unwritten.entries()) if (this.#writing.get(hash) === undefined) yield hash
  }

  #findWritten(hash: HashBytes): Place | undefined {
    const known = this.#read.get(hash)
    if (known !== undefined) return known
    const place = this.#readBefore.get(hash) ?? this.#readPlace(hash)
    if (place !== undefined) this.#keepRead(hash, place)
    return place
  }

  #readPlace(hash: HashBytes): Location | undefined {
    this.#placeKey.set(hash, 1)
    const bytes = this.#get(this.#placeKey)
    return bytes === undefined ? undefined : decodeLocation(bytes)
  }

  #keepRead(hash: HashBytes, place: Place): void {
    if (this.#read.size >= LATELY_READ_MAX) {
      this.#readBefore = this.#read
      this.#read = new LocationTable()
    }
    this.#read.set(hash, place)
  }

  /** What has just been written is likely to be read; what was read of these hashes before counts no more. */
  #keepWritten(written: LocationTable): void {
    if (written.size > LATELY_READ_MAX) {
      this.#readBefore = new LocationTable()
      this.#read = new LocationTable()
    } else if (written.size >= this.#read.size) {
      this.#readBefore = this.#read
      this.#read = written
    } else for (const [hash, place] of written.entries()) this.#keepRead(hash, place)
  }

  /** What cannot be read counts as absent: the packs know better. */
  #get(key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#database?.get(key)
    } catch (error) {
      if (isAosError(error) && error.code === 'store.corrupt') return undefined
      throw error
    }
  }

  async *#values(kind: number): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#database === undefined) return
    yield* this.#database.values({ from: Uint8Array.of(kind), to: Uint8Array.of(kind + 1) })
  }
}

/** Whether both are the same record. */
export function isSamePlace(left: PackPosition, right: PackPosition | undefined): boolean {
  return left.pack === right?.pack && left.position === right.position
}

/** The sizes of old values are smaller than the values. One that cannot be read tells that there are some. */
async function hasOldValues(database: KeyValue): Promise<boolean> {
  try {
    for await (const _ of database.values({ from: Uint8Array.of(SIZE), to: Uint8Array.of(SIZE + 1) })) return true
    return false
  } catch {
    return true
  }
}

/** Key and value are the same arrays for all places: a database copies each pair before it asks for the next. */
function* rowsOf(
  table: LocationTable,
  replaced: readonly HashBytes[],
  indexed: PackPosition,
): Generator<KeyValuePair, void, undefined> {
  const key = keyOf(PLACE, new Uint8Array(HASH_BYTES))
  const value = new Uint8Array(LOCATION_BYTES)
  const view = viewOf(value)
  for (let row = 0; row < table.size; row += 1) {
    const place = table.row(row, key, 1)
    if (place !== 'gone') encodeLocation(view, place)
    yield [key, place === 'gone' ? undefined : value]
  }
  for (const hash of replaced) {
    yield [keyOf(BLOB, hash), EMPTY]
    yield [keyOf(SIZE, hash), EMPTY]
  }
  yield [INDEXED_KEY, encodeIndexed(indexed)]
}

function encodeLocation(view: DataView, location: Location): void {
  setCount(view, 0, location.pack)
  setCount(view, 8, location.position)
  setCount(view, 16, location.length)
  view.setUint8(24, location.kind === 'packed' ? 0 : 1)
}

function decodeLocation(bytes: Uint8Array): Location | undefined {
  if (bytes.length !== LOCATION_BYTES) return undefined
  const view = viewOf(bytes)
  const kind = view.getUint8(24) === 0 ? 'packed' : 'file'
  return { kind, pack: getCount(view, 0), position: getCount(view, 8), length: getCount(view, 16) }
}

function encodeIndexed(indexed: PackPosition): Uint8Array {
  const bytes = new Uint8Array(POSITION_BYTES + 8)
  const view = viewOf(bytes)
  setCount(view, 0, indexed.pack)
  setCount(view, 8, indexed.position)
  bytes.set(checkOf(bytes.subarray(0, POSITION_BYTES)), POSITION_BYTES)
  return bytes
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
