/** Content that a writer may store only while its opening is in force (spec/07-journal.md, "Fence"). */
import type { Hash } from '@aos/cbor'
import { asStoreError } from './disk.ts'
import type { Fence } from './fence.ts'
import type { ContentStore, HashedValue, StoredWatch, SweepOptions, SweepReport } from './port.ts'

/** A content store with files of its own. */
export interface OpenedContent extends ContentStore {
  close(): Promise<void>
}

/** Passes everything on; storing throws `store.fenced` once another opening is in force, before and after it writes. */
export class FencedContent implements OpenedContent {
  readonly #content: OpenedContent
  readonly #fence: Fence

  constructor(content: OpenedContent, fence: Fence) {
    this.#content = content
    this.#fence = fence
  }

  get(hash: Hash): Uint8Array | undefined {
    return this.#content.get(hash)
  }

  view(hash: Hash): Uint8Array | undefined {
    return this.#content.view(hash)
  }

  has(hash: Hash): boolean {
    return this.#content.has(hash)
  }

  async put(blobs: readonly Uint8Array[]): Promise<readonly Hash[]> {
    this.#mustHold()
    const hashes = await this.#content.put(blobs)
    this.#mustHold()
    return hashes
  }

  async putHashed(values: readonly HashedValue[]): Promise<void> {
    this.#mustHold()
    await this.#content.putHashed(values)
    this.#mustHold()
  }

  watchStored(): StoredWatch {
    return this.#content.watchStored()
  }

  async sweep(options: SweepOptions): Promise<SweepReport> {
    this.#mustHold()
    return this.#content.sweep(options)
  }

  stat(): Promise<{ readonly count: number; readonly bytes: number }> {
    return this.#content.stat()
  }

  close(): Promise<void> {
    return this.#content.close()
  }

  #mustHold(): void {
    try {
      this.#fence.mustHold()
    } catch (error) {
      throw asStoreError(error, 'looking for another opening')
    }
  }
}
