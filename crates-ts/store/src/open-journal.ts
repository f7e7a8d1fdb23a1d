/** A writer takes over a journal (spec/07-journal.md, "Fence" and "Opening"): raise first, then read, then repair. */
import { randomBytes } from 'node:crypto'
import { AosError, formatHash } from '@aos/cbor'
import type { AcknowledgedHead } from './acknowledged.ts'
import { ActiveSegment, type SegmentPlace } from './active-segment.ts'
import type { Disk } from './disk.ts'
import { SegmentJournal } from './journal.ts'
import type { KeyValue } from './key-value.ts'
import { NONCE_BYTES, PAGE_BYTES } from './layout.ts'
import { HistoryCheck, asCorrupt, drain } from './segment-check.ts'
import { historyBefore, listUnfinished, removeAll, type JournalFiles } from './segments.ts'
import type { Pause } from './pause.ts'
import type { JournalState, Tail } from './tail.ts'

const EPOCH_KEY = new TextEncoder().encode('epoch')

/** The epoch in the metadata: a second record beside the fence, and the only one of worlds that have no fence yet. */
export class EpochRecord {
  readonly #meta: KeyValue

  constructor(meta: KeyValue) {
    this.#meta = meta
  }

  /** 0 for none. Throws `store.corrupt`. */
  read(): number {
    const bytes = this.#meta.get(EPOCH_KEY)
    if (bytes === undefined) return 0
    const epoch = Number(new TextDecoder().decode(bytes))
    if (Number.isSafeInteger(epoch) && epoch >= 0) return epoch
    throw new AosError('store.corrupt', 'the epoch in the metadata is no number', { details: { part: 'epoch' } })
  }

  write(epoch: number): Promise<void> {
    return this.#meta.write([[EPOCH_KEY, new TextEncoder().encode(String(epoch))]])
  }
}

/** What raising told of the opening before. */
export interface Raised {
  /** The opening before has ended: nobody else has its files open. */
  readonly wasClosed: boolean
}

/**
 * Puts this opening in force before anything is read: what an older writer acknowledges was durable before, so it is read
 * after. Then the older writer's unfinished files go, so that it cannot give them a name any more.
 */
export async function raise(place: SegmentPlace, above: number): Promise<Raised> {
  const raised = await place.fence.raise(above)
  for (const path of listUnfinished(place.disk, place.folder)) place.disk.remove(path)
  await place.disk.syncFolder(place.folder)
  return raised
}

/** What there is to open a journal with, after the raise and the inspection of the tail. */
export interface JournalOpening {
  readonly place: SegmentPlace
  readonly epochs: EpochRecord
  readonly acknowledged: AcknowledgedHead
  readonly state: JournalState
  /** undefined: only for reading. */
  readonly raised: Raised | undefined
  readonly pause: Pause
}

/** Repairs the tail, unless only for reading. */
export async function openJournal(opening: JournalOpening): Promise<SegmentJournal> {
  const { place, epochs, acknowledged, state, raised, pause } = opening
  const { fence } = place
  const { tail } = state
  const world = tail?.head === undefined ? undefined : formatHash(tail.header.world)
  const known = { place, tail, acknowledged, world, pause, firstWhole: state.files.firstWhole }
  if (raised === undefined) {
    const epoch = Math.max(epochs.read(), fence.epoch, tail?.epoch ?? 0)
    return new SegmentJournal({ ...known, epoch, readOnly: true, active: undefined })
  }
  await epochs.write(fence.epoch)
  await removeReplaced(place, state.files)
  const active = await openActive(place, state, raised)
  const acknowledgedHeight = acknowledged.head?.height ?? -1
  if (acknowledgedHeight > (tail?.head?.height ?? -1)) await acknowledged.reset(tail?.head)
  return new SegmentJournal({ ...known, epoch: fence.epoch, readOnly: false, active })
}

/**
 * Ends a compaction that a crash has stopped: its segment of headers has a name, and what it replaces may still be there. That is
 * removed only when the headers prove the same history.
 */
async function removeReplaced(place: SegmentPlace, { segments, replaced }: JournalFiles): Promise<void> {
  const first = replaced[0]
  if (first === undefined) return
  const headers = segments.filter((name) => name.lastHeight !== undefined && name.lastHeight >= first.firstHeight)
  const check = new HistoryCheck(historyBefore(place.disk, segments, headers[0]?.firstHeight ?? 0))
  try {
    for (const name of headers) {
      const file = place.disk.open(name.path, 'read')
      try {
        drain(check.walk(file, name, { isLast: false }))
      } finally {
        file.close()
      }
    }
  } catch (error) {
    throw asCorrupt(error)
  }
  await removeAll(place, replaced)
}

/** The segment that takes the next group; undefined when the next append makes one. */
async function openActive(
  place: SegmentPlace,
  { tail, stub }: JournalState,
  raised: Raised,
): Promise<ActiveSegment | undefined> {
  if (tail?.head === undefined) {
    // A first segment without a group may be of a world that never was: the next append makes it anew, by its name.
    const isRagged = tail !== undefined && (tail.cutFrom !== undefined || tail.size % PAGE_BYTES !== 0)
    if (isRagged) await (await ActiveSegment.replace(place, tail.header, tail)).close()
    return undefined
  }
  if (tail.sealed) await writeFooterAgain(place.disk, tail)
  const active = tail.sealed ? undefined : await goOn(place, tail, raised)
  if (stub === undefined) return active
  // A stale opening may not remove by name what a later one made. A renamed file takes the place of the stub instead.
  const { lastGroup } = tail
  const { height, leaf } = tail.head
  await active?.seal({ lastHeight: height, leaf, lastGroup, log: tail.log.peaks() })
  return ActiveSegment.make(place, {
    firstHeight: height + 1,
    world: tail.header.world,
    leafBefore: leaf,
    prevGroup: lastGroup,
    nonce: randomBytes(NONCE_BYTES),
  })
}

/** In the file itself only when nobody else can have it open, and nothing in it is torn. */
function goOn(place: SegmentPlace, tail: Tail, raised: Raised): Promise<ActiveSegment> {
  const inPlace = raised.wasClosed && tail.cutFrom === undefined
  return inPlace ? ActiveSegment.reopen(place, tail.header, tail) : ActiveSegment.replace(place, tail.header, tail)
}

/**
 * The footer that was read may so far stand only in the system's cache, and after a failed sync the system may take it for
 * written: a sync alone would not bring it to the medium.
 */
async function writeFooterAgain(disk: Disk, tail: Tail): Promise<void> {
  const file = disk.open(tail.name.path, 'durable')
  try {
    const page = new Uint8Array(PAGE_BYTES)
    if (file.read(page, tail.position) < PAGE_BYTES) throw new Error(`${tail.name.path} became shorter`)
    await file.writeDurable(page, tail.position)
    await file.sync()
  } finally {
    file.close()
  }
}
