/** Pack files and LevelDB on a real disk: the old layout, a damaged database, a full disk (spec/07-journal.md, "Content"). */
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatHash, sha256, type Hash } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { nodeDisk, nodeSha256, openWorldStore, verifyContent, type Disk } from '../src/index.ts'
import { blobPath, changeDatabase, flipByte, keyOf, packPaths } from './_content.ts'
import { withFolder } from './_folder.ts'

const SMALL = new TextEncoder().encode('a small value')
const LONG = new Uint8Array(400_000).fill(5)
const OTHER = new TextEncoder().encode('another value')

function hashOf(value: Uint8Array): Hash {
  return formatHash(sha256(nodeSha256, value))
}

/** Path and content of every file of content but the database's own. */
function contentFiles(folder: string): ReadonlyMap<string, string> {
  const names = ['packs', 'blobs'].flatMap((part) =>
    existsSync(join(folder, part))
      ? readdirSync(join(folder, part), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, part, name))
      : [],
  )
  const files = names.filter((path) => statSync(path).isFile())
  return new Map(files.map((path) => [path, hashOf(readFileSync(path))]))
}

async function put(folder: string, ...values: readonly Uint8Array[]): Promise<void> {
  const store = await openWorldStore(folder)
  await store.content.put(values)
  await store.close()
}

async function expectAll(folder: string, values: readonly Uint8Array[], readOnly = false): Promise<void> {
  const store = await openWorldStore(folder, { readOnly })
  try {
    for (const value of values) expect(store.content.get(hashOf(value))?.length).toBe(value.length)
    expect((await store.content.stat()).count).toBe(values.length)
  } finally {
    await store.close()
  }
}

describe('a store from before the packs', () => {
  it('is read where it is, and grows in packs', () =>
    withFolder(async (folder) => {
      const old = await openWorldStore(folder, { content: 'level' })
      await old.content.put([SMALL, LONG])
      await old.close()
      expect(await verifyContent(folder)).toEqual({ ok: true, count: 2, bytes: 400_013, problems: [] })
      await expectAll(folder, [SMALL, LONG], true)
      await put(folder, SMALL, LONG, OTHER)
      expect(packPaths(folder).length).toBe(1)
      expect(existsSync(blobPath(folder, hashOf(LONG)))).toBe(false)
      await expectAll(folder, [SMALL, LONG, OTHER])
      expect(await verifyContent(folder)).toMatchObject({ ok: true, count: 3 })
    }))

  it('is healed in packs, and counts its values once', () =>
    withFolder(async (folder) => {
      const old = await openWorldStore(folder, { content: 'level' })
      await old.content.put([SMALL, LONG, OTHER])
      await old.close()
      await changeDatabase(folder, (database) => database.put(keyOf('b', hashOf(SMALL)), OTHER))
      expect(await verifyContent(folder)).toMatchObject({ ok: false, count: 2 })
      await changeDatabase(folder, (database) => database.del(keyOf('b', hashOf(SMALL))))
      expect(await verifyContent(folder)).toMatchObject({ ok: false, count: 2, problems: [{ path: 'cas' }] })
      await changeDatabase(folder, (database) => database.put(keyOf('b', hashOf(SMALL)), new Uint8Array([1])))
      expect(await verifyContent(folder)).toMatchObject({ ok: false, count: 2, problems: [{ path: 'cas' }] })
      const store = await openWorldStore(folder)
      expect(() => store.content.get(hashOf(SMALL))).toThrow('another hash')
      await store.content.put([SMALL])
      expect((await store.content.stat()).count).toBe(3)
      await store.close()
      await expectAll(folder, [SMALL, LONG, OTHER])
      expect(await verifyContent(folder)).toMatchObject({ ok: true, count: 3 })
    }))
})

