import { readFileSync, rmSync, truncateSync } from 'node:fs'
import { formatHash } from '@aos/cbor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MerkleLog, makeEntries, openWorldStore, verifyJournal, type JournalRecord } from '../src/index.ts'
import { makeFolder, removeFolder, withFolder } from './_folder.ts'
import { appendGroups, flip, makeJournal, overwrite, segmentFile, segmentFiles } from './_journal.ts'

const SEGMENT_BYTES = 16_384

describe('verifying a whole journal', () => {
  it('accepts an empty, an open and a sealed journal, and computes the root', () =>
    withFolder(async (folder) => {
      await (await openWorldStore(folder)).close()
      expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: 0, world: undefined })
      const entries = await makeJournal(folder, [1, 5, 3, 1, 1, 9, 2], { segmentBytes: SEGMENT_BYTES })
      expect(segmentFiles(folder).length).toBeGreaterThan(2)
      const log = new MerkleLog()
      for (const entry of entries) log.append(entry.leaf)
      expect(verifyJournal(folder)).toEqual({
        ok: true,
        entries: entries.length,
        root: formatHash(log.root()),
        world: formatHash(entries[0]?.leaf ?? new Uint8Array()),
        compactedBelow: 0,
      })
    }))

  it('names what is missing when a segment or its end is gone', () =>
    withFolder(async (folder) => {
      await makeJournal(folder, [2, 2, 2, 2, 2, 2, 2], { segmentBytes: SEGMENT_BYTES, acknowledge: true })
      expect(segmentFiles(folder).map((path) => Number(path.slice(-20, -4)))).toEqual([0, 4, 8, 12])
      rmSync(segmentFile(folder, 3))
      expect(verifyJournal(folder).firstDifference).toMatchObject({ height: 12, path: 'acknowledged' })
      rmSync(segmentFile(folder, 1))
      expect(verifyJournal(folder).firstDifference).toMatchObject({ height: 4, path: 'segments' })
      rmSync(segmentFile(folder, 0))
      expect(verifyJournal(folder).firstDifference).toMatchObject({ height: 0, path: 'segments' })
    }))

  it('names a sealed segment that was cut off', () =>
    withFolder(async (folder) => {
      await makeJournal(folder, [2, 2, 2, 2], { segmentBytes: SEGMENT_BYTES })
      truncateSync(segmentFile(folder, 0), 3 * 4096)
      expect(verifyJournal(folder).firstDifference).toMatchObject({ height: 3, path: 'footer' })
      truncateSync(segmentFile(folder, 0), 2 * 4096 + 50)
      expect(verifyJournal(folder).firstDifference).toMatchObject({ height: 2 })
      truncateSync(segmentFile(folder, 0), 100)
      expect(verifyJournal(folder).firstDifference).toMatchObject({ height: 0, path: 'header' })
    }))
})

interface ChainCase {
  readonly name: string
  readonly path: string
  /** The height at which opening refuses; undefined: the chain of headers stands, so it opens. */
  readonly refusedAt: number | undefined
  readonly change: (entries: readonly JournalRecord[]) => readonly JournalRecord[]
}

const CHAIN_CASES: readonly ChainCase[] = [
  {
    name: 'a wrong prev',
    path: 'header.prev',
    refusedAt: 2,
    change: (entries) => changed(entries, at(entries, 1).leaf),
  },
  {
    name: 'a wrong ingress hash',
    path: 'header.ingress_hash',
    refusedAt: 3,
    change: (entries) => changed(entries, hashField(at(entries, 2), 6)),
  },
  {
    name: 'a wrong derived hash',
    path: 'header.derived_hash',
    refusedAt: 3,
    change: (entries) => changed(entries, hashField(at(entries, 2), 7)),
  },
  {
    name: 'no entry',
    path: 'entry',
    refusedAt: 2,
    change: (entries) => replaced(entries, new Uint8Array([0x83, 0xa0, 0xa0, 0x80])),
  },
  {
    name: 'bytes after the entry',
    path: 'entry',
    refusedAt: undefined,
    change: (entries) => replaced(entries, Buffer.concat([at(entries, 2).bytes, Buffer.of(0)])),
  },
  {
    name: 'a header without fields',
    path: 'header',
    refusedAt: 2,
    change: (entries) => replaced(entries, new Uint8Array([0x84, 0xa0, 0xa0, 0x80, 0xf6])),
  },
  {
    name: 'another height',
    path: 'header.height',
    refusedAt: 2,
    change: (entries) => replaced(entries, at(entries, 1).bytes),
  },
]

