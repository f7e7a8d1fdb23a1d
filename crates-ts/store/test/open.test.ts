import { copyFileSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isAosError } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { AcknowledgedHead } from '../src/acknowledged.ts'
import { headOf, makeEntries, nodeDisk, openWorldStore, verifyJournal, worldOf } from '../src/index.ts'
import { GROUP_HEAD_BYTES, decodeGroupHead, decodeHeader, encodeGroupHead } from '../src/layout.ts'
import { inspectJournal } from '../src/tail.ts'
import { withFolder } from './_folder.ts'
import { appendGroups, flip, makeJournal, overwrite, readHeights, segmentFile, segmentFiles } from './_journal.ts'

const SEGMENT_BYTES = 32_768
const SIZES = [1, 2, 1, 3, 1, 30, 2, 4]
const HEIGHTS = SIZES.reduce((sum, size) => sum + size, 0)

/** What opening says of a journal, without the databases around it and without changing anything. */
function inspect(folder: string, acceptLoss = false): number | Readonly<Record<string, unknown>> {
  const journal = join(folder, 'journal')
  const acknowledged = AcknowledgedHead.open(nodeDisk, journal, 'read')
  try {
    return inspectJournal(nodeDisk, journal, acknowledged, { acceptLoss }).tail?.head?.height ?? -1
  } catch (error) {
    if (!isAosError(error)) throw error
    return { code: error.code, ...error.details }
  } finally {
    acknowledged.close()
  }
}

interface GroupEnd {
  readonly end: number
  readonly lastHeight: number
}

/** Where the groups of a segment end, from its own heads. */
function groupEnds(path: string): readonly GroupEnd[] {
  const bytes = new Uint8Array(readFileSync(path))
  const header = decodeHeader(bytes.subarray(0, 4096))
  if (!('ok' in header)) throw new Error('no header')
  const ends: GroupEnd[] = []
  for (let at = 4096; ;) {
    const head = decodeGroupHead(bytes, at, header.ok.nonce)
    if (head === undefined) return ends
    ends.push({ end: at + GROUP_HEAD_BYTES + head.bytes, lastHeight: head.firstHeight + head.count - 1 })
    at = Math.ceil((at + GROUP_HEAD_BYTES + head.bytes) / 4096) * 4096
  }
}

describe('truncating the last segment anywhere', () => {
  for (const acknowledge of [true, false]) {
    it(`${acknowledge ? 'names exactly what is missing' : 'opens with the prefix that stands'}`, () =>
      withFolder(async (folder) => {
        await makeJournal(folder, SIZES, { segmentBytes: SEGMENT_BYTES, acknowledge })
        const path = segmentFile(folder, -1)
        const before = Number(path.slice(-20, -4)) - 1
        const ends = groupEnds(path)
        expect(ends.length).toBeGreaterThan(2)
        const whole = readFileSync(path)
        const lastEnd = ends.at(-1)?.end ?? 0
        const lastStart = Math.ceil((ends.at(-2)?.end ?? 0) / 4096) * 4096
        const wrong: unknown[] = []
        for (let size = whole.length; size >= 0; size -= size > lastStart && size <= lastEnd + 1 ? 1 : 97) {
          truncateSync(path, size)
          const stands = ends.findLast((group) => group.end <= size)?.lastHeight ?? before
          const found = inspect(folder)
          const missing = { code: 'journal.missing', first_missing: stands + 1, last_missing: HEIGHTS - 1 }
          const isRight =
            acknowledge && stands < HEIGHTS - 1
              ? typeof found === 'object' && Object.entries(missing).every(([key, value]) => found[key] === value)
              : found === stands
          if (!isRight) wrong.push({ size, stands, found })
          if (inspect(folder, true) !== stands) wrong.push({ size, stands, acceptLoss: true })
        }
        expect(wrong).toEqual([])
      }))
  }

  it('goes on after a torn tail: the rest is zero, the next append follows', () =>
    withFolder(async (folder) => {
      const entries = makeEntries(undefined, HEIGHTS + 5)
      const made = await makeJournal(folder, SIZES, { segmentBytes: SEGMENT_BYTES })
      const path = segmentFile(folder, -1)
      const ends = groupEnds(path)
      const pristine = readFileSync(path)
      for (const cut of [0, 50, 4095, 4096, 4100, (ends[0]?.end ?? 0) + 10, (ends.at(-1)?.end ?? 0) - 1]) {
        overwrite(path, 0, pristine)
        truncateSync(path, cut)
        const store = await openWorldStore(folder, { segmentBytes: SEGMENT_BYTES })
        const { head } = store.journal
        if (head === undefined) throw new Error('nothing stands')
        expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: head.height + 1 })
        await appendGroups(store, entries, { sizes: [1, 4], from: head })
        expect(readHeights(store, entries).length).toBe(head.height + 6)
        await store.close()
        expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: head.height + 6 })
        for (const extra of segmentFiles(folder)) if (extra > path) rmSync(extra)
      }
      expect(made.length).toBe(HEIGHTS)
    }))

  it('goes on after the owner accepted the loss', () =>
    withFolder(async (folder) => {
      await makeJournal(folder, [1, 2, 3], { acknowledge: true })
      flip(segmentFile(folder, 0), 3 * 4096 + 200)
      const missing = { code: 'journal.missing', details: { first_missing: 3, last_missing: 5 } }
      await expect(openWorldStore(folder)).rejects.toMatchObject(missing)
      await expect(openWorldStore(folder)).rejects.toMatchObject(missing)
      const store = await openWorldStore(folder, { acceptLoss: true })
      expect(store.journal.head?.height).toBe(2)
      await store.close()
      await (await openWorldStore(folder)).close()
      expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: 3 })
    }))
})

