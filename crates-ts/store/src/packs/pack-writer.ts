/** Appending records to the last pack, one durable write at a time (spec/07-journal.md, "Content"). */
import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { AosError, HASH_BYTES } from '@aos/cbor'
import type { DiskFile } from '../disk.ts'
import type { ContentName, FoundRecord, Location, PackPosition } from './content-index.ts'
import type { PackFiles } from './pack-files.ts'
import {
  PACK_HEAD_BYTES,
  PACK_NONCE_BYTES,
  RECORD_HEAD_BYTES,
  encodePackHead,
  encodeRecordHead,
  recordBytes,
  type RecordHead,
} from './pack-layout.ts'

/** Bounds the memory of one write. */
const WRITE_BYTES_MAX: number = 8 * 1024 * 1024

export interface NewRecord {
  readonly kind: Location['kind']
  readonly name: ContentName
  readonly value: Uint8Array
}

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

/** One call of `append` at a time. */
export class PackWriter {
  readonly #files: PackFiles
  readonly #packBytes: number
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

  /** Durable when it resolves. */
  async append(records: readonly NewRecord[]): Promise<readonly FoundRecord[]> {
    const written: FoundRecord[] = []
    for (let from = 0; from < records.length;) {
      const count = countOfWrite(records, from)
      written.push(...(await this.#write(records.slice(from, from + count))))
      from += count
    }
    return written
  }

  /** Says in the pack that nobody writes to it any more: another opening may go on there. */
  async finish(): Promise<void> {
    const pack = this.#pack
    if (pack === undefined || !this.#hasWritten) return
    const bytes = new Uint8Array(RECORD_HEAD_BYTES)
    const head: RecordHead = { kind: 'closed', hash: new Uint8Array(HASH_BYTES), length: 0, durable: this.#position }
    encodeRecordHead(bytes, head, { position: this.#position, nonce: pack.nonce })
    await pack.file.writeDurable(bytes, this.#position)
    this.#position += bytes.length
    this.#hasWritten = false
  }

  close(): void {
    this.#pack?.file.close()
    this.#pack = undefined
  }

  async #write(records: readonly NewRecord[]): Promise<readonly FoundRecord[]> {
    const length = records.reduce((sum, record) => sum + sizeOf(record), 0)
    const isFull = this.#position + length > this.#packBytes && this.#position > PACK_HEAD_BYTES
    if (this.#pack === undefined || isFull) await this.#makePack()
    const pack = this.#pack
    if (pack === undefined) throw new AosError('store.failed', 'there is no pack to write to')
    const durable = this.#position
    const bytes = new Uint8Array(length)
    const written: FoundRecord[] = []
    let at = 0
    for (const record of records) {
      const { kind, name, value } = record
      const position = durable + at
      const head = { kind, hash: name.bytes, length: value.length, durable }
      encodeRecordHead(bytes.subarray(at, at + RECORD_HEAD_BYTES), head, { position, nonce: pack.nonce })
      if (kind === 'packed') bytes.set(value, at + RECORD_HEAD_BYTES)
      written.push({ name, kind, pack: pack.number, position, length: value.length })
      at += sizeOf(record)
    }
    this.#hasWritten = true
    await pack.file.writeDurable(bytes, durable)
    this.#position = durable + length
    return written
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

function sizeOf(record: NewRecord): number {
  return recordBytes({ kind: record.kind, length: record.value.length })
}

/** How many records from `from` on go into one write. */
function countOfWrite(records: readonly NewRecord[], from: number): number {
  let bytes = 0
  for (let index = from; index < records.length; index += 1) {
    const record = records[index]
    bytes += record === undefined ? 0 : sizeOf(record)
    if (index > from && bytes > WRITE_BYTES_MAX) return index - from
  }
  return records.length - from
}
