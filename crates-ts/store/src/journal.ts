/** The journal on segment files: group commit, two groups in flight (spec/07-journal.md, "Appending"). */
import { randomBytes } from 'node:crypto'
import { AosError, HASH_BYTES, equalBytes, formatHash, hashBytes, type Hash, type HashBytes } from '@aos/cbor'
import { ActiveSegment, PreparedFile, SEALED_BYTES_DEFAULT, type SegmentPlace } from './active-segment.ts'
import type { AcknowledgedHead } from './acknowledged.ts'
import { badRequest, checkRequest, isSameHead } from './append-request.ts'
import type { CompactOptions, CompactReport } from './compact.ts'
import { Compactions } from './compactions.ts'
import { asStoreError } from './disk.ts'
import { fenced } from './fence.ts'
import { findRoots, type RootEntry } from './find-roots.ts'
import { GroupBuffer } from './group-buffer.ts'
import { readRecords, type ReadRange } from './journal-read.ts'
import { NONCE_BYTES, PAGE_BYTES, type SegmentHeader } from './layout.ts'
import { MerkleLog } from './merkle.ts'
import { writeLatin1 } from './node-sha256.ts'
import type { Pause } from './pause.ts'
import type { AppendRequest, AppendResult, HeaderRecord, JournalHead, JournalPort, JournalRecord } from './port.ts'
import type { Tail } from './tail.ts'

const ZERO_HASH: HashBytes = new Uint8Array(HASH_BYTES)
const IN_FLIGHT_MAX = 2

export interface SegmentJournalOptions {
  readonly place: SegmentPlace
  readonly epoch: number
  readonly readOnly: boolean
  readonly tail: Tail | undefined
  /** The last segment when it takes more groups. */
  readonly active: ActiveSegment | undefined
  readonly acknowledged: AcknowledgedHead
  /** World id, when the journal has a genesis. */
  readonly world: Hash | undefined
  /** See JournalPort. */
  readonly firstWhole: number
  readonly pause: Pause
}

/** A journal's size and RFC 6962 tree head. */
export interface LogHead {
  /** Entries that are in the log. */
  readonly size: number
  readonly root: Hash
}

/** See JournalPort. Entry bytes are copied before `appendIf` returns. */
export class SegmentJournal implements JournalPort {
  readonly epoch: number
  readonly #place: SegmentPlace
  readonly #readOnly: boolean
  readonly #acknowledged: AcknowledgedHead
  readonly #log: MerkleLog
  #world: Hash | undefined
  #active: ActiveSegment | undefined
  #prepared: Promise<PreparedFile> | undefined
  /** Durable head, and the head counting the groups in flight. */
  #head: JournalHead | undefined
  #submitted: JournalHead | undefined
  #lastGroup: HashBytes
  readonly #buffers: GroupBuffer[] = [new GroupBuffer(), new GroupBuffer()]
  #inFlight = 0
  /** Settles when everything before has; never rejects. */
  #settled: Promise<unknown> = Promise.resolve()
  readonly #compactions: Compactions
  #failure: AosError | undefined
  #closed = false

  constructor(options: SegmentJournalOptions) {
    const { place, pause, firstWhole } = options
    const refusal = (): AosError | undefined => this.#refusal()
    const die = (error: AosError): AosError => this.#die(error)
    this.#compactions = new Compactions({ place, pause, firstWhole, refusal, die })
    this.epoch = options.epoch
    this.#place = options.place
    this.#readOnly = options.readOnly
    this.#acknowledged = options.acknowledged
    this.#world = options.world
    this.#active = options.active
    this.#log = options.tail?.log ?? new MerkleLog()
    this.#head = options.tail?.head
    this.#submitted = this.#head
    this.#lastGroup = options.tail?.lastGroup ?? ZERO_HASH
  }

  get head(): JournalHead | undefined {
    return this.#head
  }

  get firstWhole(): number {
    return this.#compactions.firstWhole
  }

  /** The Merkle log over everything durable. Hashes what has not been hashed yet. */
  logHead(): LogHead {
    return { size: this.#log.size, root: formatHash(this.#log.root()) }
  }

  appendIf(request: AppendRequest): Promise<AppendResult> {
    const refusal = this.#refusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    const problem = this.#inFlight >= IN_FLIGHT_MAX ? 'two appends are in flight' : checkRequest(request, this)
    if (problem !== undefined) return Promise.reject(this.#die(badRequest(problem)))
    const before = this.#settled
    this.#inFlight += 1
    const result = this.#start(request, before).finally(() => {
      this.#inFlight -= 1
    })
    this.#settled = result.catch(asSettled)
    return result
  }