describe('damage in what was durable', () => {
  it('is refused with the heights when a later group proves it', () =>
    withFolder(async (folder) => {
      await makeJournal(folder, [1, 2, 3, 4])
      const path = segmentFile(folder, 0)
      for (const [position, height] of [
        [4096 + 150, 0],
        [2 * 4096 + 30, 1],
        [2 * 4096 + 4000, 1],
      ] as const) {
        flip(path, position)
        const refusal = { code: 'store.corrupt', details: { first_bad_height: height, durable_through: 5 } }
        await expect(openWorldStore(folder)).rejects.toMatchObject(refusal)
        flip(path, position)
      }
      // The last group says that heights to 5 were durable; of the group itself nothing is known.
      flip(path, 4 * 4096 + 200)
      expect(inspect(folder)).toBe(5)
    }))

  it('is refused in a header, in the footer before, and when the first segment is gone', () =>
    withFolder(async (folder) => {
      await makeJournal(folder, SIZES, { segmentBytes: SEGMENT_BYTES })
      const [first, last] = [segmentFile(folder, 0), segmentFile(folder, -1)]
      const from = Number(last.slice(-20, -4))
      flip(last, 20)
      expect(inspect(folder)).toMatchObject({ code: 'store.corrupt', first_bad_height: from, part: 'header' })
      flip(last, 20)
      flip(first, statSync(first).size - 4000)
      expect(inspect(folder)).toMatchObject({ code: 'store.corrupt', first_bad_height: from - 1, part: 'footer' })
      rmSync(first)
      expect(inspect(folder)).toMatchObject({ code: 'store.corrupt', first_bad_height: 0 })
    }))

  it('stops a read inside a sealed segment', () =>
    withFolder(async (folder) => {
      const entries = await makeJournal(folder, SIZES, { segmentBytes: SEGMENT_BYTES })
      flip(segmentFile(folder, 0), 2 * 4096 + 200)
      const store = await openWorldStore(folder, { segmentBytes: SEGMENT_BYTES })
      expect(() => readHeights(store, entries)).toThrow('height 1')
      await store.close()
    }))

  it('does not take an entry for a witness', () =>
    withFolder(async (folder) => {
      const forged = new Uint8Array(3 * 4096)
      const head = { epoch: 1, firstHeight: 9, count: 1, bytes: 5, durableThrough: 8, prevGroup: new Uint8Array(32) }
      for (let at = 0; at + 200 < forged.length; at += 1) forged[at] = at
      const entries = makeEntries(undefined, 2, { payloadBytes: 3 * 4096 })
      const store = await openWorldStore(folder)
      await appendGroups(store, entries, { sizes: [2] })
      await store.close()
      const group = new Uint8Array(GROUP_HEAD_BYTES + 8)
      encodeGroupHead(group, head, new Uint8Array(16).fill(3))
      const path = segmentFile(folder, 0)
      overwrite(path, 2 * 4096, group)
      expect(inspect(folder)).toBe(-1)
      const header = decodeHeader(new Uint8Array(readFileSync(path)).subarray(0, 4096))
      encodeGroupHead(group, head, 'ok' in header ? header.ok.nonce : forged)
      overwrite(path, 2 * 4096, group)
      expect(inspect(folder)).toMatchObject({ code: 'store.corrupt', first_bad_height: 0, durable_through: 8 })
    }))
})

