/** The folder of segment files: names, opening one, its footer (spec/07-journal.md, "Segments"). */
import { join } from 'node:path'
import { AosError, equalBytes } from '@aos/cbor'
import type { Disk, DiskFile } from './disk.ts'
import { PAGE_BYTES, decodeFooter, decodeHeader, type SegmentFooter, type SegmentHeader } from './layout.ts'

/** A segment file that is being made; it has no place in the journal until it is renamed. */
const UNFINISHED = /^next.*\.tmp$/

const NAME_DIGITS = 16
const NAME = /^[0-9]{16}\.seg$/

export interface SegmentName {
  readonly firstHeight: number
  readonly path: string
}

export function segmentPath(folder: string, firstHeight: number): string {
  return join(folder, `${String(firstHeight).padStart(NAME_DIGITS, '0')}.seg`)
}

/** Segment files by first height, lowest first. */
export function listSegments(disk: Disk, folder: string): readonly SegmentName[] {
  return disk
    .list(folder)
    .filter((name) => NAME.test(name))
    .map((name) => ({ firstHeight: Number.parseInt(name, 10), path: join(folder, name) }))
    .sort((left, right) => left.firstHeight - right.firstHeight)
}

/** What openings before left unfinished. */
export function listUnfinished(disk: Disk, folder: string): readonly string[] {
  return disk
    .list(folder)
    .filter((name) => UNFINISHED.test(name))
    .map((name) => join(folder, name))
}

/** The header page. Throws `store.corrupt` or `store.unsupported`. */
export function readHeader(file: DiskFile, name: SegmentName): SegmentHeader {
  const page = new Uint8Array(PAGE_BYTES)
  const count = file.read(page, 0)
  const header = decodeHeader(page.subarray(0, count))
  if ('bad' in header) {
    if (header.bad === 'unsupported') {
      throw new AosError('store.unsupported', `${name.path} is of a later format version`)
    }
    throw corrupt(name.firstHeight, `the header page of ${name.path} is damaged`, 'header')
  }
  if (header.ok.firstHeight !== name.firstHeight) {
    throw corrupt(name.firstHeight, `${name.path} says that it starts at height ${header.ok.firstHeight}`, 'header')
  }
  return header.ok
}

/** The footer that a segment with a successor must end with, joined to that successor. Throws `store.corrupt`. */
export function readFooterBefore(file: DiskFile, name: SegmentName, after: SegmentHeader): SegmentFooter {
  const height = after.firstHeight - 1
  const page = new Uint8Array(PAGE_BYTES)
  const count = file.read(page, Math.max(0, file.size() - PAGE_BYTES))
  const footer = decodeFooter(page.subarray(0, count))
  if ('bad' in footer) throw corrupt(height, `the footer of ${name.path} is damaged`, 'footer')
  if (footer.ok.firstHeight !== name.firstHeight || footer.ok.lastHeight !== height) {
    throw corrupt(
      Math.min(height, footer.ok.lastHeight + 1),
      `${name.path} ends at height ${footer.ok.lastHeight}, but the next segment starts at ${after.firstHeight}`,
      'footer',
    )
  }
  if (!equalBytes(footer.ok.leaf, after.leafBefore) || !equalBytes(footer.ok.lastGroup, after.prevGroup)) {
    throw corrupt(height, `the footer of ${name.path} does not join the next segment`, 'footer')
  }
  return footer.ok
}

/** `store.corrupt` with the height in words and in details. */
export function corrupt(height: number, message: string, part: string, durableThrough?: number | undefined): AosError {
  return new AosError('store.corrupt', `height ${height}: ${message}`, {
    details: {
      first_bad_height: height,
      part,
      ...(durableThrough === undefined ? {} : { durable_through: durableThrough }),
    },
    hint: 'Restore the journal from a copy; nothing has been changed.',
  })
}
