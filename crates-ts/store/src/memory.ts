/** The same ports in memory, for tests and for worlds that need not last (spec/07-journal.md, "Drivers"). */
import { AosError, equalBytes, formatHash, type Hash } from '@aos/cbor'
import { badRequest, checkRequest, isSameHead } from './append-request.ts'
import { checkCompactOptions, type CompactOptions, type CompactReport } from './compact.ts'
import { compactedEntry, findHeader, readKind } from './entry-parts.ts'
import { fenced } from './fence.ts'
import { isRoot, type RootEntry } from './find-roots.ts'
import { compacted } from './journal-read.ts'
import type { LogHead } from './journal.ts'
import { MemoryContent } from './memory-content.ts'
import { MerkleLog } from './merkle.ts'
import type { AppendRequest, AppendResult, HeaderRecord, JournalHead, JournalPort, JournalRecord } from './port.ts'
import { withNote, type SnapshotNote } from './snapshot-notes.ts'
import type { WorldStore } from './world-store.ts'

/** What outlives one opening. */
export interface MemoryDisk {
  epoch: number
  isLocked: boolean
  world: Hash | undefined
  readonly records: HeaderRecord[]
  firstWhole: number
  readonly blobs: Map<Hash, Uint8Array>
  notes: readonly SnapshotNote[]
}

const IN_FLIGHT_MAX = 2
const BATCH_RECORDS = 256

/** An empty place for `openMemoryStore`; what is stored lives as long as the object does. */
export function makeMemoryDisk(): MemoryDisk {
  return { epoch: 0, isLocked: false, world: undefined, records: [], firstWhole: 0, blobs: new Map(), notes: [] }
}

/** Opens storage in memory. Throws `store.locked` while another opening of the same disk stands. */
export function openMemoryStore(disk: MemoryDisk = makeMemoryDisk()): WorldStore {
  if (disk.isLocked) throw new AosError('store.locked', 'the world is open elsewhere')
  disk.isLocked = true
  disk.epoch += 1
  const journal = new MemoryJournal(disk)
  const content = new MemoryContent(disk.blobs)
  return {
    journal,
    content,
    snapshotNotes: {
      list: () => disk.notes,
      put: (note) => {
        journal.checkOpen()
        disk.notes = withNote(disk.notes, note)
      },
      forgetBefore: (cut) => {
        journal.checkOpen()
        disk.notes = disk.notes.filter((note) => note.cut >= cut)
      },
    },
    findRoots: (limit) => journal.findRoots(limit),
    compact: (compacting) => journal.compact(compacting),
    get world() {
      return disk.world
    },
    logHead: () => journal.logHead(),
    async close() {
      await journal.close()
      content.close()
    },
  }
}

class MemoryJournal implements JournalPort {
  readonly epoch: number
  readonly #disk: MemoryDisk
  readonly #log = new MerkleLog()
  #submitted: JournalHead | undefined
  #settled: Promise<unknown> = Promise.resolve()
  #inFlight = 0
  #failure: AosError | undefined
  #closed = false

  constructor(disk: MemoryDisk) {
    this.#disk = disk
    this.epoch = disk.epoch
    this.#submitted = this.head
    for (const record of disk.records) this.#log.append(record.leaf)
  }

  get head(): JournalHead | undefined {
    const last = this.#disk.records.at(-1)
    return last === undefined ? undefined : { height: last.height, leaf: last.leaf }
  }

  logHead(): LogHead {
    return { size: this.#log.size, root: formatHash(this.#log.root()) }
  }

  appendIf(request: AppendRequest): Promise<AppendResult> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    const context = { epoch: this.epoch, world: this.#disk.world }
    const problem = this.#inFlight >= IN_FLIGHT_MAX ? 'two appends are in flight' : checkRequest(request, context)
    if (problem !== undefined) {
      this.#failure = badRequest(problem)
      return Promise.reject(this.#failure)
    }
    this.#inFlight += 1
    const before = this.#settled
    const result = this.#start(request, before).finally(() => {
      this.#inFlight -= 1
    })
    this.#settled = result
    return result
  }

  get firstWhole(): number {
    return this.#disk.firstWhole
  }

  *read(range: { readonly from: number; readonly to?: number }): Generator<readonly JournalRecord[], void, undefined> {
    this.checkOpen()
    for (const batch of this.readHeaders(range)) {
      const [first] = batch
      if (first !== undefined && first.height < this.firstWhole) throw compacted(this.firstWhole)
      yield batch
    }
  }

  *readHeaders(range: {
    readonly from: number
    readonly to?: number
  }): Generator<readonly HeaderRecord[], void, undefined> {
    this.checkOpen()
    const end = Math.min(range.to ?? Number.MAX_SAFE_INTEGER, this.head?.height ?? -1) + 1
    for (let at = range.from; at < end; at += BATCH_RECORDS) {
      yield this.#disk.records.slice(at, Math.min(end, at + BATCH_RECORDS))
    }
  }

