/** `aos world import`: a world from one file (spec/25-secrets.md, "World archives"). */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, rmdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AosError, compareBytes, equalBytes, formatHash, sha256, skipItem } from '@aos/cbor'
import type { Hash, HashBytes } from '@aos/cbor'
import { openWorldStore, restoreHeaders } from '@aos/store'
import type { HashedValue, JournalPort, JournalRecord } from '@aos/store'
import { syncFolder, writeWhole } from '../files.ts'
import { verifyWorldJournal } from '../journal-verify.ts'
import type { KeyEnvironment } from '../keys/key-folder.ts'
import { DEFAULT_SETTINGS_TEXT } from '../settings.ts'
import { nodeSha256 } from '../sha256.ts'
import { worldFolderAt } from '../world-folder.ts'
import { FRAME, badArchive, readArchive } from './archive-form.ts'
import type { Frame } from './archive-form.ts'
import { decodeArchiveHead } from './archive-head.ts'
import type { ArchiveHead } from './archive-head.ts'

/** How much came out of an archive, and of which world. */
export interface ImportReport {
  readonly world: Hash
  readonly entries: number
  readonly values: number
}

const BATCH_BYTES = 1 << 20
const BATCH_ENTRIES = 512

/**
 * A world folder at `root`, which is new or empty, with what the archive holds; it performs no effects before it is adopted. The file is
 * read to its end before anything is made, everything is made beside, verified, and put in place at the end: a failure leaves nothing. Throws
 * `transfer.damaged`, `transfer.unsupported`, `host.not_empty`, `host.file`, `store.*`.
 */
export async function importWorld(
  file: string,
  root: string,
  options: { readonly environment: KeyEnvironment },
): Promise<ImportReport> {
  refuseUsed(root)
  const { head } = checkArchive(file)
  const beside = join(dirname(root), `.${basename(root)}.importing`)
  try {
    rmSync(beside, { recursive: true, force: true })
    const folder = worldFolderAt(beside)
    mkdirSync(folder.store, { recursive: true })
    await fill(folder.store, file, head)
    writeWhole(folder.settingsFile, DEFAULT_SETTINGS_TEXT)
    writeWhole(folder.imported, `${formatHash(head.world as HashBytes)}\n`) // the hash of an entry
    const verdict = await verifyWorldJournal(folder, { environment: options.environment, onProgress: () => undefined })
    if (!verdict.ok) {
      const { height = verdict.entries, path = '' } = verdict.firstDifference ?? {}
      throw badArchive(`entry ${height} does not hold at ${path}`)
    }
    if (existsSync(root)) rmdirSync(root)
    renameSync(beside, root)
    syncFolder(dirname(root))
  } catch (error) {
    rmSync(beside, { recursive: true, force: true })
    if (error instanceof AosError) throw error
    throw new AosError('host.file', `cannot make ${root}`, { cause: error, details: { file: root } })
  }
  const { entries, values } = head
  return { world: formatHash(head.world as HashBytes), entries, values } // the hash of an entry
}

function refuseUsed(root: string): void {
  if (!existsSync(root)) {
    if (!existsSync(dirname(root))) throw new AosError('host.file', `there is no folder ${dirname(root)}`)
    return
  }
  if (statSync(root).isDirectory() && readdirSync(root).length === 0) return
  throw new AosError('host.not_empty', `expected a new or an empty folder at ${root}`, {
    hint: 'choose another folder',
  })
}

