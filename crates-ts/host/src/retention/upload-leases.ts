/** Content that was stored before anything names it (spec/16-snapshots.md, "Retention"): sweeps of the same process leave it. */
import { formatHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { ContentStore } from '@aos/store'

/** So many are remembered, the newest. */
const LEASES_MAX = 65_536

/** What `put` has stored in one opening. */
export class UploadLeases {
  readonly #hashes = new Set<Hash>()

  note(hashes: readonly Hash[]): void {
    for (const hash of hashes) {
      this.#hashes.delete(hash)
      this.#hashes.add(hash)
    }
    for (const oldest of this.#hashes) {
      if (this.#hashes.size <= LEASES_MAX) return
      this.#hashes.delete(oldest)
    }
  }

  has(hash: Uint8Array): boolean {
    return this.#hashes.size > 0 && this.#hashes.has(formatHash(hash))
  }
}

/** The same content; what is put is noted. What is stored by its hash is named by who stores it. */
export function withLeases(content: ContentStore, leases: UploadLeases): ContentStore {
  return {
    get: (hash) => content.get(hash),
    has: (hash) => content.has(hash),
    put: async (blobs) => {
      const hashes = await content.put(blobs)
      leases.note(hashes)
      return hashes
    },
    putHashed: (values) => content.putHashed(values),
    watchStored: () => content.watchStored(),
    sweep: (options) => content.sweep(options),
    stat: () => content.stat(),
  }
}
