/** Content that was stored before anything names it (spec/16-snapshots.md, "Retention"): collections of the same process leave it. */
import { hashBytes } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { ContentStore } from '@aos/store'
import { HashSet } from './hash-set.ts'

/** At least so many are remembered, the newest. */
const LEASES_MIN = 262_144

/** What was put into content in one opening. */
export class UploadLeases {
  #young = new HashSet()
  #old = new HashSet()
  #collections = 0

  note(hashes: readonly Hash[]): void {
    for (const hash of hashes) this.#young.add(hashBytes(hash))
    if (this.#young.size < LEASES_MIN) return
    this.#old = this.#young
    this.#young = new HashSet()
  }

  has(hash: Uint8Array): boolean {
    return this.#young.has(hash) || this.#old.has(hash)
  }

  /** True while content is being collected: what is there may be on its way out, so who needs it stores it again. */
  get isCollecting(): boolean {
    return this.#collections > 0
  }

  /** Runs the collection. */
  async whileCollecting<T>(collect: () => Promise<T>): Promise<T> {
    this.#collections += 1
    try {
      return await collect()
    } finally {
      this.#collections -= 1
    }
  }
}

/** The same content; what is put is noted. Who stores by hash notes it by itself, where nothing else names it. */
export function withLeases(content: ContentStore, leases: UploadLeases): ContentStore {
  return {
    get: (hash) => content.get(hash),
    view: (hash) => content.view(hash),
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
