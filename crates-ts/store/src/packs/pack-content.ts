/** The content store on pack files (spec/07-journal.md, "Content"). */
import { AosError, sha256, type Hash } from '@aos/cbor'
import { asStoreError } from '../disk.ts'
import { nodeSha256 } from '../node-sha256.ts'
import type { ContentStore } from '../port.ts'
import { nameOf, nameOfBytes, type ContentName, type ContentSize, type PackPosition } from './content-index.ts'
import { PACKED_BYTES_MAX } from './pack-layout.ts'
import { PackReader, type ContentParts } from './pack-reader.ts'
import type { NewRecord, PackWriter } from './pack-writer.ts'

/** The index is written when so many records, or records of so many bytes, are only in the packs. */
export const UNINDEXED_MAX = 4096
export const UNINDEXED_BYTES_MAX: number = 8 * 1024 * 1024

interface NamedValue {
  readonly name: ContentName
  readonly value: Uint8Array
}

interface WaitingPut {
  readonly values: readonly NamedValue[]
  readonly done: () => void
  readonly failed: (error: AosError) => void
}

export interface PackContentOptions extends ContentParts {
  /** Absent when only read. */
  readonly writer: PackWriter | undefined
  /** Where the packs ended at opening; nothing before is unknown to the index or to its part in memory. */
  readonly end: PackPosition
}

/** Puts that wait while one is written are written together. */
export class PackContent implements ContentStore {
  readonly #parts: ContentParts
  readonly #reader: PackReader
  readonly #writer: PackWriter | undefined
  readonly #endAtOpening: PackPosition
  #waiting: WaitingPut[] = []
  #writing: Promise<void> | undefined
  #indexing: Promise<void> | undefined
  #unindexedBytes = 0
  #failure: AosError | undefined
  #closing: Promise<void> | undefined

  constructor(options: PackContentOptions) {
    this.#parts = options
    this.#reader = new PackReader(options)
    this.#writer = options.writer
    this.#endAtOpening = options.end
  }

  get(hash: Hash): Uint8Array | undefined {
    this.#checkOpen()
    return this.#reading(hash, () => this.#reader.get(nameOf(hash)))
  }

  has(hash: Hash): boolean {
    this.#checkOpen()
    return this.#reading(hash, () => this.#reader.has(nameOf(hash)))
  }

  async put(blobs: readonly Uint8Array[]): Promise<readonly Hash[]> {
    this.#checkOpen()
    if (this.#writer === undefined) throw new AosError('store.read_only', 'the store was opened only for reading')
    // Copied, because the caller may change the bytes before they are written.
    const values = blobs.map((blob) => ({ name: nameOfBytes(sha256(nodeSha256, blob)), value: new Uint8Array(blob) }))
    if (values.length === 0) return []
    await new Promise<void>((done, failed) => {
      this.#waiting.push({ values, done, failed })
      this.#writing ??= this.#writeWaiting(this.#writer)
    })
    return values.map(({ name }) => name.hash)
  }

  async stat(): Promise<ContentSize> {
    this.#checkOpen()
    return this.#parts.index.stat()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#writing
    await this.#indexing
    try {
      if (this.#writer !== undefined && this.#failure === undefined) {
        await this.#writer.finish()
        await this.#writeIndex()
      }
    } finally {
      this.#writer?.close()
      this.#parts.packs.close()
      await this.#parts.index.close()
    }
  }

  /** Never rejects: each put is told. */
  async #writeWaiting(writer: PackWriter | undefined): Promise<void> {
    while (this.#waiting.length > 0) {
      const puts = this.#waiting
      this.#waiting = []
      try {
        if (writer === undefined || this.#failure !== undefined) throw this.#deadError()
        await this.#writeMissing(writer, puts)
        for (const put of puts) put.done()
      } catch (error) {
        const failure = asStoreError(error, 'storing content')
        this.#failure ??= failure
        for (const put of puts) put.failed(failure)
      }
    }
    this.#writing = undefined
  }

  /** Files first, so that a record never names one that is not there. */
  async #writeMissing(writer: PackWriter, puts: readonly WaitingPut[]): Promise<void> {
    const missing = new Map<Hash, NewRecord>()
    for (const { name, value } of puts.flatMap(({ values }) => values)) {
      if (missing.has(name.hash)) continue
      const holding = this.#reader.holds(name, value)
      if (holding === 'intact') continue
      if (holding === 'damaged' && this.#parts.index.oldValue(name) !== undefined) this.#parts.index.replaceOld(name)
      const kind = value.length > PACKED_BYTES_MAX ? 'file' : 'packed'
      missing.set(name.hash, { kind, name, value })
    }
    for (const { kind, name, value } of missing.values()) {
      if (kind === 'file') await this.#parts.blobs.write(name.bytes, value)
    }
    for (const { name, ...location } of await writer.append([...missing.values()])) {
      this.#parts.index.note(name, location)
      this.#unindexedBytes += location.length
    }
    this.#indexInBackground()
  }

  #indexInBackground(): void {
    if (this.#indexing !== undefined) return
    if (this.#parts.index.unwritten < UNINDEXED_MAX && this.#unindexedBytes < UNINDEXED_BYTES_MAX) return
    this.#indexing = this.#writeIndex()
      .catch((error: unknown) => {
        this.#failure ??= asStoreError(error, 'writing the index of content')
      })
      .finally(() => {
        this.#indexing = undefined
      })
  }

  async #writeIndex(): Promise<void> {
    if (this.#parts.index.unwritten === 0) return
    this.#unindexedBytes = 0
    await this.#parts.index.write(this.#writer?.end ?? this.#endAtOpening)
  }

  #reading<T>(hash: Hash, read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw asStoreError(error, `reading ${hash}`)
    }
  }

  /** After a failed write nothing may be believed durable: the store is dead until it is opened again. */
  #checkOpen(): void {
    if (this.#closing !== undefined) throw new AosError('store.closed', 'the store has been closed')
    if (this.#failure !== undefined) throw this.#deadError()
  }

  #deadError(): AosError {
    const why = this.#failure?.message ?? 'it is only read'
    return new AosError('store.failed', `an earlier write failed (${why}); reopen the world`)
  }
}
