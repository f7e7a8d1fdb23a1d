/** Writing a segment of headers: an unfinished file until everything in it is durable (spec/07-journal.md, "Compaction"). */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { HashBytes } from '@aos/cbor'
import type { Disk, DiskFile } from './disk.ts'
import type { Fence } from './fence.ts'
import { GroupBuffer } from './group-buffer.ts'
import { NONCE_BYTES, PAGE_BYTES, encodeFooter, encodeHeader } from './layout.ts'
import { writeLatin1 } from './node-sha256.ts'
import type { JournalRecord } from './port.ts'
import { headersPath, type HistoryStart } from './segments.ts'

/** Entries of about so many bytes make a group. */
const GROUP_BYTES: number = 1 << 20

/** Folder and fence of the journal that a segment of headers is made for. */
export interface HeadersPlace {
  readonly disk: Disk
  readonly folder: string
  readonly fence: Fence
}

/** The range of a segment of headers, and what stands before it. */
export interface HeadersRange {
  readonly first: number
  readonly last: number
  readonly start: HistoryStart
}

/** The end of the segments that it replaces. */
export interface HeadersEnd extends HistoryStart {
  readonly world: HashBytes
}

/** Entries go in one after the other; they stand in groups, and the pages around them come last. */
export class HeadersWriter {
  readonly #place: HeadersPlace
  readonly path: string
  /** For reading back what was written. */
  readonly file: DiskFile
  readonly #range: HeadersRange
  readonly #nonce = new Uint8Array(randomBytes(NONCE_BYTES))
  readonly #buffer = new GroupBuffer()
  #position = PAGE_BYTES
  #lastGroup: HashBytes
  #waiting: JournalRecord[] = []
  #waitingBytes = 0
  #epoch = 0

  private constructor(
    place: HeadersPlace,
    range: HeadersRange,
    file: { readonly path: string; readonly opened: DiskFile },
  ) {
    this.#place = place
    this.#range = range
    this.path = file.path
    this.file = file.opened
    this.#lastGroup = range.start.lastGroup
  }

  /** No other opening uses the name, and this one writes one such file at a time. */
  static make(place: HeadersPlace, range: HeadersRange): HeadersWriter {
    const path = join(place.folder, place.fence.unfinishedHeadersName)
    place.fence.mustHold()
    place.disk.remove(path)
    return new HeadersWriter(place, range, { path, opened: place.disk.open(path, 'durable') })
  }

  /** Takes the next entry, of which the caller gives the bytes away. */
  add(record: JournalRecord, epoch: number): void {
    this.#waiting.push(record)
    this.#waitingBytes += record.bytes.length
    this.#epoch = epoch
  }

  /** Writes what waits, when it is enough for a group. */
  async write(): Promise<void> {
    if (this.#waitingBytes >= GROUP_BYTES) await this.#writeGroup()
  }

  /** Everything is durable when it resolves; the file has no name in the journal yet. Returns its size. */
  async finish({ world, leaf, lastGroup, log }: HeadersEnd): Promise<number> {
    if (this.#waiting.length > 0) await this.#writeGroup()
    const { first: firstHeight, last: lastHeight, start } = this.#range
    const both = { firstHeight, lastHeight, nonce: this.#nonce }
    const header = encodeHeader({ ...both, world, leafBefore: start.leaf, prevGroup: start.lastGroup })
    await this.file.writeDurable(header, 0)
    const footer = encodeFooter({ ...both, leaf, lastGroup, log, fileGroup: this.#lastGroup })
    await this.file.writeDurable(footer, this.#position)
    await this.file.sync()
    return this.#position + footer.length
  }

  /** Gives the file its name, durably, and closes it. A later opening has removed the file, so a stale writer cannot. */
  async rename(): Promise<void> {
    const { disk, folder, fence } = this.#place
    try {
      fence.mustHold()
      disk.rename(this.path, headersPath(folder, this.#range))
      await disk.syncFolder(folder)
    } catch (error) {
      fence.mustHold()
      throw error
    } finally {
      this.close()
    }
  }

  close(): void {
    this.file.close()
  }

  /** After a failure, or when nobody wants it any more. */
  discard(): void {
    this.#place.disk.remove(this.path)
  }

  async #writeGroup(): Promise<void> {
    const group = this.#buffer.fill(this.#waiting)
    this.#waiting = []
    this.#waitingBytes = 0
    const head = { epoch: this.#epoch, durableThrough: this.#range.last, prevGroup: this.#lastGroup }
    const digest = this.#buffer.finish(head, this.#nonce)
    await this.file.writeDurable(group, this.#position)
    this.#buffer.release()
    this.#position += group.length
    const lastGroup = new Uint8Array(this.#lastGroup.length)
    writeLatin1(lastGroup, digest, 0)
    this.#lastGroup = lastGroup
  }
}
