/** The content store on pack files (spec/07-journal.md, "Content"). */
import { randomBytes } from 'node:crypto'
import { AosError, HASH_BYTES, formatHash, hashBytes, sha256, type Hash, type HashBytes } from '@aos/cbor'
import { asStoreError } from '../disk.ts'
import { latin1Of } from '../layout.ts'
import { nodeSha256 } from '../node-sha256.ts'
import type { Pause } from '../pause.ts'
import type { ContentStore, HashedValue, StoredWatch, SweepOptions, SweepReport } from '../port.ts'
import { StoredWatches } from '../stored-watches.ts'
import type { ContentSize, PackPosition } from './content-index.ts'
import { kindOf } from './pack-layout.ts'
import { PackReader, type ContentParts } from './pack-reader.ts'
import type { PackWriter } from './pack-writer.ts'
import { Sweep, checkSweepOptions, mustBeDry } from './sweep.ts'

/** The index is written when so many records, or records of so many bytes, are only in the packs. */
export const UNINDEXED_MAX = 4096
export const UNINDEXED_BYTES_MAX: number = 8 * 1024 * 1024

/**
 * `checked`: what is there is not stored again. `hashed`: looking for a value costs more than another record of it; not so for a file.
 * `copied`: another record in any case, by a sweep. `begin`: no values, but a new pack.
 */
type PutMode = 'checked' | 'hashed' | 'copied' | 'begin'

interface WaitingPut {
  readonly values: readonly HashedValue[]
  readonly mode: PutMode
  readonly done: () => void
  readonly failed: (error: AosError) => void
}

export interface PackContentOptions extends ContentParts {
  /** Absent when only read. */
  readonly writer: PackWriter | undefined
  /** Where the packs ended at opening; nothing before is unknown to the index or to its part in memory. */
  readonly end: PackPosition
  readonly pause: Pause
  /** Throws `store.fenced` when another opening is in force. */
  readonly mustHold: () => void
}

/** Puts that wait while one is written are written together. */
export class PackContent implements ContentStore {
  readonly #parts: ContentParts
  readonly #reader: PackReader
  readonly #writer: PackWriter | undefined
  readonly #options: PackContentOptions
  readonly #watches = new StoredWatches()
  /** Settles when the sweeps before have; never rejects. */
  #sweeping: Promise<unknown> = Promise.resolve()
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
    this.#options = options
  }

  get(hash: Hash): Uint8Array | undefined {
    this.#checkOpen()
    try {
      return this.#reader.get(this.#bytesOf(hash))
    } catch (error) {
      throw asStoreError(error, `reading ${hash}`)
    }
  }

  view(hash: Hash): Uint8Array | undefined {
    this.#checkOpen()
    try {
      return this.#reader.view(this.#bytesOf(hash))
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
    await this.#watches.whileStoring(values, () => this.#store(values, 'checked'))
    return values.map(({ hash }) => formatHash(hash))
  }

  async putHashed(values: readonly HashedValue[]): Promise<void> {
    this.#checkWritable()
    // What the old layout holds must not be counted twice.
    const mode = this.#parts.index.hasOld ? 'checked' : 'hashed'
    await this.#watches.whileStoring(values, () => this.#store(values, mode))
  }

  watchStored(): StoredWatch {
    this.#checkOpen()
    return this.#watches.begin()
  }

  sweep(options: SweepOptions): Promise<SweepReport> {
    const result = this.#sweeping.then(() => this.#sweep(options))
    this.#sweeping = result.catch(() => undefined)
    return result
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
    await this.#sweeping
    await this.#writing
    await this.#indexing
    try {
      if (this.#writer !== undefined && this.#failure === undefined) {
        await this.#writer.finish()
        if (this.#parts.index.unwritten > 0) await this.#writeIndex()
      }
    } finally {
      this.#writer?.close()
      this.#parts.packs.close()
      this.#parts.anchors.close()
      await this.#parts.index.close()
    }
  }

  async #sweep(options: SweepOptions): Promise<SweepReport> {
    this.#checkOpen()
    checkSweepOptions(options)
    if (this.#writer === undefined) mustBeDry(options)
    const watch = this.#watches.begin()
    const { pause, mustHold } = this.#options
    try {
      const ground = {
        ...this.#parts,
        reader: this.#reader,
        pause,
        mustHold,
        mark: randomBytes(8).toString('hex'),
        mustGoOn: () => {
          this.#checkOpen()
        },
        isStored: (hash: HashBytes) => watch.has(hash),
        beginPack: () => this.#store([], 'begin'),
        copy: (values: readonly HashedValue[]) => this.#store(values, 'copied'),
        writeIndex: () => this.#flushIndex(),
      }
      return await new Sweep(ground, options).run()
    } catch (error) {
      throw asStoreError(error, 'sweeping content')
    } finally {
      watch.end()
    }
  }

  /** Everything noted so far is in the database, durably, and the place up to which it is. */
  async #flushIndex(): Promise<void> {
    while (this.#indexing !== undefined) await this.#indexing
    await this.#indexNow()
    if (this.#failure !== undefined) throw this.#deadError()
  }

  async #store(values: readonly HashedValue[], mode: PutMode): Promise<void> {
    if (values.length === 0 && mode !== 'begin') return
    await new Promise<void>((done, failed) => {
      this.#waiting.push({ values, mode, done, failed })
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
    if (puts.some(({ mode }) => mode === 'begin')) await writer.begin()
    const missing = this.#missingOf(puts)
    for (const { hash, bytes } of missing) if (kindOf(bytes.length) === 'file') await blobs.write(hash, bytes)
    const copies = puts.flatMap(({ mode, values }) => (mode === 'copied' ? values : []))
    await writer.append(copies.length === 0 ? missing : [...missing, ...copies], (record) => {
      index.note(record.hash, record)
      this.#unindexedBytes += record.length
    })
    this.#indexInBackground()
  }

  #missingOf(puts: readonly WaitingPut[]): readonly HashedValue[] {
    const missing: HashedValue[] = []
    const met = new Set<string>()
    for (const { values, mode } of puts) {
      if (mode === 'copied') continue
      for (const value of values) {
        if (mode === 'checked' || kindOf(value.bytes.length) === 'file') {
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
    void this.#indexNow()
  }

  /** Never rejects: a failure kills the store. */
  #indexNow(): Promise<void> {
    const indexing = this.#writeIndex()
      .catch((error: unknown) => {
        this.#failure ??= asStoreError(error, 'writing the index of content')
      })
      .finally(() => {
        this.#indexing = undefined
      })
    this.#indexing = indexing
    return indexing
  }

  async #writeIndex(): Promise<void> {
    this.#unindexedBytes = 0
    await this.#parts.index.write(this.#writer?.end ?? this.#options.end)
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
