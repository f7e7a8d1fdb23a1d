/**
 * Checking a whole journal: every byte of every segment, and the chain of every entry (spec/07-journal.md,
 * "Verification"). What an entry means is not looked at: that is replay.
 */
import { join } from 'node:path'
import { equalBytes, formatHash, isAosError, sha256, type Hash, type HashBytes } from '@aos/cbor'
import { AcknowledgedHead } from './acknowledged.ts'
import { asStoreError, nodeDisk, type Disk, type DiskFile } from './disk.ts'
import { LeafHasher, findParts, readChainFields, type ByteRange } from './entry-parts.ts'
import { PAGE_BYTES, type SegmentFooter, type SegmentHeader } from './layout.ts'
import { MerkleLog } from './merkle.ts'
import { nodeSha256 } from './node-sha256.ts'
import { SegmentScanner, forEachFrame, isZeroFrom, type ScanStep } from './segment-scan.ts'
import { listSegments, readHeader, type SegmentName } from './segments.ts'

/** The first thing that is not as it must be. */
export interface JournalDifference {
  readonly height: number
  /** For example `header.prev`, `group.hash`, `padding`, `footer`. */
  readonly path: string
  readonly expected: string
  readonly found: string
}

/** How far a journal holds up by itself: frames, chain and Merkle roots (spec/07-journal.md, "Verification"). */
export interface JournalVerdict {
  readonly ok: boolean
  /** Entries that stand before the first difference. */
  readonly entries: number
  /** RFC 6962 tree head over them. */
  readonly root: Hash
  readonly world: Hash | undefined
  readonly firstDifference?: JournalDifference
}

/**
 * Reads the journal in a world's store folder, without its lock: the world should be closed, for a group being written
 * looks like a torn one. Damage is in the verdict; only a failing file system throws (`store.failed`).
 */
export function verifyJournal(folder: string, disk: Disk = nodeDisk): JournalVerdict {
  const check = new JournalCheck()
  let difference: JournalDifference | undefined
  try {
    verifyFolder(disk, join(folder, 'journal'), check)
  } catch (error) {
    difference = asDifference(error)
    if (difference === undefined) throw asStoreError(error, 'verifying the journal')
  }
  return {
    ok: difference === undefined,
    entries: check.log.size,
    root: formatHash(check.log.root()),
    world: check.world === undefined ? undefined : formatHash(check.world),
    ...(difference === undefined ? {} : { firstDifference: difference }),
  }
}

class Differs extends Error {
  readonly difference: JournalDifference

  constructor(height: number, path: string, expected: string, found: string) {
    super(path)
    this.difference = { height, path, expected, found }
  }
}

function asDifference(error: unknown): JournalDifference | undefined {
  if (error instanceof Differs) return error.difference
  if (!isAosError(error) || (error.code !== 'store.corrupt' && error.code !== 'store.unsupported')) return undefined
  const height = error.details?.['first_bad_height']
  const part = error.details?.['part']
  return {
    height: typeof height === 'number' ? height : 0,
    path: typeof part === 'string' ? part : 'header',
    expected: 'intact',
    found: error.message,
  }
}

/** What must hold from one segment to the next. */
class JournalCheck {
  readonly log = new MerkleLog()
  readonly hasher = new LeafHasher()
  leaf: HashBytes = new Uint8Array(32)
  lastGroup: HashBytes = new Uint8Array(32)
  epoch = 0
  world: HashBytes | undefined
}

function verifyFolder(disk: Disk, folder: string, check: JournalCheck): void {
  const names = listSegments(disk, folder)
  for (const [index, name] of names.entries()) {
    const file = disk.open(name.path, 'read')
    try {
      verifySegment(file, name, check, index === names.length - 1)
    } finally {
      file.close()
    }
  }
  const acknowledged = AcknowledgedHead.open(disk, folder, 'read')
  acknowledged.close()
  const { head } = acknowledged
  if (head === undefined) return
  if (head.height >= check.log.size) {
    const { size } = check.log
    throw new Differs(size, 'acknowledged', `entries to height ${head.height}`, `the journal ends below height ${size}`)
  }
  if (head.height === check.log.size - 1) same(head.height, 'acknowledged', head.leaf, check.leaf)
}

