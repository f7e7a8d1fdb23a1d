/**
 * Dropping the content of old entries (spec/16-snapshots.md, "Retention"): only of those before the older of two snapshots that have been
 * read back whole and copied to an anchor.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { AosError } from '@aos/cbor'
import { KIND_NUMBER } from '@aos/kernel'
import type { IngressKind } from '@aos/kernel'
import { listAnchors, removeAnchor, writeAnchor } from '@aos/store'
import type { AnchorReport, CompactReport, HashedValue, SnapshotNote } from '@aos/store'
import type { OpenedFolder } from '../open-world.ts'
import { claimedSnapshots, readSnapshots } from './read-snapshots.ts'

/** Up to where, and whether the entries go to an archive first. */
export interface CompactJournalOptions {
  /** Entries below this height are dropped, as far as their segments end below it. */
  readonly before: number
  /** Path of the archive; it must not exist. */
  readonly archive?: string | undefined
  /** What is being done. */
  readonly onProgress: (what: string) => void
}

/** What was dropped, and what that relies on. */
export interface CompactJournalReport extends CompactReport {
  /** Of entries below this height there may be only headers; 0: all are whole. */
  readonly compactedBelow: number
  /** The two that were read and copied, the newer one first. */
  readonly snapshots: readonly SnapshotNote[]
  readonly anchor: AnchorReport & { readonly path: string }
}

/** So many snapshots stand for the entries that are dropped. */
const SNAPSHOTS_NEEDED = 2

/** Entries that nothing but a replay looks at. All other kinds stay whole, also those that are yet to come. */
const DROPPED: ReadonlySet<number> = new Set(
  (['event', 'receipt', 'tick', 'start', 'cancel', 'requeue', 'signal', 'clock'] satisfies IngressKind[]).map(
    (kind) => KIND_NUMBER[kind],
  ),
)

const ANCHOR_NAME = /^snapshots-[0-9]{16}-[0-9a-f]{8}\.pack$/

/**
 * Copies two snapshots to an anchor, which replaces the one of the compaction before, then drops entries. Nothing is dropped when it fails.
 * Throws `host.no_genesis`, `host.too_few_snapshots`, `host.compact_too_late`, and what `compact` of a store throws.
 */
export async function compactJournal(
  opened: OpenedFolder,
  { before, archive, onProgress }: CompactJournalOptions,
): Promise<CompactJournalReport> {
  const { store, folder } = opened
  if (store.journal.head === undefined) {
    throw new AosError('host.no_genesis', 'the world has no genesis yet', { hint: 'run `aos push`' })
  }
  // What is refused in any case is refused before anything is read.
  const claimed = [...claimedSnapshots(store)].slice(0, SNAPSHOTS_NEEDED)
  checkBefore(before, claimed)
  if (archive !== undefined && existsSync(archive)) throw archiveExists(archive)
  onProgress('copying two snapshots')
  const snapshots: SnapshotNote[] = []
  const path = anchorPath(folder.store, claimed)
  const anchor = await writeAnchor(path, readAndCheck(opened, snapshots, before))
  await removeOthers(folder.store, path)
  onProgress(`dropping what is below height ${before}`)
  const keep = (kind: number): boolean => !DROPPED.has(kind)
  const report = await store.compact({ before, keep, ...(archive === undefined ? {} : { archive }) })
  return { ...report, compactedBelow: store.journal.firstWhole, snapshots, anchor: { ...anchor, path } }
}

/** At the end the snapshots are in the list, and the height is one that they stand for. */
function* readAndCheck(
  opened: OpenedFolder,
  found: SnapshotNote[],
  before: number,
): Generator<HashedValue, void, undefined> {
  yield* readSnapshots(opened, { count: SNAPSHOTS_NEEDED, found })
  checkBefore(before, found)
}

function checkBefore(before: number, snapshots: readonly SnapshotNote[]): void {
  const older = snapshots[SNAPSHOTS_NEEDED - 1]
  if (older === undefined) {
    const found = `${SNAPSHOTS_NEEDED} snapshots that can be read whole must stand for what is dropped, found ${snapshots.length}`
    throw new AosError('host.too_few_snapshots', found, {
      details: { needed: SNAPSHOTS_NEEDED, found: snapshots.length },
      hint: 'make one with `aos snapshot create`; see `aos snapshot ls`',
    })
  }
  if (before <= older.cut) return
  const late = `nothing may be dropped behind the older of the two snapshots: the latest height is ${older.cut}, found ${before}`
  throw new AosError('host.compact_too_late', late, {
    details: { latest: older.cut },
    hint: 'a newer one is made with `aos snapshot create`',
  })
}

function archiveExists(path: string): AosError {
  return new AosError('store.archive_exists', `${path} is there already`, {
    details: { path },
    hint: 'Give another name, or remove the file.',
  })
}

/** Names are in the order of the snapshots, and are never used twice (spec/07-journal.md, "Anchors"). */
function anchorPath(store: string, [newest]: readonly SnapshotNote[]): string {
  const height = String(newest?.cut ?? 0).padStart(16, '0')
  return join(store, 'anchors', `snapshots-${height}-${randomBytes(4).toString('hex')}.pack`)
}

async function removeOthers(store: string, path: string): Promise<void> {
  for (const other of listAnchors(store)) {
    if (other !== path && ANCHOR_NAME.test(basename(other))) await removeAnchor(other)
  }
}