  *findRoots(limit: number): Generator<RootEntry, void, undefined> {
    this.checkOpen()
    const roots = this.#disk.records.filter(({ bytes }) => isRoot(bytes)).toReversed()
    for (const { height, bytes } of roots.slice(0, Math.max(0, limit))) yield { height, bytes: bytes.slice() }
  }

  /** There are no segments: everything below the height is cut, but for the last entry. */
  async compact(options: CompactOptions): Promise<CompactReport> {
    const refusal = this.#refusal()
    if (refusal !== undefined) throw refusal
    checkCompactOptions(options)
    if (options.archive !== undefined)
      throw new AosError('store.bad_option', 'a world in memory has no segments to archive')
    await this.#settled
    if (this.#findOther() !== undefined) throw fenced(this.#disk.epoch)
    const { records, firstWhole } = this.#disk
    const end = Math.max(firstWhole, Math.min(options.before, records.length - 1))
    const whole = records.slice(firstWhole, end)
    const cut = whole.map((record) => withoutContent(record, options.keep))
    records.splice(firstWhole, cut.length, ...cut)
    this.#disk.firstWhole = end
    const sizes = { bytesBefore: bytesOf(whole), bytesAfter: bytesOf(cut), archivedBytes: 0 }
    return { compactedThrough: end === 0 ? undefined : end - 1, segments: cut.length === 0 ? 0 : 1, ...sizes }
  }

  checkOpen(): void {
    if (this.#closed) throw closed()
  }

  acknowledge(head: JournalHead): void {
    const refusal = this.#refusal()
    if (refusal !== undefined) throw refusal
    if (head.height > (this.head?.height ?? -1)) {
      throw badRequest(`height ${head.height} is not durable and cannot be acknowledged`)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#settled
    if (this.#disk.epoch === this.epoch) this.#disk.isLocked = false
  }

  #start(request: AppendRequest, before: Promise<unknown>): Promise<AppendResult> {
    if (request.epoch < this.epoch) return before.then(() => ({ kind: 'fenced', epoch: this.epoch }))
    if (!isSameHead(request.expected, this.#submitted)) {
      return before.then(() => this.#findOther() ?? this.#retryOrConflict(request))
    }
    const copies = request.entries.map(copyOf)
    const last = copies.at(-1)
    if (last === undefined) return Promise.reject(badRequest('nothing to append'))
    const head: JournalHead = { height: last.height, leaf: last.leaf }
    this.#submitted = head
    if (this.#disk.epoch === this.epoch) this.#disk.world ??= request.world
    return before.then(() => {
      const other = this.#findOther()
      if (other !== undefined) return other
      for (const copy of copies) {
        this.#disk.records.push(copy)
        this.#log.append(copy.leaf)
      }
      return { kind: 'appended', head }
    })
  }

  /** The answer when the disk has been opened again; this journal is dead then. */
  #findOther(): AppendResult | undefined {
    const { epoch } = this.#disk
    if (epoch === this.epoch) return undefined
    this.#failure ??= fenced(epoch)
    return { kind: 'fenced', epoch }
  }

  #retryOrConflict(request: AppendRequest): AppendResult {
    const { head } = this
    const { records } = this.#disk
    const stands = [request.entries[0], request.entries.at(-1)].every((entry) => {
      const record = entry === undefined ? undefined : records[entry.height]
      return entry !== undefined && record !== undefined && equalBytes(record.leaf, entry.leaf)
    })
    return head !== undefined && stands ? { kind: 'appended', head } : { kind: 'conflict', head }
  }

  #refusal(): AosError | undefined {
    if (this.#closed) return closed()
    if (this.#failure === undefined) return undefined
    return new AosError('store.failed', `an earlier call failed (${this.#failure.message}); reopen the world`)
  }
}

function copyOf(record: JournalRecord): HeaderRecord {
  return { height: record.height, leaf: record.leaf.slice(), bytes: record.bytes.slice(), isCompacted: false }
}

function withoutContent(record: HeaderRecord, keep: CompactOptions['keep']): HeaderRecord {
  const header = findHeader(record.bytes)
  const kind = header === undefined ? undefined : readKind(record.bytes, header)
  if (header === undefined || kind === undefined || keep(kind)) return record
  return { ...record, bytes: compactedEntry(record.bytes, header), isCompacted: true }
}

function bytesOf(records: readonly JournalRecord[]): number {
  return records.reduce((sum, { bytes }) => sum + bytes.length, 0)
}

function closed(): AosError {
  return new AosError('store.closed', 'the store has been closed')
}
