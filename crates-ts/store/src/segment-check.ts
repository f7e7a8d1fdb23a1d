/**
 * Going through segments byte by byte and entry by entry: the one check behind verification, compaction and archives
 * (spec/07-journal.md, "Verification").
 */
import { equalBytes, formatHash, isAosError, sha256, type HashBytes } from '@aos/cbor'
import type { DiskFile } from './disk.ts'
import { LeafHasher, findParts, isCompacted, readChainFields, readKind, type ByteRange } from './entry-parts.ts'
import { PAGE_BYTES, type SegmentFooter, type SegmentHeader } from './layout.ts'
import { MerkleLog, type MerklePeaks } from './merkle.ts'
import { nodeSha256 } from './node-sha256.ts'
import { SegmentScanner, forEachFrame, isZeroFrom, type ScanStep } from './segment-scan.ts'
import { NO_HISTORY, corrupt, readHeader, type HistoryStart, type SegmentName } from './segments.ts'

/** The first thing that is not as it must be. */
export interface JournalDifference {
  readonly height: number
  /** For example `header.prev`, `group.hash`, `padding`, `footer`. */
  readonly path: string
  readonly expected: string
  readonly found: string
}

/** Thrown at the first difference. */
export class Differs extends Error {
  readonly difference: JournalDifference

  constructor(difference: JournalDifference) {
    super(`${difference.path}: expected ${difference.expected}, found ${difference.found}`)
    this.difference = difference
  }
}

