/** Archives on a real disk (spec/07-journal.md, "Archives"). */
import { existsSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatHash } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import {
  MerkleLog,
  makeEntries,
  openWorldStore,
  verifyArchive,
  verifyJournal,
  type CompactReport,
  type JournalRecord,
} from '../src/index.ts'
import { isKeptKind } from '../src/kit/compaction-suite.ts'
import { withFolder } from './_folder.ts'
import { flip, makeJournal, overwrite, segmentFiles } from './_journal.ts'

const OPTIONS = { segmentBytes: 16_384 } as const
const SIZES = Array.from({ length: 14 }, () => 2)

/** A world of 28 entries in segments of 4, and where its archives go. */
async function makeWorld(folder: string, mark?: string): Promise<readonly JournalRecord[]> {
  if (mark === undefined) return makeJournal(folder, SIZES, { ...OPTIONS, payloadBytes: 200 })
  const entries = makeEntries(undefined, 28, { payloadBytes: 200, mark })
  const store = await openWorldStore(folder, OPTIONS)
  const { epoch } = store.journal
  await store.journal.appendIf({
    world: formatHash(entries[0]?.leaf ?? new Uint8Array()),
    epoch,
    expected: undefined,
    entries,
  })
  await store.close()
  return entries
}

async function compact(folder: string, before: number, archive: string): Promise<CompactReport> {
  const store = await openWorldStore(folder, OPTIONS)
  try {
    return await store.compact({ before, keep: isKeptKind, archive })
  } finally {
    await store.close()
  }
}

function rootOf(entries: readonly JournalRecord[], count: number): string {
  const log = new MerkleLog()
  for (const { leaf } of entries.slice(0, count)) log.append(leaf)
  return formatHash(log.root())
}

describe('an archive', () => {
  it('holds what was cut, is checked with no world, and is of the world that it was written for', () =>
    withFolder(async (folder) => {
      const entries = await makeWorld(folder)
      const originals = segmentFiles(folder).map((path) => readFileSync(path))
      const world = formatHash(entries[0]?.leaf ?? new Uint8Array())
      const one = join(folder, 'one.aosa')
      const two = join(folder, 'two.aosa')
      expect((await compact(folder, 9, one)).archivedBytes).toBe(statSync(one).size)
      expect((await compact(folder, 20, two)).archivedBytes).toBe(statSync(two).size)
      expect(verifyArchive(one)).toEqual({
        ok: true,
        world,
        first: 0,
        last: 7,
        root: rootOf(entries, 8),
        isOfWorld: undefined,
      })
      expect(verifyArchive(two, { world: folder })).toEqual({
        ok: true,
        world,
        first: 8,
        last: 19,
        root: rootOf(entries, 20),
        isOfWorld: true,
      })
      const bytes = readFileSync(two)
      for (const original of originals.slice(2, 5)) expect(bytes.includes(original)).toBe(true)
      expect(verifyJournal(folder)).toMatchObject({ ok: true, compactedBelow: 20, root: rootOf(entries, 28) })
    }))

  it('is refused where a file is, and nothing is cut then', () =>
    withFolder(async (folder) => {
      await makeWorld(folder)
      const path = join(folder, 'there')
      writeFileSync(path, 'precious')
      await expect(compact(folder, 9, path)).rejects.toMatchObject({ code: 'store.archive_exists', details: { path } })
      expect(readFileSync(path, 'utf8')).toBe('precious')
      expect(verifyJournal(folder).compactedBelow).toBe(0)
      expect(readdirSync(join(folder, 'journal')).filter((name) => name.includes('headers'))).toEqual([])
    }))

  it('is not written when nothing is to be cut, or when it cannot be', () =>
    withFolder(async (folder) => {
      await makeWorld(folder)
      const path = join(folder, 'none.aosa')
      expect(await compact(folder, 2, path)).toMatchObject({ segments: 0, archivedBytes: 0 })
      expect(existsSync(path)).toBe(false)
      const nowhere = join(folder, 'no', 'such', 'folder.aosa')
      await expect(compact(folder, 9, nowhere)).rejects.toMatchObject({ code: 'store.failed' })
      flip(segmentFiles(folder)[1] ?? '', 4096 + 200)
      await expect(compact(folder, 9, path)).rejects.toMatchObject({ code: 'store.corrupt' })
      expect(readdirSync(folder).filter((name) => name.startsWith('none'))).toEqual([])
      expect(verifyJournal(folder).compactedBelow).toBe(0)
    }))

  it('of another world, or of another history, is told apart', () =>
    withFolder(async (folder) => {
      const [one, two, three] = ['one', 'two', 'three'].map((name) => join(folder, name))
      if (one === undefined || two === undefined || three === undefined) return
      await makeWorld(one)
      await makeWorld(two, 'other')
      await makeJournal(three, SIZES.slice(0, 3), { ...OPTIONS, payloadBytes: 200 })
      const path = join(folder, 'one.aosa')
      await compact(one, 9, path)
      const other = verifyArchive(path, { world: two })
      expect(other).toMatchObject({ ok: false, isOfWorld: false, firstDifference: { height: 0, path: 'world' } })
      // The same world, but it ends before the archive does.
      expect(verifyArchive(path, { world: three })).toMatchObject({ ok: false, isOfWorld: false })
      expect(verifyArchive(path, { world: one })).toMatchObject({ ok: true, isOfWorld: true })
    }))
})

describe('damage of an archive', () => {
  it('is found in any byte', () =>
    withFolder(async (folder) => {
      await makeWorld(folder)
      const path = join(folder, 'one.aosa')
      await compact(folder, 9, path)
      const bytes = readFileSync(path)
      expect(bytes.length).toBe(4096 + 2 * 16_384 + 2 * 4096)
      const unnoticed: number[] = []
      const codes = new Set<string>()
      for (let position = 0; position < bytes.length; position += position % 4096 < 256 ? 1 : 23) {
        overwrite(path, position, Uint8Array.of((bytes[position] ?? 0) ^ (1 << (position % 8))))
        const found = findingOf(path)
        codes.add(found)
        if (found === 'ok') unnoticed.push(position)
        overwrite(path, position, bytes.subarray(position, position + 1))
      }
      expect(unnoticed).toEqual([])
      expect([...codes].toSorted()).toEqual(['archive.segment', 'store.bad_archive'])
      expect(findingOf(path)).toBe('ok')
    }))

  it('is found where it was cut off, and a missing file is said to be missing', () =>
    withFolder(async (folder) => {
      await makeWorld(folder)
      const path = join(folder, 'one.aosa')
      await compact(folder, 9, path)
      const { size } = statSync(path)
      for (const end of [size - 1, size - 4096, size - 8192, 5000, 4096, 100, 0]) {
        truncateSync(path, end)
        expect(findingOf(path)).toBe('store.bad_archive')
      }
      expect(() => verifyArchive(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'store.not_found' }))
    }))
})

/** `ok`, the path of the first difference, or the code of a refusal. */
function findingOf(path: string): string {
  try {
    const { ok, firstDifference } = verifyArchive(path)
    return ok ? 'ok' : (firstDifference?.path ?? 'nothing')
  } catch (error) {
    return String((error as { readonly code?: unknown }).code)
  }
}
