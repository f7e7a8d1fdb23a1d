/** A world's storage on disk: metadata (the lock and the epoch), journal, content (spec/07-journal.md, "Storage"). */
import { dirname, join } from 'node:path'
import { AosError, type Hash } from '@aos/cbor'
import { AcknowledgedHead } from './acknowledged.ts'
import type { CompactOptions, CompactReport } from './compact.ts'
import { asStoreError, nodeDisk, type Disk } from './disk.ts'
import { Fence } from './fence.ts'
import { FencedContent, type OpenedContent } from './fenced-content.ts'
import type { RootEntry } from './find-roots.ts'
import type { LogHead, SegmentJournal } from './journal.ts'
import type { KeyValue, OpenKeyValue } from './key-value.ts'
import { PAGE_BYTES } from './layout.ts'
import { openLevelKeyValue } from './level-key-value.ts'
import type { ContentStore, JournalPort } from './port.ts'
import { nextTurn, type Pause } from './pause.ts'
import { PACK_BYTES_DEFAULT, openContent, type ContentDriver } from './packs/open-content.ts'
import { EpochRecord, openJournal, raise } from './open-journal.ts'
import { SnapshotNotesFile, type SnapshotNotes } from './snapshot-notes.ts'
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
  /** A last segment that is longer is sealed when the store is closed: 1 MiB unless given. */
  readonly sealedBytes?: number
  /** Opens although acknowledged entries are gone (`journal.missing`). */
  readonly acceptLoss?: boolean
  /** Where content goes; a store keeps the driver that it was made with. `packs` reads what `level` wrote, not the other way. */
  readonly content?: ContentDriver
  /** Size at which a new pack is begun: 64 MiB unless given. */
  readonly packBytes?: number
  /** What each of the two databases may hold in memory; what LevelDB holds unless given: 4 MiB and 8 MiB. */
  readonly cacheBytes?: number
  /** The file system, for tests with faults. */
  readonly disk?: Disk
  /** The databases, for tests with faults. */
  readonly openKeyValue?: OpenKeyValue
  /** How long work lets others go on, for tests that decide when that is. */
  readonly pause?: Pause
}

/** An open world folder. Holds the lock until it is closed. */
export interface WorldStore {
  readonly journal: JournalPort
  readonly content: ContentStore
  /** World id, when there is a genesis. */
  readonly world: Hash | undefined
  /** Where the newest snapshots are: a hint that may be lost or behind. */
  readonly snapshotNotes: SnapshotNotes
  /**
   * Whole entries of kind snapshot_root, the newest first, at most `limit`: what the notes are made of again. Reads the journal
   * backwards until there are enough. Throws `store.corrupt` where reading stops.
   */
  findRoots(limit: number): Iterable<RootEntry>
  /**
   * Cuts sealed segments below a height to their headers, durably; each crash leaves the old segments or the new one. Again with a
   * higher height it goes on. Throws `store.corrupt` when what is to be cut is damaged (nothing has changed then), `store.fenced`,
   * `store.read_only`, `store.failed`, `store.no_space`, `store.bad_option`.
   */
  compact(options: CompactOptions): Promise<CompactReport>
  /** Size and RFC 6962 root of the log over what is durable; hashes lazily. */
  logHead(): LogHead
  /** Journal and content first, the lock last, which is free even when closing fails. A second call does nothing. */
  close(): Promise<void>
}

