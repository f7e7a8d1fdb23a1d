/** Content that was read before it is asked for: what opening replays is found much faster in the order of hashes (spec/16-snapshots.md, "Opening"). */
import type { Hash } from '@aos/cbor'
import type { AheadBlob } from '@aos/kernel'
import { ENTRIES_A_STEP } from '../steps.ts'
import type { Steps } from '../steps.ts'

/** What is held at once; the rest is read when it is asked for. */
const HELD_BYTES_MAX: number = 32 * 1024 * 1024

type ReadContent = (hash: Hash) => Uint8Array

/** In front of content; empty but for the time of an opening. */
export class ContentAhead {
  readonly #read: ReadContent
  readonly #held = new Map<Hash, Uint8Array>()

  constructor(read: ReadContent) {
    this.#read = read
  }

  /** Throws what content throws. */
  get(hash: Hash): Uint8Array {
    return this.take(hash) ?? this.#read(hash)
  }

  /** What is held. Each value is given once: who asks keeps it, too. */
  take(hash: Hash): Uint8Array | undefined {
    if (this.#held.size === 0) return undefined
    const held = this.#held.get(hash)
    if (held !== undefined) this.#held.delete(hash)
    return held
  }

  /** Holds what comes of `blobs`, until there is too much. Throws what they throw. */
  *hold(blobs: Iterable<AheadBlob>): Steps<void> {
    let bytes = 0
    let count = 0
    for (const blob of blobs) {
      this.#held.set(blob.hash, blob.bytes)
      bytes += blob.bytes.length
      count += 1
      if (bytes >= HELD_BYTES_MAX) return
      if (count % ENTRIES_A_STEP === 0) yield
    }
  }

  /** Forgets what nobody asked for. */
  clear(): void {
    this.#held.clear()
  }
}
