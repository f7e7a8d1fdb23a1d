/** Trees in the content store of a world, with what an edit writes beside it (spec/19-workspaces.md, "Trees"). */
import { formatHash, hashBytes, sha256 } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { ContentStore } from '@aos/store'
import type { TreeStore } from '@aos/workspace'
import { UploadLeases } from '../retention/upload-leases.ts'
import { nodeSha256 } from '../sha256.ts'

/**
 * What is written waits in memory until `store`, which whoever brings much content calls now and then; hashes of all of it are kept, because the commit
 * lists them.
 */
export class ContentTrees implements TreeStore {
  readonly #content: Pick<ContentStore, 'get' | 'has' | 'putHashed'>
  readonly #leases: UploadLeases
  readonly #waiting = new Map<Hash, Uint8Array>()
  readonly #written = new Set<Hash>()
  #bytes = 0

  /** Who writes gives the leases of the world: what is written is kept until something names it. */
  constructor(content: Pick<ContentStore, 'get' | 'has' | 'putHashed'>, leases: UploadLeases = new UploadLeases()) {
    this.#content = content
    this.#leases = leases
  }

  read(hash: Hash): Uint8Array | undefined {
    return this.#waiting.get(hash) ?? this.#content.get(hash)
  }

  /** Costs a hash. */
  write(bytes: Uint8Array): Hash {
    const hash = formatHash(sha256(nodeSha256, bytes))
    if (this.#written.has(hash)) return hash
    this.#written.add(hash)
    this.#leases.note([hash])
    if (!this.#leases.isCollecting && this.#content.has(hash)) return hash
    this.#waiting.set(hash, bytes)
    this.#bytes += bytes.length
    return hash
  }

  /** True when the content is there already; then it counts as written. */
  keep(hash: Hash): boolean {
    if (this.#written.has(hash)) return true
    if (this.#leases.isCollecting || !this.#content.has(hash)) return false
    this.#written.add(hash)
    this.#leases.note([hash])
    return true
  }

  /** Bytes that wait to be stored. */
  get waitingBytes(): number {
    return this.#bytes
  }

  /** Hashes of all that was written, stored or not. */
  get written(): readonly Hash[] {
    return [...this.#written]
  }

  /** Resolves when everything that was written is durable. */
  async store(): Promise<void> {
    if (this.#waiting.size === 0) return
    const batch = [...this.#waiting].map(([hash, bytes]) => ({ hash: hashBytes(hash), bytes }))
    await this.#content.putHashed(batch)
    for (const { hash, bytes } of batch) {
      if (this.#waiting.delete(formatHash(hash))) this.#bytes -= bytes.length
    }
  }
}
