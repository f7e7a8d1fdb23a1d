/**
 * The segment file that takes appends: zero-prefilled ahead of the groups, sealed at its end
 * (spec/07-journal.md, "Segments" and "Durability").
 */
import { join } from 'node:path'
import type { HashBytes } from '@aos/cbor'
import type { Disk, DiskFile } from './disk.ts'
import type { Fence } from './fence.ts'
import { PAGE_BYTES, encodeFooter, encodeHeader, paged, type SegmentHeader } from './layout.ts'
import type { MerklePeaks } from './merkle.ts'
import { segmentPath } from './segments.ts'

/** An orderly close seals a longer last segment, so that the next opening need not read it: 1 MiB. */
export const SEALED_BYTES_DEFAULT: number = 1024 * 1024

const PREFILL_BYTES_MIN = 64 * 1024
const CHUNK_BYTES = 1 << 20

export interface SegmentPlace {
  readonly disk: Disk
  readonly folder: string
  readonly segmentBytes: number
  /** SEALED_BYTES_DEFAULT unless given. */
  readonly sealedBytes?: number | undefined
  readonly fence: Fence
}

/** Where a segment that stands ends. */
export interface SegmentEnd {
  /** Where the next group goes. */
  readonly position: number
  readonly size: number
  /** Bytes from here to the end of the file are torn. */
  readonly cutFrom: number | undefined
}

/** What the footer says about the entries; the first height and the nonce are the segment's. */
export interface SealedThrough {
  readonly lastHeight: number
  readonly leaf: HashBytes
  readonly lastGroup: HashBytes
  readonly log: MerklePeaks
}

/** Real zeros, so that later overwrites need no metadata of the file system. */
async function writeZeros(file: DiskFile, from: number, to: number): Promise<void> {
  const zeros = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(0, to - from)))
  for (let at = from; at < to; at += zeros.length) {
    await file.writeDurable(zeros.subarray(0, Math.min(zeros.length, to - at)), at)
  }
}

/** An unnamed file, made while the segment before it fills, or to take the place of one that stands. */
export class PreparedFile {
  readonly file: DiskFile
  readonly prefilled: number
  readonly #place: SegmentPlace
  readonly #path: string

  private constructor(
    place: SegmentPlace,
    file: DiskFile,
    made: { readonly path: string; readonly prefilled: number },
  ) {
    this.#place = place
    this.file = file
    this.#path = made.path
    this.prefilled = made.prefilled
  }

  /** A file of zeros. */
  static make(place: SegmentPlace, prefill: number): Promise<PreparedFile> {
    return PreparedFile.#fill(place, prefill, (file) => writeZeros(file, 0, prefill))
  }

  /** Header and groups of a segment that stands, and zeros behind them: nobody else has this file open. */
  static async copy(place: SegmentPlace, path: string, end: SegmentEnd): Promise<PreparedFile> {
    const prefill = Math.min(paged(end.size), Math.max(prefillMin(place.segmentBytes), 2 * end.position))
    const source = place.disk.open(path, 'read')
    try {
      return await PreparedFile.#fill(place, prefill, async (file) => {
        const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end.position))
        for (let at = 0; at < end.position; at += chunk.length) {
          const part = chunk.subarray(0, Math.min(chunk.length, end.position - at))
          const count = source.read(part, at)
          // The padding of the last group may be missing.
          if (count < Math.min(part.length, end.size - at)) throw new Error(`${path} became shorter`)
          await file.writeDurable(part.fill(0, count), at)
        }
        await writeZeros(file, end.position, prefill)
      })
    } finally {
      source.close()
    }
  }

  static async #fill(
    place: SegmentPlace,
    prefilled: number,
    write: (file: DiskFile) => Promise<void>,
  ): Promise<PreparedFile> {
    const path = join(place.folder, place.fence.unfinishedName)
    place.fence.mustHold()
    place.disk.remove(path)
    const file = place.disk.open(path, 'durable')
    try {
      await write(file)
      return new PreparedFile(place, file, { path, prefilled })
    } catch (error) {
      file.close()
      throw error
    }
  }

  /** Gives the file its name, durably. A later opening has removed the file, so a stale writer cannot. */
  async rename(path: string): Promise<void> {
    const { disk, folder, fence } = this.#place
    fence.mustHold()
    try {
      disk.rename(this.#path, path)
      await disk.syncFolder(folder)
    } catch (error) {
      fence.mustHold()
      throw error
    }
  }
}

/** The first prefill of a new world's first segment. */
export function prefillMin(segmentBytes: number): number {
  return Math.min(PREFILL_BYTES_MIN, segmentBytes)
}

/** One segment file being written. Positions are planned by the journal; writes may overlap. */
export class ActiveSegment {
  readonly header: SegmentHeader
  /** Where the next group goes, counting the groups under way. */
  position: number
  readonly #place: SegmentPlace
  #file: DiskFile | undefined
  #prefilled: number
  /** Creating the file, then extending it; stays rejected once one of them has failed. */
  #growing: Promise<void> | undefined

  constructor(place: SegmentPlace, header: SegmentHeader, position: number) {
    this.#place = place
    this.header = header
    this.position = position
    this.#prefilled = 0
  }