describe('verifying the chain of entries', () => {
  it.each(CHAIN_CASES)('names $name', ({ path, refusedAt, change }) =>
    withFolder(async (folder) => {
      const store = await openWorldStore(folder)
      await appendGroups(store, change(makeEntries(undefined, 4)), { sizes: [2, 2] })
      await store.close()
      expect(verifyJournal(folder)).toMatchObject({ ok: false, entries: 2, firstDifference: { height: 2, path } })
      if (refusedAt === undefined) {
        const reopened = await openWorldStore(folder)
        expect(reopened.journal.head?.height).toBe(3)
        await reopened.close()
      } else {
        const refusal = { code: 'store.corrupt', details: { first_bad_height: refusedAt } }
        await expect(openWorldStore(folder)).rejects.toMatchObject(refusal)
      }
    }),
  )
})

describe('flipping any byte of a closed journal', () => {
  let folder: string
  beforeAll(async () => {
    folder = makeFolder()
    await makeJournal(folder, [1, 3, 1, 2], { segmentBytes: SEGMENT_BYTES, acknowledge: true })
  })
  afterAll(() => {
    removeFolder(folder)
  })

  it.each([
    ['sealed', 0],
    ['last', -1],
  ])('is found in the %s segment, and a height of the segment named', (_name, index) => {
    const path = segmentFile(folder, index)
    const from = Number(path.slice(-20, -4))
    const bytes = readFileSync(path)
    expect(bytes.length).toBeGreaterThan(4096)
    const unnoticed: number[] = []
    for (let position = 0; position < bytes.length; position += 1) {
      overwrite(path, position, new Uint8Array([(bytes[position] ?? 0) ^ (1 << (position % 8))]))
      const verdict = verifyJournal(folder)
      const height = verdict.firstDifference?.height ?? -1
      if (verdict.ok || height < from || height > from + 5) unnoticed.push(position)
      overwrite(path, position, bytes.subarray(position, position + 1))
    }
    expect(unnoticed).toEqual([])
    expect(verifyJournal(folder).ok).toBe(true)
  })

  it('is the height of the group that was hit', () => {
    const path = segmentFile(folder, 0)
    for (const [position, height] of [
      [4096 + 200, 0],
      [8192 + 3000, 1],
      [8192 + 200, 1],
    ] as const) {
      flip(path, position)
      expect(verifyJournal(folder).firstDifference?.height).toBe(height)
      flip(path, position)
    }
  })
})

function at(entries: readonly JournalRecord[], height: number): JournalRecord {
  const entry = entries[height]
  if (entry === undefined) throw new RangeError(`no entry ${height}`)
  return entry
}

/** Entry 2 with other bytes. */
function replaced(entries: readonly JournalRecord[], bytes: Uint8Array): readonly JournalRecord[] {
  return entries.map((entry) => (entry.height === 2 ? { ...entry, bytes } : entry))
}

/** Entry 2 with one bit changed where these 32 bytes stand. */
function changed(entries: readonly JournalRecord[], hash: Uint8Array): readonly JournalRecord[] {
  const bytes = Buffer.from(at(entries, 2).bytes)
  const found = bytes.indexOf(hash)
  if (found < 0) throw new RangeError('the hash is not in the entry')
  bytes[found] = (bytes[found] ?? 0) ^ 1
  return replaced(entries, bytes)
}

/** The hash behind a key of the header. */
function hashField(entry: JournalRecord, key: number): Uint8Array {
  const found = Buffer.from(entry.bytes).indexOf(Buffer.of(key, 0x58, 0x20))
  return entry.bytes.slice(found + 3, found + 35)
}