function verifySegment(file: DiskFile, name: SegmentName, check: JournalCheck, isLast: boolean): void {
  const next = check.log.size
  if (name.firstHeight !== next) {
    throw new Differs(next, 'segments', `a segment from height ${next}`, `one from height ${name.firstHeight}`)
  }
  const header = readHeader(file, name)
  same(next, 'segment.leaf_before', check.leaf, header.leafBefore)
  same(next, 'segment.prev_group', check.lastGroup, header.prevGroup)
  check.world ??= header.world
  same(next, 'segment.world', check.world, header.world)
  const scanner = new SegmentScanner(file, header)
  scanner.epoch = check.epoch
  const end = verifyGroups(scanner, check)
  check.lastGroup = scanner.lastGroup
  check.epoch = scanner.epoch
  verifyEnd(file, header, end, check, isLast)
}

function verifyGroups(scanner: SegmentScanner, check: JournalCheck): ScanStep {
  for (;;) {
    const step = scanner.next()
    if (step.kind !== 'group') return step
    const whole = forEachFrame(step, (height, entry) => {
      check.leaf = verifyEntry(height, entry, check)
      check.log.append(check.leaf)
    })
    if (!whole) throw new Differs(check.log.size, 'frame', `${step.head.bytes} bytes in frames`, 'another length')
    check.log.settle()
  }
}

function verifyEntry(height: number, entry: Uint8Array, check: JournalCheck): HashBytes {
  const parts = findParts(entry)
  if (parts === undefined)
    throw new Differs(height, 'entry', 'an array of header, ingress, derived, bodies', 'other bytes')
  const fields = readChainFields(entry, parts.header)
  if (fields === undefined) throw new Differs(height, 'header', 'height, part hashes and prev', 'a header without')
  if (fields.height !== height) throw new Differs(height, 'header.height', String(height), String(fields.height))
  same(height, 'header.prev', check.leaf, fields.prev)
  same(height, 'header.ingress_hash', hashOf(entry, parts.ingress), fields.ingressHash)
  same(height, 'header.derived_hash', hashOf(entry, parts.derived), fields.derivedHash)
  const leaf = check.hasher.hash(entry, parts.header)
  if (height === 0 && check.world !== undefined) same(0, 'segment.world', leaf, check.world)
  return leaf
}

/** A sealed segment ends with its footer page; an open one with zeros. */
function verifyEnd(file: DiskFile, header: SegmentHeader, end: ScanStep, check: JournalCheck, isLast: boolean): void {
  const next = check.log.size
  if (end.kind === 'bad') throw new Differs(next, end.what, 'intact bytes', `damage at byte ${end.position}`)
  if (end.kind === 'footer') {
    verifyFooter(end.footer, header, check)
    if (file.size() === end.position + PAGE_BYTES) return
    throw new Differs(
      next - 1,
      'footer',
      `the end of the file at byte ${end.position + PAGE_BYTES}`,
      `at ${file.size()}`,
    )
  }
  const known = Math.max(0, next - 1)
  if (!isLast) throw new Differs(known, 'footer', 'a footer before the next segment', `none at byte ${end.position}`)
  if (!isZeroFrom(file, end.position)) throw new Differs(next, 'padding', 'zeros to the end', 'other bytes')
  if (file.size() % PAGE_BYTES !== 0) throw new Differs(next, 'padding', 'whole pages', `${file.size()} bytes`)
}

function verifyFooter(footer: SegmentFooter, header: SegmentHeader, check: JournalCheck): void {
  const log = check.log.peaks()
  const height = log.size - 1
  const expected = `heights ${header.firstHeight} to ${height}`
  const found = `heights ${footer.firstHeight} to ${footer.lastHeight}`
  if (expected !== found) throw new Differs(height, 'footer.heights', expected, found)
  same(height, 'footer.leaf', check.leaf, footer.leaf)
  same(height, 'footer.last_group', check.lastGroup, footer.lastGroup)
  const peaksAgree =
    footer.log.size === log.size &&
    footer.log.peaks.length === log.peaks.length &&
    log.peaks.every((peak, index) => equalBytes(peak, footer.log.peaks[index] ?? new Uint8Array(0)))
  if (!peaksAgree) throw new Differs(height, 'footer.peaks', `the peaks of ${log.size} leaves`, 'others')
}

function hashOf(entry: Uint8Array, range: ByteRange): HashBytes {
  return sha256(nodeSha256, entry.subarray(range.from, range.to))
}

function same(height: number, path: string, expected: HashBytes, found: HashBytes): void {
  if (!equalBytes(expected, found)) throw new Differs(height, path, formatHash(expected), formatHash(found))
}
