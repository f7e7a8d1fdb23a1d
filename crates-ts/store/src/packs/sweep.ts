/**
 * Removing values that nobody needs any more (spec/07-journal.md, "Sweeping"): packs in which much is dead are written again without
 * it, a slice at a time. Whatever happens on the way, every live value is in a pack that is durable and indexed.
 */
import { AosError, type HashBytes } from '@aos/cbor'
import type { DiskFile } from '../disk.ts'
import type { Pause } from '../pause.ts'
import type { HashedValue, SweepOptions, SweepReport } from '../port.ts'
import { isSamePlace, type FoundRecord, type Location } from './content-index.ts'
import { LocationTable } from './location-table.ts'
import { PACK_HEAD_BYTES, RECORD_HEAD_BYTES, recordBytes } from './pack-layout.ts'
import { isIntact, type ContentParts, type PackReader } from './pack-reader.ts'
import { scanPack } from './pack-scan.ts'

/** A pack is written again when at least this share of it is dead. */
export const DEAD_SHARE_MIN = 0.3

/** Others have their turn after so many records, or so many bytes that were copied. */
const SLICE_RECORDS = 512
const SLICE_BYTES: number = 1 << 20

/** What a sweep needs of the store that it goes on in. */
export interface SweepGround extends ContentParts {
  readonly reader: PackReader
  readonly pause: Pause
  /** Throws when the store has been closed or has failed. */
  readonly mustGoOn: () => void
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

interface Survey {
  /** Of the pack, and of the files that only it names. */
  readonly bytes: number
  /** Of what has to stay. */
  readonly liveBytes: number
  /** Of what every pack has. */
  readonly frameBytes: number
  readonly isDamaged: boolean
  /** Records of values of which the index names another one. */
  readonly others: LocationTable
}

/** A pack stays as it is when a live value in it cannot be read. */
class PackStays extends Error {}

/** One sweep. */
export class Sweep {
  readonly #ground: SweepGround
  readonly #options: SweepOptions
  /** By pack. Most values have one record. */
  readonly #others = new Map<number, LocationTable>()
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
    const { packs } = this.#ground
    const worthwhile: number[] = []
    const numbers = packs.numbers()
    for (const number of numbers) {
      const survey = await this.#survey(number)
      this.#others.set(number, survey.others)
      if (!this.#isWorthwhile(survey, { isLast: number === numbers.at(-1) })) {
        this.#staying.add(number)
        continue
      }
      worthwhile.push(number)
      if (this.#options.dryRun === true) this.#bytesFreed += survey.bytes - survey.liveBytes
    }
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

  /** The last pack is not replaced by another one that is as empty. */
  #isWorthwhile(survey: Survey, { isLast }: { readonly isLast: boolean }): boolean {
    const { bytes, liveBytes, frameBytes, isDamaged } = survey
    const deadBytes = bytes - liveBytes - frameBytes
    if (isDamaged || (isLast && deadBytes <= 0)) return false
    return liveBytes === 0 || deadBytes >= (this.#options.deadShareMin ?? DEAD_SHARE_MIN) * bytes
  }

  /** Counts what the index says is in a pack, and looks for damage that was once durable. */
  async #survey(number: number): Promise<Survey> {
    const { index } = this.#ground
    const others = new LocationTable()
    let bad: number[] = []
    let isDamaged = false
    let fileBytes = 0
    let liveBytes = 0
    let frameBytes = PACK_HEAD_BYTES
    const size = await this.#eachRecord(number, (step) => {
      if (step.kind === 'gap') {
        bad.push(step.position)
        return
      }
      const { kind, hash, length, durable } = step.head
      isDamaged ||= bad.some((position) => position < durable)
      // What the same write tore apart was never acknowledged.
      bad = []
      if (kind === 'closed') {
        frameBytes += RECORD_HEAD_BYTES
        return
      }
      const record: Location = { kind, length, pack: number, position: step.position }
      if (!isSamePlace(record, index.find(hash))) {
        others.set(hash, record)
        return
      }
      const isLive = this.#isLive(hash)
      const withFile = kind === 'file' ? length : 0
      fileBytes += withFile
      liveBytes += isLive ? recordBytes(step.head) + withFile : 0
      this.#count(isLive, length)
    })
    return { bytes: size + fileBytes, liveBytes, frameBytes, isDamaged: isDamaged || bad.length > 0, others }
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
      await this.#forget(dead)
      await this.#retire(number)
    } catch (error) {
      this.#remember(dead)
      if (!(error instanceof PackStays)) throw error
      this.#stay(number)
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
      if (slice.length === 0) return
      const values = slice
      copied += sliceBytes
      slice = []
      sliceBytes = 0
      await this.#ground.copy(values)
    }
    const visit = (step: Step, file: DiskFile): void => {
      if (step.kind === 'gap' || step.head.kind === 'closed') return
      const { kind, hash, length } = step.head
      const record = { hash, kind, length, pack: number, position: step.position }
      const bytes = this.#visit(record, file, dead)
      if (bytes === undefined) return
      slice.push({ hash, bytes })
      sliceBytes += recordBytes(record)
    }
    await this.#eachRecord(number, visit, async () => {
      if (sliceBytes >= SLICE_BYTES || slice.length >= SLICE_RECORDS) await flush()
    })
    await flush()
    return copied
  }

  /** The bytes to be copied; undefined when this record is not needed. */
  #visit(record: FoundRecord, file: DiskFile, dead: LocationTable): Uint8Array | undefined {
    const { index, reader } = this.#ground
    const { hash } = record
    const isCurrent = isSamePlace(record, index.find(hash))
    if (!this.#isLive(hash)) {
      if (isCurrent) dead.set(hash, record)
      return undefined
    }
    if (!isCurrent && reader.hasIntact(hash)) return undefined
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

  /** From here on the dead ones are absent: who stores one of them writes it anew. One that was stored meanwhile is copied. */
  async #forget(dead: LocationTable): Promise<void> {
    const { index, reader, isStored, copy } = this.#ground
    let visited = 0
    for (const [view] of dead.entries()) {
      if (isStored(view)) {
        const hash = view.slice()
        const bytes = reader.readIndexed(hash)
        if (bytes === undefined) throw new PackStays('a value that was stored again cannot be read')
        await copy([{ hash, bytes }])
      } else {
        index.forget(view)
        this.#noteOther(view)
      }
      visited += 1
      if (visited % SLICE_RECORDS === 0) await this.#pause()
    }
  }

  /** A dead value may have another record, in a pack that stays: then the index names that one. */
  #noteOther(hash: HashBytes): void {
    for (const number of this.#staying) {
      const place = this.#others.get(number)?.get(hash)
      if (place !== undefined && place !== 'gone') this.#ground.index.note(hash, place)
    }
  }

  /** What was forgotten while it was thought that the pack would go. */
  #stay(number: number): void {
    this.#staying.add(number)
    for (const [hash, place] of this.#others.get(number)?.entries() ?? []) {
      if (place !== 'gone' && this.#ground.index.find(hash) === undefined) this.#ground.index.note(hash, place)
    }
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
    const { blobs, index, mark, mustHold } = this.#ground
    const emptied = new Set<string>()
    for (const hash of blobs.list()) {
      if (index.find(hash) !== undefined || this.#isLive(hash)) continue
      const size = blobs.size(hash) ?? 0
      mustHold()
      // Nothing may come between the look at the index and this.
      blobs.retire(hash, mark)
      try {
        mustHold()
      } catch (error) {
        blobs.restore(hash, mark)
        throw error
      }
      blobs.remove(hash, mark)
      emptied.add(blobs.folderOf(hash))
      this.#bytesFreed += size
      await this.#pause()
    }
    for (const folder of emptied) await blobs.sync(folder)
  }

  /** Goes through a pack in slices, with a descriptor of its own. Returns the size of the pack. */
  async #eachRecord(
    number: number,
    visit: (step: Step, file: DiskFile) => void,
    afterEach: () => Promise<void> = () => Promise.resolve(),
  ): Promise<number> {
    const { disk } = this.#ground.packs
    const file = disk.open(this.#ground.packs.path(number), 'read')
    try {
      const size = file.size()
      let visited = 0
      for (const step of scanPack(file, { number, checksValues: false })) {
        visit(step, file)
        await afterEach()
        visited += 1
        if (visited % SLICE_RECORDS === 0) await this.#pause()
      }
      return size
    } finally {
      file.close()
    }
  }

  async #pause(): Promise<void> {
    this.#ground.mustGoOn()
    await this.#ground.pause()
    this.#ground.mustGoOn()
  }
}

type Step = ReturnType<typeof scanPack> extends Generator<infer S> ? S : never

/** For a store that is only read: counting is all there is. */
export function mustBeDry(options: SweepOptions): void {
  if (options.dryRun !== true) throw new AosError('store.read_only', 'the store was opened only for reading')
}
