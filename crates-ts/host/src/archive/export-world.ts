/** `aos world export`: a world as one file (spec/25-secrets.md, "World archives"). */
import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate as pause } from 'node:timers/promises'
import { AosError, compareBytes, formatHash } from '@aos/cbor'
import type { Hash, HashBytes } from '@aos/cbor'
import { syncFolder } from '../files.ts'
import type { OpenedFolder } from '../open-world.ts'
import { ArchiveWriter, FRAME } from './archive-form.ts'
import type { ArchiveForm } from './archive-form.ts'
import { encodeArchiveHead, formOf } from './archive-head.ts'

/** How much an archive holds, and of which world. */
export interface ExportReport {
  readonly world: Hash
  readonly entries: number
  readonly values: number
  /** Of the file. */
  readonly bytes: number
}

/** How often others have their turn. */
const VALUES_A_STEP = 64

/**
 * Everything up to the head as it is now, byte by byte; who has the world open may go on. The same world gives the same bytes. The file is
 * there whole or not at all. Entries that were cut to their headers are in it as such. Throws `host.no_genesis`, `transfer.compacted` when more were cut meanwhile, `transfer.exists` for a file that is there, `host.file`, `store.*`.
 */
export async function exportWorld(opened: Pick<OpenedFolder, 'store'>, path: string): Promise<ExportReport> {
  const { journal, content } = opened.store
  const { head } = journal
  if (head === undefined)
    throw new AosError('host.no_genesis', 'the world has no genesis yet', { hint: 'run `aos push`' })
  if (existsSync(path)) throw new AosError('transfer.exists', `${path} is there already`, { hint: 'give another name' })
  const end = { height: head.height, leaf: new Uint8Array(head.leaf) }
  const genesis = leafAt(opened, 0)
  const hashes = await listContent(content)
  const unfinished = `${path}.tmp`
  const { firstWhole } = journal
  const writer = open(unfinished, formOf({ firstWhole }))
  try {
    const counts = { entries: end.height + 1, values: hashes.length }
    writer.add(FRAME.head, encodeArchiveHead({ world: genesis, leaf: end.leaf, ...counts, firstWhole }))
    for (const records of journal.readHeaders({ from: 0, to: end.height })) {
      for (const { bytes } of records) writer.add(FRAME.entry, bytes)
      await pause()
    }
    if (journal.firstWhole !== firstWhole) throw cutMeanwhile(journal.firstWhole)
    for (const [index, hash] of hashes.entries()) {
      writer.add(FRAME.value, read(content, hash))
      if (index % VALUES_A_STEP === 0) await pause()
    }
    const bytes = writer.finish()
    renameSync(unfinished, path)
    syncFolder(dirname(path))
    return { world: formatHash(genesis), ...counts, bytes }
  } catch (error) {
    writer.abandon()
    rmSync(unfinished, { force: true })
    if (error instanceof AosError) throw error
    throw cannotWrite(path, error)
  }
}

function cutMeanwhile(below: number): AosError {
  return new AosError('transfer.compacted', `entries below height ${below} were cut to their headers meanwhile`, {
    hint: 'export again',
  })
}

function open(path: string, form: ArchiveForm): ArchiveWriter {
  try {
    rmSync(path, { force: true })
    return new ArchiveWriter(path, form)
  } catch (cause) {
    throw cannotWrite(path, cause)
  }
}

function cannotWrite(path: string, cause: unknown): AosError {
  return new AosError('host.file', `cannot write ${path}`, { cause, details: { file: path } })
}

type Content = OpenedFolder['store']['content']

/** A sweep that removes nothing sees everything. */
async function listContent(content: Content): Promise<readonly Hash[]> {
  const found = new Map<Hash, HashBytes>()
  const note = (hash: HashBytes): boolean => {
    const copy = new Uint8Array(hash) as HashBytes // a copy of one is one
    found.set(formatHash(copy), copy)
    return true
  }
  await content.sweep({ dryRun: true, isLive: note })
  return [...found].toSorted(([, left], [, right]) => compareBytes(left, right)).map(([hash]) => hash)
}

function read(content: Content, hash: Hash): Uint8Array {
  const bytes = content.get(hash)
  if (bytes !== undefined) return bytes
  throw new AosError('store.missing_blob', `the store lacks ${hash}`, { details: { hash }, hint: 'export again' })
}

function leafAt({ store }: Pick<OpenedFolder, 'store'>, height: number): HashBytes {
  for (const records of store.journal.readHeaders({ from: height, to: height })) {
    for (const { leaf } of records) return new Uint8Array(leaf) as HashBytes // a copy of one is one
  }
  throw new AosError('host.bad_height', `the journal has no height ${height}`)
}
