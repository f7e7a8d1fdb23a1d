/** Segments of headers on a real disk: names, what a crash leaves, damage (spec/07-journal.md, "Compaction"). */
import {
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  makeEntries,
  nodeDisk,
  openWorldStore,
  verifyJournal,
  type Disk,
  type WorldStore,
  type WorldStoreOptions,
} from '../src/index.ts'
import { isKeptKind } from '../src/kit/compaction-suite.ts'
import { makeFolder, removeFolder, withFolder } from './_folder.ts'
import { appendGroups, flip, makeJournal, overwrite, segmentFile, segmentFiles } from './_journal.ts'

const OPTIONS = { segmentBytes: 16_384 } as const
/** Two groups a segment: segments from 0, 4, 8, ... 24. */
const SIZES = Array.from({ length: 14 }, () => 2)
/** What is in the worlds of these tests. */
const ENTRIES = makeEntries(undefined, 28, { payloadBytes: 200 })
const ALL = { before: Number.MAX_SAFE_INTEGER, keep: isKeptKind } as const

/** Not the file that is prepared for the next segment. */
const SEGMENTS = /\.(seg|hdr)$|headers\.tmp$/

function journalFiles(folder: string, ending: RegExp): readonly string[] {
  const journal = join(folder, 'journal')
  return readdirSync(journal)
    .filter((name) => ending.test(name))
    .toSorted()
}

function contentOf(folder: string): ReadonlyMap<string, string> {
  const journal = join(folder, 'journal')
  const names = journalFiles(folder, SEGMENTS)
  return new Map(names.map((name) => [name, readFileSync(join(journal, name), 'latin1')]))
}

async function withStore<T>(
  folder: string,
  body: (store: WorldStore) => Promise<T>,
  options: WorldStoreOptions = {},
): Promise<T> {
  const store = await openWorldStore(folder, { ...OPTIONS, ...options })
  try {
    return await body(store)
  } finally {
    await store.close()
  }
}

/** A closed world of 28 entries, cut up to height 11. Returns its segments as they were. */
async function makeCompacted(folder: string): Promise<readonly string[]> {
  await makeJournal(folder, SIZES, { ...OPTIONS, acknowledge: true, payloadBytes: 200 })
  const copies = segmentFiles(folder).slice(0, 3)
  for (const path of copies) copyFileSync(path, join(folder, basename(path)))
  const report = await withStore(folder, (store) => store.compact({ before: 14, keep: isKeptKind }))
  expect(report).toMatchObject({ compactedThrough: 11, segments: 3, bytesBefore: 3 * 16_384 })
  return copies
}

/** As a crash leaves it that came between the name of the headers and the removal. */
function putBack(folder: string, paths: readonly string[]): void {
  for (const path of paths) copyFileSync(join(folder, basename(path)), path)
}

