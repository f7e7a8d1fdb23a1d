/** One of the two buffers in which groups are laid out; reused, so that a group costs no allocation of its size. */
import { HASH_BYTES, type HashBytes } from '@aos/cbor'
import { FRAME_HEAD_BYTES, GROUP_HEAD_BYTES, encodeGroupHead, paged } from './layout.ts'
import type { JournalRecord } from './port.ts'

const BYTES_MIN = 64 * 1024
/** A larger buffer is given back after use: idle worlds hold little memory. */
const BYTES_KEPT = 1 << 20

export class GroupBuffer {
  #bytes = new Uint8Array(0)
  #leaves = new Uint8Array(0)
  #firstHeight = 0
  #count = 0
  #used = 0
  #isBusy = false

  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Leaves of the group in order; valid until release. */
  get leaves(): Uint8Array {
    return this.#leaves.subarray(0, this.#count * HASH_BYTES)
  }

  /** Copies the entries into frames; returns the group padded to whole pages, its head still to be written. */
  fill(entries: readonly JournalRecord[]): Uint8Array {
    let length = GROUP_HEAD_BYTES
    for (const entry of entries) length += FRAME_HEAD_BYTES + entry.bytes.length
    this.#reserve(paged(length), entries.length)
    const bytes = this.#bytes
    let at = GROUP_HEAD_BYTES
    let leafAt = 0
    for (const entry of entries) {
      const size = entry.bytes.length
      bytes[at] = size >>> 24
      bytes[at + 1] = size >>> 16
      bytes[at + 2] = size >>> 8
      bytes[at + 3] = size
      bytes.set(entry.bytes, at + FRAME_HEAD_BYTES)
      at += FRAME_HEAD_BYTES + size
      this.#leaves.set(entry.leaf, leafAt)
      leafAt += HASH_BYTES
    }
    bytes.fill(0, at, paged(at))
    this.#firstHeight = entries[0]?.height ?? 0
    this.#count = entries.length
    this.#used = at
    this.#isBusy = true
    return bytes.subarray(0, paged(at))
  }

  /** Writes the head over what `fill` laid out; returns the group hash as latin1. */
  finish(
    head: { readonly epoch: number; readonly durableThrough: number | undefined; readonly prevGroup: HashBytes },
    nonce: Uint8Array,
  ): string {
    const { epoch, durableThrough, prevGroup } = head
    const bytes = this.#used - GROUP_HEAD_BYTES
    const firstHeight = this.#firstHeight
    return encodeGroupHead(
      this.#bytes,
      { epoch, firstHeight, count: this.#count, bytes, durableThrough, prevGroup },
      nonce,
    )
  }

  release(): void {
    this.#isBusy = false
    this.#count = 0
    if (this.#bytes.length > BYTES_KEPT) this.#bytes = new Uint8Array(0)
  }

  #reserve(bytes: number, count: number): void {
    if (this.#bytes.length < bytes) this.#bytes = new Uint8Array(Math.max(BYTES_MIN, 2 ** Math.ceil(Math.log2(bytes))))
    if (this.#leaves.length < count * HASH_BYTES) this.#leaves = new Uint8Array(2 * count * HASH_BYTES)
  }
}
