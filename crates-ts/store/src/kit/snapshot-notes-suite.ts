/** What every driver must remember and find of snapshots (spec/07-journal.md, "Snapshot notes"). */
import { formatHash } from '@aos/cbor'
import type { JournalRecord } from '../port.ts'
import { SNAPSHOT_NOTES_MAX, type SnapshotNote } from '../snapshot-notes.ts'
import type { WorldStore } from '../world-store.ts'
import { headOf, makeEntries, worldOf } from './entries.ts'
import { withStore, type StoreDriver, type TestApi } from './kit.ts'

const KIND_SNAPSHOT_ROOT = 14

function noteOf(cut: number): SnapshotNote {
  return { cut, rootHeight: cut + 3, root: formatHash(new Uint8Array(32).fill(cut)) }
}

async function append(store: WorldStore, entries: readonly JournalRecord[], sizes: readonly number[]): Promise<void> {
  let at = 0
  for (const size of sizes) {
    const part = entries.slice(at, at + size)
    const expected = at === 0 ? undefined : headOf(entries.slice(0, at))
    await store.journal.appendIf({ world: worldOf(entries), epoch: store.journal.epoch, expected, entries: part })
    at += size
  }
}

/** Registers the suite with the caller's runner. */
export function snapshotNotesSuite(api: TestApi, driver: StoreDriver): void {
  api.describe(`snapshots in driver ${driver.name}`, () => {
    notes(api, driver)
    roots(api, driver)
  })
}

function notes({ it, expect }: TestApi, driver: StoreDriver): void {
  it('keeps the newest notes, one for each cut', () =>
    withStore(driver, async ({ snapshotNotes }) => {
      expect(snapshotNotes.list()).toEqual([])
      for (const cut of [5, 2, 9]) snapshotNotes.put(noteOf(cut))
      expect(snapshotNotes.list()).toEqual([noteOf(9), noteOf(5), noteOf(2)])
      snapshotNotes.put({ ...noteOf(5), rootHeight: 8 })
      expect(snapshotNotes.list()).toEqual([noteOf(9), { ...noteOf(5), rootHeight: 8 }, noteOf(2)])
      for (let cut = 10; cut < 40; cut += 1) snapshotNotes.put(noteOf(cut))
      const newest = Array.from({ length: SNAPSHOT_NOTES_MAX }, (_, index) => noteOf(39 - index))
      expect(snapshotNotes.list()).toEqual(newest)
      snapshotNotes.forgetBefore(38)
      expect(snapshotNotes.list()).toEqual([noteOf(39), noteOf(38)])
    }))

  it('takes none after close', () =>
    withStore(driver, async (store) => {
      store.snapshotNotes.put(noteOf(1))
      await store.close()
      expect(() => {
        store.snapshotNotes.put(noteOf(2))
      }).toThrow('closed')
    }))

  if (!driver.supports.reopen) return
  it('has them after close and open', () =>
    withStore(driver, async (first, place) => {
      for (const cut of [7, 8, 2 ** 40]) first.snapshotNotes.put(noteOf(cut))
      const before = first.snapshotNotes.list()
      await first.close()
      for (let opening = 0; opening < 2; opening += 1) {
        const again = await place.open()
        expect(again.snapshotNotes.list()).toEqual(before)
        await again.close()
      }
    }))
}

function roots({ it, expect }: TestApi, driver: StoreDriver): void {
  it('finds the entries that name roots, the newest first', () =>
    withStore(driver, async (store) => {
      expect([...store.findRoots(3)]).toEqual([])
      const heights = [3, 4, 90, 91, 160, 299]
      const kindAt = (height: number): number | undefined => (heights.includes(height) ? KIND_SNAPSHOT_ROOT : undefined)
      const entries = makeEntries(undefined, 300, { kindAt, payloadBytes: 300 })
      await append(store, entries, [1, 3, 100, 56, 139, 1])
      const found = [...store.findRoots(1_000)]
      expect(found.map(({ height }) => height)).toEqual(heights.toReversed())
      expect(found.map(({ bytes }) => bytes)).toEqual(heights.toReversed().map((height) => entries[height]?.bytes))
      expect([...store.findRoots(2)].map(({ height }) => height)).toEqual([299, 160])
      expect([...store.findRoots(0)]).toEqual([])
    }))
}
