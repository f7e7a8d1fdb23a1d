/** What every journal driver must do (spec/07-journal.md, "Appending" and "Reading"). */
import { equalBytes, type Hash } from '@aos/cbor'
import type { AppendResult, JournalHead, JournalPort, JournalRecord } from '../port.ts'
import type { WorldStore } from '../world-store.ts'
import { headOf, makeEntries, worldOf } from './entries.ts'
import { withStore, type StoreDriver, type TestApi } from './kit.ts'

interface Appending {
  readonly entries: readonly JournalRecord[]
  readonly expected: JournalHead | undefined
  readonly world: Hash
  readonly epoch?: number
}

function append(store: WorldStore, appending: Appending): Promise<AppendResult> {
  const { entries, expected, world, epoch } = appending
  return store.journal.appendIf({ world, epoch: epoch ?? store.journal.epoch, expected, entries })
}

/** Heights and bytes of a range, copied: views end with their batch. */
function readAll(journal: JournalPort, from = 0, to?: number): readonly JournalRecord[] {
  const records: JournalRecord[] = []
  for (const batch of journal.read(to === undefined ? { from } : { from, to })) {
    for (const { height, leaf, bytes } of batch) records.push({ height, leaf: leaf.slice(), bytes: bytes.slice() })
  }
  return records
}

function areSame(left: readonly JournalRecord[], right: readonly JournalRecord[]): boolean {
  return (
    left.length === right.length &&
    left.every((record, index) => {
      const other = right[index]
      return (
        other !== undefined &&
        record.height === other.height &&
        equalBytes(record.leaf, other.leaf) &&
        equalBytes(record.bytes, other.bytes)
      )
    })
  )
}

/** Registers the suite with the caller's runner. */
export function journalSuite(api: TestApi, driver: StoreDriver): void {
  api.describe(`journal driver ${driver.name}`, () => {
    appendTests(api, driver)
    orderTests(api, driver)
    refusalTests(api, driver)
    if (driver.supports.reopen) reopenTests(api, driver)
  })
}

function appendTests({ it, expect }: TestApi, driver: StoreDriver): void {
  it('appends groups and reads ranges back', () =>
    withStore(driver, async (store) => {
      expect(store.journal.head).toBeUndefined()
      expect(readAll(store.journal).length).toBe(0)
      const entries = makeEntries(undefined, 700)
      const world = worldOf(entries)
      let expected: JournalHead | undefined
      for (const size of [1, 299, 400]) {
        const from = expected === undefined ? 0 : expected.height + 1
        const part = entries.slice(from, from + size)
        const result = await append(store, { entries: part, expected, world })
        expect(result).toEqual({ kind: 'appended', head: headOf(part) })
        expected = headOf(part)
      }
      expect(store.journal.head).toEqual(headOf(entries))
      expect(areSame(readAll(store.journal), entries)).toBe(true)
      expect(areSame(readAll(store.journal, 0, 0), entries.slice(0, 1))).toBe(true)
      expect(areSame(readAll(store.journal, 250, 350), entries.slice(250, 351))).toBe(true)
      expect(areSame(readAll(store.journal, 699, 5_000), entries.slice(699))).toBe(true)
      expect(readAll(store.journal, 700).length).toBe(0)
      expect(store.logHead().size).toBe(700)
    }))

  it('copies what it is given', () =>
    withStore(driver, async (store) => {
      const [genesis] = makeEntries(undefined, 1)
      if (genesis === undefined) return
      const bytes = genesis.bytes.slice()
      const leaf = genesis.leaf.slice()
      const pending = append(store, {
        entries: [{ height: 0, leaf, bytes }],
        expected: undefined,
        world: worldOf([genesis]),
      })
      bytes.fill(0)
      leaf.fill(0)
      expect(await pending).toEqual({ kind: 'appended', head: headOf([genesis]) })
      expect(areSame(readAll(store.journal), [genesis])).toBe(true)
    }))

  it('reports a conflict with the head that stands and appends nothing', () =>
    withStore(driver, async (store) => {
      const mine = makeEntries(undefined, 3)
      const world = worldOf(mine)
      await append(store, { entries: mine, expected: undefined, world })
      const others = makeEntries(headOf(mine.slice(0, 2)), 2, { mark: 'other' })
      const conflict = { kind: 'conflict', head: headOf(mine) }
      expect(await append(store, { entries: others, expected: headOf(mine.slice(0, 2)), world })).toEqual(conflict)
      const ahead = makeEntries({ height: 6, leaf: headOf(mine).leaf }, 1)
      expect(await append(store, { entries: ahead, expected: { height: 6, leaf: headOf(mine).leaf }, world })).toEqual(
        conflict,
      )
      expect(areSame(readAll(store.journal), mine)).toBe(true)
    }))

  it('takes a retry of what stands for success, and only that', () =>
    withStore(driver, async (store) => {
      const entries = makeEntries(undefined, 5)
      const world = worldOf(entries)
      const first = { entries: entries.slice(0, 2), expected: undefined, world }
      const second = { entries: entries.slice(2), expected: headOf(first.entries), world }
      await append(store, first)
      await append(store, second)
      const head = headOf(entries)
      expect(await append(store, second)).toEqual({ kind: 'appended', head })
      expect(await append(store, first)).toEqual({ kind: 'appended', head })
      const longer = [...entries.slice(2), ...makeEntries(head, 1)]
      expect(await append(store, { ...second, entries: longer })).toEqual({ kind: 'conflict', head })
      expect(areSame(readAll(store.journal), entries)).toBe(true)
    }))
}

