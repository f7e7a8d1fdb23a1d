/** Reading values by hash: index, packs, files, and what the index forgot (spec/07-journal.md, "Content"). */
import { AosError, HASH_BYTES, equalBytes, formatHash, sha256, type Hash, type HashBytes } from '@aos/cbor'
import type { DiskFile } from '../disk.ts'
import { nodeSha256 } from '../node-sha256.ts'
import type { HashedValue } from '../port.ts'
import type { Anchors } from './anchors.ts'
import type { BlobFiles } from './blob-files.ts'
import { isBefore, isSamePlace, type ContentIndex, type FoundRecord, type Location } from './content-index.ts'
import type { PackFiles } from './pack-files.ts'
import { PACKED_BYTES_MAX, RECORD_HEAD_BYTES, decodeRecordHead, recordBytes } from './pack-layout.ts'
import { scanPack, type RecordStep } from './pack-scan.ts'

export interface ContentParts {
  readonly index: ContentIndex
  readonly packs: PackFiles
  readonly blobs: BlobFiles
  readonly anchors: Anchors
}

/** A file may stand without a record. */
const ORPHAN: Location = { kind: 'file', pack: 0, position: 0, length: 0 }
/** Up to this length a record is read into one buffer and copied out, which costs less than a fresh array to read into. */
const BUFFER_BYTES: number = 16 * 1024

/** Reads through the index and looks into the packs themselves where it fails. */
export class PackReader {
  readonly #parts: ContentParts
  /** Further records of values that have more than one, the newest last; known after the search. */
  readonly #others = new Map<Hash, Location[]>()
  readonly #digest = new Uint8Array(HASH_BYTES)
  #buffer: Uint8Array | undefined
  #hasSearched = false

  constructor(parts: ContentParts) {
    this.#parts = parts
  }

  /** Throws `store.corrupt_blob` when only damaged copies are there; undefined when there is none. */
  get(hash: HashBytes): Uint8Array | undefined {
    const { index } = this.#parts
    const first = this.#readValue(hash, index.find(hash))
    return first instanceof Uint8Array ? first : this.#getElsewhere(hash, first)
  }

  /** As `get`; the next reading may write to the same memory. */
  view(hash: HashBytes): Uint8Array | undefined {
    const location = this.#parts.index.find(hash)
    const length = location?.kind === 'packed' ? recordBytes(location) : Number.POSITIVE_INFINITY
    const file = location === undefined || length > BUFFER_BYTES ? undefined : this.#packOf(location)
    if (location === undefined || file === undefined) return this.get(hash)
    const record = this.#shortBuffer().subarray(0, length)
    const value = record.subarray(RECORD_HEAD_BYTES)
    return file.read(record, location.position) === length && this.#isIntact(hash, value) ? value : this.get(hash)
  }

