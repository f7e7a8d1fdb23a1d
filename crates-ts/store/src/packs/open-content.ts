/** Opening the content store: the index, the end of the packs, the driver (spec/07-journal.md, "Content"). */
import { join } from 'node:path'
import { AosError, isAosError } from '@aos/cbor'
import { LevelContent } from '../content.ts'
import type { Disk, DiskFile } from '../disk.ts'
import type { KeyValue, OpenKeyValue } from '../key-value.ts'
import { nextTurn, type Pause } from '../pause.ts'
import type { ContentStore } from '../port.ts'
import { Anchors } from './anchors.ts'
import { BlobFiles } from './blob-files.ts'
import { ContentIndex, type FoundRecord, type PackPosition } from './content-index.ts'
import { PackContent } from './pack-content.ts'
import { PackFiles } from './pack-files.ts'
import { PACK_HEAD_BYTES, RECORD_HEAD_BYTES, decodePackHead, decodeRecordHead, recordBytes } from './pack-layout.ts'
import type { ContentParts } from './pack-reader.ts'
import { scanPack } from './pack-scan.ts'
import { PackWriter, type OpenPack } from './pack-writer.ts'

/** `packs` unless there is no file system but the database's own. One store keeps one driver. */
export type ContentDriver = 'packs' | 'level'

export const PACK_BYTES_DEFAULT: number = 64 * 1024 * 1024

export interface OpenContentOptions {
  readonly folder: string
  readonly disk: Disk
  readonly openKeyValue: OpenKeyValue
  readonly readOnly: boolean
  readonly driver: ContentDriver
  readonly packBytes: number
  readonly pause?: Pause
  /** Throws `store.fenced` when another opening is in force; absent where there is nobody else. */
  readonly mustHold?: () => void
}

export interface ClosableContent extends ContentStore {
  close(): Promise<void>
}

/** Throws what opening a database throws, and `store.unsupported`. */
export async function openContent(options: OpenContentOptions): Promise<ClosableContent> {
  const { disk, folder, readOnly } = options
  if (options.driver === 'level') {
    const database = await options.openKeyValue(join(folder, 'cas'), { create: !readOnly })
    return new LevelContent(database, { readOnly })
  }
  const packs = new PackFiles(disk, join(folder, 'packs'))
  const index = await ContentIndex.open(await openIndex(options, packs))
  const parts: ContentParts = { index, packs, blobs: new BlobFiles(disk, folder), anchors: new Anchors(disk, folder) }
  const { pause = nextTurn, mustHold = () => undefined } = options
  try {
    const numbers = packs.numbers()
    const last = numbers.at(-1)
    if (!readOnly && last !== undefined) await syncPack(packs, last)
    const tail = await readTail(parts, numbers, readOnly)
    if (readOnly) return new PackContent({ ...parts, writer: undefined, end: tail.end, pause, mustHold })
    if (tail.isTorn) await cutTail(packs, tail.end)
    await writeAgain(packs, tail)
    await endSweep(parts, tail)
    parts.blobs.removeTemporary()
    parts.blobs.restoreAll()
    parts.anchors.removeUnfinished()
    const writer = new PackWriter({ files: packs, packBytes: options.packBytes, pack: tail.pack })
    return new PackContent({ ...parts, writer, end: tail.end, pause, mustHold })
  } catch (error) {
    packs.close()
    await index.close()
    throw error
  }
}

const DAMAGED_NAME = /^cas\.damaged-(\d+)$/

/** A damaged index is set aside, not removed: a store from before the packs has its values in it. */
async function openIndex(options: OpenContentOptions, packs: PackFiles): Promise<KeyValue | undefined> {
  const { disk, folder, openKeyValue, readOnly } = options
  const path = join(folder, 'cas')
  try {
    return await openKeyValue(path, { create: !readOnly })
  } catch (error) {
    if (!isAosError(error)) throw error
    const isLost = error.code === 'store.corrupt' || (readOnly && error.code === 'store.not_found')
    if (!isLost || packs.numbers().length === 0) throw error
    if (readOnly) return undefined
  }
  const before = disk.list(folder).map((name) => Number(DAMAGED_NAME.exec(name)?.[1] ?? 0))
  disk.rename(path, join(folder, `cas.damaged-${Math.max(0, ...before) + 1}`))
  await disk.syncFolder(folder)
  return openKeyValue(path, { create: true })
}

interface PackTail {
  /** Behind the last whole record. */
  readonly end: PackPosition
  /** Position in the last pack before which a later record proves every byte durable. */
  readonly unproven: number
  /** The last pack has bytes behind the end. */
  readonly isTorn: boolean
  /** The last pack, when who wrote it closed it and nothing in its end is damaged. */
  readonly pack: OpenPack | undefined
}

const INDEX_BATCH = 8192

