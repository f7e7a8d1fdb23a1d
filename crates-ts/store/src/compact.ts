/**
 * Cutting sealed segments to their headers (spec/07-journal.md, "Compaction"). The new segment is whole, durable and read back before
 * it has its name; what it replaces is removed after that name is durable.
 */
import { AosError, equalBytes, formatHash, type HashBytes } from '@aos/cbor'
import { mustBeFree, writeArchive } from './archive.ts'
import { asStoreError } from './disk.ts'
import { compactedEntry } from './entry-parts.ts'
import { HeadersWriter, type HeadersPlace, type HeadersRange } from './headers-writer.ts'
import type { Pause } from './pause.ts'
import { HistoryCheck, asCorrupt, isSameLog, type CheckedEntry } from './segment-check.ts'
import {
  corrupt,
  historyBefore,
  listJournal,
  removeAll,
  type HistoryStart,
  type JournalFiles,
  type SegmentName,
} from './segments.ts'

/** Others have their turn when so many bytes of entries have been gone through. */
const PAUSE_BYTES: number = 256 * 1024

/** What is to be cut. */
export interface CompactOptions {
  /** Sealed segments that end below this height are compacted; the last segment never is. */
  readonly before: number
  /** The kinds, by number (spec/journal.cddl, "kind"), of which entries stay whole. */
  readonly keep: (kind: number) => boolean
  /** Where the full segments are written to first, in one file. An existing file is refused (`store.archive_exists`). */
  readonly archive?: string
}

/** What a compaction came to. */
export interface CompactReport {
  /** Up to here, inclusive, entries may have only their headers; undefined when there are none such. */
  readonly compactedThrough: number | undefined
  /** Segments that this call replaced by one of headers; a driver without segments counts one. */
  readonly segments: number
  /** Bytes of those, and of the new one. */
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** Bytes of the archive; 0 when none was written. */
  readonly archivedBytes: number
}

/** The journal that is compacted, and how the work lets others go on. */
export interface CompactPlace extends HeadersPlace {
  readonly pause: Pause
  /** Throws when nobody waits for the end any more. */
  readonly mustGoOn: () => void
}

/** Consecutive sealed segments. */
interface Run extends HeadersRange {
  readonly names: readonly SegmentName[]
}

/** A segment of headers that is whole and durable and has no name yet. */
export interface PreparedHeaders {
  readonly firstWhole: number
  readonly report: CompactReport
  /** Gives it its name, durably. After a failure nobody knows which segments will be found. */
  rename(): Promise<void>
  /** Removes what it replaces, durably. */
  removeReplaced(): Promise<void>
}

/** Throws `store.bad_option`. */
export function checkCompactOptions({ before }: CompactOptions): void {
  if (Number.isSafeInteger(before) && before >= 0) return
  throw new AosError('store.bad_option', `a height is a whole number from 0 on, not ${before}`)
}

/** Undefined when nothing is to be compacted. After a failure everything is as it was. Throws `store.corrupt`, `store.fenced`. */
export async function prepareHeaders(
  place: CompactPlace,
  options: CompactOptions,
): Promise<PreparedHeaders | undefined> {
  try {
    const run = findRun(place, listJournal(place.disk, place.folder), options.before)
    return run === undefined ? undefined : await prepareRun(place, run, options)
  } catch (error) {
    throw asStoreError(asCorrupt(error), 'compacting the journal')
  }
}

async function prepareRun(place: CompactPlace, run: Run, options: CompactOptions): Promise<PreparedHeaders> {
  const { archive: path } = options
  if (path !== undefined) mustBeFree(place.disk, path)
  const writer = HeadersWriter.make(place, run)
  try {
    const { world, end, ...sizes } = await write(place, { run, writer, keep: options.keep })
    const head = { first: run.first, last: run.last, world, start: run.start }
    // Last, so that an archive stands only when everything else has been done.
    const archivedBytes = path === undefined ? 0 : await writeArchive(place, { path, head, names: run.names, end })
    return {
      firstWhole: run.last + 1,
      report: { compactedThrough: run.last, segments: run.names.length, ...sizes, archivedBytes },
      rename: () => writer.rename(),
      removeReplaced: () => removeAll(place, run.names),
    }
  } catch (error) {
    discard(writer)
    throw error
  }
}

/** The file is in the way of nobody; the next opening removes it. */
function discard(writer: HeadersWriter): void {
  try {
    writer.close()
    writer.discard()
  } catch {
    // Why compaction failed is told instead.
  }
}

function findRun(place: HeadersPlace, { segments }: JournalFiles, before: number): Run | undefined {
  const names: SegmentName[] = []
  let last = -1
  for (const [index, name] of segments.entries()) {
    const next = segments[index + 1]
    if (name.lastHeight !== undefined) continue
    if (next === undefined || next.firstHeight > before) break
    names.push(name)
    last = next.firstHeight - 1
  }
  const first = names[0]?.firstHeight
  if (first === undefined) return undefined
  return { names, first, last, start: historyBefore(place.disk, segments, first) }
}

interface Writing {
  readonly run: Run
  readonly writer: HeadersWriter
  readonly keep: (kind: number) => boolean
}

/** What was gone through, and what was written. */
interface Written {
  readonly world: HashBytes
  readonly end: HistoryStart
  readonly bytesBefore: number
  readonly bytesAfter: number
}

async function write(place: CompactPlace, { run, writer, keep }: Writing): Promise<Written> {
  const check = new HistoryCheck(run.start)
  let bytesBefore = 0
  const each = (entry: CheckedEntry): void => {
    const { height, leaf, bytes, header, kind, epoch } = entry
    // An entry of which nobody can tell the kind stays as it is.
    const isKept = kind === undefined || keep(kind)
    writer.add({ height, leaf, bytes: isKept ? bytes.slice() : compactedEntry(bytes, header) }, epoch)
  }
  for (const name of run.names) {
    const file = place.disk.open(name.path, 'read')
    try {
      bytesBefore += file.size()
      await inSlices(place, check.walk(file, name, { isLast: false, each }), () => writer.write())
    } finally {
      file.close()
    }
  }
  const { leaf, lastGroup, world } = check
  const log = check.log.peaks()
  if (log.size !== run.last + 1 || world === undefined)
    throw corrupt(log.size, 'the segments end elsewhere', 'segments')
  const bytesAfter = await writer.finish({ world, leaf, lastGroup, log })
  await readBack(place, { run, writer, check })
  return { world, end: { leaf, lastGroup, log }, bytesBefore, bytesAfter }
}

/** What was written must prove the same history by itself. */
async function readBack(
  place: CompactPlace,
  { run, writer, check }: Pick<Writing, 'run' | 'writer'> & { readonly check: HistoryCheck },
): Promise<void> {
  const again = new HistoryCheck(run.start)
  const name = { firstHeight: run.first, lastHeight: run.last, path: writer.path }
  await inSlices(place, again.walk(writer.file, name, { isLast: false }))
  const isSame = equalBytes(again.leaf, check.leaf) && equalBytes(again.lastGroup, check.lastGroup)
  if (isSame && isSameLog(again.log.peaks(), check.log.peaks())) return
  throw corrupt(
    run.last,
    `what was written ends with ${formatHash(again.leaf)}, not ${formatHash(check.leaf)}`,
    'headers',
  )
}

/** Others have their turn after each megabyte or so. */
async function inSlices(
  place: CompactPlace,
  steps: Iterable<number>,
  after: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  let bytes = 0
  for (const step of steps) {
    place.mustGoOn()
    bytes += step
    await after()
    if (bytes < PAUSE_BYTES) continue
    bytes = 0
    await place.pause()
  }
}