describe('the database of the index', () => {
  it('is made again when it was deleted, and only reading makes nothing', () =>
    withFolder(async (folder) => {
      await put(folder, SMALL, LONG)
      rmSync(join(folder, 'cas'), { recursive: true })
      const before = contentFiles(folder)
      await expectAll(folder, [SMALL, LONG], true)
      expect(existsSync(join(folder, 'cas'))).toBe(false)
      expect(contentFiles(folder)).toEqual(before)
      expect(await verifyContent(folder)).toMatchObject({ ok: false, count: 2, problems: [{ path: 'cas' }] })
      await expectAll(folder, [SMALL, LONG])
      expect(await verifyContent(folder)).toMatchObject({ ok: true, count: 2 })
    }))

  it('is set aside when it does not open, and made again', () =>
    withFolder(async (folder) => {
      await put(folder, SMALL, LONG)
      writeFileSync(join(folder, 'cas', 'CURRENT'), 'nonsense')
      await expectAll(folder, [SMALL, LONG], true)
      expect(existsSync(join(folder, 'cas.damaged-1'))).toBe(false)
      await expectAll(folder, [SMALL, LONG])
      expect(existsSync(join(folder, 'cas.damaged-1'))).toBe(true)
      expect(await verifyContent(folder)).toMatchObject({ ok: true, count: 2 })
    }))

  it('is not set aside when it may be all there is', () =>
    withFolder(async (folder) => {
      const old = await openWorldStore(folder, { content: 'level' })
      await old.content.put([SMALL])
      await old.close()
      writeFileSync(join(folder, 'cas', 'CURRENT'), 'nonsense')
      await expect(openWorldStore(folder)).rejects.toMatchObject({ code: 'store.corrupt' })
      expect(existsSync(join(folder, 'cas.damaged-1'))).toBe(false)
    }))

  it('may have any byte changed: no value is lost or different', () =>
    withFolder(async (folder) => {
      const values = Array.from({ length: 40 }, (_, index) => new TextEncoder().encode(`value ${index}`))
      await put(folder, ...values)
      const cas = join(folder, 'cas')
      const logs = readdirSync(cas).filter((name) => /\.(log|ldb)$/.test(name))
      const paths = logs.map((name) => join(cas, name)).filter((path) => statSync(path).size > 0)
      expect(paths.length).toBeGreaterThan(0)
      for (const path of paths) flipByte(path, Math.floor(statSync(path).size / 2))
      await expectAll(folder, values, true)
      await put(folder, SMALL)
      await expectAll(folder, [...values, SMALL])
    }))
})

describe('a full disk', () => {
  it('is told, kills the store and loses nothing that was stored', () =>
    withFolder(async (folder) => {
      let isFull = false
      const disk: Disk = {
        ...nodeDisk,
        open(path, mode) {
          const file = nodeDisk.open(path, mode)
          const writeDurable = async (bytes: Uint8Array, position: number): Promise<void> => {
            if (!isFull || !/packs|blobs/.test(path)) return file.writeDurable(bytes, position)
            await file.writeDurable(bytes.subarray(0, bytes.length / 2), position)
            throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
          }
          return {
            writeDurable,
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
      const values = [OTHER, LONG]
      await put(folder, SMALL)
      for (const value of values) {
        const store = await openWorldStore(folder, { disk })
        isFull = true
        const [first, second] = await Promise.allSettled([store.content.put([value]), store.content.put([value])])
        expect(first).toMatchObject({ status: 'rejected', reason: { code: 'store.no_space' } })
        expect(second).toMatchObject({ status: 'rejected' })
        await expect(store.content.put([SMALL])).rejects.toMatchObject({ code: 'store.failed' })
        expect(() => store.content.get(hashOf(SMALL))).toThrow('reopen the world')
        await store.close()
        isFull = false
        await expectAll(folder, [SMALL])
        expect(await verifyContent(folder)).toMatchObject({ ok: true, count: 1 })
      }
      await put(folder, ...values)
      await expectAll(folder, [SMALL, ...values])
    }))
})
