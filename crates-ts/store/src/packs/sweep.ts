/**
 * Removing values that nobody needs any more (spec/07-journal.md, "Sweeping"): packs in which much is dead are written again without
 * it, a slice at a time. Whatever happens on the way, every live value is in a pack that is durable and indexed.
 */
import { AosError, type HashBytes } from '@aos/cbor'
import type { DiskFile } from '../disk.ts'
import type { HashedValue, SweepOptions, SweepReport } from '../port.ts'
import { isSamePlace, type FoundRecord } from './content-index.ts'
import { LocationTable } from './location-table.ts'
import { RECORD_HEAD_BYTES, recordBytes } from './pack-layout.ts'
import { isIntact } from './pack-reader.ts'
import { SLICE_RECORDS, surveyPack, takeTurns, walkPack, type Survey, type SurveyGround } from './pack-survey.ts'
import type { ScanStep } from './pack-scan.ts'

/** A pack is written again when at least this share of it is dead. */
export const DEAD_SHARE_MIN = 0.3

/** Copies of so many bytes are written together. */
const SLICE_BYTES: number = 1 << 20

/** What a sweep needs of the store that it goes on in. */
export interface SweepGround extends SurveyGround {
  /** Throws `store.fenced` when another opening is in force. */
  readonly mustHold: () => void
  /** Of this opening only: part of the names of files on their way out. */
  readonly mark: string
  /** Whether the value was stored, or found there by who would have stored it, since the sweep began. */
  readonly isStored: (hash: HashBytes) => boolean
  /** Begins a new pack for everything that is written from now on. */
  readonly beginPack: () => Promise<void>
  /** Writes further copies of values; durable and noted in the index when it resolves. */
  readonly copy: (values: readonly HashedValue[]) => Promise<void>
  /** Everything that the index knows is in the database, durably, when it resolves. */
  readonly writeIndex: () => Promise<void>
}

/** A pack stays as it is when a live value in it cannot be read. */
class PackStays extends Error {}

/** Throws `store.bad_option`. */
export function checkSweepOptions({ deadShareMin = DEAD_SHARE_MIN }: SweepOptions): void {
  if (deadShareMin >= 0 && deadShareMin <= 1) return
  throw new AosError('store.bad_option', `a share is a number from 0 to 1, not ${deadShareMin}`)
}

/** For a store that is only read: counting is all there is. Throws `store.read_only`. */
export function mustBeDry(options: SweepOptions): void {
  if (options.dryRun !== true) throw new AosError('store.read_only', 'the store was opened only for reading')
}

/** One sweep. */
export class Sweep {
  readonly #ground: SweepGround
  readonly #options: SweepOptions
  /** Packs that are not written again. */
  readonly #staying = new Set<number>()
  #live = 0
  #dead = 0
  #bytesLive = 0
  #bytesDead = 0
  #bytesFreed = 0

  constructor(ground: SweepGround, options: SweepOptions) {
    this.#ground = ground
    this.#options = options
  }

  async run(): Promise<SweepReport> {
    const worthwhile = await this.#findWorthwhile()
    if (this.#options.dryRun !== true) {
      if (worthwhile.length > 0) await this.#ground.beginPack()
      for (const number of worthwhile) await this.#rewrite(number)
      await this.#removeFiles()
    }
    return {
      live: this.#live,
      dead: this.#dead,
      bytesLive: this.#bytesLive,
      bytesDead: this.#bytesDead,
      bytesFreed: this.#bytesFreed,
    }
  }