function orderTests({ it, expect }: TestApi, driver: StoreDriver): void {
  it('completes two calls in flight in order', () =>
    withStore(driver, async (store) => {
      const entries = makeEntries(undefined, 400)
      const world = worldOf(entries)
      const order: number[] = []
      let before: Promise<unknown> = Promise.resolve()
      let expected: JournalHead | undefined
      for (let at = 0; at < entries.length; at += 4) {
        const part = entries.slice(at, at + 4)
        const call = append(store, { entries: part, expected, world }).then((result) => {
          order.push(result.kind === 'appended' ? result.head.height : -1)
          expect(store.journal.head?.height).toBe(order.at(-1))
        })
        expected = headOf(part)
        await before
        before = call
      }
      await before
      expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index * 4 + 3))
      expect(areSame(readAll(store.journal), entries)).toBe(true)
    }))

  it('refuses a third call in flight and is dead then', () =>
    withStore(driver, async (store) => {
      const entries = makeEntries(undefined, 4)
      const world = worldOf(entries)
      const call = (at: number): Promise<AppendResult> =>
        append(store, {
          entries: entries.slice(at, at + 1),
          expected: at === 0 ? undefined : headOf(entries.slice(0, at)),
          world,
        })
      const [one, two, three] = [call(0), call(1), call(2)]
      const all = Promise.allSettled([one, two])
      await expect(three).rejects.toMatchObject({ code: 'store.bad_request' })
      await all
      await expect(call(3)).rejects.toMatchObject({ code: 'store.failed' })
    }))

  it('fails the second of two calls when the first is in conflict', () =>
    withStore(driver, async (store) => {
      const mine = makeEntries(undefined, 2)
      const world = worldOf(mine)
      await append(store, { entries: mine, expected: undefined, world })
      const stale = headOf(mine.slice(0, 1))
      const others = makeEntries(stale, 2, { mark: 'other' })
      const one = append(store, { entries: others.slice(0, 1), expected: stale, world })
      const two = append(store, { entries: others.slice(1), expected: headOf(others.slice(0, 1)), world })
      expect([(await one).kind, (await two).kind]).toEqual(['conflict', 'conflict'])
    }))
}

function refusalTests({ it, expect }: TestApi, driver: StoreDriver): void {
  const cases: readonly (readonly [string, (entries: readonly JournalRecord[]) => Partial<Appending>])[] = [
    ['no entries', () => ({ entries: [] })],
    ['a gap', (entries) => ({ entries: entries.filter((entry) => entry.height !== 1) })],
    ['a start that is not the next height', (entries) => ({ entries: entries.slice(1) })],
    ['another world', (entries) => ({ world: worldOf(makeEntries(undefined, entries.length, { mark: 'other' })) })],
    ['an epoch that nobody opened', () => ({ epoch: 1_000_000 })],
  ]
  for (const [name, change] of cases) {
    it(`refuses ${name}`, () =>
      withStore(driver, async (store) => {
        const entries = makeEntries(undefined, 3)
        const good = { entries, expected: undefined, world: worldOf(entries) }
        await expect(append(store, { ...good, ...change(entries) })).rejects.toMatchObject({
          code: 'store.bad_request',
        })
        await expect(append(store, good)).rejects.toMatchObject({ code: 'store.failed' })
        expect(store.journal.head).toBeUndefined()
      }))
  }

  it('refuses everything after close', () =>
    withStore(driver, async (store) => {
      const entries = makeEntries(undefined, 1)
      await append(store, { entries, expected: undefined, world: worldOf(entries) })
      await store.close()
      await expect(append(store, { entries, expected: undefined, world: worldOf(entries) })).rejects.toMatchObject({
        code: 'store.closed',
      })
      expect(() => readAll(store.journal)).toThrow('closed')
      expect(() => {
        store.journal.acknowledge(headOf(entries))
      }).toThrow('closed')
    }))

  it('acknowledges only what is durable', () =>
    withStore(driver, async (store) => {
      const entries = makeEntries(undefined, 2)
      await append(store, { entries: entries.slice(0, 1), expected: undefined, world: worldOf(entries) })
      store.journal.acknowledge(headOf(entries.slice(0, 1)))
      expect(() => {
        store.journal.acknowledge(headOf(entries))
      }).toThrow('not durable')
    }))
}

function reopenTests({ it, expect }: TestApi, driver: StoreDriver): void {
  it('keeps everything over close and open, and raises the epoch', () =>
    withStore(driver, async (first, place) => {
      const entries = makeEntries(undefined, 20)
      const world = worldOf(entries)
      await append(first, { entries: entries.slice(0, 12), expected: undefined, world })
      first.journal.acknowledge(headOf(entries.slice(0, 12)))
      const { epoch } = first.journal
      const root = first.logHead()
      await first.close()
      const second = await place.open()
      try {
        expect(second.journal.epoch > epoch).toBe(true)
        expect(second.world).toBe(world)
        expect(second.journal.head).toEqual(headOf(entries.slice(0, 12)))
        expect(second.logHead()).toEqual(root)
        const rest = { entries: entries.slice(12), expected: headOf(entries.slice(0, 12)), world }
        expect(await append(second, { ...rest, epoch })).toEqual({ kind: 'fenced', epoch: second.journal.epoch })
        expect(await append(second, rest)).toEqual({ kind: 'appended', head: headOf(entries) })
        expect(areSame(readAll(second.journal), entries)).toBe(true)
      } finally {
        await second.close()
      }
    }))

  if (!driver.supports.lock) return
  it('refuses a second opening', () =>
    withStore(driver, async (_store, place) => {
      await expect(place.open()).rejects.toMatchObject({ code: 'store.locked' })
    }))
}
