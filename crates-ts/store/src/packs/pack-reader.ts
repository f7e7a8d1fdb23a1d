/** Reading values by hash: index, packs, files, and what the index forgot (spec/07-journal.md, "Content"). */
import { AosError, equalBytes, sha256, type Hash, type HashBytes } from '@aos/cbor'
import { nodeSha256 } from '../node-sha256.ts'
import type { BlobFiles } from './blob-files.ts'
import {
  isBefore,
  isSamePlace,
  nameOfBytes,
  type ContentIndex,
  type ContentName,
  type FoundRecord,
  type Location,
} from './content-index.ts'
import type { PackFiles } from './pack-files.ts'
import { PACKED_BYTES_MAX, RECORD_HEAD_BYTES, decodeRecordHead, recordBytes } from './pack-layout.ts'
import { scanPack } from './pack-scan.ts'

export interface ContentParts {
  readonly index: ContentIndex
  readonly packs: PackFiles
  readonly blobs: BlobFiles
}

/** A file may stand without a record. */
const ORPHAN: Location = { kind: 'file', pack: 0, position: 0, length: 0 }

/** Reads through the index and looks into the packs themselves where it fails. */
export class PackReader {
  readonly #parts: ContentParts
  /** Further records of values that have more than one, the newest last; known after the search. */
  readonly #others = new Map<Hash, Location[]>()
  #hasSearched = false

  constructor(parts: ContentParts) {
    this.#parts = parts
  }

  /** Throws `store.corrupt_blob` when only damaged copies are there; undefined when there is none. */
  get(name: ContentName): Uint8Array | undefined {
    const { index } = this.#parts
    const first = this.#readValue(name, index.find(name))
    if (first instanceof Uint8Array) return first
    const old = index.oldValue(name)
    if (old !== undefined && isIntact(name.bytes, old)) return old
    this.#search()
    let isDamaged = first === 'damaged' || old !== undefined
    for (const location of [index.find(name), ...(this.#others.get(name.hash) ?? []).toReversed(), ORPHAN]) {
      const value = this.#readValue(name, location)
      if (value instanceof Uint8Array) return value
      isDamaged ||= value === 'damaged'
    }
    if (!isDamaged) return undefined
    const { hash } = name
    throw new AosError('store.corrupt_blob', `what is stored as ${hash} has another hash`, { details: { hash } })
  }

  has(name: ContentName): boolean {
    const { index } = this.#parts
    if (index.find(name) !== undefined || index.oldValue(name) !== undefined) return true
    this.#search()
    return index.find(name) !== undefined || this.#parts.blobs.size(name.bytes) !== undefined
  }

  /** Whether an intact copy is where the index says, in a record that a search would find, too. */
  holds(name: ContentName, value: Uint8Array): 'intact' | 'damaged' | 'absent' {
    const { index } = this.#parts
    const location = index.find(name)
    if (location === undefined) {
      const old = index.oldValue(name)
      if (old === undefined) return 'absent'
      return equalBytes(old, value) ? 'intact' : 'damaged'
    }
    const record = this.#readRecord(location)
    if (record === undefined) return 'damaged'
    const head = decodeRecordHead(record, { position: location.position, nonce: undefined })
    if (head === undefined || !equalBytes(head.hash, name.bytes)) return 'damaged'
    // Comparing costs less than hashing.
    const bytes = location.kind === 'file' ? this.#parts.blobs.read(name.bytes) : record.subarray(RECORD_HEAD_BYTES)
    return bytes !== undefined && equalBytes(bytes, value) ? 'intact' : 'damaged'
  }

  /** Once in an opening, before anything is said to be absent: every record that the index does not know goes into it. */
  #search(): void {
    if (this.#hasSearched) return
    this.#hasSearched = true
    const { index, packs } = this.#parts
    for (const pack of packs.numbers()) {
      const file = packs.reader(pack)
      if (file === undefined) continue
      let damaged: FoundRecord[] = []
      for (const step of scanPack(file, { number: pack, checksValues: false })) {
        if (step.kind === 'gap') continue
        const { kind, length, durable } = step.head
        if (kind !== 'closed') {
          const found = { name: nameOfBytes(step.head.hash), kind, length, pack, position: step.position }
          if (!this.#meet(found)) damaged.push(found)
        }
        damaged = index.noteProven(damaged, durable)
      }
    }
  }

  /** False for a damaged record of which the index does not know. Of several records of a value the newest counts. */
  #meet({ name, ...location }: FoundRecord): boolean {
    const { index } = this.#parts
    const known = index.find(name)
    if (known === undefined) {
      if (location.kind === 'packed' && this.#readValue(name, location) === 'damaged') return false
      index.note(name, location)
    } else if (!isSamePlace(known, location)) {
      const isOlder = isBefore(location, known)
      if (!isOlder) index.note(name, location)
      this.#remember(name.hash, isOlder ? location : known)
    }
    return true
  }

  #remember(hash: Hash, location: Location): void {
    const others = this.#others.get(hash)
    if (others === undefined) this.#others.set(hash, [location])
    else others.push(location)
  }

  #readValue(name: ContentName, location: Location | undefined): Uint8Array | 'damaged' | undefined {
    if (location === undefined) return undefined
    if (location.kind === 'file') {
      const bytes = this.#parts.blobs.read(name.bytes)
      return bytes === undefined || isIntact(name.bytes, bytes) ? bytes : 'damaged'
    }
    const record = this.#readRecord(location)
    if (record === undefined) return undefined
    const bytes = record.subarray(RECORD_HEAD_BYTES)
    return record.length === recordBytes(location) && isIntact(name.bytes, bytes) ? bytes : 'damaged'
  }

  /** Head and value, as far as they are there; undefined when there is no such pack. */
  #readRecord(location: Location): Uint8Array | undefined {
    const file = this.#parts.packs.reader(location.pack)
    if (file === undefined || (location.kind === 'packed' && location.length > PACKED_BYTES_MAX)) return undefined
    const bytes = new Uint8Array(recordBytes(location))
    return bytes.subarray(0, file.read(bytes, location.position))
  }
}

/** Whether the bytes are those of the hash. */
export function isIntact(hash: HashBytes, bytes: Uint8Array): boolean {
  return equalBytes(sha256(nodeSha256, bytes), hash)
}
