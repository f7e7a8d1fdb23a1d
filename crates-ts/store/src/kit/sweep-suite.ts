/** What every content store must do when it is swept (spec/07-journal.md, "Sweeping"). */
import { equalBytes, formatHash, sha256, type Hash, type HashBytes } from '@aos/cbor'
import { nodeSha256 } from '../node-sha256.ts'
import type { ContentStore, SweepReport } from '../port.ts'
import { withStore, type StoreDriver, type TestApi } from './kit.ts'

const COUNT = 600
/** Every third value is live, and one of the long ones. */
const VALUES: readonly Uint8Array[] = Array.from({ length: COUNT }, (_, index) =>
  new TextEncoder().encode(`value ${index} `.padEnd(40 + (index % 200), '.')),
)
const LONG: readonly Uint8Array[] = [1, 2, 3].map((mark) => new Uint8Array(300_000).fill(mark))

function textOf(value: Uint8Array): Hash {
  return formatHash(sha256(nodeSha256, value))
}

function isThere(content: ContentStore, value: Uint8Array): boolean {
  const found = content.get(textOf(value))
  return found !== undefined && equalBytes(found, value)
}

/** Those of the values that the store does not have as they were. */
function missing(content: ContentStore, values: readonly Uint8Array[]): number {
  return values.filter((value) => !isThere(content, value)).length
}

/** Those of the values that a store still has. */
function present(content: ContentStore, values: readonly Uint8Array[]): number {
  return values.filter((value) => content.get(textOf(value)) !== undefined).length
}

function isLiveOf(values: readonly Uint8Array[]): (hash: HashBytes) => boolean {
  const live = new Set<string>(values.map(textOf))
  return (hash) => live.has(formatHash(hash))
}

const LIVE: readonly Uint8Array[] = [...VALUES.filter((_, index) => index % 3 === 0), ...LONG.slice(0, 1)]
const DEAD: readonly Uint8Array[] = [...VALUES.filter((_, index) => index % 3 !== 0), ...LONG.slice(1)]

function sum(values: readonly Uint8Array[]): number {
  return values.reduce((total, { length }) => total + length, 0)
}

const TALLY: Omit<SweepReport, 'bytesFreed'> = {
  live: LIVE.length,
  dead: DEAD.length,
  bytesLive: sum(LIVE),
  bytesDead: sum(DEAD),
}

async function fill(content: ContentStore): Promise<void> {
  for (let from = 0; from < COUNT; from += 150) await content.put(VALUES.slice(from, from + 150))
  await content.put(LONG)
}

/** Registers the suite with the caller's runner. */
export function sweepSuite(api: TestApi, driver: StoreDriver): void {
  api.describe(`sweeping by driver ${driver.name}`, () => {
    results(api, driver)
    meanwhile(api, driver)
    refusals(api, driver)
  })
}

function results({ it, expect }: TestApi, driver: StoreDriver): void {
  it('removes what is dead and keeps what is live', () =>
    withStore(driver, async (store, place) => {
      const { content } = store
      await fill(content)
      const { bytesFreed, ...tally } = await content.sweep({ isLive: isLiveOf(LIVE), deadShareMin: 0 })
      expect(tally).toEqual(TALLY)
      expect(bytesFreed > 600_000).toBe(true)
      const expected = { count: LIVE.length, bytes: sum(LIVE) }
      expect([missing(content, LIVE), present(content, DEAD)]).toEqual([0, 0])
      expect(await content.stat()).toEqual(expected)
      if (!driver.supports.reopen) return
      await store.close()
      const again = await place.open()
      expect([missing(again.content, LIVE), present(again.content, DEAD)]).toEqual([0, 0])
      expect(await again.content.stat()).toEqual(expected)
      await again.content.put(DEAD)
      expect(missing(again.content, [...LIVE, ...DEAD])).toBe(0)
      await again.close()
    }))

  it('counts without changing anything in a dry run', () =>
    withStore(driver, async ({ content }) => {
      await fill(content)
      const before = await content.stat()
      const { bytesFreed, ...tally } = await content.sweep({ isLive: isLiveOf(LIVE), dryRun: true })
      expect(tally).toEqual(TALLY)
      expect(bytesFreed > 600_000).toBe(true)
      expect(missing(content, [...LIVE, ...DEAD])).toBe(0)
      expect(await content.stat()).toEqual(before)
    }))

  it('can be done again and again, with nothing dead and with everything', () =>
    withStore(driver, async ({ content }) => {
      const nothing = { live: 0, dead: 0, bytesLive: 0, bytesDead: 0, bytesFreed: 0 }
      expect(await content.sweep({ isLive: () => false })).toEqual(nothing)
      await fill(content)
      await content.sweep({ isLive: isLiveOf(LIVE), deadShareMin: 0 })
      const all = await content.sweep({ isLive: () => true, deadShareMin: 0 })
      expect([all.live, all.dead, all.bytesLive]).toEqual([LIVE.length, 0, sum(LIVE)])
      expect(missing(content, LIVE)).toBe(0)
      const none = await content.sweep({ isLive: () => false, deadShareMin: 0 })
      expect([none.live, none.dead]).toEqual([0, LIVE.length])
      expect(await content.stat()).toEqual({ count: 0, bytes: 0 })
      await content.put(DEAD)
      expect([missing(content, DEAD), present(content, LIVE)]).toEqual([0, 0])
    }))
}

