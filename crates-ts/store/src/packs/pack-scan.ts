/**
 * Going through a pack from record to record (spec/07-journal.md, "Content"). A head is checked, so its length can be trusted;
 * behind a damaged head the next whole one is searched byte by byte.
 */
import { createHash } from 'node:crypto'
import { AosError, equalBytes, sha256 } from '@aos/cbor'
import type { DiskFile } from '../disk.ts'
import { nodeSha256 } from '../node-sha256.ts'
import {
  PACKED_BYTES_MAX,
  PACK_HEAD_BYTES,
  RECORD_HEAD_BYTES,
  RECORD_MAGIC,
  decodePackHead,
  decodeRecordHead,
  nonceOf,
  recordBytes,
  type RecordHead,
} from './pack-layout.ts'

const WINDOW_BYTES: number = 1 << 20

/** A record; `isIntact` is undefined when values were not read. */
export interface RecordStep {
  readonly kind: 'record'
  readonly position: number
  readonly head: RecordHead
  readonly isIntact?: boolean
}

/** `gap`: bytes that are no record, up to `end`. */
export type ScanStep = RecordStep | { readonly kind: 'gap'; readonly position: number; readonly end: number }

export interface ScanOptions {
  readonly number: number
  /** Position of a record; the first one unless given. */
  readonly from?: number
  /** Whether values are read and hashed. Of records whose value is a file only the head is looked at. */
  readonly checksValues: boolean
  /** Packed values have at most so many bytes. */
  readonly packedBytesMax?: number
}

/** Steps in the order of the file. Positions lie densely: what is between two records is a gap. */
export function* scanPack(file: DiskFile, options: ScanOptions): Generator<ScanStep, void, undefined> {
  const scan = new Scan(file, options)
  let position = options.from ?? PACK_HEAD_BYTES
  while (position < scan.size) {
    const head = scan.headAt(position)
    const end = head === undefined ? Number.POSITIVE_INFINITY : position + recordBytes(head)
    if (head !== undefined && end <= scan.size) {
      if (options.checksValues) {
        yield { kind: 'record', position, head, isIntact: scan.isIntact(position, head) }
      } else yield { kind: 'record', position, head }
      position = end
    } else {
      // The first record of a file that was cut within its value is still known by its head.
      if (head !== undefined) yield { kind: 'record', position, head, isIntact: false }
      const next = scan.findHead(position + 1)
      if (head === undefined) yield { kind: 'gap', position, end: next }
      position = next
    }
  }
}

class Scan {
  readonly size: number
  readonly #file: DiskFile
  readonly #window: Uint8Array
  readonly #packedBytesMax: number
  #windowAt = 0
  #windowLength = 0
  #nonce: Uint8Array | undefined

  constructor(file: DiskFile, options: ScanOptions) {
    this.#file = file
    this.size = file.size()
    this.#window = new Uint8Array(Math.min(WINDOW_BYTES, this.size))
    this.#packedBytesMax = options.packedBytesMax ?? PACKED_BYTES_MAX
    const nonce = decodePackHead(this.#view(0, PACK_HEAD_BYTES), options.number)
    this.#nonce = nonce === 'unsupported' ? undefined : nonce
  }

  /** A damaged file head is made up for by the first record that is intact. */
  headAt(position: number): RecordHead | undefined {
    const bytes = this.#view(position, RECORD_HEAD_BYTES)
    const head = decodeRecordHead(bytes, { position, nonce: this.#nonce, packedBytesMax: this.#packedBytesMax })
    if (head === undefined || this.#nonce !== undefined) return head
    const nonce = nonceOf(bytes)
    if (position + recordBytes(head) > this.size || !this.isIntact(position, head)) return undefined
    this.#nonce = nonce
    return head
  }

  isIntact(position: number, head: RecordHead): boolean {
    if (head.kind !== 'packed') return true
    if (head.length > this.#window.length) return this.#isLongIntact(position + RECORD_HEAD_BYTES, head)
    const value = this.#view(position + RECORD_HEAD_BYTES, head.length)
    return value.length === head.length && equalBytes(sha256(nodeSha256, value), head.hash)
  }

  /** A value that is longer than the window goes through it in parts. */
  #isLongIntact(from: number, { length, hash }: RecordHead): boolean {
    const digest = createHash('sha256')
    for (let at = from; at < from + length;) {
      const part = this.#view(at, Math.min(this.#window.length, from + length - at))
      if (part.length === 0) return false
      digest.update(part)
      at += part.length
    }
    return equalBytes(new Uint8Array(digest.digest()), hash)
  }

  /** Position of the next head from `from` on; the size of the file when there is none. */
  findHead(from: number): number {
    for (let at = from; at < this.size;) {
      const bytes = this.#rest(at)
      const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(RECORD_MAGIC)
      // A magic may lie across the end of the window.
      if (found < 0) at += Math.max(1, bytes.length - RECORD_MAGIC.length + 1)
      else if (this.headAt(at + found) !== undefined) return at + found
      else at += found + 1
    }
    return this.size
  }

  /** What is in the window from a position on, at least as much as a head needs. */
  #rest(position: number): Uint8Array {
    const head = this.#view(position, RECORD_HEAD_BYTES)
    if (head.length === 0) throw new AosError('store.failed', 'a pack became shorter while it was read')
    return this.#window.subarray(position - this.#windowAt, this.#windowLength)
  }

  /** Valid until the next call; shorter at the end of the file. */
  #view(position: number, length: number): Uint8Array {
    const from = position - this.#windowAt
    if (from < 0 || from + length > this.#windowLength) {
      this.#windowAt = position
      this.#windowLength = this.#file.read(this.#window, position)
    }
    const start = position - this.#windowAt
    return this.#window.subarray(start, Math.min(start + length, this.#windowLength))
  }
}