  read(range: { readonly from: number; readonly to?: number }): Generator<readonly JournalRecord[], void, undefined> {
    return this.#read(range, { mayBeCompacted: false })
  }

  readHeaders(range: {
    readonly from: number
    readonly to?: number
  }): Generator<readonly HeaderRecord[], void, undefined> {
    return this.#read(range, { mayBeCompacted: true })
  }

  /** Entries of kind snapshot_root among what is durable, the newest first. */
  *findRoots(limit: number): Generator<RootEntry, void, undefined> {
    if (this.#closed) throw closed()
    yield* findRoots(this.#place.disk, this.#place.folder, { limit, to: this.#head?.height ?? -1 })
  }

  acknowledge(head: JournalHead): void {
    const refusal = this.#refusal()
    if (refusal !== undefined) throw refusal
    if (this.#head === undefined || head.height > this.#head.height) {
      throw badRequest(`height ${head.height} is not durable and cannot be acknowledged`)
    }
    try {
      this.#acknowledged.write(head)
    } catch (error) {
      throw this.#die(asStoreError(error, 'writing the acknowledged head'))
    }
  }

  /** See WorldStore. Appends and reads go on meanwhile; after a failure of the last steps the journal is dead. */
  compact(options: CompactOptions): Promise<CompactReport> {
    return this.#compactions.compact(options)
  }

  /** Waits for what is in flight; a compaction gives up when it has not come to its last steps. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#settled
    await this.#compactions.settled
    await this.#sealLong()
    await this.#active?.close()
    const prepared = await this.#prepared?.catch(asSettled)
    prepared?.file.close()
    this.#acknowledged.close()
    // After a failure nobody knows what the system still writes: then the next opening takes a copy.
    if (!this.#readOnly && this.#failure === undefined) await this.#place.fence.end()
  }

  get world(): Hash | undefined {
    return this.#world
  }

  *#read(
    range: { readonly from: number; readonly to?: number },
    { mayBeCompacted }: Pick<ReadRange, 'mayBeCompacted'>,
  ): Generator<readonly HeaderRecord[], void, undefined> {
    if (this.#closed) throw closed()
    const to = Math.min(range.to ?? Number.MAX_SAFE_INTEGER, this.#head?.height ?? -1)
    yield* readRecords(this.#place.disk, this.#place.folder, { from: range.from, to, mayBeCompacted })
  }

  #start(request: AppendRequest, before: Promise<unknown>): Promise<AppendResult> {
    if (request.epoch < this.epoch) return before.then(() => ({ kind: 'fenced', epoch: this.epoch }))
    if (!isSameHead(request.expected, this.#submitted)) {
      return before
        .then(() => this.#retryOrConflict(request))
        .catch((error: unknown) => {
          throw this.#die(asStoreError(error, 'reading what stands'))
        })
    }
    const { entries, world } = request
    const last = entries.at(-1)
    const buffer = this.#buffers.find((candidate) => !candidate.isBusy)
    if (last === undefined || buffer === undefined) return Promise.reject(this.#die(badRequest('nothing to append')))
    this.#world ??= world
    const group = buffer.fill(entries)
    const segment = this.#segmentFor(group.length, entries[0]?.height ?? 0, world, before)
    const digest = buffer.finish(
      { epoch: this.epoch, durableThrough: this.#head?.height, prevGroup: this.#lastGroup },
      segment.header.nonce,
    )
    const lastGroup = new Uint8Array(HASH_BYTES)
    writeLatin1(lastGroup, digest, 0)
    this.#lastGroup = lastGroup
    const head: JournalHead = { height: last.height, leaf: last.leaf.slice() }
    this.#submitted = head
    const written = segment.write(group, segment.position)
    segment.position += group.length
    if (segment.wantsSuccessor()) this.#prepareNext()
    const result = this.#finish(Promise.allSettled([before, written]), buffer, head)
    this.#log.settle(2 * entries.length)
    return result
  }

  async #finish(
    done: Promise<readonly PromiseSettledResult<unknown>[]>,
    buffer: GroupBuffer,
    head: JournalHead,
  ): Promise<AppendResult> {
    const written = (await done)[1]
    if (this.#failure !== undefined) throw dead(this.#failure)
    // Durable first, then looked: whoever raised the epoch before this look answers for the entries after it.
    const other = this.#findOther()
    if (other !== undefined) return other
    if (written?.status === 'rejected') throw this.#die(asStoreError(written.reason, `writing height ${head.height}`))
    this.#head = head
    this.#log.appendAll(buffer.leaves)
    buffer.release()
    return { kind: 'appended', head }
  }

  /** The segment for the next group; a full one is sealed once everything in it is durable. */
  #segmentFor(bytes: number, firstHeight: number, world: Hash, before: Promise<unknown>): ActiveSegment {
    const full = this.#active
    if (full?.fits(bytes) === true) return full
    return this.#succeed(full, { firstHeight, world, before })
  }

  #succeed(
    full: ActiveSegment | undefined,
    { firstHeight, world, before }: { firstHeight: number; world: Hash; before: Promise<unknown> },
  ): ActiveSegment {
    const leafBefore = this.#submitted?.leaf ?? ZERO_HASH
    const header: SegmentHeader = {
      firstHeight,
      world: hashBytes(world),
      leafBefore,
      prevGroup: this.#lastGroup,
      nonce: randomBytes(NONCE_BYTES),
    }
    const segment = new ActiveSegment(this.#place, header, PAGE_BYTES)
    const through = { lastHeight: firstHeight - 1, leaf: leafBefore, lastGroup: this.#lastGroup }
    const sealed = before.then(async () => {
      if (this.#failure !== undefined) {
        await full?.close()
        throw dead(this.#failure)
      }
      await full?.seal({ ...through, log: this.#log.peaks() })
    })
    segment.create(sealed, this.#prepared)
    this.#prepared = undefined
    this.#active = segment
    return segment
  }

  /** Nothing is in flight. What goes wrong costs nothing that is durable: the next opening reads what it finds. */
  async #sealLong(): Promise<void> {
    const [active, head, world] = [this.#active, this.#head, this.#world]
    if (this.#failure !== undefined || active === undefined || head === undefined || world === undefined) return
    if (active.position <= (this.#place.sealedBytes ?? SEALED_BYTES_DEFAULT)) return
    try {
      await this.#succeed(active, { firstHeight: head.height + 1, world, before: this.#settled }).standing()
    } catch (error) {
      this.#die(asStoreError(error, 'sealing a segment'))
    }
  }

  #prepareNext(): void {
    if (this.#prepared !== undefined) return
    this.#prepared = PreparedFile.make(this.#place, this.#place.segmentBytes)
    this.#prepared.catch(asSettled)
  }

  /** The answer when another opening is in force; this one is dead then. */
  #findOther(): AppendResult | undefined {
    try {
      const other = this.#place.fence.findOther()
      if (other === undefined) return undefined
      this.#die(fenced(other.epoch))
      return { kind: 'fenced', epoch: other.epoch }
    } catch (error) {
      throw this.#die(asStoreError(error, 'reading the fence'))
    }
  }

  /** The request does not start at the head: it has been written before, or somebody else wrote. */
  #retryOrConflict(request: AppendRequest): AppendResult {
    if (this.#failure !== undefined) throw dead(this.#failure)
    const other = this.#findOther()
    if (other !== undefined) return other
    const head = this.#head
    const first = request.entries[0]
    const last = request.entries.at(-1)
    if (head === undefined || first === undefined || last === undefined || last.height > head.height) {
      return { kind: 'conflict', head }
    }
    const stands = this.#isStanding(first) && this.#isStanding(last)
    return stands ? { kind: 'appended', head } : { kind: 'conflict', head }
  }

  #isStanding(record: JournalRecord): boolean {
    if (this.#head !== undefined && record.height === this.#head.height) return equalBytes(record.leaf, this.#head.leaf)
    for (const [stored] of this.readHeaders({ from: record.height, to: record.height })) {
      return stored !== undefined && equalBytes(stored.leaf, record.leaf)
    }
    return false
  }

  #refusal(): AosError | undefined {
    if (this.#closed) return closed()
    if (this.#failure !== undefined) return dead(this.#failure)
    if (this.#readOnly) return new AosError('store.read_only', 'the store was opened only for reading')
    return undefined
  }

  /** From now on every call is refused; `error` is for the caller who met it. */
  #die(error: AosError): AosError {
    this.#failure ??= error
    return error
  }
}

function closed(): AosError {
  return new AosError('store.closed', 'the store has been closed')
}

function dead(cause: AosError): AosError {
  return new AosError('store.failed', `an earlier call failed (${cause.message}); reopen the world`, { cause })
}

/** For promises whose failure has been told to whoever asked. */
function asSettled(): undefined {
  return undefined
}