  /** A value that is not where the index says. */
  #getElsewhere(hash: HashBytes, first: 'damaged' | undefined): Uint8Array | undefined {
    const { index } = this.#parts
    const old = index.oldValue(hash)
    if (old !== undefined && this.#isIntact(hash, old)) return old
    this.#search()
    let isDamaged = first === 'damaged' || old !== undefined
    const text = formatHash(hash)
    for (const location of [index.find(hash), ...(this.#others.get(text) ?? []).toReversed(), ORPHAN]) {
      const value = this.#readValue(hash, location)
      if (value instanceof Uint8Array) return value
      isDamaged ||= value === 'damaged'
    }
    const anchored = this.#parts.anchors.get(hash)
    if (anchored !== undefined || !isDamaged) return anchored
    throw new AosError('store.corrupt_blob', `what is stored as ${text} has another hash`, { details: { hash: text } })
  }

  has(hash: HashBytes): boolean {
    const { index } = this.#parts
    if (index.find(hash) !== undefined || index.oldValue(hash) !== undefined) return true
    this.#search()
    if (index.find(hash) !== undefined || this.#parts.blobs.size(hash) !== undefined) return true
    return this.#parts.anchors.has(hash)
  }

  /** The value that is where the index says, if it is intact. */
  readIndexed(hash: HashBytes): Uint8Array | undefined {
    const value = this.#readValue(hash, this.#parts.index.find(hash))
    return value instanceof Uint8Array ? value : undefined
  }

  /** Whether an intact copy is where the index says, in a record that a search would find, too. */
  holds({ hash, bytes: value }: HashedValue): 'intact' | 'damaged' | 'absent' {
    const { index } = this.#parts
    const location = index.find(hash)
    if (location === undefined) {
      const old = index.oldValue(hash)
      if (old === undefined) return 'absent'
      return equalBytes(old, value) ? 'intact' : 'damaged'
    }
    const record = this.#readRecord(location)
    if (record === undefined) return 'damaged'
    const head = decodeRecordHead(record, { position: location.position, nonce: undefined })
    if (head === undefined || !equalBytes(head.hash, hash)) return 'damaged'
    // Comparing costs less than hashing.
    const bytes = location.kind === 'file' ? this.#parts.blobs.read(hash) : record.subarray(RECORD_HEAD_BYTES)
    return bytes !== undefined && equalBytes(bytes, value) ? 'intact' : 'damaged'
  }

  /** Once in an opening, before anything is said to be absent: every record that the index does not know goes into it. */
  #search(): void {
    if (this.#hasSearched) return
    this.#hasSearched = true
    const { packs } = this.#parts
    for (const pack of packs.numbers()) {
      const file = packs.reader(pack)
      if (file === undefined) continue
      let damaged: readonly FoundRecord[] = []
      for (const step of scanPack(file, { number: pack, checksValues: false })) {
        if (step.kind === 'record') damaged = this.meet(step, pack, damaged)
      }
    }
  }

  /** Somebody has gone through all packs and met every record: nothing is left to search for. */
  hasMetAll(): void {
    this.#hasSearched = true
  }

  /**
   * A record on the way through a pack: the index gets what it lacks. `damaged` are the records before it that are damaged and not
   * proven durable so far; returns those after it.
   */
  meet(step: RecordStep, pack: number, damaged: readonly FoundRecord[]): readonly FoundRecord[] {
    const { kind, hash, length, durable } = step.head
    if (kind === 'closed') return this.#parts.index.noteProven(damaged, durable)
    const found = { hash, kind, length, pack, position: step.position }
    const before = this.#meet(found) ? damaged : [...damaged, found]
    return this.#parts.index.noteProven(before, durable)
  }

  /** Records of a value beside the one that the index names, the newest last; known when all have been met. */
  othersOf(hash: HashBytes): readonly Location[] {
    return this.#others.size === 0 ? [] : (this.#others.get(formatHash(hash)) ?? [])
  }

  /** False for a damaged record of which the index does not know. Of several records of a value the newest counts. */
  #meet({ hash, ...location }: FoundRecord): boolean {
    const { index } = this.#parts
    const known = index.find(hash)
    if (known === undefined) {
      if (location.kind === 'packed' && this.#readValue(hash, location) === 'damaged') return false
      index.note(hash, location)
    } else if (!isSamePlace(known, location)) {
      const isOlder = isBefore(location, known)
      if (!isOlder) index.note(hash, location)
      this.#remember(formatHash(hash), isOlder ? location : known)
    }
    return true
  }

  #remember(hash: Hash, location: Location): void {
    const others = this.#others.get(hash)
    if (others === undefined) this.#others.set(hash, [location])
    else others.push(location)
  }

  #readValue(hash: HashBytes, location: Location | undefined): Uint8Array | 'damaged' | undefined {
    if (location === undefined) return undefined
    if (location.kind === 'file') {
      const bytes = this.#parts.blobs.read(hash)
      return bytes === undefined || this.#isIntact(hash, bytes) ? bytes : 'damaged'
    }
    const file = this.#packOf(location)
    return file === undefined ? undefined : this.#readPacked(hash, file, location)
  }

  #readPacked(hash: HashBytes, file: DiskFile, location: Location): Uint8Array | 'damaged' {
    const length = recordBytes(location)
    const isShort = length <= BUFFER_BYTES
    const record = isShort ? this.#shortBuffer().subarray(0, length) : new Uint8Array(length)
    const value = record.subarray(RECORD_HEAD_BYTES)
    if (file.read(record, location.position) < length || !this.#isIntact(hash, value)) return 'damaged'
    return isShort ? value.slice() : value
  }

  /** Head and value, as far as they are there; undefined when there is no such pack. */
  #readRecord(location: Location): Uint8Array | undefined {
    const file = this.#packOf(location)
    if (file === undefined) return undefined
    const bytes = new Uint8Array(recordBytes(location))
    return bytes.subarray(0, file.read(bytes, location.position))
  }

  #packOf(location: Location): DiskFile | undefined {
    if (location.kind === 'packed' && location.length > PACKED_BYTES_MAX) return undefined
    return this.#parts.packs.reader(location.pack)
  }

  #shortBuffer(): Uint8Array {
    this.#buffer ??= new Uint8Array(BUFFER_BYTES)
    return this.#buffer
  }

  #isIntact(hash: HashBytes, bytes: Uint8Array): boolean {
    nodeSha256.sha256Into(bytes, this.#digest, 0)
    return equalBytes(this.#digest, hash)
  }
}

/** Whether the bytes are those of the hash. */
export function isIntact(hash: HashBytes, bytes: Uint8Array): boolean {
  return equalBytes(sha256(nodeSha256, bytes), hash)
}