describe('the end of a journal', () => {
  it('is cut before a group that was in flight together with a lost one', () =>
    withFolder(async (folder) => {
      const entries = makeEntries(undefined, 3)
      const world = worldOf(entries)
      const store = await openWorldStore(folder)
      const { epoch } = store.journal
      await appendGroups(store, entries, { sizes: [1] })
      const one = store.journal.appendIf({
        world,
        epoch,
        expected: headOf(entries.slice(0, 1)),
        entries: entries.slice(1, 2),
      })
      const two = store.journal.appendIf({
        world,
        epoch,
        expected: headOf(entries.slice(0, 2)),
        entries: entries.slice(2),
      })
      await Promise.all([one, two])
      await store.close()
      overwrite(segmentFile(folder, 0), 2 * 4096, new Uint8Array(4096))
      expect(inspect(folder)).toBe(0)
      await (await openWorldStore(folder)).close()
      expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: 1 })
    }))

  it('may be a sealed segment, and goes on in a new one', () =>
    withFolder(async (folder) => {
      const entries = makeEntries(undefined, HEIGHTS)
      await makeJournal(folder, SIZES, { segmentBytes: SEGMENT_BYTES })
      rmSync(segmentFile(folder, -1))
      const store = await openWorldStore(folder, { segmentBytes: SEGMENT_BYTES })
      const { head } = store.journal
      await appendGroups(store, entries, { sizes: [1], from: head })
      await store.close()
      expect(segmentFiles(folder).length).toBe(2)
      expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: (head?.height ?? 0) + 2 })
    }))

  it('may be a footer that was torn: the segment is open again', () =>
    withFolder(async (folder) => {
      const entries = makeEntries(undefined, HEIGHTS)
      await makeJournal(folder, SIZES, { segmentBytes: SEGMENT_BYTES })
      rmSync(segmentFile(folder, -1))
      const path = segmentFile(folder, 0)
      overwrite(path, statSync(path).size - 3500, new Uint8Array([1]))
      const store = await openWorldStore(folder, { segmentBytes: 2 * SEGMENT_BYTES })
      const { head } = store.journal
      await appendGroups(store, entries, { sizes: [1], from: head })
      await store.close()
      expect(segmentFiles(folder)).toEqual([path])
      expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: (head?.height ?? 0) + 2 })
    }))

  it('is not read again when it was long: an orderly close seals it', () =>
    withFolder(async (folder) => {
      const options = { segmentBytes: SEGMENT_BYTES, sealedBytes: 8192, acknowledge: true }
      const entries = makeEntries(undefined, 12)
      await makeJournal(folder, [2], options)
      expect(segmentFiles(folder).length).toBe(1)
      const second = await openWorldStore(folder, options)
      await appendGroups(second, entries, { sizes: [1, 2], from: second.journal.head, acknowledge: true })
      await second.close()
      expect(segmentFiles(folder).map((path) => Number(basename(path, '.seg')))).toEqual([0, 5])
      expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: 5 })
      // Damage in what is sealed is found when it is read.
      flip(segmentFile(folder, 0), 4096 + GROUP_HEAD_BYTES + 20)
      const third = await openWorldStore(folder, options)
      expect(third.journal.head).toEqual(headOf(entries.slice(0, 5)))
      expect(() => readHeights(third, entries)).toThrow(expect.objectContaining({ code: 'store.corrupt' }))
      flip(segmentFile(folder, 0), 4096 + GROUP_HEAD_BYTES + 20)
      await appendGroups(third, entries, { sizes: [1], from: third.journal.head, acknowledge: true })
      await third.close()
      expect(segmentFiles(folder).length).toBe(2)
      expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: 6 })
      // What was acknowledged before is missed, also when only the empty segment is left of it.
      rmSync(segmentFile(folder, -1))
      expect(inspect(folder)).toMatchObject({ code: 'journal.missing', first_missing: 5 })
    }))

  it('never holds a lower epoch after a higher one', () =>
    withFolder(async (folder) => {
      const entries = makeEntries(undefined, 2)
      const first = await openWorldStore(folder)
      await appendGroups(first, entries, { sizes: [1] })
      await first.close()
      rmSync(join(folder, 'meta'), { recursive: true })
      const second = await openWorldStore(folder)
      expect(second.journal.epoch).toBeGreaterThan(first.journal.epoch)
      await appendGroups(second, entries, { sizes: [1], from: headOf(entries.slice(0, 1)) })
      second.journal.acknowledge(headOf(entries))
      await second.close()
      const path = segmentFile(folder, 0)
      const bytes = new Uint8Array(readFileSync(path))
      const header = decodeHeader(bytes.subarray(0, 4096))
      if (!('ok' in header)) throw new Error('no header')
      const head = decodeGroupHead(bytes, 2 * 4096, header.ok.nonce)
      if (head === undefined) throw new Error('no group')
      const group = bytes.slice(2 * 4096, 2 * 4096 + GROUP_HEAD_BYTES + head.bytes)
      encodeGroupHead(group, { ...head, epoch: 0 }, header.ok.nonce)
      overwrite(path, 2 * 4096, group)
      expect(verifyJournal(folder).firstDifference).toMatchObject({ height: 1, path: 'group.epoch' })
      expect(inspect(folder)).toMatchObject({ code: 'journal.missing', first_missing: 1 })
    }))
})

