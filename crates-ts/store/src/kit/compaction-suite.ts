/** What every journal driver must do when it is compacted (spec/07-journal.md, "Compaction"). */
import { equalBytes } from '@aos/cbor'
import { compactedEntry, findHeader, readKind } from '../entry-parts.ts'
import type { AppendResult, HeaderRecord, JournalPort, JournalRecord } from '../port.ts'
import type { WorldStore } from '../world-store.ts'
import { headOf, makeEntries, worldOf } from './entries.ts'
import { withStore, type Expectation, type StoreDriver, type TestApi } from './kit.ts'

const COUNT = 300
const KEPT: readonly number[] = [3, 4, 14]
/** Snapshots and manifests among events. */
const ENTRIES: readonly JournalRecord[] = makeEntries(undefined, COUNT, {
  payloadBytes: 250,
  kindAt: (height) => (height % 40 === 20 ? 14 : height % 50 === 7 ? 4 : undefined),
})

/** The kinds that the suites keep whole. */
export function isKeptKind(kind: number): boolean {
  return KEPT.includes(kind)
}

/** The bytes that stand for an entry once it is compacted. */
export function compactedForm(entry: Uint8Array): Uint8Array {
  const header = findHeader(entry)
  if (header === undefined) throw new RangeError('no entry')
  const kind = readKind(entry, header)
  return kind === undefined || isKeptKind(kind) ? entry : compactedEntry(entry, header)
}

function append(store: WorldStore, from: number, to: number): Promise<AppendResult> {
  const expected = from === 0 ? undefined : headOf(ENTRIES.slice(0, from))
  const { epoch } = store.journal
  return store.journal.appendIf({ world: worldOf(ENTRIES), epoch, expected, entries: ENTRIES.slice(from, to) })
}

async function fill(store: WorldStore, count = COUNT): Promise<void> {
  for (let from = 0; from < count; from += 10) await append(store, from, Math.min(count, from + 10))
}

function collect(batches: Iterable<readonly HeaderRecord[]>): readonly HeaderRecord[] {
  const records: HeaderRecord[] = []
  for (const batch of batches) {
    for (const { height, leaf, bytes, isCompacted } of batch) {
      records.push({ height, leaf: leaf.slice(), bytes: bytes.slice(), isCompacted })
    }
  }
  return records
}

/** Heights from 0 that do not read back as they must: whole from `firstWhole` on, and by their headers below. */
function wrongHeights(journal: JournalPort, count = COUNT): readonly number[] {
  const wrong: number[] = []
  const records = collect(journal.readHeaders({ from: 0 }))
  for (let height = 0; height < Math.max(count, records.length); height += 1) {
    const [record, entry] = [records[height], ENTRIES[height]]
    const bytes = entry === undefined || height >= journal.firstWhole ? entry?.bytes : compactedForm(entry.bytes)
    const isRight =
      record !== undefined &&
      entry !== undefined &&
      bytes !== undefined &&
      record.height === height &&
      equalBytes(record.leaf, entry.leaf) &&
      equalBytes(record.bytes, bytes) &&
      record.isCompacted === (bytes !== entry.bytes)
    if (!isRight) wrong.push(height)
  }
  return wrong
}

/** Registers the suite with the caller's runner. */
export function compactionSuite(api: TestApi, driver: StoreDriver): void {
  api.describe(`compaction by driver ${driver.name}`, () => {
    results(api, driver)
    goingOn(api, driver)
    refusals(api, driver)
  })
}

function results({ it, expect }: TestApi, driver: StoreDriver): void {
  it('leaves the headers, the kinds that are kept, and the log', () =>
    withStore(driver, async (store, place) => {
      await fill(store)
      const log = store.logHead()
      const report = await store.compact({ before: 200, keep: isKeptKind })
      const { firstWhole } = store.journal
      expect([firstWhole <= 200, firstWhole > 100]).toEqual([true, driver.supports.smallSegments])
      expect(report.compactedThrough).toBe(firstWhole === 0 ? undefined : firstWhole - 1)
      expect(report.segments > 0).toBe(driver.supports.smallSegments)
      expect(report.bytesAfter < report.bytesBefore).toBe(driver.supports.smallSegments)
      expect(wrongHeights(store.journal)).toEqual([])
      expect(store.logHead()).toEqual(log)
      expect([...store.findRoots(3)].map(({ height }) => height)).toEqual([260, 220, 180])
      expect([...store.findRoots(99)].map(({ bytes }) => bytes)).toEqual(
        [260, 220, 180, 140, 100, 60, 20].map((height) => ENTRIES[height]?.bytes),
      )
      if (!driver.supports.reopen) return
      await store.close()
      const again = await place.open()
      expect(again.journal.firstWhole).toBe(firstWhole)
      expect(wrongHeights(again.journal)).toEqual([])
      expect(again.logHead()).toEqual(log)
      await again.close()
    }))

  it('refuses to read what is not whole, and reads what is', () =>
    withStore(driver, async (store) => {
      await fill(store)
      await store.compact({ before: 150, keep: isKeptKind })
      const { firstWhole } = store.journal
      expectCompacted(expect, store.journal, 0)
      expectCompacted(expect, store.journal, firstWhole - 1)
      const whole = collect(store.journal.readHeaders({ from: firstWhole }))
      const read = [...store.journal.read({ from: firstWhole })].flat().map(({ height }) => height)
      expect(read).toEqual(whole.map(({ height }) => height))
      expect(read.length).toBe(COUNT - firstWhole)
      expect(whole.some(({ isCompacted }) => isCompacted)).toBe(false)
      const some = collect(store.journal.readHeaders({ from: 33, to: 177 })).map(({ height }) => height)
      expect(some).toEqual(Array.from({ length: 145 }, (_, index) => 33 + index))
      expect([...store.journal.read({ from: 5, to: 4 })]).toEqual([])
    }))

  it('can be done again, for more or for nothing', () =>
    withStore(driver, async (store) => {
      await fill(store)
      let before = 0
      for (const height of [60, 60, 10, 140, 299, 1_000]) {
        const report = await store.compact({ before: height, keep: isKeptKind })
        const { firstWhole } = store.journal
        expect([firstWhole >= before, firstWhole < COUNT]).toEqual([true, true])
        expect(report.segments > 0).toBe(firstWhole > before)
        if (report.segments === 0) expect([report.bytesBefore, report.bytesAfter]).toEqual([0, 0])
        expect(wrongHeights(store.journal)).toEqual([])
        before = firstWhole
      }
    }))
}