/**
 * Opens a world folder's storage. Throws `store.locked`, `store.corrupt`, `journal.missing`, `store.not_found` (only when
 * read-only), `store.unsupported`, `store.no_space`, `store.failed`, `store.bad_option`, `store.fenced`.
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
  const openKeyValue = withCache(options.openKeyValue ?? openLevelKeyValue, options.cacheBytes)
  const create = options.readOnly !== true
  const journalFolder = join(folder, 'journal')
  const undo: (() => Promise<void> | void)[] = []
  try {
    const made = create ? disk.makeFolder(journalFolder) : undefined
    const meta = await openKeyValue(join(folder, 'meta'), { create })
    undo.push(() => meta.close())
    const fence = Fence.read(disk, journalFolder)
    const place = { disk, folder: journalFolder, segmentBytes, sealedBytes: options.sealedBytes, fence }
    if (create && place.fence.epoch === 0) await syncParents(disk, folder, made)
    const epochs = new EpochRecord(meta)
    let raised = create ? await raise(place, epochs.read()) : undefined
    const { content: driver = 'packs', packBytes = PACK_BYTES_DEFAULT } = options
    const pause = options.pause ?? nextTurn
    const mustHold = (): void => {
      if (create) place.fence.mustHold()
    }
    const how = { readOnly: !create, driver, packBytes, pause, mustHold }
    const content = await openContent({ folder, disk, openKeyValue, ...how })
    undo.push(() => content.close())
    if (create) await disk.syncFolder(folder)
    const acknowledged = AcknowledgedHead.open(disk, journalFolder, create ? 'unsynced' : 'read')
    undo.push(() => {
      acknowledged.close()
    })
    const notes = SnapshotNotesFile.open(disk, journalFolder, create ? 'unsynced' : 'read')
    undo.push(() => {
      notes.close()
    })
    const inspect = (): JournalState =>
      inspectJournal(disk, journalFolder, acknowledged, { acceptLoss: options.acceptLoss === true })
    let state = inspect()
    while (raised !== undefined && (state.tail?.epoch ?? 0) >= place.fence.epoch) {
      // Neither fence nor metadata knew of that epoch. What was read before a raise is read again after it.
      place.fence.mustHold()
      raised = await raise(place, state.tail?.epoch ?? 0)
      state = inspect()
    }
    const journal = await openJournal({ place, epochs, acknowledged, state, raised, pause })
    const fencedContent = create ? new FencedContent(content, place.fence) : content
    return new OpenedWorldStore({ journal, content: fencedContent, notes, meta })
  } catch (error) {
    await undoAll(undo)
    throw asStoreError(error, `opening ${folder}`)
  }
}

function withCache(open: OpenKeyValue, cacheBytes: number | undefined): OpenKeyValue {
  return cacheBytes === undefined ? open : (path, options) => open(path, { ...options, cacheBytes })
}

/** Last first. Why opening failed is told; that closing failed after it is not, and keeps nothing else open. */
async function undoAll(steps: readonly (() => Promise<void> | void)[]): Promise<void> {
  for (const step of steps.toReversed()) {
    try {
      await step()
    } catch {
      continue
    }
  }
}

/** The name of a new world's folder is durable before anything in it is, and so are those of the folders made for it. */
async function syncParents(disk: Disk, folder: string, made: string | undefined): Promise<void> {
  const top = dirname(made === undefined || made.length > folder.length ? folder : made)
  for (let at = dirname(folder); ; at = dirname(at)) {
    await disk.syncFolder(at)
    if (at === top || at === dirname(at)) return
  }
}

interface StoreParts {
  readonly journal: SegmentJournal
  readonly content: OpenedContent
  readonly notes: SnapshotNotesFile
  readonly meta: KeyValue
}

class OpenedWorldStore implements WorldStore {
  readonly journal: SegmentJournal
  readonly content: OpenedContent
  readonly snapshotNotes: SnapshotNotesFile
  readonly #meta: KeyValue
  #closing: Promise<void> | undefined

  constructor({ journal, content, notes, meta }: StoreParts) {
    this.journal = journal
    this.content = content
    this.snapshotNotes = notes
    this.#meta = meta
  }

  get world(): Hash | undefined {
    return this.journal.world
  }

  findRoots(limit: number): Iterable<RootEntry> {
    return this.journal.findRoots(limit)
  }

  compact(options: CompactOptions): Promise<CompactReport> {
    return this.journal.compact(options)
  }

  logHead(): LogHead {
    return this.journal.logHead()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** A part that fails to close keeps no other open, least of all the lock. */
  async #close(): Promise<void> {
    const failures: unknown[] = []
    const parts: readonly (() => Promise<void> | void)[] = [
      () => {
        this.snapshotNotes.close()
      },
      () => this.journal.close(),
      () => this.content.close(),
      () => this.#meta.close(),
    ]
    for (const close of parts) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw asStoreError(failures[0], 'closing the world')
  }
}
