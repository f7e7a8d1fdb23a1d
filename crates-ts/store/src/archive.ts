/** Copying segments to an archive before their content is dropped (spec/07-journal.md, "Archives"). */
import { createHash } from 'node:crypto'
import { basename, dirname } from 'node:path'
import { AosError, sha256, type HashBytes } from '@aos/cbor'
import {
  encodeArchiveHead,
  encodeArchiveTable,
  encodeArchiveTail,
  type ArchiveHead,
  type ArchivedSegment,
} from './archive-layout.ts'
import type { Disk, DiskFile } from './disk.ts'
import { nodeSha256 } from './node-sha256.ts'
import type { Pause } from './pause.ts'
import { checkArchive } from './verify-archive.ts'
import type { HistoryStart, SegmentName } from './segments.ts'

const CHUNK_BYTES: number = 1 << 20

/** What goes into an archive. */
export interface Archiving {
  readonly path: string
  readonly head: Omit<ArchiveHead, 'segments'>
  readonly names: readonly SegmentName[]
  readonly end: HistoryStart
}

/** Where it is written, and how others have their turn. */
export interface ArchivePlace {
  readonly disk: Disk
  readonly pause: Pause
  /** Throws when nobody waits for the end any more. */
  readonly mustGoOn: () => void
}

/** Throws `store.archive_exists`. */
export function mustBeFree(disk: Disk, path: string): void {
  if (!disk.list(dirname(path)).includes(basename(path))) return
  throw new AosError('store.archive_exists', `${path} is there already`, {
    details: { path },
    hint: 'Give another name, or remove the file.',
  })
}

/** Durable under its name, read back and verified, when it resolves. Returns its size. Throws `store.archive_exists`, `store.corrupt`. */
export async function writeArchive(place: ArchivePlace, archiving: Archiving): Promise<number> {
  const { disk } = place
  const { path } = archiving
  mustBeFree(disk, path)
  const unfinished = `${path}.tmp`
  disk.remove(unfinished)
  const file = disk.open(unfinished, 'durable')
  let size = 0
  try {
    size = await fill(place, file, archiving)
    await file.sync()
    for (const _ of checkArchive(file, path)) {
      place.mustGoOn()
      await place.pause()
    }
  } catch (error) {
    file.close()
    disk.remove(unfinished)
    throw error
  }
  file.close()
  mustBeFree(disk, path)
  disk.rename(unfinished, path)
  await disk.syncFolder(dirname(path))
  return size
}

async function fill(place: ArchivePlace, file: DiskFile, { head, names, end }: Archiving): Promise<number> {
  const first = encodeArchiveHead({ ...head, segments: names.length })
  await file.writeDurable(first, 0)
  let position = first.length
  const segments: ArchivedSegment[] = []
  for (const name of names) {
    const source = place.disk.open(name.path, 'read')
    try {
      const copied = await copy(place, { source, file, position })
      segments.push({ firstHeight: name.firstHeight, ...copied })
      position += copied.bytes
    } finally {
      source.close()
    }
  }
  const table = encodeArchiveTable(segments)
  await file.writeDurable(table, position)
  const tableHash = sha256(nodeSha256, table)
  const tail = encodeArchiveTail({ tableAt: position, segments: segments.length, tableHash, end })
  await file.writeDurable(tail, position + table.length)
  return position + table.length + tail.length
}

async function copy(
  place: ArchivePlace,
  { source, file, position }: { readonly source: DiskFile; readonly file: DiskFile; readonly position: number },
): Promise<{ readonly bytes: number; readonly hash: HashBytes }> {
  const hash = createHash('sha256')
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, source.size()))
  let bytes = 0
  for (let count = source.read(chunk, 0); count > 0; count = source.read(chunk, bytes)) {
    place.mustGoOn()
    const part = chunk.subarray(0, count)
    hash.update(part)
    await file.writeDurable(part, position + bytes)
    bytes += count
  }
  return { bytes, hash: new Uint8Array(hash.digest()) }
}