/** Reads what the index has not seen, and nothing else. */
async function readTail(parts: ContentParts, numbers: readonly number[], readOnly: boolean): Promise<PackTail> {
  const { index } = parts
  const from = startOfTail(parts, numbers)
  let tail: PackTail = { end: { pack: 0, position: 0 }, unproven: 0, isTorn: false, pack: undefined }
  for (const number of numbers) {
    if (number < from.pack) continue
    tail = readPack(parts, number, number === from.pack ? from.position : PACK_HEAD_BYTES)
    // The end of the last pack is indexed later: only then is it sure to be on the medium.
    const isSettled = number !== numbers.at(-1)
    if (!readOnly && isSettled && index.unwritten >= INDEX_BATCH) await index.write(tail.end)
  }
  return tail
}

/** An index that knows of more than there is belongs to other packs, or they were cut: then everything is read. */
function startOfTail({ index, packs }: ContentParts, numbers: readonly number[]): PackPosition {
  const start: PackPosition = { pack: 0, position: PACK_HEAD_BYTES }
  const { indexed } = index
  if (indexed === undefined || !numbers.includes(indexed.pack)) return start
  const size = packs.reader(indexed.pack)?.size() ?? 0
  return indexed.position > size ? start : indexed
}

/** Goes through what the index has not seen of a pack. */
function readPack({ index, packs }: ContentParts, number: number, from: number): PackTail {
  const file = packs.reader(number)
  if (file === undefined) throw new AosError('store.failed', `pack ${number} went away while it was opened`)
  const head = new Uint8Array(PACK_HEAD_BYTES)
  const nonce = decodePackHead(head.subarray(0, file.read(head, 0)), number)
  if (nonce === 'unsupported') {
    throw new AosError('store.unsupported', `pack ${number} was written in a later format version`)
  }
  const size = file.size()
  let end = from
  let damaged: readonly FoundRecord[] = []
  let isDamaged = nonce === undefined
  let unproven = from
  for (const step of scanPack(file, { number, from, checksValues: true })) {
    if (step.kind === 'gap') continue
    const { kind, hash, length, durable } = step.head
    const location = kind === 'closed' ? undefined : { kind, length, pack: number, position: step.position }
    if (step.isIntact !== true) {
      if (location !== undefined) damaged = [...damaged, { ...location, hash }]
      continue
    }
    isDamaged ||= step.position !== end
    end = step.position + recordBytes(step.head)
    unproven = Math.max(unproven, durable)
    damaged = index.noteProven(damaged, durable)
    if (location !== undefined) index.note(hash, location)
  }
  const canGoOn = nonce !== undefined && !isDamaged && size === end && isClosed(file, { end, nonce })
  const pack = canGoOn ? { number, end, nonce } : undefined
  return { end: { pack: number, position: end }, unproven, isTorn: size > end, pack }
}

/**
 * Packs that a sweep was about to remove may hold values that the index has forgotten: they go into it before the packs have their
 * names again.
 */
async function endSweep(parts: ContentParts, { end }: PackTail): Promise<void> {
  const { index, packs } = parts
  const retired = packs.retired()
  if (retired.length === 0) return
  for (const number of retired) noteUnknown(parts, number)
  await index.write(end)
  await packs.restoreAll()
}

function noteUnknown({ index, packs }: ContentParts, number: number): void {
  const file = packs.reader(number)
  if (file === undefined) return
  for (const step of scanPack(file, { number, checksValues: true })) {
    if (step.kind === 'gap' || step.head.kind === 'closed' || step.isIntact !== true) continue
    const { kind, hash, length } = step.head
    if (index.find(hash) === undefined) index.note(hash, { kind, length, pack: number, position: step.position })
  }
}

/** Whether the last record says that nobody writes to this pack any more. */
function isClosed(file: DiskFile, { end, nonce }: { readonly end: number; readonly nonce: Uint8Array }): boolean {
  const position = end - RECORD_HEAD_BYTES
  if (position < PACK_HEAD_BYTES) return false
  const bytes = new Uint8Array(RECORD_HEAD_BYTES)
  file.read(bytes, position)
  return decodeRecordHead(bytes, { position, nonce })?.kind === 'closed'
}

/** What is read may so far stand only in the system's cache. */
async function syncPack(packs: PackFiles, number: number): Promise<void> {
  const file = packs.disk.open(packs.path(number), 'durable')
  try {
    await file.sync()
  } finally {
    file.close()
  }
}

/**
 * The last write to a pack, and be it the record that closes it: nothing proves that it is on the medium, and after a failed sync the
 * system may take for written what it only has in its cache. A sync alone would not bring it there.
 */
async function writeAgain(packs: PackFiles, { end, unproven }: PackTail): Promise<void> {
  if (unproven >= end.position) return
  const file = packs.disk.open(packs.path(end.pack), 'durable')
  try {
    const bytes = new Uint8Array(end.position - unproven)
    if (file.read(bytes, unproven) < bytes.length) throw new AosError('store.failed', `pack ${end.pack} became shorter`)
    await file.writeDurable(bytes, unproven)
  } finally {
    file.close()
  }
}

/** Cuts what a crash has torn. */
async function cutTail(packs: PackFiles, end: PackPosition): Promise<void> {
  const file = packs.disk.open(packs.path(end.pack), 'durable')
  try {
    await file.truncate(end.position)
  } finally {
    file.close()
  }
}