/** All of it, in order, and of the right numbers. */
function checkArchive(file: string): { readonly head: ArchiveHead } {
  let head: ArchiveHead | undefined
  let entry: Entry | undefined
  let entries = 0
  let values = 0
  let value: Uint8Array | undefined
  for (const frame of readFrames(file)) {
    if (frame.kind === FRAME.head && head === undefined) head = decodeArchiveHead(frame)
    else if (frame.kind === FRAME.entry && head !== undefined && values === 0) {
      entry = readEntry(frame)
      if (entries === 0 && !equalBytes(entry.leaf, head.world)) throw badArchive('its genesis is that of another world')
      entries += 1
    } else if (frame.kind === FRAME.value && head !== undefined) {
      const hash = sha256(nodeSha256, frame.bytes)
      if (value !== undefined && compareBytes(value, hash) >= 0) throw badArchive('its values are not in order')
      value = hash
      values += 1
    } else throw badArchive('a frame stands where none of its kind may')
  }
  if (head === undefined || entry === undefined) throw badArchive('it holds no world')
  const isWhole = entries === head.entries && values === head.values && equalBytes(entry.leaf, head.leaf)
  if (!isWhole) throw badArchive('it does not hold what its head says')
  return { head }
}

function* readFrames(file: string): Iterable<Frame> {
  try {
    yield* readArchive(file)
  } catch (cause) {
    if (cause instanceof AosError) throw cause
    throw new AosError('host.file', `cannot read ${file}`, { cause, details: { file } })
  }
}

interface Entry {
  readonly leaf: HashBytes
  readonly bytes: Uint8Array
}

const LEAF_PREFIX = 0
/** An array of four parts. */
const ENTRY_HEAD = 0x84

function readEntry({ bytes }: Frame): Entry {
  let end = 0
  try {
    if (bytes[0] === ENTRY_HEAD) end = skipItem(bytes, 1)
  } catch (cause) {
    throw badArchive('an entry is not of its form', cause)
  }
  if (end === 0) throw badArchive('an entry is not of its form')
  // Not slice: of a Buffer it would be the same memory.
  const input = new Uint8Array(bytes.subarray(0, end))
  input[0] = LEAF_PREFIX
  return { leaf: sha256(nodeSha256, input), bytes }
}

/** Values first: what entries need is there when they are. */
async function fill(folder: string, file: string, { world, firstWhole }: ArchiveHead): Promise<void> {
  if (firstWhole > 0) {
    const records = readRecords(file, { from: 0, to: firstWhole - 1 })
    await restoreHeaders(folder, { world: world as HashBytes, last: firstWhole - 1, records }) // the hash of an entry
  }
  const store = await openWorldStore(folder)
  try {
    let values: HashedValue[] = []
    let bytes = 0
    for (const frame of readFrames(file)) {
      if (frame.kind !== FRAME.value) continue
      values.push({ hash: sha256(nodeSha256, frame.bytes), bytes: frame.bytes })
      bytes += frame.bytes.length
      if (bytes < BATCH_BYTES) continue
      await store.content.putHashed(values)
      values = []
      bytes = 0
    }
    await store.content.putHashed(values)
    const records = readRecords(file, { from: firstWhole, to: Number.POSITIVE_INFINITY })
    await append(store.journal, records, formatHash(world as HashBytes)) // the hash of an entry
  } finally {
    await store.close()
  }
}

/** Both heights inclusive. */
function* readRecords(
  file: string,
  { from, to }: { readonly from: number; readonly to: number },
): Iterable<JournalRecord> {
  let height = 0
  for (const frame of readFrames(file)) {
    if (frame.kind !== FRAME.entry) continue
    if (height > to) return
    if (height >= from) yield { height, ...readEntry(frame) }
    height += 1
  }
}

async function append(journal: JournalPort, entries: Iterable<JournalRecord>, world: Hash): Promise<void> {
  let expected = journal.head
  let records: JournalRecord[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    const last = records.at(-1)
    if (last === undefined) return
    const result = await journal.appendIf({ world, epoch: journal.epoch, expected, entries: records })
    if (result.kind !== 'appended') throw new AosError('host.conflict', 'another writer appended to the journal')
    expected = { height: last.height, leaf: last.leaf }
    journal.acknowledge(expected)
    records = []
    bytes = 0
  }
  for (const record of entries) {
    records.push(record)
    bytes += record.bytes.length
    if (bytes >= BATCH_BYTES || records.length >= BATCH_ENTRIES) await flush()
  }
  await flush()
}