function expectCompacted(expect: (value: unknown) => Expectation, journal: JournalPort, from: number): void {
  if (journal.firstWhole === 0) return
  let error: unknown
  try {
    for (const _ of journal.read({ from, to: COUNT })) break
  } catch (thrown) {
    error = thrown
  }
  const { code, details } = error as { readonly code?: unknown; readonly details?: unknown }
  expect({ code, details }).toEqual({ code: 'journal.compacted', details: { compacted_below: journal.firstWhole } })
}

function goingOn({ it, expect }: TestApi, driver: StoreDriver): void {
  it('appends go on during and after it, and a repetition of what was cut is known', () =>
    withStore(driver, async (store) => {
      await fill(store, 200)
      const compacting = [
        store.compact({ before: 120, keep: isKeptKind }),
        store.compact({ before: 180, keep: isKeptKind }),
      ]
      for (let from = 200; from < COUNT; from += 10) {
        expect((await append(store, from, from + 10)).kind).toBe('appended')
      }
      await Promise.all(compacting)
      expect(wrongHeights(store.journal)).toEqual([])
      const head = headOf(ENTRIES)
      expect(await append(store, 20, 30)).toEqual({ kind: 'appended', head })
      const others = makeEntries(headOf(ENTRIES.slice(0, 20)), 5, { mark: 'other' })
      const { epoch } = store.journal
      const expected = headOf(ENTRIES.slice(0, 20))
      const conflict = await store.journal.appendIf({ world: worldOf(ENTRIES), epoch, expected, entries: others })
      expect(conflict).toEqual({ kind: 'conflict', head })
    }))

  it('a reader that has begun reads on, or is told', () =>
    withStore(driver, async (store) => {
      await fill(store)
      const heights: number[] = []
      let code: unknown
      try {
        for (const batch of store.journal.read({ from: 0 })) {
          heights.push(...batch.map(({ height }) => height))
          expect(batch.every(({ height, bytes }) => isSame(bytes, ENTRIES[height]?.bytes))).toBe(true)
          await store.compact({ before: heights.length + 150, keep: isKeptKind })
        }
      } catch (error) {
        code = (error as { readonly code?: unknown }).code
      }
      expect(heights).toEqual(heights.map((_, index) => index))
      expect(heights.length === COUNT || code === 'journal.compacted').toBe(true)
    }))
}

function isSame(left: Uint8Array, right: Uint8Array | undefined): boolean {
  return right !== undefined && equalBytes(left, right)
}

function refusals({ it, expect }: TestApi, driver: StoreDriver): void {
  it('takes whole heights only, and lives on after a refusal', () =>
    withStore(driver, async (store) => {
      await fill(store, 50)
      for (const before of [-1, 0.5, Number.NaN, 2 ** 60]) {
        await expect(store.compact({ before, keep: isKeptKind })).rejects.toMatchObject({ code: 'store.bad_option' })
      }
      expect((await append(store, 50, 60)).kind).toBe('appended')
      expect(wrongHeights(store.journal, 60)).toEqual([])
    }))

  it('does nothing in an empty journal, and is refused after close', () =>
    withStore(driver, async (store) => {
      expect(await store.compact({ before: 5, keep: isKeptKind })).toEqual({
        compactedThrough: undefined,
        segments: 0,
        bytesBefore: 0,
        bytesAfter: 0,
        archivedBytes: 0,
      })
      await store.close()
      await expect(store.compact({ before: 5, keep: isKeptKind })).rejects.toMatchObject({ code: 'store.closed' })
    }))
}
