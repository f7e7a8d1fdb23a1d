/** Reading entries back, synchronously, segment after segment (spec/07-journal.md, "Reading"). */
import type { HashBytes } from '@aos/cbor'
import { AosError } from '@aos/cbor'
import type { Disk } from './disk.ts'
import { asStoreError } from './disk.ts'
import { LeafHasher, findHeader } from './entry-parts.ts'
import type { JournalRecord } from './port.ts'
import { SegmentScanner, forEachFrame } from './segment-scan.ts'
import { corrupt, listSegments, readHeader, type SegmentName } from './segments.ts'

/** A record as read: the leaf is computed when asked for, so that a reader who recomputes it anyway pays once. */
export class StoredRecord implements JournalRecord {
  readonly height: number
  readonly bytes: Uint8Array
  readonly #hasher: LeafHasher
  #leaf: HashBytes | undefined

  constructor(height: number, bytes: Uint8Array, hasher: LeafHasher) {
    this.#hasher = hasher
    this.height = height
    this.bytes = bytes
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

/** One batch per group. Group hashes are checked; throws `store.corrupt` with the height at which reading stops. */
export function* readRecords(
  disk: Disk,
  folder: string,
  range: { readonly from: number; readonly to: number },
): Generator<readonly JournalRecord[], void, undefined> {
  if (range.to < range.from) return
  const names = guarded(() => listSegments(disk, folder), `listing ${folder}`)
  const start = names.findLastIndex((name) => name.firstHeight <= range.from)
  if (start < 0) throw corrupt(range.from, 'no segment holds it', 'segments')
  let next = names[start]?.firstHeight ?? 0
  for (const name of names.slice(start)) {
    if (next > range.to) return
    if (name.firstHeight !== next)
      throw corrupt(next, `the next segment starts at height ${name.firstHeight}`, 'segments')
    next = yield* readSegment(disk, name, range)
  }
  if (next <= range.to) throw corrupt(next, 'the journal ends before it', 'segments')
}

/** Returns the height after the last one read. */
function* readSegment(
  disk: Disk,
  name: SegmentName,
  range: { readonly from: number; readonly to: number },
): Generator<readonly JournalRecord[], number, undefined> {
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
      const records: JournalRecord[] = []
      const whole = forEachFrame(step, (height, entry) => {
        if (height >= range.from && height <= range.to) records.push(new StoredRecord(height, entry, hasher))
      })
      if (!whole) throw corrupt(step.head.firstHeight, 'the frames do not fill their group', 'frame')
      yield records
    }
    return scanner.nextHeight
  } finally {
    file.close()
  }
}

function guarded<T>(body: () => T, doing: string): T {
  try {
    return body()
  } catch (error) {
    throw error instanceof AosError ? error : asStoreError(error, doing)
  }
}
