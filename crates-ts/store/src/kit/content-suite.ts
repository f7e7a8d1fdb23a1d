/** What every content store must do (spec/07-journal.md, "Content"). */
import { equalBytes, formatHash, parseHash, sha256, type Hash } from '@aos/cbor'
import { nodeSha256 } from '../node-sha256.ts'
import type { HashedValue } from '../port.ts'
import type { WorldStore } from '../world-store.ts'
import { withStore, type StoreDriver, type TestApi } from './kit.ts'

/** Registers the suite with the caller's runner. */
export function contentSuite(api: TestApi, driver: StoreDriver): void {
  api.describe(`content driver ${driver.name}`, () => {
    basics(api, driver)
    hashed(api, driver)
    amounts(api, driver)
    if (!driver.supports.reopen) return
    openings(api, driver)
    damage(api, driver)
  })
}

function basics({ it, expect }: TestApi, driver: StoreDriver): void {
  it('gives back what was put, under its hash', () =>
    withStore(driver, async ({ content }) => {
      const blobs = [new Uint8Array(0), new Uint8Array([1, 2, 3]), new Uint8Array(100_000).fill(7)]
      const hashes = await content.put(blobs)
      expect(hashes).toEqual(blobs.map((blob) => formatHash(sha256(nodeSha256, blob))))
      for (const [index, hash] of hashes.entries()) {
        const bytes = content.get(hash)
        expect(bytes === undefined ? undefined : formatHash(sha256(nodeSha256, bytes))).toBe(hash)
        expect(bytes?.length).toBe(blobs[index]?.length)
        expect(content.has(hash)).toBe(true)
      }
      expect(await content.stat()).toEqual({ count: 3, bytes: 100_003 })
    }))

  it('misses quietly', () =>
    withStore(driver, async ({ content }) => {
      const hash = parseHash(`sha256:${'0'.repeat(64)}`)
      expect(content.get(hash)).toBeUndefined()
      expect(content.has(hash)).toBe(false)
      expect(await content.put([])).toEqual([])
      expect(await content.stat()).toEqual({ count: 0, bytes: 0 })
    }))

  it('stores the same bytes once', () =>
    withStore(driver, async ({ content }) => {
      const blob = new Uint8Array([9, 9])
      const [first] = await content.put([blob])
      const [second, third] = await content.put([blob, blob])
      expect([second, third]).toEqual([first, first])
      expect(await content.stat()).toEqual({ count: 1, bytes: 2 })
    }))

  it('refuses everything after close', () =>
    withStore(driver, async (store) => {
      const [hash] = await store.content.put([new Uint8Array([1])])
      await store.close()
      await expect(store.content.put([new Uint8Array([1])])).rejects.toMatchObject({ code: 'store.closed' })
      const value = hashedOf(new Uint8Array([1]))
      await expect(store.content.putHashed([value])).rejects.toMatchObject({ code: 'store.closed' })
      expect(() => (hash === undefined ? undefined : store.content.get(hash))).toThrow('closed')
    }))
}

function hashed({ it, expect }: TestApi, driver: StoreDriver): void {
  it('takes values with their hashes, once or again', () =>
    withStore(driver, async ({ content }) => {
      const values = [...Array(3_000).keys()].map((index) => hashedOf(numbered(index)))
      values.push(hashedOf(new Uint8Array(0)), hashedOf(new Uint8Array(300_000).fill(8)))
      const bytes = sum(values.map((value) => value.bytes.length))
      await content.put(values.slice(0, 5).map((value) => value.bytes))
      for (let round = 0; round < 2; round += 1) {
        await content.putHashed(values)
        for (const value of values) expect(isSame(content.get(formatHash(value.hash)), value.bytes)).toBe(true)
        expect(await content.stat()).toEqual({ count: values.length, bytes })
      }
      expect(await content.put([numbered(2_999)])).toEqual([formatHash(hashedOf(numbered(2_999)).hash)])
      expect(await content.stat()).toEqual({ count: values.length, bytes })
    }))

  it('tells who stores hashed values that they are there, in any order of calls', () =>
    withStore(driver, async ({ content }) => {
      await Promise.all(
        [...Array(40).keys()].map(async (index) => {
          const values = [hashedOf(numbered(index % 7)), hashedOf(numbered(100 + index))]
          await (index % 3 === 0 ? content.put(values.map(({ bytes }) => bytes)) : content.putHashed(values))
          for (const { hash, bytes } of values) expect(isSame(content.get(formatHash(hash)), bytes)).toBe(true)
        }),
      )
      await content.putHashed([])
      expect((await content.stat()).count).toBe(47)
    }))
}

