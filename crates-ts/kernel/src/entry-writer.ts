/** Encodes the entry of one turn (K4 to K6; spec/journal.cddl). One writer serves a world, one entry at a time. */
import { CborWriter, HASH_BYTES, NameItems, sha256 } from '@aos/cbor'
import type { HashBytes, Sha256Port } from '@aos/cbor'
import type { DeliveryOutcome, PartDigests } from './api.ts'
import type { VerifiedSignature } from './ingress.ts'
import { ITEM } from './codes.ts'
import type { TurnBound } from './codes.ts'
import { writeAuth } from './entry-auth.ts'
import type { WriteSalted } from './intents/effect-items.ts'
import { headerSize } from './header-parts.ts'
import type { HeaderParts } from './header-parts.ts'
import { LEAF_TAG } from './leaf.ts'
import { DIGEST } from './recorded-entry.ts'
import type { RecordedEntry } from './recorded-entry.ts'
import { ENTROPY_BYTES, Salter } from './salts.ts'

/** What stands in `ingress`; values are given as bytes and stand there by salted hash. */
export interface IngressParts {
  readonly kindNumber: number
  readonly principal: string
  readonly auth: readonly VerifiedSignature[]
  readonly trace: Uint8Array | undefined
  readonly idempotencyKey: string | undefined
  /** Ascending. */
  readonly blobs: readonly HashBytes[]
  readonly schema: string | undefined
  readonly value: Uint8Array | undefined
  readonly key: Uint8Array | undefined
  /** Canonical bytes of the command. */
  readonly command: Uint8Array | undefined
}

/** A delivery as it stands in derived (K6). */
export interface DeliveryItem {
  readonly reducer: string
  /** undefined for a reducer that is not keyed. */
  readonly key: Uint8Array | undefined
  readonly module: HashBytes
  readonly outcome: DeliveryOutcome
  readonly fuel: number
  /** New state bytes; null: deleted; undefined: unchanged. */
  readonly state: Uint8Array | null | undefined
  readonly cause: number
}

export interface FinishedEntry {
  /** A part of a chunk that nobody writes to again; empty when it is the recorded one. */
  readonly entry: Uint8Array
  readonly leaf: HashBytes
  /** It is, byte for byte, the recorded entry. */
  readonly isRecorded: boolean
}

/** Room in front of the ingress for the head of the entry and the longest header. */
const HEADER_ROOM = 256
/** Entries are written one behind the other into chunks and handed out as parts of them. */
const CHUNK_BYTES = 262_144
/** A chunk with less room than this is left to its entries. */
const CHUNK_RESERVE = 16_384
/** The longest array whose head is one byte. */
const SHORT_ARRAY_MAX = 23
const ARRAY_HEAD = 0x80

/** Writes entries in place and hashes them as they stand; one serves a world, one entry at a time. */
export class EntryWriter {
  readonly #sha256: Sha256Port
  readonly #salter: Salter
  readonly #names: NameItems = new NameItems()
  /** Ingress and derived of the entry under way stand at the end of the chunk. */
  #chunk: CborWriter = new CborWriter(CHUNK_BYTES, this.#names)
  readonly #values: CborWriter = new CborWriter()
  /** A copy of its own: hashing a small fresh array would first move it out of the engine's heap. */
  readonly #entropy: Uint8Array = new Uint8Array(ENTROPY_BYTES)
  #ingressAt = 0
  #derivedAt = 0
  #itemCount = 0
  #valueCount = 0
  #ingressValuesEnd = 0
  #ingressValueCount = 0
  #recorded: RecordedEntry | undefined

