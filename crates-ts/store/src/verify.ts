/**
 * Checking a whole journal: every byte of every segment, and the chain of every entry (spec/07-journal.md,
 * "Verification"). What an entry means is not looked at: that is replay.
 */
import { join } from 'node:path'
import { equalBytes, formatHash, type Hash } from '@aos/cbor'
import { AcknowledgedHead } from './acknowledged.ts'
import { asStoreError, nodeDisk, type Disk } from './disk.ts'
import { Differs, HistoryCheck, asDifference, drain, type JournalDifference } from './segment-check.ts'
import { listJournal } from './segments.ts'

export type { JournalDifference } from './segment-check.ts'

/** How far a journal holds up by itself: frames, chain and Merkle roots (spec/07-journal.md, "Verification"). */
export interface JournalVerdict {
  readonly ok: boolean
  /** Entries that stand before the first difference. */
  readonly entries: number
  /** RFC 6962 tree head over them. */
  readonly root: Hash
  readonly world: Hash | undefined
  /** Entries below this height may have only their headers: of those the chain and the log were checked. 0: all are whole. */
  readonly compactedBelow: number
  readonly firstDifference?: JournalDifference
}

/**
 * Reads the journal in a world's store folder, without its lock: the world should be closed, for a group being written
 * looks like a torn one. Damage is in the verdict; only a failing file system throws (`store.failed`).
 */
export function verifyJournal(folder: string, disk: Disk = nodeDisk): JournalVerdict {
  const check = new HistoryCheck()
  const journal = join(folder, 'journal')
  let compactedBelow = 0
  let difference: JournalDifference | undefined
  try {
    compactedBelow = listJournal(disk, journal).firstWhole
    verifyFolder(disk, journal, check)
  } catch (error) {
    difference = asDifference(error)
    if (difference === undefined) throw asStoreError(error, 'verifying the journal')
  }
  return {
    ok: difference === undefined,
    entries: check.log.size,
    root: formatHash(check.log.root()),
    world: check.world === undefined ? undefined : formatHash(check.world),
    compactedBelow,
    ...(difference === undefined ? {} : { firstDifference: difference }),
  }
}

function verifyFolder(disk: Disk, folder: string, check: HistoryCheck): void {
  const { segments } = listJournal(disk, folder)
  for (const [index, name] of segments.entries()) {
    const file = disk.open(name.path, 'read')
    try {
      drain(check.walk(file, name, { isLast: index === segments.length - 1 }))
    } finally {
      file.close()
    }
  }
  verifyAcknowledged(disk, folder, check)
}

function verifyAcknowledged(disk: Disk, folder: string, check: HistoryCheck): void {
  const acknowledged = AcknowledgedHead.open(disk, folder, 'read')
  acknowledged.close()
  const { head } = acknowledged
  if (head === undefined) return
  const { size } = check.log
  const path = 'acknowledged'
  if (head.height >= size) {
    const expected = `entries to height ${head.height}`
    throw new Differs({ height: size, path, expected, found: `the journal ends below height ${size}` })
  }
  if (head.height < size - 1 || equalBytes(head.leaf, check.leaf)) return
  throw new Differs({ height: head.height, path, expected: formatHash(head.leaf), found: formatHash(check.leaf) })
}
