/** What every content store must do (spec/07-journal.md, "Content"). */
import { formatHash, parseHash, sha256 } from '@aos/cbor'
import { nodeSha256 } from '../node-sha256.ts'
import { withStore, type StoreDriver, type TestApi } from './kit.ts'

/** Registers the suite with the caller's runner. */
export function contentSuite({ describe, it, expect }: TestApi, driver: StoreDriver): void {
  describe(`content driver ${driver.name}`, () => {
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
        expect(() => (hash === undefined ? undefined : store.content.get(hash))).toThrow('closed')
      }))

    if (!driver.supports.reopen) return
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
  })
}
