/** Sweeping on a real disk: what others do in between, damage, files of their own (spec/07-journal.md, "Sweeping"). */
import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { equalBytes, formatHash, sha256, type Hash } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { nodeSha256, openWorldStore, verifyContent, type ContentStore, type WorldStoreOptions } from '../src/index.ts'
import { blobPath, changeDatabase, damageValue, keyOf, packPaths } from './_content.ts'
import { withFolder } from './_folder.ts'

function hashOf(value: Uint8Array): Hash {
  return formatHash(sha256(nodeSha256, value))
}

function valueOf(mark: number, length = 60): Uint8Array {
  const value = new Uint8Array(length).fill(mark % 251)
  new DataView(value.buffer).setUint32(0, mark)
  return value
}

function manyValues(from: number, count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, index) => valueOf(from + index))
}

function missing(content: ContentStore, values: readonly Uint8Array[]): number {
  return values.filter((value) => {
    const found = content.get(hashOf(value))
    return found === undefined || !equalBytes(found, value)
  }).length
}

async function filled(folder: string, values: readonly Uint8Array[], options: WorldStoreOptions = {}): Promise<void> {
  const store = await openWorldStore(folder, options)
  for (let from = 0; from < values.length; from += 250) await store.content.put(values.slice(from, from + 250))
  await store.close()
}

function filesIn(folder: string, part: string): readonly string[] {
  const path = join(folder, part)
  return existsSync(path)
    ? readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => /[^/]{3,}$/.test(name))
    : []
}

const PACKS: WorldStoreOptions = { packBytes: 100_000 }

describe('between the slices of a sweep', () => {
  it('whatever is stored or looked for, nothing that was stored is taken away', () =>
    withFolder(async (folder) => {
      const values = manyValues(0, 3_000)
      const live = values.filter((_, index) => index % 10 === 0)
      const lives = new Set<string>(live.map(hashOf))
      // Each pause of a first sweep is tried; how many there are shows when one finds none left.
      for (let at = 1, isLast = false; !isLast; at += 1) {
        rmSync(folder, { recursive: true, force: true })
        await filled(folder, values, PACKS)
        let paused = 0
        let stored: readonly Uint8Array[] = []
        const pause = async (): Promise<void> => {
          paused += 1
          if (paused !== at) return
          // A miss: what the index does not know is searched in all packs.
          expect(store.content.has(hashOf(valueOf(1_000_000)))).toBe(false)
          stored = [...values.filter((_, index) => index % 7 === 1), ...manyValues(10_000, 5)]
          await store.content.put(stored)
        }
        const store = await openWorldStore(folder, { ...PACKS, pause })
        await store.content.sweep({ isLive: (hash) => lives.has(formatHash(hash)) })
        isLast = paused < at
        expect([missing(store.content, live), missing(store.content, stored)], `pause ${at}`).toEqual([0, 0])
        await store.close()
        const { problems } = await verifyContent(folder)
        expect(problems, `pause ${at}`).toEqual([])
      }
    }))
})