  /** The packs to be written again. After it every record that stands has been met, so nobody searches packs that are on their way out. */
  async #findWorthwhile(): Promise<readonly number[]> {
    const { packs, reader } = this.#ground
    const worthwhile: number[] = []
    const numbers = packs.numbers()
    for (const number of numbers) {
      const survey = await surveyPack(this.#ground, number, {
        isLive: (hash) => this.#isLive(hash),
        count: (isLive, length) => {
          this.#count(isLive, length)
        },
      })
      if (!this.#isWorthwhile(survey, { isLast: number === numbers.at(-1) })) {
        this.#staying.add(number)
        continue
      }
      worthwhile.push(number)
      if (this.#options.dryRun === true) this.#bytesFreed += survey.bytes - survey.liveBytes
    }
    reader.hasMetAll()
    return worthwhile
  }

  /** The last pack is not replaced by another one that is as empty. */
  #isWorthwhile(survey: Survey, { isLast }: { readonly isLast: boolean }): boolean {
    const { bytes, liveBytes, frameBytes, isDamaged } = survey
    const deadBytes = bytes - liveBytes - frameBytes
    if (isDamaged || (isLast && deadBytes <= 0)) return false
    return liveBytes === 0 || (deadBytes > 0 && deadBytes >= (this.#options.deadShareMin ?? DEAD_SHARE_MIN) * bytes)
  }

  #count(isLive: boolean, length: number): void {
    if (isLive) {
      this.#live += 1
      this.#bytesLive += length
    } else {
      this.#dead += 1
      this.#bytesDead += length
    }
  }

  #isLive(hash: HashBytes): boolean {
    return this.#options.isLive(hash) || this.#ground.isStored(hash)
  }

  /** Copies what is live, lets the index forget the rest, and removes the pack. */
  async #rewrite(number: number): Promise<void> {
    const { packs, mark } = this.#ground
    const dead = new LocationTable()
    const size = packs.reader(number)?.size() ?? 0
    let copied = 0
    try {
      copied = await this.#copyLive(number, dead)
      await this.#forget(number, dead)
      await this.#retire(number)
    } catch (error) {
      this.#remember(dead)
      if (!(error instanceof PackStays)) throw error
      this.#staying.add(number)
      return
    }
    // A failure here kills the store; the next opening gives the pack its name back, and the index what is in it.
    await this.#ground.writeIndex()
    packs.remove(number, mark)
    this.#bytesFreed += size - copied
    await packs.disk.syncFolder(packs.folder)
  }

  /** Bytes of the copies. What is dead goes into the table. */
  async #copyLive(number: number, dead: LocationTable): Promise<number> {
    let copied = 0
    let slice: HashedValue[] = []
    let sliceBytes = 0
    const flush = async (): Promise<void> => {
      const values = slice
      copied += sliceBytes
      slice = []
      sliceBytes = 0
      if (values.length > 0) await this.#ground.copy(values)
    }
    const visit = (step: ScanStep, file: DiskFile): void => {
      if (step.kind === 'gap' || step.head.kind === 'closed') return
      const { kind, hash, length } = step.head
      const record = { hash, kind, length, pack: number, position: step.position }
      if (!this.#isLive(hash)) {
        dead.set(hash, record)
        return
      }
      const bytes = this.#bytesToCopy(record, file)
      if (bytes === undefined) return
      slice.push({ hash, bytes })
      sliceBytes += recordBytes(record)
    }
    const isFull = (): boolean => sliceBytes >= SLICE_BYTES || slice.length >= SLICE_RECORDS
    await walkPack(this.#ground, number, visit, () => (isFull() ? flush() : undefined))
    await flush()
    return copied
  }

  /** Undefined when this record of a live value is not needed. */
  #bytesToCopy(record: FoundRecord, file: DiskFile): Uint8Array | undefined {
    const { index, reader } = this.#ground
    const isCurrent = isSamePlace(record, index.find(record.hash))
    if (!isCurrent && reader.readIndexed(record.hash) !== undefined) return undefined
    const bytes = this.#readValue(record, file)
    if (bytes === undefined) throw new PackStays(`a live value in pack ${record.pack} cannot be read`)
    return bytes
  }

  #readValue({ hash, kind, length, position }: FoundRecord, file: DiskFile): Uint8Array | undefined {
    if (kind === 'file') {
      const bytes = this.#ground.blobs.read(hash)
      return bytes !== undefined && isIntact(hash, bytes) ? bytes : undefined
    }
    const bytes = new Uint8Array(length)
    return file.read(bytes, position + RECORD_HEAD_BYTES) === length && isIntact(hash, bytes) ? bytes : undefined
  }

  /** From here on the dead ones are absent: who stores one of them writes it anew. What was stored meanwhile is copied. */
  async #forget(number: number, dead: LocationTable): Promise<void> {
    const { index, isStored } = this.#ground
    let stored: HashBytes[] = []
    let visited = 0
    for (const [view] of dead.entries()) {
      const isHere = index.find(view)?.pack === number
      if (isHere && isStored(view)) stored.push(view.slice())
      else if (isHere) this.#forgetOne(view)
      visited += 1
      if (visited % SLICE_RECORDS !== 0) continue
      await this.#copyStored(stored)
      stored = []
      await takeTurns(this.#ground)
    }
    await this.#copyStored(stored)
  }

  async #copyStored(hashes: readonly HashBytes[]): Promise<void> {
    const values = hashes.map((hash) => {
      const bytes = this.#ground.reader.readIndexed(hash)
      if (bytes === undefined) throw new PackStays('a value that was stored again cannot be read')
      return { hash, bytes }
    })
    if (values.length > 0) await this.#ground.copy(values)
  }

  /** A dead value may have another record, in a pack that stays: then the index names that one. */
  #forgetOne(hash: HashBytes): void {
    const { index, reader } = this.#ground
    const other = reader.othersOf(hash).findLast(({ pack }) => this.#staying.has(pack))
    if (other === undefined) index.forget(hash)
    else index.note(hash, other)
  }

  /** Undoes `#forget`. */
  #remember(dead: LocationTable): void {
    const { index } = this.#ground
    for (const [hash, place] of dead.entries()) {
      if (place !== 'gone' && index.find(hash) === undefined) index.note(hash, place)
    }
  }

  /**
   * Takes the pack's name, then looks whether this opening is still in force: an opening that raises after the look does not see the
   * pack; one that raised before may rely on it, so it gets its name back.
   */
  async #retire(number: number): Promise<void> {
    const { packs, mark, mustHold } = this.#ground
    mustHold()
    await packs.retire(number, mark)
    try {
      mustHold()
    } catch (error) {
      packs.restore(number, mark)
      throw error
    }
  }

  /** Files that no record names and nobody needs. */
  async #removeFiles(): Promise<void> {
    const { blobs, index } = this.#ground
    const emptied = new Set<string>()
    for (const hash of blobs.list()) {
      // Nothing may come between this look and the removal.
      if (index.find(hash) !== undefined || this.#isLive(hash)) continue
      this.#bytesFreed += this.#removeFile(hash)
      emptied.add(blobs.folderOf(hash))
      await takeTurns(this.#ground)
    }
    for (const folder of emptied) await blobs.sync(folder)
  }

  /** As a pack is retired and removed. Returns the size. */
  #removeFile(hash: HashBytes): number {
    const { blobs, mark, mustHold } = this.#ground
    const size = blobs.size(hash) ?? 0
    mustHold()
    blobs.retire(hash, mark)
    try {
      mustHold()
    } catch (error) {
      blobs.restore(hash, mark)
      throw error
    }
    blobs.remove(hash, mark)
    return size
  }
}
