/** The content-addressed store on LevelDB (spec/07-journal.md, "Content"). */
import { AosError, equalBytes, formatHash, hashBytes, isAosError, sha256, type Hash, type HashBytes } from '@aos/cbor'
import type { KeyValue } from './key-value.ts'
import { asStoreError } from './disk.ts'
import { nodeSha256 } from './node-sha256.ts'
import type { ContentStore, HashedValue, StoredWatch, SweepOptions, SweepReport } from './port.ts'
import { StoredWatches } from './stored-watches.ts'

/** b ‖ hash → the bytes. */
export const BLOB = 0x62
/** s ‖ hash → their number, u64 big-endian. */
export const SIZE = 0x73

/** So many values are removed at once. */
const REMOVED_MAX = 1024

/** The key of a value, or of what is known about it. */
export function keyOf(kind: number, hash: HashBytes): Uint8Array {
  const key = new Uint8Array(1 + hash.length)
  key[0] = kind
  key.set(hash, 1)
  return key
}

/** Throws `store.corrupt_blob` when the bytes are not those of the hash. */
export function checkBlob(hash: Hash, bytes: Uint8Array): Uint8Array {
  if (equalBytes(sha256(nodeSha256, bytes), hashBytes(hash))) return bytes
  throw new AosError('store.corrupt_blob', `what is stored as ${hash} has another hash`, { details: { hash } })
}

/** Values in the database itself, for environments without a file system of their own. */
export class LevelContent implements ContentStore {
  readonly #database: KeyValue
  readonly #readOnly: boolean
  readonly #watches = new StoredWatches()
  #removing: Promise<void> | undefined
  #failure: AosError | undefined
  #closed = false

  constructor(database: KeyValue, options: { readonly readOnly: boolean }) {
    this.#database = database
    this.#readOnly = options.readOnly
  }

  get(hash: Hash): Uint8Array | undefined {
    const bytes = this.#read(keyOf(BLOB, hashBytes(hash)), hash)
    return bytes === undefined ? undefined : checkBlob(hash, bytes)
  }

  view(hash: Hash): Uint8Array | undefined {
    return this.get(hash)
  }

  has(hash: Hash): boolean {
    return this.#read(keyOf(SIZE, hashBytes(hash)), hash) !== undefined
  }

  async put(blobs: readonly Uint8Array[]): Promise<readonly Hash[]> {
    this.#checkWritable()
    const mustWait = this.#removing !== undefined
    // Copied when they are written later, because the caller may change them.
    const values = blobs.map((bytes) => ({ hash: sha256(nodeSha256, bytes), bytes: mustWait ? bytes.slice() : bytes }))
    await this.#store(values, () => values.filter((value) => !this.#holds(value)))
    return values.map(({ hash }) => formatHash(hash))
  }

  async putHashed(values: readonly HashedValue[]): Promise<void> {
    this.#checkWritable()
    await this.#store(values, () => values)
  }

  watchStored(): StoredWatch {
    this.#checkOpen()
    return this.#watches.begin()
  }

  async sweep({ isLive, dryRun = false }: SweepOptions): Promise<SweepReport> {
    if (dryRun) this.#checkOpen()
    else this.#checkWritable()
    const watch = this.#watches.begin()
    const tally = { live: 0, dead: 0, bytesLive: 0, bytesDead: 0 }
    let dead: HashBytes[] = []
    const flush = async (): Promise<void> => {
      const hashes = dead.filter((hash) => !watch.has(hash))
      dead = []
      if (!dryRun && hashes.length > 0) await this.#remove(hashes)
    }
    try {
      for await (const bytes of this.#database.values({ from: Uint8Array.of(BLOB), to: Uint8Array.of(BLOB + 1) })) {
        this.#checkOpen()
        const hash = sha256(nodeSha256, bytes)
        const lives = isLive(hash) || watch.has(hash)
        tally[lives ? 'live' : 'dead'] += 1
        tally[lives ? 'bytesLive' : 'bytesDead'] += bytes.length
        if (!lives) dead.push(hash)
        if (dead.length >= REMOVED_MAX) await flush()
      }
      await flush()
    } finally {
      watch.end()
    }
    return { ...tally, bytesFreed: tally.bytesDead }
  }

  async stat(): Promise<{ readonly count: number; readonly bytes: number }> {
    this.#checkOpen()
    const from = new Uint8Array([SIZE])
    const to = new Uint8Array([SIZE + 1])
    let count = 0
    let bytes = 0
    for await (const size of this.#database.values({ from, to })) {
      count += 1
      bytes += Number(new DataView(size.buffer, size.byteOffset, 8).getBigUint64(0))
    }
    return { count, bytes }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#database.close()
  }

  /** Waits for what is being removed: only after that it is known what is there. */
  #store(values: readonly HashedValue[], missing: () => readonly HashedValue[]): Promise<void> {
    return this.#watches.whileStoring(values, async () => {
      if (this.#removing !== undefined) await this.#removing
      await this.#storing(() => this.#database.write(pairsOf(missing())))
    })
  }

  /** Who stores waits until they are gone: what it then finds it can rely on. */
  async #remove(hashes: readonly HashBytes[]): Promise<void> {
    this.#removing = this.#storing(() =>
      this.#database.write(
        hashes.flatMap((hash) => [BLOB, SIZE].map((kind) => [keyOf(kind, hash), undefined] as const)),
      ),
    )
    try {
      await this.#removing
    } finally {
      this.#removing = undefined
    }
  }

  async #storing(store: () => Promise<void>): Promise<void> {
    try {
      await store()
    } catch (error) {
      this.#failure = asStoreError(error, 'storing content')
      throw this.#failure
    }
  }

  /** A damaged copy does not count: the bytes are stored again. */
  #holds({ hash, bytes }: HashedValue): boolean {
    try {
      const stored = this.#database.get(keyOf(BLOB, hash))
      return stored !== undefined && equalBytes(stored, bytes)
    } catch (error) {
      if (isAosError(error) && error.code === 'store.corrupt') return false
      throw error
    }
  }

  #read(key: Uint8Array, hash: Hash): Uint8Array | undefined {
    this.#checkOpen()
    try {
      return this.#database.get(key)
    } catch (error) {
      if (isAosError(error) && error.code === 'store.corrupt') {
        throw new AosError('store.corrupt_blob', `${hash} cannot be read`, { details: { hash }, cause: error })
      }
      throw asStoreError(error, `reading ${hash}`)
    }
  }

  #checkWritable(): void {
    this.#checkOpen()
    if (this.#readOnly) throw new AosError('store.read_only', 'the store was opened only for reading')
  }

  /** After a failed write nothing may be believed durable: the store is dead until it is opened again. */
  #checkOpen(): void {
    if (this.#closed) throw new AosError('store.closed', 'the store has been closed')
    if (this.#failure !== undefined) {
      throw new AosError('store.failed', `an earlier write failed (${this.#failure.message}); reopen the world`)
    }
  }
}

function* pairsOf(values: readonly HashedValue[]): Generator<readonly [Uint8Array, Uint8Array], void, undefined> {
  for (const { hash, bytes } of values) {
    const size = new Uint8Array(8)
    new DataView(size.buffer).setBigUint64(0, BigInt(bytes.length))
    yield [keyOf(BLOB, hash), bytes]
    yield [keyOf(SIZE, hash), size]
  }
}
