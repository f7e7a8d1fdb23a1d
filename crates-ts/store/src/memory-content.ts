/** Content in memory (spec/07-journal.md, "Drivers"). */
import { AosError, equalBytes, formatHash, hashBytes, sha256, type Hash } from '@aos/cbor'
import { checkBlob } from './content.ts'
import { nodeSha256 } from './node-sha256.ts'
import type { ContentStore, HashedValue, StoredWatch, SweepOptions, SweepReport } from './port.ts'
import { StoredWatches } from './stored-watches.ts'

/** One opening of values that outlive it. */
export class MemoryContent implements ContentStore {
  readonly #blobs: Map<Hash, Uint8Array>
  readonly #watches = new StoredWatches()
  #closed = false

  constructor(blobs: Map<Hash, Uint8Array>) {
    this.#blobs = blobs
  }

  get(hash: Hash): Uint8Array | undefined {
    this.#checkOpen()
    const bytes = this.#blobs.get(hash)
    return bytes === undefined ? undefined : checkBlob(hash, bytes).slice()
  }

  view(hash: Hash): Uint8Array | undefined {
    return this.get(hash)
  }

  has(hash: Hash): boolean {
    this.#checkOpen()
    return this.#blobs.has(hash)
  }

  async put(blobs: readonly Uint8Array[]): Promise<readonly Hash[]> {
    this.#checkOpen()
    const values = blobs.map((blob) => ({ hash: sha256(nodeSha256, blob), bytes: blob }))
    await this.#store(values)
    return values.map(({ hash }) => formatHash(hash))
  }

  async putHashed(values: readonly HashedValue[]): Promise<void> {
    this.#checkOpen()
    await this.#store(values)
  }

  watchStored(): StoredWatch {
    this.#checkOpen()
    return this.#watches.begin()
  }

  async sweep({ isLive, dryRun = false }: SweepOptions): Promise<SweepReport> {
    this.#checkOpen()
    const watch = this.#watches.begin()
    const tally = { live: 0, dead: 0, bytesLive: 0, bytesDead: 0 }
    for (const [hash, { length }] of this.#blobs) {
      const bytes = hashBytes(hash)
      const lives = isLive(bytes) || watch.has(bytes)
      tally[lives ? 'live' : 'dead'] += 1
      tally[lives ? 'bytesLive' : 'bytesDead'] += length
      if (!lives && !dryRun) this.#blobs.delete(hash)
    }
    watch.end()
    return { ...tally, bytesFreed: tally.bytesDead }
  }

  async stat(): Promise<{ readonly count: number; readonly bytes: number }> {
    this.#checkOpen()
    let bytes = 0
    for (const blob of this.#blobs.values()) bytes += blob.length
    return { count: this.#blobs.size, bytes }
  }

  close(): void {
    this.#closed = true
  }

  /** At once; the answer comes later, as from a disk. */
  #store(values: readonly HashedValue[]): Promise<void> {
    return this.#watches.whileStoring(values, async () => {
      for (const { hash, bytes } of values) {
        const name = formatHash(hash)
        const stored = this.#blobs.get(name)
        if (stored === undefined || !equalBytes(stored, bytes)) this.#blobs.set(name, new Uint8Array(bytes))
      }
    })
  }

  #checkOpen(): void {
    if (this.#closed) throw new AosError('store.closed', 'the store has been closed')
  }
}