function amounts({ it, expect }: TestApi, driver: StoreDriver): void {
  it('keeps values of every size, an empty one and long ones', () =>
    withStore(driver, async ({ content }) => {
      const lengths = [0, 1, 4096, 262_143, 262_144, 262_145, 1_000_000]
      const blobs = lengths.map((length) => new Uint8Array(length).fill(length % 251))
      const hashes = await content.put(blobs)
      hashes.forEach((hash, index) => {
        expect(isSame(content.get(hash), blobs[index])).toBe(true)
      })
      expect(await content.stat()).toEqual({ count: lengths.length, bytes: sum(lengths) })
    }))

  it('does not grow by values that are there', () =>
    withStore(driver, async ({ content }) => {
      const blobs = [numbered(1), new Uint8Array(0), new Uint8Array(300_000).fill(3)]
      const first = await content.put(blobs)
      for (let round = 0; round < 5; round += 1) {
        expect(await content.put([...blobs, ...blobs])).toEqual([...first, ...first])
      }
      expect(await content.stat()).toEqual({ count: 3, bytes: 300_000 + numbered(1).length })
    }))

  it('stores what many callers put at once, as it was when they called', () =>
    withStore(driver, async ({ content }) => {
      const puts = Array.from({ length: 60 }, async (_, index) => {
        const blobs = [numbered(index % 20), numbered(1000 + index)]
        const stored = content.put(blobs)
        for (const blob of blobs) blob.fill(0xff)
        return stored
      })
      const hashes = await Promise.all(puts)
      for (const [index, [shared, own]] of hashes.entries()) {
        expect(shared !== undefined && isSame(content.get(shared), numbered(index % 20))).toBe(true)
        expect(own !== undefined && isSame(content.get(own), numbered(1000 + index))).toBe(true)
      }
      expect((await content.stat()).count).toBe(80)
    }))

  it('gives bytes that the caller may change', () =>
    withStore(driver, async ({ content }) => {
      for (const blob of [numbered(5), new Uint8Array(300_000).fill(9)]) {
        const [hash] = await content.put([blob])
        if (hash === undefined) throw new Error('nothing was stored')
        content.get(hash)?.fill(0)
        expect(isSame(content.get(hash), blob)).toBe(true)
      }
    }))
}

function openings({ it, expect }: TestApi, driver: StoreDriver): void {
  if (!driver.supports.reopen) return

  it('keeps many values over many openings', async () => {
    const place = await driver.makePlace()
    try {
      const hashes: Hash[] = []
      for (let opening = 0; opening < 4; opening += 1) {
        const store = await place.open()
        const blobs = Array.from({ length: 700 }, (_, index) => numbered(opening * 700 + index))
        hashes.push(...(await store.content.put(blobs)))
        expect(hashes.every((hash, index) => isSame(store.content.get(hash), numbered(index)))).toBe(true)
        expect((await store.content.stat()).count).toBe(hashes.length)
        await store.close()
      }
    } finally {
      await place.destroy()
    }
  })

  it('keeps content over close and open', () =>
    withStore(driver, async (first, place) => {
      const [hash] = await first.content.put([new Uint8Array([4, 5])])
      await first.close()
      const second = await place.open()
      try {
        expect(hash === undefined ? undefined : [...(second.content.get(hash) ?? [])]).toEqual([4, 5])
      } finally {
        await second.close()
      }
    }))
}

function damage(api: TestApi, driver: StoreDriver): void {
  healing(api, driver, { how: 'the bytes are', again: (store, blobs) => store.content.put(blobs) })
  const again = (store: WorldStore, blobs: readonly Uint8Array[]): Promise<void> =>
    store.content.putHashed(blobs.map(hashedOf))
  healing(api, driver, { how: 'the bytes with their hashes are', again })
}

interface Healing {
  readonly how: string
  readonly again: (store: WorldStore, blobs: readonly Uint8Array[]) => Promise<unknown>
}

function healing({ it, expect }: TestApi, driver: StoreDriver, { how, again }: Healing): void {
  it(`refuses a damaged copy and heals it when ${how} stored again`, () =>
    withStore(driver, async (first, place) => {
      if (place.damage === undefined) return
      const blobs = [numbered(7), new Uint8Array(300_000).fill(7)]
      const hashes = await first.content.put(blobs)
      const before = await first.content.stat()
      await first.close()
      for (const hash of hashes) await place.damage(hash)
      const second = await place.open()
      try {
        for (const hash of hashes) expect(() => second.content.get(hash)).toThrow('another hash')
        await again(second, blobs)
        hashes.forEach((hash, index) => {
          expect(isSame(second.content.get(hash), blobs[index])).toBe(true)
        })
        expect(await second.content.stat()).toEqual(before)
      } finally {
        await second.close()
      }
      const third = await place.open()
      expect(hashes.every((hash, index) => isSame(third.content.get(hash), blobs[index]))).toBe(true)
      await third.close()
    }))
}

function hashedOf(bytes: Uint8Array): HashedValue {
  return { hash: sha256(nodeSha256, bytes), bytes }
}

function numbered(number: number): Uint8Array {
  return new TextEncoder().encode(`value ${number}`)
}

function isSame(found: Uint8Array | undefined, expected: Uint8Array | undefined): boolean {
  return found !== undefined && expected !== undefined && equalBytes(found, expected)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
