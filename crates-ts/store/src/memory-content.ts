/** Content in memory (spec/07-journal.md, "Drivers"). */
import { AosError, equalBytes, formatHash, sha256, type Hash } from '@aos/cbor'
import { checkBlob } from './content.ts'
import { nodeSha256 } from './node-sha256.ts'
import type { ContentStore, HashedValue } from './port.ts'

/** One opening of values that outlive it. */
export class MemoryContent implements ContentStore {
  readonly #blobs: Map<Hash, Uint8Array>
  #closed = false

  constructor(blobs: Map<Hash, Uint8Array>) {
    this.#blobs = blobs
  }

  get(hash: Hash): Uint8Array | undefined {
    this.#checkOpen()
    const bytes = this.#blobs.get(hash)
    return bytes === undefined ? undefined : checkBlob(hash, bytes).slice()
  }

  has(hash: Hash): boolean {
    this.#checkOpen()
    return this.#blobs.has(hash)
  }

  async put(blobs: readonly Uint8Array[]): Promise<readonly Hash[]> {
    this.#checkOpen()
    return blobs.map((blob) => {
      const hash = formatHash(sha256(nodeSha256, blob))
      const stored = this.#blobs.get(hash)
      if (stored === undefined || !equalBytes(stored, blob)) this.#blobs.set(hash, new Uint8Array(blob))
      return hash
    })
  }

  async putHashed(values: readonly HashedValue[]): Promise<void> {
    this.#checkOpen()
    for (const { hash, bytes } of values) this.#blobs.set(formatHash(hash), new Uint8Array(bytes))
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

  #checkOpen(): void {
    if (this.#closed) throw new AosError('store.closed', 'the store has been closed')
  }
}