describe('a segment of headers', () => {
  it('takes the place of what it replaces, run after run', () =>
    withFolder(async (folder) => {
      await makeCompacted(folder)
      const first = '0000000000000000-0000000000000011.hdr'
      expect(journalFiles(folder, /\.(seg|hdr)$/).slice(0, 2)).toEqual([first, '0000000000000012.seg'])
      const before = readFileSync(join(folder, 'journal', first))
      expect(before.length).toBe(3 * 4096)
      const report = await withStore(folder, (store) => store.compact(ALL))
      expect(report).toMatchObject({ compactedThrough: 23, segments: 3 })
      expect(journalFiles(folder, SEGMENTS)).toEqual([
        first,
        '0000000000000012-0000000000000023.hdr',
        '0000000000000024.seg',
      ])
      expect(readFileSync(join(folder, 'journal', first)).equals(before)).toBe(true)
      expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: 28, compactedBelow: 24 })
    }))

  it('may be all that is left when the owner accepts the loss of the rest', () =>
    withFolder(async (folder) => {
      await makeCompacted(folder)
      const root = verifyJournal(folder).root
      for (const path of segmentFiles(folder)) rmSync(path)
      const missing = { code: 'journal.missing', details: { first_missing: 12, last_missing: 27 } }
      await expect(openWorldStore(folder, OPTIONS)).rejects.toMatchObject(missing)
      const entries = await withStore(
        folder,
        async (store) => {
          expect([store.journal.head?.height, store.journal.firstWhole]).toEqual([11, 12])
          return makeAgain(store)
        },
        { acceptLoss: true },
      )
      expect(entries).toBe(28)
      expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: 28, compactedBelow: 12, root })
    }))

  it('that is cut, longer or gone is named by opening, reading or verifying', () =>
    withFolder(async (folder) => {
      await makeCompacted(folder)
      const path = join(folder, 'journal', '0000000000000000-0000000000000011.hdr')
      const whole = readFileSync(path)
      const tried = async (height: number, isRead: 'read' | 'refused'): Promise<void> => {
        const { ok, firstDifference } = verifyJournal(folder)
        expect([ok, firstDifference?.height]).toEqual([false, height])
        await withStore(folder, async (store) => {
          const read = (): unknown => [...store.journal.readHeaders({ from: 0 })]
          if (isRead === 'read') read()
          else expect(read).toThrow(expect.objectContaining({ code: 'store.corrupt' }))
        })
      }
      // The footer matters to the segment behind it, and to verification.
      truncateSync(path, 2 * 4096)
      await tried(11, 'read')
      truncateSync(path, 4096)
      await tried(0, 'refused')
      rmSync(path)
      await tried(0, 'refused')
      writeFileSync(path, Buffer.concat([whole, Buffer.alloc(4096)]))
      await tried(11, 'read')
      writeFileSync(path, whole)
      for (const [position, height, isRead] of [
        [5, 0, 'refused'],
        [4096 + 300, 0, 'refused'],
        [8192 + 100, 12, 'refused'],
      ] as const) {
        flip(path, position)
        await tried(height, isRead)
        flip(path, position)
      }
      expect(verifyJournal(folder).ok).toBe(true)
    }))
})

/** Appends what was lost once more; the number of entries then. */
async function makeAgain(store: WorldStore): Promise<number> {
  await appendGroups(store, ENTRIES, { sizes: [8, 8], from: store.journal.head, acknowledge: true })
  return (store.journal.head?.height ?? -1) + 1
}

describe('what a crash has left of a compaction', () => {
  it('is no part of the journal, and is removed by the next writable opening', () =>
    withFolder(async (folder) => {
      const replaced = await makeCompacted(folder)
      for (const some of [replaced, replaced.slice(1), replaced.slice(0, 1)]) {
        putBack(folder, some)
        expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: 28, compactedBelow: 12 })
        const before = contentOf(folder)
        await withStore(
          folder,
          async (store) => {
            expect(store.journal.firstWhole).toBe(12)
            expect([...store.journal.readHeaders({ from: 0 })].flat().length).toBe(28)
          },
          { readOnly: true },
        )
        expect(contentOf(folder)).toEqual(before)
        await withStore(folder, async (store) => {
          expect(store.journal.firstWhole).toBe(12)
        })
        expect(some.some((path) => existsSync(path))).toBe(false)
        expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: 28, compactedBelow: 12 })
      }
    }))

  it('is not removed when the headers do not hold up', () =>
    withFolder(async (folder) => {
      const replaced = await makeCompacted(folder)
      putBack(folder, replaced)
      const path = join(folder, 'journal', '0000000000000000-0000000000000011.hdr')
      for (const position of [4096 + 300, 8192 + 100, 20]) {
        flip(path, position)
        const before = contentOf(folder)
        await expect(openWorldStore(folder, OPTIONS)).rejects.toMatchObject({ code: 'store.corrupt' })
        expect(contentOf(folder)).toEqual(before)
        flip(path, position)
      }
    }))
})

