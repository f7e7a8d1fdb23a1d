/** A world's storage on disk: metadata (the lock and the epoch), journal, content (spec/07-journal.md, "Storage"). */
import { join } from 'node:path'
import { AosError, formatHash, type Hash } from '@aos/cbor'
import { AcknowledgedHead } from './acknowledged.ts'
import { ActiveSegment, type SegmentPlace } from './active-segment.ts'
import { LevelContent } from './content.ts'
import { asStoreError, nodeDisk, type Disk } from './disk.ts'
import { SegmentJournal, type LogHead } from './journal.ts'
import type { KeyValue, OpenKeyValue } from './key-value.ts'
import { PAGE_BYTES } from './layout.ts'
import { openLevelKeyValue } from './level-key-value.ts'
import type { ContentStore, JournalPort } from './port.ts'
import { UNFINISHED_NAME } from './segments.ts'
import { inspectJournal, type JournalState } from './tail.ts'

/** Size at which a segment is sealed unless the opener says otherwise: 16 MiB. */
export const SEGMENT_BYTES_DEFAULT: number = 16 * 1024 * 1024
/** Header, one group, footer, and one page to spare. */
export const SEGMENT_BYTES_MIN: number = 4 * PAGE_BYTES

/** How a world folder is opened, and what tests put under it. */
export interface WorldStoreOptions {
  /** Appends and puts are refused and no byte changes; the lock is needed all the same. */
  readonly readOnly?: boolean
  /** Size at which a segment is sealed: a multiple of 4096, at least SEGMENT_BYTES_MIN. */
  readonly segmentBytes?: number
  /** Opens although acknowledged entries are gone (`journal.missing`). */
  readonly acceptLoss?: boolean
  /** The file system, for tests with faults. */
  readonly disk?: Disk
  /** The databases, for tests with faults. */
  readonly openKeyValue?: OpenKeyValue
}

/** An open world folder. Holds the lock until it is closed. */
export interface WorldStore {
  readonly journal: JournalPort
  readonly content: ContentStore
  /** World id, when there is a genesis. */
  readonly world: Hash | undefined
  /** Size and RFC 6962 root of the log over what is durable; hashes lazily. */
  logHead(): LogHead
  /** Journal and content first, the lock last. A second call does nothing. */
  close(): Promise<void>
}

const EPOCH_KEY = new TextEncoder().encode('epoch')

/**
 * Opens a world folder's storage. Throws `store.locked`, `store.corrupt`, `journal.missing`, `store.not_found` (only when
 * read-only), `store.unsupported`, `store.no_space`, `store.failed`, `store.bad_option`.
 */
export async function openWorldStore(folder: string, options: WorldStoreOptions = {}): Promise<WorldStore> {
  const segmentBytes = options.segmentBytes ?? SEGMENT_BYTES_DEFAULT
  if (segmentBytes % PAGE_BYTES !== 0 || segmentBytes < SEGMENT_BYTES_MIN || segmentBytes > 2 ** 31) {
    throw new AosError(
      'store.bad_option',
      `segmentBytes must be a multiple of ${PAGE_BYTES}, at least ${SEGMENT_BYTES_MIN}`,
    )
  }
  const disk = options.disk ?? nodeDisk
  const openKeyValue = options.openKeyValue ?? openLevelKeyValue
  const create = options.readOnly !== true
  const place: SegmentPlace = { disk, folder: join(folder, 'journal'), segmentBytes }
  const undo: (() => Promise<void> | void)[] = []
  try {
    if (create) disk.makeFolder(place.folder)
    const meta = await openKeyValue(join(folder, 'meta'), { create })
    undo.push(() => meta.close())
    const content = new LevelContent(await openKeyValue(join(folder, 'cas'), { create }), { readOnly: !create })
    undo.push(() => content.close())
    if (create) await disk.syncFolder(folder)
    const acknowledged = AcknowledgedHead.open(disk, place.folder, create ? 'unsynced' : 'read')
    undo.push(() => {
      acknowledged.close()
    })
    const state = inspectJournal(disk, place.folder, acknowledged, { acceptLoss: options.acceptLoss === true })
    const journal = await openJournal({ place, meta, acknowledged, state, readOnly: !create })
    return new OpenedWorldStore(journal, content, meta)
  } catch (error) {
    for (const step of undo.reverse()) await step()
    throw asStoreError(error, `opening ${folder}`)
  }
}

class OpenedWorldStore implements WorldStore {
  readonly journal: SegmentJournal
  readonly content: LevelContent
  readonly #meta: KeyValue
  #closing: Promise<void> | undefined

  constructor(journal: SegmentJournal, content: LevelContent, meta: KeyValue) {
    this.journal = journal
    this.content = content
    this.#meta = meta
  }

  get world(): Hash | undefined {
    return this.journal.world
  }

  logHead(): LogHead {
    return this.journal.logHead()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.journal.close()
    await this.content.close()
    await this.#meta.close()
  }
}

interface OpenJournal {
  readonly place: SegmentPlace
  readonly meta: KeyValue
  readonly acknowledged: AcknowledgedHead
  readonly state: JournalState
  readonly readOnly: boolean
}

/** Raises the epoch, then repairs the tail: only the opening that holds the lock writes. */
async function openJournal(opening: OpenJournal): Promise<SegmentJournal> {
  const { place, meta, acknowledged, state, readOnly } = opening
  const { tail } = state
  const world = tail?.head === undefined ? undefined : formatHash(tail.header.world)
  const known = Math.max(readEpoch(meta), tail?.epoch ?? 0)
  if (readOnly) {
    return new SegmentJournal({ place, epoch: known, readOnly, tail, active: undefined, acknowledged, world })
  }
  const epoch = known + 1
  await meta.write([[EPOCH_KEY, new TextEncoder().encode(String(epoch))]])
  place.disk.remove(join(place.folder, UNFINISHED_NAME))
  if (state.stub !== undefined) place.disk.remove(state.stub.path)
  await place.disk.syncFolder(place.folder)
  const active = tail === undefined || tail.sealed ? undefined : await ActiveSegment.reopen(place, tail.header, tail)
  if (tail?.sealed === true) await syncFile(place.disk, tail.name.path)
  const acknowledgedHeight = acknowledged.head?.height ?? -1
  if (acknowledgedHeight > (tail?.head?.height ?? -1)) await acknowledged.reset(tail?.head)
  return new SegmentJournal({ place, epoch, readOnly, tail, active, acknowledged, world })
}

/** The bytes and the size that were read may so far stand only in the system's cache. */
async function syncFile(disk: Disk, path: string): Promise<void> {
  const file = disk.open(path, 'durable')
  try {
    await file.sync()
  } finally {
    file.close()
  }
}

function readEpoch(meta: KeyValue): number {
  const bytes = meta.get(EPOCH_KEY)
  if (bytes === undefined) return 0
  const epoch = Number(new TextDecoder().decode(bytes))
  if (Number.isSafeInteger(epoch) && epoch >= 0) return epoch
  throw new AosError('store.corrupt', 'the epoch in the metadata is no number', { details: { part: 'epoch' } })
}