function meanwhile({ it, expect }: TestApi, driver: StoreDriver): void {
  it('keeps what is stored while it goes on, new or not', () =>
    withStore(driver, async ({ content }) => {
      await fill(content)
      const before = content.put(DEAD.slice(0, 5))
      const sweeping = content.sweep({ isLive: () => false, deadShareMin: 0 })
      const stored: Uint8Array[] = [...DEAD.slice(0, 5)]
      for (let round = 0; round < 25; round += 1) {
        const fresh = new TextEncoder().encode(`fresh ${round}`)
        const values = [...VALUES.slice(round * 20, round * 20 + 3), fresh, ...(round === 3 ? LONG.slice(2) : [])]
        if (round % 2 === 0) await content.put(values)
        else await content.putHashed(values.map((bytes) => ({ hash: sha256(nodeSha256, bytes), bytes })))
        stored.push(...values)
        expect(missing(content, stored)).toBe(0)
      }
      await Promise.all([before, sweeping])
      expect(missing(content, stored)).toBe(0)
    }))

  it('a watch tells what was stored while others found out what is live', () =>
    withStore(driver, async ({ content }) => {
      await fill(content)
      const watch = content.watchStored()
      const fresh = new TextEncoder().encode('fresh')
      await content.put([VALUES[1] ?? fresh, fresh])
      const isLive = isLiveOf(LIVE)
      const report = await content.sweep({ isLive: (hash) => isLive(hash) || watch.has(hash), deadShareMin: 0 })
      watch.end()
      expect(report.dead).toBe(DEAD.length - 1)
      expect(missing(content, [...LIVE, VALUES[1] ?? fresh, fresh])).toBe(0)
      await content.put([VALUES[2] ?? fresh])
      expect([watch.has(sha256(nodeSha256, fresh)), watch.has(sha256(nodeSha256, VALUES[2] ?? fresh))]).toEqual([
        false,
        false,
      ])
    }))

  it('two of them go on one after the other', () =>
    withStore(driver, async ({ content }) => {
      await fill(content)
      const isLive = isLiveOf(LIVE)
      const [first, second] = await Promise.all([
        content.sweep({ isLive, deadShareMin: 0 }),
        content.sweep({ isLive, deadShareMin: 0 }),
      ])
      expect([first.dead + second.dead >= DEAD.length, second.live]).toEqual([true, LIVE.length])
      expect([missing(content, LIVE), present(content, DEAD)]).toEqual([0, 0])
    }))
}

function refusals({ it, expect }: TestApi, driver: StoreDriver): void {
  it('is refused after close, and ends with it', () =>
    withStore(driver, async (store, place) => {
      await fill(store.content)
      const sweeping = store.content.sweep({ isLive: isLiveOf(LIVE), deadShareMin: 0 }).then(
        () => 'done',
        (error: unknown) => (error as { readonly code?: unknown }).code,
      )
      await store.close()
      expect(['done', 'store.closed'].includes(String(await sweeping))).toBe(true)
      await expect(store.content.sweep({ isLive: () => true })).rejects.toMatchObject({ code: 'store.closed' })
      if (!driver.supports.reopen) return
      const again = await place.open()
      expect(missing(again.content, LIVE)).toBe(0)
      await again.close()
    }))
}
