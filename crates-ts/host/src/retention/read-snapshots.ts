/** Reading snapshots back whole (spec/16-snapshots.md, "Retention"): what has been read so may be relied on when entries are dropped. */
import { decodeDefinition } from '@aos/air'
import { formatHash, hashBytes, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { KIND_NUMBER, walkSnapshot } from '@aos/kernel'
import type { HashedValue, HeaderRecord, SnapshotNote } from '@aos/store'
import { entryKind } from '../journal-scan.ts'
import type { OpenedFolder } from '../open-world.ts'
import { isStateUnreadable } from '../snapshots/bad-snapshots.ts'
import { noteOf, snapshotNotes } from '../snapshots/open-newest.ts'
import { findHashes } from './find-hashes.ts'
import { HashSet } from './hash-set.ts'

/** What is needed of a world. */
export type SnapshotGround = Pick<OpenedFolder, 'store' | 'readContent' | 'makeKernel'>

/** The newest first, as far as they are known: of each the journal really claims the root. Nothing of their content is read. */
export function* claimedSnapshots(store: SnapshotGround['store']): Generator<SnapshotNote, void, undefined> {
  for (const note of snapshotNotes(store)) if (isClaimed(store, note)) yield note
}

function isClaimed({ journal }: SnapshotGround['store'], { cut, rootHeight, root }: SnapshotNote): boolean {
  if (rootHeight > (journal.head?.height ?? -1)) return false
  for (const [record] of journal.readHeaders({ from: rootHeight, to: rootHeight })) {
    if (record === undefined || !isRootEntry(record)) return false
    const claimed = noteOf({ height: record.height, bytes: record.bytes })
    return claimed.cut === cut && claimed.root === root
  }
  return false
}

function isRootEntry({ isCompacted, bytes }: HeaderRecord): boolean {
  return !isCompacted && entryKind(bytes) === KIND_NUMBER.snapshot_root
}

/** How many, and where those are put that have been read whole. */
export interface ReadSnapshotsOptions {
  readonly count: number
  readonly found: SnapshotNote[]
}

/**
 * Reads the newest snapshots that can be read, with what their work and their governance name, definitions and modules above all: every value of them, some twice. One of which
 * a part is missing or damaged is passed over, and one that does not open. Throws what content throws for other reasons.
 */
export function* readSnapshots(
  ground: SnapshotGround,
  { count, found }: ReadSnapshotsOptions,
): Generator<HashedValue, void, undefined> {
  let seen = new HashSet()
  for (const note of claimedSnapshots(ground.store)) {
    if (found.length >= count) return
    try {
      yield* readSnapshot(ground, note, seen)
      found.push(note)
    } catch (error) {
      if (!isStateUnreadable(error)) throw error
      // Subtrees may have been left in the middle.
      seen = new HashSet()
    }
  }
}

function* readSnapshot(
  { readContent, makeKernel, store }: SnapshotGround,
  note: SnapshotNote,
  seen: HashSet,
): Generator<HashedValue, void, undefined> {
  let named = new HashSet()
  const noteNamed = (hash: Uint8Array): void => {
    if (!seen.has(hash)) named.add(hash)
  }
  const skips = (hash: Hash): boolean => seen.has(hashBytes(hash))
  for (const { hash, kind, part, bytes } of walkSnapshot({ get: readContent }, note.root, skips)) {
    const value = { hash: hashBytes(hash), bytes }
    seen.add(value.hash)
    yield value
    if (kind === 'record' || (part !== undefined && !NOT_FOLLOWED.has(part))) findHashes(bytes, noteNamed)
  }
  // Also that it leads to a world.
  makeKernel().open(note.root)
  while (named.size > 0) {
    const found = named
    named = new HashSet()
    for (const view of found.values()) {
      const name = formatHash(view)
      if (seen.has(view) || !store.content.has(name)) continue
      const value = { hash: view.slice(), bytes: readContent(name) }
      seen.add(value.hash)
      yield value
      if (isDefinition(value.bytes)) findHashes(value.bytes, noteNamed)
    }
  }
}

/** Collections that name what a world can go on without, or nothing that is stored. */
const NOT_FOLLOWED: ReadonlySet<string> = new Set([
  'blobs',
  'settled',
  'settled_by_height',
  'idempotency',
  'idempotency_order',
])

function isDefinition(bytes: Uint8Array): boolean {
  try {
    decodeDefinition(bytes)
    return true
  } catch (error) {
    if (isAosError(error)) return false
    throw error
  }
}
