/** A new journal that begins with a segment of headers: a copy of one that was compacted (spec/07-journal.md, "Compaction"). */
import { join } from 'node:path'
import type { HashBytes } from '@aos/cbor'
import { asStoreError, nodeDisk } from './disk.ts'
import { Fence } from './fence.ts'
import { HeadersWriter } from './headers-writer.ts'
import { MerkleLog } from './merkle.ts'
import type { JournalRecord } from './port.ts'
import { HistoryCheck, asCorrupt, drain } from './segment-check.ts'
import { NO_HISTORY } from './segments.ts'

/** Of the new segment. */
export interface RestoreHeadersOptions {
  /** The leaf of genesis. */
  readonly world: HashBytes
  /** The height of the last record. */
  readonly last: number
  /** Dense from height 0, with whole entries or headers only; each is asked for after the one before was taken. */
  readonly records: Iterable<JournalRecord>
}

/**
 * Writes the segment into the folder of a world's storage that has no journal yet, durably and read back; `openWorldStore` then goes on behind it.
 * Throws `store.corrupt` when the records are no history, `store.no_space`, `store.failed`.
 */
export async function restoreHeaders(folder: string, { world, last, records }: RestoreHeadersOptions): Promise<void> {
  const disk = nodeDisk
  const place = { disk, folder: join(folder, 'journal') }
  try {
    disk.makeFolder(place.folder)
    const fence = Fence.read(disk, place.folder)
    await fence.raise(0)
    const range = { first: 0, last, start: NO_HISTORY }
    const writer = HeadersWriter.make({ ...place, fence }, range)
    const log = new MerkleLog()
    let leaf: HashBytes = NO_HISTORY.leaf
    for (const record of records) {
      writer.add(record, fence.epoch)
      log.append(record.leaf)
      leaf = record.leaf
      await writer.write()
    }
    // No segment was replaced, so none joins the next one: zeros stand for its last group.
    const { lastGroup } = NO_HISTORY
    await writer.finish({ world, leaf, lastGroup, log: log.peaks() })
    const name = { firstHeight: 0, lastHeight: last, path: writer.path }
    drain(new HistoryCheck().walk(writer.file, name, { isLast: false }))
    await writer.rename()
    await fence.end()
  } catch (error) {
    throw asStoreError(asCorrupt(error), `restoring ${folder}`)
  }
}