describe('the acknowledged head', () => {
  it('survives one damaged slot, and is nothing with two', () =>
    withFolder(async (folder) => {
      await makeJournal(folder, [1, 1, 1], { acknowledge: true })
      const path = join(folder, 'journal', 'head')
      const read = (): number | undefined => {
        const acknowledged = AcknowledgedHead.open(nodeDisk, join(folder, 'journal'), 'read')
        acknowledged.close()
        return acknowledged.head?.height
      }
      expect(read()).toBe(2)
      flip(path, 512 + 20)
      expect(read()).toBe(1)
      flip(path, 20)
      expect(read()).toBeUndefined()
      flip(path, 512 + 20)
      expect(read()).toBe(2)
    }))

  it('refuses another history of the same length', () =>
    withFolder(async (one) =>
      withFolder(async (other) => {
        await makeJournal(one, [2], { acknowledge: true })
        await makeJournal(other, [2], { acknowledge: true, payloadBytes: 20 })
        copyFileSync(join(other, 'journal', 'head'), join(one, 'journal', 'head'))
        await expect(openWorldStore(one, { acceptLoss: true })).rejects.toMatchObject({ code: 'store.corrupt' })
      }),
    ))
})

describe('opening only for reading', () => {
  it('changes nothing, not even a torn tail, and refuses writes', () =>
    withFolder(async (folder) => {
      await expect(openWorldStore(folder, { readOnly: true })).rejects.toMatchObject({ code: 'store.not_found' })
      const entries = await makeJournal(folder, [1, 2])
      const path = segmentFile(folder, 0)
      flip(path, 2 * 4096 + 300)
      const bytes = readFileSync(path)
      const store = await openWorldStore(folder, { readOnly: true })
      expect(readHeights(store, entries)).toEqual([0])
      const request = {
        world: worldOf(entries),
        epoch: store.journal.epoch,
        expected: headOf(entries.slice(0, 1)),
        entries,
      }
      await expect(store.journal.appendIf(request)).rejects.toMatchObject({ code: 'store.read_only' })
      await expect(store.content.put([new Uint8Array(1)])).rejects.toMatchObject({ code: 'store.read_only' })
      await store.close()
      expect(readFileSync(path).equals(bytes)).toBe(true)
    }))

  it('refuses a bad segment size', () =>
    withFolder(async (folder) => {
      for (const segmentBytes of [0, 4096, 16_385, 2 ** 32]) {
        await expect(openWorldStore(folder, { segmentBytes })).rejects.toMatchObject({ code: 'store.bad_option' })
      }
    }))
})
