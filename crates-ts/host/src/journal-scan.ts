/** What can be told from the journal without running it. */
import { CborReader } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { formatHash } from '@aos/cbor'
import { decodeSnapshot } from '@aos/kernel'
import type { SnapshotRecord } from '@aos/kernel'
import { MerkleLog } from '@aos/store'
import type { JournalPort } from '@aos/store'
import type { OpenedFolder } from './open-world.ts'
import { isStateUnreadable } from './snapshots/bad-snapshots.ts'
import { snapshotNotes } from './snapshots/open-newest.ts'

/** Field 4 of a header: the manifest that the entry puts in force. */
const HEADER_MANIFEST = 4

/** What one pass over a journal tells without running a module. */
export interface JournalSummary {
  readonly entries: number
  /** In force after the last entry that was looked at. */
  readonly manifestHash: Hash | undefined
  /** Every manifest that was put in force, in order of height; genesis puts the empty one. */
  readonly manifests: readonly Hash[]
  /** RFC 6962 root over the leaves. */
  readonly logRoot: Hash
}

/**
 * The manifest that is in force after an entry; undefined for a journal without genesis. Where a snapshot is near, only what lies
 * between is read.
 */
export function manifestAt(opened: Pick<OpenedFolder, 'store' | 'readContent'>, height: number): Hash | undefined {
  const { journal } = opened.store
  let known: SnapshotRecord | undefined
  for (const { cut, root } of snapshotNotes(opened.store)) {
    const record = readRecord(opened, root)
    if (record !== undefined && record.manifestHeight <= height && height <= cut) return record.manifest
    if (cut > height) continue
    known = record
    if (record !== undefined) break
  }
  let manifest = known?.manifest
  const from = known === undefined ? 0 : known.height + 1
  if (height < from) return manifest
  for (const batch of journal.readHeaders({ from, to: height })) {
    for (const record of batch) manifest = manifestSetBy(record.bytes) ?? manifest
  }
  return manifest
}

/** undefined for one that cannot be read. */
function readRecord({ readContent }: Pick<OpenedFolder, 'readContent'>, root: Hash): SnapshotRecord | undefined {
  try {
    return decodeSnapshot(readContent(root))
  } catch (error) {
    if (isStateUnreadable(error)) return undefined
    throw error
  }
}

/** Reads up to and with `to` (default: the head). */
export function summarizeJournal(journal: JournalPort, to?: number): JournalSummary {
  const log = new MerkleLog()
  const manifests: Hash[] = []
  for (const batch of journal.head === undefined
    ? []
    : journal.readHeaders(to === undefined ? { from: 0 } : { from: 0, to })) {
    for (const record of batch) {
      log.append(record.leaf)
      const manifest = manifestSetBy(record.bytes)
      if (manifest !== undefined) manifests.push(manifest)
    }
    log.settle()
  }
  return { entries: log.size, manifestHash: manifests.at(-1), manifests, logRoot: formatHash(log.root()) }
}

/** What an entry puts in force, whatever its kind: the header says so, also that of an entry that was compacted. */
export function manifestSetBy(entry: Uint8Array): Hash | undefined {
  const reader = new CborReader(entry)
  reader.array()
  for (let left = reader.map(); left > 0; left -= 1) {
    const field = reader.uint()
    if (field === HEADER_MANIFEST) return formatHash(reader.bytes())
    if (field > HEADER_MANIFEST) return undefined
    reader.skip()
  }
  return undefined
}

/** The number of an entry's kind, from its first bytes: `[{0: height, 1: kind, …}, …]` (K4). */
export function entryKind(entry: Uint8Array): number {
  const reader = new CborReader(entry)
  reader.array()
  reader.map()
  reader.uint()
  reader.uint()
  reader.uint()
  return Number(reader.uint())
}