describe('a sweep', () => {
  it('is worthwhile from a share on', () =>
    withFolder(async (folder) => {
      const values = manyValues(0, 1_000)
      await filled(folder, values)
      const [pack] = packPaths(folder)
      const lives = new Set<string>(values.slice(0, 800).map(hashOf))
      const isLive = (hash: Uint8Array): boolean => lives.has(formatHash(hash))
      const store = await openWorldStore(folder)
      expect(await store.content.sweep({ isLive })).toMatchObject({ dead: 200, bytesFreed: 0 })
      expect(packPaths(folder)).toEqual([pack])
      for (const deadShareMin of [-1, 2, Number.NaN]) {
        await expect(store.content.sweep({ isLive, deadShareMin })).rejects.toMatchObject({ code: 'store.bad_option' })
      }
      const { bytesFreed } = await store.content.sweep({ isLive, deadShareMin: 0.1 })
      expect(bytesFreed).toBeGreaterThan(200 * 132)
      expect(packPaths(folder).map((path) => basename(path))).toEqual(['00000002.pack'])
      // Nothing is gained by doing it again.
      await store.content.sweep({ isLive, deadShareMin: 0 })
      await store.content.sweep({ isLive, deadShareMin: 0 })
      expect(packPaths(folder).length).toBe(1)
      await store.close()
      expect(await verifyContent(folder)).toMatchObject({ ok: true, count: 800 })
    }))

  it('removes files of dead values, also those that no record names, and counts only in a store that is read', () =>
    withFolder(async (folder) => {
      const [live, dead, orphan] = [1, 2, 3].map((mark) => valueOf(mark, 300_000))
      if (live === undefined || dead === undefined || orphan === undefined) return
      await filled(folder, [live, dead, valueOf(4)])
      const digits = hashOf(orphan).slice(7)
      await filled(folder, [orphan])
      await changeDatabase(folder, (database) => database.del(keyOf('p', hashOf(orphan))))
      expect(existsSync(blobPath(folder, hashOf(orphan)))).toBe(true)
      const isLive = (hash: Uint8Array): boolean => formatHash(hash) === hashOf(live)
      const reading = await openWorldStore(folder, { readOnly: true })
      expect(await reading.content.sweep({ isLive, dryRun: true })).toMatchObject({ live: 1, bytesLive: 300_000 })
      await expect(reading.content.sweep({ isLive })).rejects.toMatchObject({ code: 'store.read_only' })
      await reading.close()
      expect(filesIn(folder, 'blobs').length).toBe(3)
      const store = await openWorldStore(folder)
      expect((await store.content.sweep({ isLive })).bytesFreed).toBeGreaterThan(600_000)
      expect([missing(store.content, [live]), store.content.has(hashOf(orphan))]).toEqual([0, false])
      expect(existsSync(join(folder, 'blobs', digits.slice(0, 2), digits))).toBe(false)
      expect(filesIn(folder, 'blobs').length).toBe(1)
      await store.close()
      expect(await verifyContent(folder)).toMatchObject({ ok: true, count: 1, bytes: 300_000 })
    }))

  it('leaves a pack alone in which a live value is damaged', () =>
    withFolder(async (folder) => {
      const values = manyValues(0, 100)
      await filled(folder, values)
      const [pack = ''] = packPaths(folder)
      const { size } = statSync(pack)
      damageValue(folder, hashOf(valueOf(5)))
      const lives = new Set<string>([5, 6, 7].map((mark) => hashOf(valueOf(mark))))
      const store = await openWorldStore(folder)
      await store.content.sweep({ isLive: (hash) => lives.has(formatHash(hash)) })
      expect(statSync(pack).size).toBeGreaterThanOrEqual(size)
      expect(() => store.content.get(hashOf(valueOf(5)))).toThrow('another hash')
      expect(missing(store.content, [valueOf(6), valueOf(7), valueOf(50)])).toBe(0)
      // Stored again, it is no reason any more.
      await store.content.put([valueOf(5)])
      await store.content.sweep({ isLive: (hash) => lives.has(formatHash(hash)) })
      expect(existsSync(pack)).toBe(false)
      expect(missing(store.content, [valueOf(5), valueOf(6), valueOf(7)])).toBe(0)
      await store.close()
      expect(await verifyContent(folder)).toMatchObject({ ok: true, count: 3 })
    }))

  it('keeps what is live when the index has been lost', () =>
    withFolder(async (folder) => {
      const values = manyValues(0, 700)
      await filled(folder, values)
      const lives = new Set<string>(values.slice(0, 100).map(hashOf))
      await changeDatabase(folder, async (database) => {
        for (const value of values.slice(50)) await database.del(keyOf('p', hashOf(value)))
      })
      const store = await openWorldStore(folder)
      const report = await store.content.sweep({ isLive: (hash) => lives.has(formatHash(hash)) })
      expect(report).toMatchObject({ live: 100, dead: 600 })
      expect(missing(store.content, values.slice(0, 100))).toBe(0)
      await store.close()
      expect(await verifyContent(folder)).toMatchObject({ ok: true, count: 100 })
    }))
})

describe('a file that a sweep was about to remove', () => {
  it('is read by its other name, and has its own again after the next opening', () =>
    withFolder(async (folder) => {
      const long = valueOf(9, 300_000)
      const values = [...manyValues(0, 50), long]
      await filled(folder, values)
      const paths = [packPaths(folder)[0] ?? '', blobPath(folder, hashOf(long))]
      for (const path of paths) renameSync(path, `${path}.0123abcd.gone`)
      const reading = await openWorldStore(folder, { readOnly: true })
      expect(missing(reading.content, values)).toBe(0)
      await reading.close()
      expect(paths.filter((path) => existsSync(path))).toEqual([])
      const store = await openWorldStore(folder)
      expect(missing(store.content, values)).toBe(0)
      expect(paths.filter((path) => existsSync(path))).toEqual(paths)
      await store.close()
      expect(await verifyContent(folder)).toMatchObject({ ok: true, count: 51 })
      // Where the value has been stored again, the old file goes.
      writeFileSync(`${paths[1] ?? ''}.0123abcd.gone`, 'old')
      await (await openWorldStore(folder)).close()
      expect(filesIn(folder, 'blobs').length).toBe(1)
    }))
})