  /** Goes on in a file that stands and that nobody else can have open. */
  static async reopen(place: SegmentPlace, header: SegmentHeader, end: SegmentEnd): Promise<ActiveSegment> {
    const self = new ActiveSegment(place, header, end.position)
    const file = place.disk.open(segmentPath(place.folder, header.firstHeight), 'durable')
    try {
      // Opened by its name: in force still, so it is the file that was read.
      place.fence.mustHold()
      await file.sync()
      await writeZeros(file, end.size, paged(end.size))
    } catch (error) {
      file.close()
      throw error
    }
    self.#file = file
    self.#prefilled = paged(end.size)
    return self
  }

  /** Goes on in a copy under the same name: whoever still writes to the old file writes to nothing. */
  static async replace(place: SegmentPlace, header: SegmentHeader, end: SegmentEnd): Promise<ActiveSegment> {
    const self = new ActiveSegment(place, header, end.position)
    const path = segmentPath(place.folder, header.firstHeight)
    const copy = await PreparedFile.copy(place, path, end)
    try {
      await copy.rename(path)
    } catch (error) {
      copy.file.close()
      throw error
    }
    self.#file = copy.file
    self.#prefilled = copy.prefilled
    return self
  }

  /** A new segment that stands, without groups, before anything is appended. */
  static async make(place: SegmentPlace, header: SegmentHeader): Promise<ActiveSegment> {
    const self = new ActiveSegment(place, header, PAGE_BYTES)
    self.create(Promise.resolve(), undefined)
    await self.#growing
    self.#growing = undefined
    return self
  }

  /** True when a group of this many bytes and the footer still fit, or when the segment has no group yet. */
  fits(bytes: number): boolean {
    return this.position === PAGE_BYTES || this.position + bytes + PAGE_BYTES <= this.#place.segmentBytes
  }

  /** Time to prepare the next file: this one has its name, so the unfinished one is free, and is half full. */
  wantsSuccessor(): boolean {
    return this.#file !== undefined && this.position > this.#place.segmentBytes / 2
  }

  /** Makes the file under its own name: header and zeros first, then the name, then the folder. */
  create(after: Promise<unknown>, prepared: Promise<PreparedFile> | undefined): void {
    const make = async (): Promise<void> => {
      const { folder, segmentBytes } = this.#place
      const made = await (prepared ?? PreparedFile.make(this.#place, prefillMin(segmentBytes)))
      try {
        await made.file.writeDurable(encodeHeader(this.header), 0)
        await made.rename(segmentPath(folder, this.header.firstHeight))
      } catch (error) {
        made.file.close()
        throw error
      }
      this.#file = made.file
      this.#prefilled = made.prefilled
    }
    const giveUp = async (error: unknown): Promise<never> => {
      const unused = await prepared?.catch(keepForLater)
      unused?.file.close()
      throw error
    }
    this.#growing = after.then(make, giveUp)
    this.#growing.catch(keepForLater)
  }

  /** Resolves when the file is there under its own name. */
  standing(): Promise<void> {
    return this.#growing ?? Promise.resolve()
  }

  /** Writes one group at a planned position; resolves when it is durable. */
  write(group: Uint8Array, position: number): Promise<void> {
    const end = position + group.length
    if (this.#file === undefined || end > this.#prefilled) {
      return this.#growTo(end).then(() => this.#opened().writeDurable(group, position))
    }
    const written = this.#file.writeDurable(group, position)
    const isRunningOut = end > this.#prefilled / 2 && this.#prefilled < this.#place.segmentBytes
    if (isRunningOut && this.#growing === undefined) this.#growTo(this.#prefilled + 1).catch(keepForLater)
    return written
  }

  /** Writes the footer behind the last group and cuts the file there. Nothing may be under way. */
  async seal(through: SealedThrough): Promise<void> {
    await this.#growing?.catch(keepForLater)
    const file = this.#opened()
    const { firstHeight, nonce } = this.header
    try {
      this.#place.fence.mustHold()
      await file.writeDurable(encodeFooter({ ...through, firstHeight, nonce }), this.position)
      await file.truncate(this.position + PAGE_BYTES)
    } finally {
      file.close()
      this.#file = undefined
    }
  }

  async close(): Promise<void> {
    await this.#growing?.catch(keepForLater)
    this.#file?.close()
    this.#file = undefined
  }

  /** Doubles the prefilled part up to the segment's size, further only when one group needs it. */
  #growTo(need: number): Promise<void> {
    const before = this.#growing ?? Promise.resolve()
    const work = before.then(async () => {
      if (need <= this.#prefilled) return
      const doubled = Math.min(2 * this.#prefilled, this.#place.segmentBytes)
      const target = paged(Math.max(doubled, need))
      await writeZeros(this.#opened(), this.#prefilled, target)
      this.#prefilled = target
    })
    this.#growing = work
    work.then(() => {
      if (this.#growing === work) this.#growing = undefined
    }, keepForLater)
    return work
  }

  #opened(): DiskFile {
    if (this.#file === undefined) throw new Error('the segment file is not open')
    return this.#file
  }
}

/** The failure stays in `#growing`: the write that needs the space meets it, and nobody else has to. */
function keepForLater(): void {
  return undefined
}