  readonly #saltedBody: WriteSalted = (writer, value) => {
    this.#salted(writer, value)
  }

  constructor(sha256: Sha256Port) {
    this.#sha256 = sha256
    this.#salter = new Salter(sha256)
  }

  /**
   * Starts an entry with its ingress. When a recorded one is derived again, `finish` says whether they are the same, and
   * what is known of its parts need not be hashed again. `entropy` is the recorded one then.
   */
  begin(parts: IngressParts, entropy: Uint8Array, recorded?: RecordedEntry): void {
    this.#recorded = recorded
    this.#entropy.set(entropy)
    this.#salter.begin(entropy)
    this.#values.reset()
    this.#itemCount = 0
    this.#valueCount = 0
    if (this.#chunk.capacity - this.#chunk.length < CHUNK_RESERVE)
      this.#chunk = new CborWriter(CHUNK_BYTES, this.#names)
    this.#ingressAt = this.#chunk.reserve(HEADER_ROOM) + HEADER_ROOM
    this.#writeIngress(parts)
    this.#ingressValuesEnd = this.#values.length
    this.#ingressValueCount = this.#valueCount
    this.#derivedAt = this.#chunk.reserve(1)
  }

  delivery(item: DeliveryItem): void {
    const writer = this.#chunk
    const hasKey = item.key !== undefined
    writer.map(6 + (hasKey ? 1 : 0) + (item.state === undefined ? 0 : 1))
    writer.uint(0)
    writer.uint(ITEM.delivery)
    writer.uint(1)
    writer.name(item.reducer)
    if (item.key !== undefined) {
      writer.uint(2)
      this.#salted(writer, item.key)
    }
    writer.uint(3)
    writer.bytes(item.module)
    writer.uint(4)
    writer.name(item.outcome)
    writer.uint(5)
    writer.uint(item.fuel)
    if (item.state !== undefined) {
      writer.uint(6)
      if (item.state === null) writer.null()
      else writer.digest(this.#sha256, item.state)
    }
    writer.uint(7)
    writer.uint(item.cause)
    this.#itemCount += 1
  }

  raised(item: {
    readonly schema: string
    readonly value: Uint8Array
    readonly key: Uint8Array | undefined
    readonly delivery: number
  }): void {
    const writer = this.#chunk
    writer.map(item.key === undefined ? 4 : 5)
    writer.uint(0)
    writer.uint(ITEM.raised)
    writer.uint(1)
    writer.name(item.schema)
    writer.uint(2)
    this.#salted(writer, item.value)
    if (item.key !== undefined) {
      writer.uint(3)
      this.#salted(writer, item.key)
    }
    writer.uint(4)
    writer.uint(item.delivery)
    this.#itemCount += 1
  }

  moduleUse(wasm: HashBytes, rewritten: HashBytes): void {
    const writer = this.#chunk
    writer.map(3)
    writer.uint(0)
    writer.uint(ITEM.moduleUse)
    writer.uint(1)
    writer.bytes(wasm)
    writer.uint(2)
    writer.bytes(rewritten)
    this.#itemCount += 1
  }

  /** Appends an item of a plan or an effect; what it salts becomes a body. */
  item(write: (writer: CborWriter, salted: WriteSalted) => void): void {
    write(this.#chunk, this.#saltedBody)
    this.#itemCount += 1
  }

  /** Appends an item that holds nothing salted, and gives the SHA-256 of its bytes. */
  hashedItem(write: (writer: CborWriter) => void): HashBytes {
    const start = this.#chunk.length
    write(this.#chunk)
    this.#itemCount += 1
    return sha256(this.#sha256, this.#chunk.part(start, this.#chunk.length))
  }

  /** Drops what the turn derived and leaves one item that says which bound it passed (K9). */
  turnLimit(bound: TurnBound): void {
    this.#chunk.truncate(this.#derivedAt + 1)
    this.#values.truncate(this.#ingressValuesEnd)
    this.#valueCount = this.#ingressValueCount
    const writer = this.#chunk
    writer.map(2)
    writer.uint(0)
    writer.uint(ITEM.turnLimit)
    writer.uint(1)
    writer.text(bound)
    this.#itemCount = 1
  }

  /** The finished entry, a part of a chunk that nobody writes to again, and its leaf. */
  finish(header: HeaderParts): FinishedEntry {
    const chunk = this.#chunk
    this.#closeDerived()
    const derivedEnd = chunk.length
    const { start, isSame } = this.#writeHeader(header)
    const recorded = this.#recorded
    const sameHeader = recorded?.isHeader(chunk, start, this.#ingressAt) === true
    const known = sameHeader ? recorded.digests : undefined
    const leaf = known === undefined ? this.#hashHeader(start) : knownLeaf(known)
    chunk.array(2)
    chunk.bytes(this.#entropy)
    chunk.array(this.#valueCount)
    chunk.append(this.#values)
    if (sameHeader && isSame && recorded.isBodies(chunk, derivedEnd)) return { entry: NO_ENTRY, leaf, isRecorded: true }
    chunk.patch(start - 1, ENTRY_HEAD)
    return { entry: chunk.part(start - 1, chunk.length), leaf, isRecorded: false }
  }

  /** The byte in front of the header is the tag of leaves, where the head of the entry will stand. */
  #hashHeader(start: number): HashBytes {
    this.#chunk.patch(start - 1, LEAF_TAG)
    return sha256(this.#sha256, this.#chunk.part(start - 1, this.#ingressAt))
  }

  /** Gives back the room of the entry just finished: nobody has it. */
  discard(): void {
    this.#chunk.truncate(this.#ingressAt - HEADER_ROOM)
  }

  /** Writes the head of the array of items, for which one byte was left. */
  #closeDerived(): void {
    const chunk = this.#chunk
    if (this.#itemCount <= SHORT_ARRAY_MAX) {
      chunk.patch(this.#derivedAt, SHORT_ARRAYS[this.#itemCount] ?? ENTRY_HEAD)
      return
    }
    const items = chunk.take(this.#derivedAt + 1, chunk.length)
    chunk.truncate(this.#derivedAt)
    chunk.array(this.#itemCount)
    chunk.raw(items)
  }

  /** Writes the header so that it ends where ingress begins. `isSame`: ingress and derived are the recorded ones. */
  #writeHeader(header: HeaderParts): { readonly start: number; readonly isSame: boolean } {
    const writer = this.#chunk
    const end = writer.length
    const recorded = this.#recorded
    const sameIngress = recorded?.isIngress(writer, this.#ingressAt, this.#derivedAt) ?? false
    const sameDerived = recorded?.isDerived(writer, this.#derivedAt, end) ?? false
    const known = recorded?.digests
    const start = this.#ingressAt - headerSize(header)
    const ingress = writer.part(this.#ingressAt, this.#derivedAt)
    const derived = writer.part(this.#derivedAt, end)
    writer.moveTo(start)
    writer.map(8 + (header.manifest === undefined ? 0 : 1) + (header.engine === undefined ? 0 : 1))
    writer.uint(0)
    writer.uint(header.height)
    writer.uint(1)
    writer.uint(header.kindNumber)
    writer.uint(2)
    writer.uint(header.nowNs)
    writer.uint(3)
    writer.uint(header.logicalNowNs)
    if (header.manifest !== undefined) {
      writer.uint(4)
      writer.bytes(header.manifest)
    }
    if (header.engine !== undefined) {
      writer.uint(5)
      writer.bytes(header.engine)
    }
    writer.uint(6)
    if (sameIngress && known !== undefined) writer.knownDigest(known.bytes, known.at + DIGEST.ingress)
    else writer.digest(this.#sha256, ingress)
    writer.uint(7)
    if (sameDerived && known !== undefined) writer.knownDigest(known.bytes, known.at + DIGEST.derived)
    else writer.digest(this.#sha256, derived)
    writer.uint(8)
    writer.uint(header.fuel)
    writer.uint(9)
    writer.bytes(header.prev)
    if (writer.length !== this.#ingressAt) throw new RangeError('the header has another size than was counted')
    writer.moveTo(end)
    return { start, isSame: sameIngress && sameDerived }
  }

  #writeIngress(parts: IngressParts): void {
    const writer = this.#chunk
    writer.map(countFields(parts))
    writer.uint(0)
    writer.uint(parts.kindNumber)
    writer.uint(1)
    writer.name(parts.principal)
    if (parts.auth.length > 0) {
      writer.uint(2)
      writeAuth(writer, parts.auth)
    }
    if (parts.trace !== undefined) {
      writer.uint(3)
      writer.bytes(parts.trace)
    }
    if (parts.idempotencyKey !== undefined) {
      writer.uint(4)
      writer.text(parts.idempotencyKey)
    }
    writer.uint(5)
    const known = this.#recorded?.digests
    if (known === undefined) writer.digest(this.#sha256, this.#entropy)
    else writer.knownDigest(known.bytes, known.at + DIGEST.entropy)
    if (parts.blobs.length > 0) {
      writer.uint(6)
      writer.array(parts.blobs.length)
      for (const blob of parts.blobs) writer.bytes(blob)
    }
    if (parts.schema !== undefined) {
      writer.uint(7)
      writer.name(parts.schema)
    }
    if (parts.value !== undefined) {
      writer.uint(8)
      const knownValue = this.#recorded?.digestsOfValue(parts.value)
      if (knownValue === undefined) this.#salted(writer, parts.value)
      else this.#knownSalted(writer, parts.value, knownValue)
    }
    if (parts.key !== undefined) {
      writer.uint(9)
      this.#salted(writer, parts.key)
    }
    if (parts.command !== undefined) {
      writer.uint(10)
      writer.raw(parts.command)
    }
  }

  #knownSalted(writer: CborWriter, value: Uint8Array, known: PartDigests): void {
    writer.knownDigest(known.bytes, known.at + DIGEST.value)
    this.#values.bytes(value)
    this.#valueCount += 1
  }

  #salted(writer: CborWriter, value: Uint8Array): void {
    this.#salter.write(writer, this.#valueCount, value)
    this.#values.bytes(value)
    this.#valueCount += 1
  }
}

/** Heads of arrays by count. */
const SHORT_ARRAYS: readonly Uint8Array[] = Array.from({ length: SHORT_ARRAY_MAX + 1 }, (_, count) =>
  Uint8Array.of(ARRAY_HEAD | count),
)

/** An array of four parts. It takes the place of the leaf tag in front of the header. */
const ENTRY_HEAD: Uint8Array = new Uint8Array([ARRAY_HEAD | 4])

const NO_ENTRY = new Uint8Array(0)

function knownLeaf(known: PartDigests): HashBytes {
  const from = known.at + DIGEST.leaf
  return known.bytes.slice(from, from + HASH_BYTES)
}

function countFields(parts: IngressParts): number {
  let count = 3
  if (parts.auth.length > 0) count += 1
  if (parts.blobs.length > 0) count += 1
  for (const field of [parts.trace, parts.idempotencyKey, parts.schema, parts.value, parts.key, parts.command]) {
    if (field !== undefined) count += 1
  }
  return count
}
