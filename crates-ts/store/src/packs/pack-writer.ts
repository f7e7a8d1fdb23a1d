/** Appending records to the last pack, one durable write at a time (spec/07-journal.md, "Content"). */
import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { AosError, HASH_BYTES } from '@aos/cbor'
import type { DiskFile } from '../disk.ts'
import type { HashedValue } from '../port.ts'
import type { FoundRecord, PackPosition } from './content-index.ts'
import type { PackFiles } from './pack-files.ts'
import {
  PACK_HEAD_BYTES,
  PACK_NONCE_BYTES,
  RECORD_HEAD_BYTES,
  RecordHeadEncoder,
  encodePackHead,
  kindOf,
  recordBytes,
  type RecordHead,
} from './pack-layout.ts'

/** Bounds the memory of one write. */
const WRITE_BYTES_MAX: number = 8 * 1024 * 1024

/** A pack that was closed by who wrote it, so that it can be appended to. */
export interface OpenPack {
  readonly number: number
  readonly end: number
  readonly nonce: Uint8Array
}

export interface PackWriterOptions {
  readonly files: PackFiles
  readonly packBytes: number
  /** Undefined: the first write makes a new one. */
  readonly pack: OpenPack | undefined
}

/** Values of one write, and where it begins. */
interface PackWrite extends PackPosition {
  readonly values: readonly HashedValue[]
}

/** One call of `append` at a time. */
export class PackWriter {
  readonly #files: PackFiles
  readonly #packBytes: number
  readonly #heads = new RecordHeadEncoder()
  #pack: { readonly number: number; readonly nonce: Uint8Array; readonly file: DiskFile } | undefined
  #position = 0
  #hasWritten = false

  constructor(options: PackWriterOptions) {
    this.#files = options.files
    this.#packBytes = options.packBytes
    if (options.pack === undefined) return
    const { number, end, nonce } = options.pack
    this.#pack = { number, nonce, file: this.#files.disk.open(this.#files.path(number), 'durable') }
    this.#position = end
  }

  /** Where the next record goes, when there is a pack. */
  get end(): PackPosition | undefined {
    return this.#pack === undefined ? undefined : { pack: this.#pack.number, position: this.#position }
  }

  /** Durable when it resolves. `written` is told of each record as soon as it is. */
  async append(values: readonly HashedValue[], written: (record: FoundRecord) => void): Promise<void> {
    for (let from = 0; from < values.length;) {
      const count = countOfWrite(values, from)
      const write = await this.#write(count === values.length ? values : values.slice(from, from + count))
      tellEach(write, written)
      from += count
    }
  }

  /** What is written from now on goes to a new pack, of which head and name are durable when it resolves. */
  async begin(): Promise<void> {
    await this.#makePack()
  }

  /** Says in the pack that nobody writes to it any more: another opening may go on there. */
  async finish(): Promise<void> {
    const pack = this.#pack
    if (pack === undefined || !this.#hasWritten) return
    const bytes = new Uint8Array(RECORD_HEAD_BYTES)
    const head: RecordHead = { kind: 'closed', hash: new Uint8Array(HASH_BYTES), length: 0, durable: this.#position }
    this.#heads.encode(bytes, 0, head, { position: this.#position, nonce: pack.nonce })
    await pack.file.writeDurable(bytes, this.#position)
    this.#position += bytes.length
    this.#hasWritten = false
  }

  close(): void {
    this.#pack?.file.close()
    this.#pack = undefined
  }

  async #write(values: readonly HashedValue[]): Promise<PackWrite> {
    const length = values.reduce((sum, value) => sum + sizeOf(value), 0)
    const isFull = this.#position + length > this.#packBytes && this.#position > PACK_HEAD_BYTES
    if (this.#pack === undefined || isFull) await this.#makePack()
    const pack = this.#pack
    if (pack === undefined) throw new AosError('store.failed', 'there is no pack to write to')
    const durable = this.#position
    // Not zeroed first: every byte of it is written.
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
    let at = 0
    for (const value of values) {
      const kind = kindOf(value.bytes.length)
      const head = { kind, hash: value.hash, length: value.bytes.length, durable }
      this.#heads.encode(bytes, at, head, { position: durable + at, nonce: pack.nonce })
      if (kind === 'packed') bytes.set(value.bytes, at + RECORD_HEAD_BYTES)
      at += sizeOf(value)
    }
    this.#hasWritten = true
    await pack.file.writeDurable(bytes, durable)
    this.#position = durable + length
    return { pack: pack.number, position: durable, values }
  }

  /** Head and name are durable before the first record is written. */
  async #makePack(): Promise<void> {
    const { disk, folder } = this.#files
    await this.finish()
    this.close()
    disk.makeFolder(folder)
    await disk.syncFolder(dirname(folder))
    const number = (this.#files.numbers().at(-1) ?? 0) + 1
    const nonce = new Uint8Array(randomBytes(PACK_NONCE_BYTES))
    const file = disk.open(this.#files.path(number), 'durable')
    this.#pack = { number, nonce, file }
    await file.writeDurable(encodePackHead(number, nonce), 0)
    await disk.syncFolder(folder)
    this.#position = PACK_HEAD_BYTES
  }
}

function tellEach({ pack, position, values }: PackWrite, written: (record: FoundRecord) => void): void {
  let at = position
  for (const value of values) {
    const { length } = value.bytes
    written({ hash: value.hash, kind: kindOf(length), pack, position: at, length })
    at += sizeOf(value)
  }
}

function sizeOf({ bytes }: HashedValue): number {
  return recordBytes({ kind: kindOf(bytes.length), length: bytes.length })
}

/** How many values from `from` on go into one write. */
function countOfWrite(values: readonly HashedValue[], from: number): number {
  let bytes = 0
  for (let index = from; index < values.length; index += 1) {
    const value = values[index]
    bytes += value === undefined ? 0 : sizeOf(value)
    if (index > from && bytes > WRITE_BYTES_MAX) return index - from
  }
  return values.length - from
}
