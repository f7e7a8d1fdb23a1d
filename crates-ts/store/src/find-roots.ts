/** Searching a journal backwards for the entries that name roots of snapshots (spec/07-journal.md, "Snapshot notes"). */
import { AosError } from '@aos/cbor'
import { asStoreError, type Disk } from './disk.ts'
import { KIND_SNAPSHOT_ROOT, findHeader, readKind } from './entry-parts.ts'
import { SegmentScanner, forEachFrame } from './segment-scan.ts'
import { corrupt, listJournal, readHeader, type SegmentName } from './segments.ts'

/** An entry of kind snapshot_root, whole; the bytes are the caller's. */
export interface RootEntry {
  readonly height: number
  readonly bytes: Uint8Array
}

/** Newest first, at most `limit`. Segments are read whole, the last one first, until there are enough. */
export function* findRoots(
  disk: Disk,
  folder: string,
  range: { readonly limit: number; readonly to: number },
): Generator<RootEntry, void, undefined> {
  let left = range.limit
  for (const name of listJournal(disk, folder).segments.toReversed()) {
    if (left <= 0) return
    if (name.firstHeight > range.to) continue
    for (const root of rootsOf(disk, name, range.to).slice(0, left)) {
      left -= 1
      yield root
    }
  }
}

/** Whether an entry names the root of a snapshot. */
export function isRoot(entry: Uint8Array): boolean {
  const header = findHeader(entry)
  return header !== undefined && readKind(entry, header) === KIND_SNAPSHOT_ROOT
}

/** Newest first. Throws `store.corrupt` where reading stops. */
function rootsOf(disk: Disk, name: SegmentName, to: number): readonly RootEntry[] {
  const roots: RootEntry[] = []
  try {
    const file = disk.open(name.path, 'read')
    try {
      const scanner = new SegmentScanner(file, readHeader(file, name))
      while (scanner.nextHeight <= to) {
        const step = scanner.next()
        if (step.kind === 'footer' || step.kind === 'end') break
        if (step.kind === 'bad')
          throw corrupt(scanner.nextHeight, `${name.path} is damaged here (${step.what})`, step.what)
        forEachFrame(step, (height, entry) => {
          if (height <= to && isRoot(entry)) roots.push({ height, bytes: entry.slice() })
        })
      }
    } finally {
      file.close()
    }
  } catch (error) {
    throw error instanceof AosError ? error : asStoreError(error, `reading ${name.path}`)
  }
  return roots.reverse()
}
