/** The content store on pack files (spec/07-journal.md, "Content"). */
import { AosError, HASH_BYTES, formatHash, hashBytes, sha256, type Hash, type HashBytes } from '@aos/cbor'
import { asStoreError } from '../disk.ts'
import { latin1Of } from '../layout.ts'
import { nodeSha256 } from '../node-sha256.ts'
import type { ContentStore, HashedValue } from '../port.ts'
import type { ContentSize, PackPosition } from './content-index.ts'
import { kindOf } from './pack-layout.ts'
import { PackReader, type ContentParts } from './pack-reader.ts'
import type { PackWriter } from './pack-writer.ts'

/** The index is written when so many records, or records of so many bytes, are only in the packs. */
export const UNINDEXED_MAX = 4096
export const UNINDEXED_BYTES_MAX: number = 8 * 1024 * 1024

interface WaitingPut {
  readonly values: readonly HashedValue[]
  /** Values that are there are not stored again. */
  readonly isChecked: boolean
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
  readonly #name = Buffer.alloc(HASH_BYTES)
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
    try {
      return this.#reader.get(this.#bytesOf(hash))
    } catch (error) {
      throw asStoreError(error, `reading ${hash}`)
    }
  }

  has(hash: Hash): boolean {
    this.#checkOpen()
    try {
      return this.#reader.has(this.#bytesOf(hash))
    } catch (error) {
      throw asStoreError(error, `reading ${hash}`)
    }
  }

  async put(blobs: readonly Uint8Array[]): Promise<readonly Hash[]> {
    this.#checkWritable()
    // Copied, because the caller may change the bytes before they are written.
    const values = blobs.map((blob) => ({ hash: sha256(nodeSha256, blob), bytes: new Uint8Array(blob) }))
    await this.#store(values, { isChecked: true })
    return values.map(({ hash }) => formatHash(hash))
  }

  async putHashed(values: readonly HashedValue[]): Promise<void> {
    this.#checkWritable()
    // What the old layout holds must not be counted twice.
    await this.#store(values, { isChecked: this.#parts.index.hasOld })
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

  async #store(values: readonly HashedValue[], { isChecked }: Pick<WaitingPut, 'isChecked'>): Promise<void> {
    if (values.length === 0) return
    await new Promise<void>((done, failed) => {
      this.#waiting.push({ values, isChecked, done, failed })
      this.#writing ??= this.#writeWaiting(this.#writer)
    })
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
    const { blobs, index } = this.#parts
    const missing = this.#missingOf(puts)
    for (const { hash, bytes } of missing) if (kindOf(bytes.length) === 'file') await blobs.write(hash, bytes)
    await writer.append(missing, (record) => {
      index.note(record.hash, record)
      this.#unindexedBytes += record.length
    })
    this.#indexInBackground()
  }

  #missingOf(puts: readonly WaitingPut[]): readonly HashedValue[] {
    const missing: HashedValue[] = []
    const met = new Set<string>()
    for (const { values, isChecked } of puts) {
      for (const value of values) {
        // Looking for a value costs more than another record of it; not so for a file.
        if (isChecked || kindOf(value.bytes.length) === 'file') {
          const key = latin1Of(value.hash)
          if (met.has(key) || !this.#lacks(value)) continue
          met.add(key)
        }
        missing.push(value)
      }
    }
    return missing
  }

  #lacks(value: HashedValue): boolean {
    const { index } = this.#parts
    const holding = this.#reader.holds(value)
    if (holding === 'damaged' && index.oldValue(value.hash) !== undefined) index.replaceOld(value.hash)
    return holding !== 'intact'
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

  /** In one buffer: valid until the next call. */
  #bytesOf(hash: Hash): HashBytes {
    // Throws for what is no hash, as hashBytes does.
    return this.#name.write(hash.slice(7), 'hex') === HASH_BYTES ? this.#name : hashBytes(hash)
  }

  #checkWritable(): void {
    this.#checkOpen()
    if (this.#writer === undefined) throw new AosError('store.read_only', 'the store was opened only for reading')
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