describe('a compaction that cannot be done', () => {
  it('for damage: names the height and changes nothing', () =>
    withFolder(async (folder) => {
      await makeJournal(folder, SIZES, { ...OPTIONS, payloadBytes: 200 })
      const cases = [
        [0, 4096 + 200, 0],
        [0, 8192 + 300, 2],
        [1, 3 * 4096 + 20, 8],
        [2, 30, 8],
      ] as const
      for (const [index, position, height] of cases) {
        const path = segmentFile(folder, index)
        flip(path, position)
        const before = contentOf(folder)
        await withStore(folder, async (store) => {
          const refusal = { code: 'store.corrupt', details: { first_bad_height: height } }
          await expect(store.compact(ALL)).rejects.toMatchObject(refusal)
          expect(store.journal.firstWhole).toBe(0)
        })
        expect(contentOf(folder)).toEqual(before)
        flip(path, position)
      }
      expect(await withStore(folder, (store) => store.compact(ALL))).toMatchObject({ compactedThrough: 23 })
    }))

  it('for an entry that is not what its header says: keeps it as evidence', () =>
    withFolder(async (folder) => {
      const entries = ENTRIES.map((entry) => {
        if (entry.height !== 5) return entry
        const bytes = entry.bytes.slice()
        bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1
        return { ...entry, bytes }
      })
      await withStore(folder, (store) => appendGroups(store, entries, { sizes: SIZES }))
      const before = contentOf(folder)
      await withStore(folder, async (store) => {
        const refusal = { code: 'store.corrupt', details: { first_bad_height: 5, part: 'header.ingress_hash' } }
        await expect(store.compact(ALL)).rejects.toMatchObject(refusal)
      })
      expect(contentOf(folder)).toEqual(before)
    }))

  it('for a full disk: the journal goes on, and it can be done later', () =>
    withFolder(async (folder) => {
      let isFull = true
      const disk: Disk = {
        ...nodeDisk,
        open(path, mode) {
          const file = nodeDisk.open(path, mode)
          return {
            async writeDurable(bytes, position) {
              if (isFull && path.endsWith('headers.tmp')) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
              await file.writeDurable(bytes, position)
            },
            writeUnsynced: (bytes, position) => {
              file.writeUnsynced(bytes, position)
            },
            read: (into, position) => file.read(into, position),
            size: () => file.size(),
            truncate: (size) => file.truncate(size),
            sync: () => file.sync(),
            close: () => {
              file.close()
            },
          }
        },
      }
      await makeJournal(folder, SIZES, { ...OPTIONS, payloadBytes: 200 })
      await withStore(
        folder,
        async (store) => {
          const before = contentOf(folder)
          await expect(store.compact(ALL)).rejects.toMatchObject({ code: 'store.no_space' })
          expect(contentOf(folder)).toEqual(before)
          isFull = false
          expect(await store.compact(ALL)).toMatchObject({ compactedThrough: 23 })
        },
        { disk },
      )
      expect(verifyJournal(folder)).toMatchObject({ ok: true, compactedBelow: 24 })
    }))

  it('for a journal that is closed meanwhile: nothing is left behind', () =>
    withFolder(async (folder) => {
      await makeJournal(folder, SIZES, { ...OPTIONS, payloadBytes: 200 })
      const before = contentOf(folder)
      let paused = 0
      const store = await openWorldStore(folder, {
        ...OPTIONS,
        pause: async () => {
          paused += 1
        },
      })
      const compacting = store.compact(ALL)
      const closing = store.close()
      await expect(compacting).rejects.toMatchObject({ code: 'store.closed' })
      await closing
      expect([contentOf(folder), paused]).toEqual([before, 0])
    }))
})

describe('flipping any byte of a segment of headers', () => {
  it('is found by verification, at a height that it holds', async () => {
    const folder = makeFolder()
    try {
      await makeCompacted(folder)
      const path = join(folder, 'journal', '0000000000000000-0000000000000011.hdr')
      const bytes = readFileSync(path)
      expect(statSync(path).size).toBe(3 * 4096)
      const unnoticed: number[] = []
      for (let position = 0; position < bytes.length; position += 1) {
        overwrite(path, position, Uint8Array.of((bytes[position] ?? 0) ^ (1 << (position % 8))))
        const { ok, firstDifference } = verifyJournal(folder)
        const height = firstDifference?.height ?? -1
        if (ok || height < 0 || height > 12) unnoticed.push(position)
        overwrite(path, position, bytes.subarray(position, position + 1))
      }
      expect(unnoticed).toEqual([])
      expect(verifyJournal(folder).ok).toBe(true)
    } finally {
      removeFolder(folder)
    }
  })
})
