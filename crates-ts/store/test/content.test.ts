import { join } from 'node:path'
import { formatHash, hashBytes, sha256 } from '@aos/cbor'
import { Level } from 'level'
import { describe, expect, it } from 'vitest'
import { nodeSha256, openMemoryStore, makeMemoryDisk, openWorldStore } from '../src/index.ts'
import { withFolder } from './_folder.ts'

const BLOB = new Uint8Array([1, 2, 3])
const HASH = formatHash(sha256(nodeSha256, BLOB))
const KEY = Uint8Array.of(0x62, ...hashBytes(HASH))

/** Changes the database behind the store's back. */
async function tamper(
  folder: string,
  change: (database: Level<Uint8Array, Uint8Array>) => Promise<void>,
): Promise<void> {
  const database = new Level<Uint8Array, Uint8Array>(join(folder, 'cas'), {
    keyEncoding: 'view',
    valueEncoding: 'view',
  })
  await change(database)
  await database.close()
}

describe('content that is not what its hash says', () => {
  it('is refused on disk', () =>
    withFolder(async (folder) => {
      const store = await openWorldStore(folder, { content: 'level' })
      await store.content.put([BLOB])
      await store.close()
      await tamper(folder, (database) => database.put(KEY, new Uint8Array([1, 2, 4])))
      const again = await openWorldStore(folder, { content: 'level' })
      let refusal: unknown
      try {
        again.content.get(HASH)
      } catch (error) {
        refusal = error
      }
      expect(refusal).toMatchObject({ code: 'store.corrupt_blob', details: { hash: HASH } })
      await again.close()
    }))

  it('is refused in memory', () => {
    const disk = makeMemoryDisk()
    disk.blobs.set(HASH, new Uint8Array([1, 2, 4]))
    expect(() => openMemoryStore(disk).content.get(HASH)).toThrow('another hash')
  })

  it('is healed by storing it again when the database lost it', () =>
    withFolder(async (folder) => {
      const store = await openWorldStore(folder, { content: 'level' })
      await store.content.put([BLOB])
      await store.close()
      await tamper(folder, (database) => database.del(KEY))
      const again = await openWorldStore(folder, { content: 'level' })
      expect(again.content.get(HASH)).toBeUndefined()
      await again.content.put([BLOB])
      expect(again.content.get(HASH)).toEqual(BLOB)
      await again.close()
    }))
})
