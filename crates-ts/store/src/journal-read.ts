/** Reading entries back, synchronously, segment after segment (spec/07-journal.md, "Reading"). */
import type { HashBytes } from '@aos/cbor'
import { AosError } from '@aos/cbor'
import type { Disk } from './disk.ts'
import { asStoreError } from './disk.ts'
import { LeafHasher, findHeader, isCompacted } from './entry-parts.ts'
import type { HeaderRecord } from './port.ts'
import { SegmentScanner, forEachFrame } from './segment-scan.ts'
import { corrupt, listJournal, readHeader, type SegmentName } from './segments.ts'

/** A record as read: the leaf is computed when asked for, so that a reader who recomputes it anyway pays once. */
export class StoredRecord implements HeaderRecord {
  readonly height: number
  readonly bytes: Uint8Array
  readonly isCompacted: boolean
  readonly #hasher: LeafHasher
  #leaf: HashBytes | undefined

  constructor(
    height: number,
    entry: { readonly bytes: Uint8Array; readonly isCompacted: boolean },
    hasher: LeafHasher,
  ) {
    this.#hasher = hasher
    this.height = height
    this.bytes = entry.bytes
    this.isCompacted = entry.isCompacted
  }

  /** Throws `store.corrupt` when the bytes are no entry. Ask before the next batch. */
  get leaf(): HashBytes {
    if (this.#leaf === undefined) {
      const header = findHeader(this.bytes)
      if (header === undefined) throw corrupt(this.height, 'the entry has no readable header', 'header')
      this.#leaf = this.#hasher.hash(this.bytes, header)
    }
    return this.#leaf
  }
}

/** Heights, both inclusive, and what is done about those that were compacted. */
export interface ReadRange {
  readonly from: number
  readonly to: number
  /** Compacted entries are refused (`journal.compacted`), or come as they are. */
  readonly mayBeCompacted: boolean
}

/**
 * One batch per group. Group hashes are checked; throws `store.corrupt` with the height at which reading stops. The folder is
 * listed for each segment: a compaction may come in between.
 */
export function* readRecords(
  disk: Disk,
  folder: string,
  range: ReadRange,
): Generator<readonly HeaderRecord[], void, undefined> {
  for (let next = range.from; next <= range.to;) {
    const name = segmentWith(disk, folder, next, range)
    const end = yield* readSegment(disk, name, { ...range, from: next })
    if (end <= next) throw corrupt(next, 'the journal ends before it', 'segments')
    next = end
  }
}

/** The segment that should hold a height. */
function segmentWith(disk: Disk, folder: string, height: number, { mayBeCompacted }: ReadRange): SegmentName {
  const { segments, firstWhole } = guarded(() => listJournal(disk, folder), `listing ${folder}`)
  if (height < firstWhole && !mayBeCompacted) throw compacted(firstWhole)
  const name = segments.findLast(({ firstHeight }) => firstHeight <= height)
  if (name === undefined) throw corrupt(height, 'no segment holds it', 'segments')
  return name
}

/** `journal.compacted`: what was asked for below this height has only its headers. */
export function compacted(below: number): AosError {
  return new AosError(
    'journal.compacted',
    `entries below height ${below} were compacted: only their headers are here`,
    {
      details: { compacted_below: below },
      hint: 'The entries themselves are in the archive that was written when they were compacted, if there is one.',
    },
  )
}

/** Returns the height after the last one of the segment. */
function* readSegment(
  disk: Disk,
  name: SegmentName,
  range: ReadRange,
): Generator<readonly HeaderRecord[], number, undefined> {
  const file = guarded(() => disk.open(name.path, 'read'), `opening ${name.path}`)
  try {
    const hasher = new LeafHasher()
    const open = (): SegmentScanner => new SegmentScanner(file, readHeader(file, name), range.from)
    const scanner = guarded(open, `reading ${name.path}`)
    while (scanner.nextHeight <= range.to) {
      const step = guarded(() => scanner.next(), `reading ${name.path}`)
      if (step.kind === 'footer') return step.footer.lastHeight + 1
      if (step.kind === 'end') return scanner.nextHeight
      if (step.kind === 'bad')
        throw corrupt(scanner.nextHeight, `the journal is damaged here (${step.what})`, step.what)
      if (scanner.nextHeight <= range.from) continue
      const records: HeaderRecord[] = []
      const whole = forEachFrame(step, (height, bytes) => {
        if (height < range.from || height > range.to) return
        const entry = { bytes, isCompacted: name.lastHeight !== undefined && hasOnlyHeader(bytes) }
        records.push(new StoredRecord(height, entry, hasher))
      })
      if (!whole) throw corrupt(step.head.firstHeight, 'the frames do not fill their group', 'frame')
      yield records
    }
    return scanner.nextHeight
  } finally {
    file.close()
  }
}

function hasOnlyHeader(entry: Uint8Array): boolean {
  const header = findHeader(entry)
  return header !== undefined && isCompacted(entry, header)
}

function guarded<T>(body: () => T, doing: string): T {
  try {
    return body()
  } catch (error) {
    throw error instanceof AosError ? error : asStoreError(error, doing)
  }
}