/** The difference that an error tells of; undefined for an error that tells of none. */
export function asDifference(error: unknown): JournalDifference | undefined {
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

/** A difference as `store.corrupt`; other errors as they are. */
export function asCorrupt(error: unknown): unknown {
  if (!(error instanceof Differs)) return error
  const { height, path } = error.difference
  return corrupt(height, error.message, path)
}

/** An entry that holds up by itself and follows the one before. Bytes are a view until the next group. */
export interface CheckedEntry {
  readonly height: number
  readonly bytes: Uint8Array
  readonly header: ByteRange
  readonly leaf: HashBytes
  readonly kind: number | undefined
  /** Of the group it is in. */
  readonly epoch: number
}

/** What is known of a segment before it is gone through. */
export interface WalkOptions {
  /** The last segment of a journal need not be sealed. */
  readonly isLast: boolean
  readonly each?: (entry: CheckedEntry) => void
}

/** What must hold from one segment to the next. */
export class HistoryCheck {
  readonly log: MerkleLog
  leaf: HashBytes
  lastGroup: HashBytes
  epoch = 0
  world: HashBytes | undefined
  readonly #hasher = new LeafHasher()

  constructor(start: HistoryStart = NO_HISTORY) {
    this.leaf = start.leaf
    this.lastGroup = start.lastGroup
    this.log = new MerkleLog(start.log)
  }

  /** Checks one segment, a group a step; gives its bytes. Throws `Differs`, and what reading a header page throws. */
  *walk(file: DiskFile, name: SegmentName, options: WalkOptions): Generator<number, void, undefined> {
    const next = this.log.size
    if (name.firstHeight !== next) {
      throw differs(next, 'segments', `a segment from height ${next}`, `one from height ${name.firstHeight}`)
    }
    const header = readHeader(file, name)
    same(next, 'segment.leaf_before', this.leaf, header.leafBefore)
    same(next, 'segment.prev_group', this.lastGroup, header.prevGroup)
    this.world ??= header.world
    same(next, 'segment.world', this.world, header.world)
    const scanner = new SegmentScanner(file, header)
    scanner.epoch = this.epoch
    let step = scanner.next()
    for (; step.kind === 'group'; step = scanner.next()) {
      this.#group(step, header, options)
      yield step.head.bytes
    }
    this.epoch = scanner.epoch
    this.lastGroup = scanner.lastGroup
    this.#end(file, header, step, options)
  }

  #group(step: ScanStep & { readonly kind: 'group' }, header: SegmentHeader, { each }: WalkOptions): void {
    const { epoch, bytes } = step.head
    const whole = forEachFrame(step, (height, entry) => {
      const checked = this.#entry(height, entry, { mayBeCompacted: header.lastHeight !== undefined })
      this.leaf = checked.leaf
      this.log.append(checked.leaf)
      each?.({ ...checked, kind: readKind(entry, checked.header), epoch })
    })
    if (!whole) throw differs(this.log.size, 'frame', `${bytes} bytes in frames`, 'another length')
    this.log.settle()
  }

  #entry(
    height: number,
    entry: Uint8Array,
    { mayBeCompacted }: { readonly mayBeCompacted: boolean },
  ): Omit<CheckedEntry, 'kind' | 'epoch'> {
    const parts = findParts(entry)
    if (parts === undefined)
      throw differs(height, 'entry', 'an array of header, ingress, derived, bodies', 'other bytes')
    const fields = readChainFields(entry, parts.header)
    if (fields === undefined) throw differs(height, 'header', 'height, part hashes and prev', 'a header without')
    if (fields.height !== height) throw differs(height, 'header.height', String(height), String(fields.height))
    same(height, 'header.prev', this.leaf, fields.prev)
    if (!(mayBeCompacted && isCompacted(entry, parts.header))) {
      same(height, 'header.ingress_hash', hashOf(entry, parts.ingress), fields.ingressHash)
      same(height, 'header.derived_hash', hashOf(entry, parts.derived), fields.derivedHash)
    }
    const leaf = this.#hasher.hash(entry, parts.header)
    if (height === 0 && this.world !== undefined) same(0, 'segment.world', leaf, this.world)
    return { height, bytes: entry, header: parts.header, leaf }
  }

  /** A sealed segment ends with its footer page; an open one with zeros. */
  #end(file: DiskFile, header: SegmentHeader, end: ScanStep, { isLast }: WalkOptions): void {
    const next = this.log.size
    if (end.kind === 'bad') throw differs(next, end.what, 'intact bytes', `damage at byte ${end.position}`)
    if (end.kind === 'footer') {
      this.#footer(end.footer, header)
      const size = end.position + PAGE_BYTES
      if (file.size() === size) return
      throw differs(next - 1, 'footer', `the end of the file at byte ${size}`, `at ${file.size()}`)
    }
    const known = Math.max(0, next - 1)
    const mayBeOpen = isLast && header.lastHeight === undefined
    if (!mayBeOpen) throw differs(known, 'footer', 'a footer before the next segment', `none at byte ${end.position}`)
    if (!isZeroFrom(file, end.position)) throw differs(next, 'padding', 'zeros to the end', 'other bytes')
    if (file.size() % PAGE_BYTES !== 0) throw differs(next, 'padding', 'whole pages', `${file.size()} bytes`)
  }

  /** From here on the last group is the one that the next segment names. */
  #footer(footer: SegmentFooter, header: SegmentHeader): void {
    const log = this.log.peaks()
    const height = log.size - 1
    const expected = `heights ${header.firstHeight} to ${header.lastHeight ?? height}, ${log.size} entries`
    const found = `heights ${footer.firstHeight} to ${footer.lastHeight}, ${footer.lastHeight + 1} entries`
    if (expected !== found) throw differs(height, 'footer.heights', expected, found)
    same(height, 'footer.leaf', this.leaf, footer.leaf)
    same(height, 'footer.last_group', this.lastGroup, footer.fileGroup ?? footer.lastGroup)
    if (!isSameLog(log, footer.log)) throw differs(height, 'footer.peaks', `the peaks of ${log.size} leaves`, 'others')
    this.lastGroup = footer.lastGroup
  }
}

/** Goes through all steps at once. */
export function drain(steps: Iterator<unknown>): void {
  while (steps.next().done !== true);
}

/** Whether both stand for the same leaves. */
export function isSameLog(left: MerklePeaks, right: MerklePeaks): boolean {
  return (
    left.size === right.size &&
    left.peaks.length === right.peaks.length &&
    left.peaks.every((peak, index) => equalBytes(peak, right.peaks[index] ?? new Uint8Array(0)))
  )
}

function differs(height: number, path: string, expected: string, found: string): Differs {
  return new Differs({ height, path, expected, found })
}

function hashOf(entry: Uint8Array, range: ByteRange): HashBytes {
  return sha256(nodeSha256, entry.subarray(range.from, range.to))
}

function same(height: number, path: string, expected: HashBytes, found: HashBytes): void {
  if (!equalBytes(expected, found)) throw differs(height, path, formatHash(expected), formatHash(found))
}
