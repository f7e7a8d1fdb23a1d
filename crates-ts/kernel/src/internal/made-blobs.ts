/**
 * Content that turns make (spec/06-kernel.md, "Content"): readable at once, and kept until the host has stored it. A replay makes the same again, so
 * entries need not hold it.
 */
import { formatHash, sha256 } from '@aos/cbor'
import type { Hash, Sha256Port } from '@aos/cbor'
import type { FreshBlob } from '../collections/fresh-nodes.ts'
import type { ContentGetter } from '../ports.ts'

/** In front of the content that the host gives. */
export class MadeBlobs implements ContentGetter {
  readonly #sha256: Sha256Port
  readonly #stored: ContentGetter
  /** Of the turn under way. */
  readonly #pending = new Map<Hash, FreshBlob>()
  /** Of turns that are over, not given out yet. */
  #fresh: FreshBlob[] = []
  /** Given out or not: not known to be stored. */
  readonly #kept = new Map<Hash, Uint8Array>()

  constructor(ports: { readonly sha256: Sha256Port; readonly content: ContentGetter }) {
    this.#sha256 = ports.sha256
    this.#stored = ports.content
  }

  get(hash: Hash): Uint8Array {
    return this.#pending.get(hash)?.bytes ?? this.#kept.get(hash) ?? this.#stored.get(hash)
  }

  view(hash: Hash): Uint8Array {
    const made = this.#pending.get(hash)?.bytes ?? this.#kept.get(hash)
    return made ?? this.#stored.view?.(hash) ?? this.#stored.get(hash)
  }

  /** The bytes belong to the kernel from here on. */
  put(bytes: Uint8Array): Hash {
    const hashBytes = sha256(this.#sha256, bytes)
    const hash = formatHash(hashBytes)
    if (!this.#kept.has(hash)) this.#pending.set(hash, { hash: hashBytes, bytes })
    return hash
  }

  /** The end of a turn: what it made counts, or is dropped. What a replay makes again is most often there already. */
  settle(turn: { readonly isMerged: boolean; readonly isReplay: boolean }): void {
    if (this.#pending.size === 0) return
    if (turn.isMerged) {
      for (const [hash, blob] of this.#pending) {
        if (turn.isReplay && this.#stored.has?.(hash) === true) continue
        this.#fresh.push(blob)
        this.#kept.set(hash, blob.bytes)
      }
    }
    this.#pending.clear()
  }

  /** What was made since the last time, to be stored and then released. */
  take(): readonly FreshBlob[] {
    if (this.#fresh.length === 0) return NOTHING
    const fresh = this.#fresh
    this.#fresh = []
    return fresh
  }

  /** They are stored: content has them from now on. */
  release(blobs: readonly FreshBlob[]): void {
    for (const { hash } of blobs) this.#kept.delete(formatHash(hash))
  }
}

const NOTHING: readonly FreshBlob[] = []
