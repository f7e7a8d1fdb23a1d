import { describe, expect, it } from 'vitest'
import {
  compactionSuite,
  contentSuite,
  journalSuite,
  makeMemoryDisk,
  openMemoryStore,
  snapshotNotesSuite,
  sweepSuite,
  openWorldStore,
  type StoreDriver,
  type TestApi,
  type WorldStoreOptions,
} from '../src/index.ts'
import { changeDatabase, damageValue, keyOf } from './_content.ts'
import { makeFolder, removeFolder } from './_folder.ts'

const api: TestApi = { describe, it, expect }

function diskDriver(name: string, options: WorldStoreOptions): StoreDriver {
  return {
    name,
    supports: { reopen: true, lock: true, smallSegments: options.segmentBytes !== undefined },
    async makePlace() {
      const folder = makeFolder()
      return {
        open: () => openWorldStore(folder, options),
        async damage(hash) {
          if (options.content !== 'level') damageValue(folder, hash)
          else await changeDatabase(folder, (database) => database.put(keyOf('b', hash), new Uint8Array([1])))
        },
        async destroy() {
          removeFolder(folder)
        },
      }
    },
  }
}

const memoryDriver: StoreDriver = {
  name: 'memory',
  supports: { reopen: true, lock: true, smallSegments: true },
  async makePlace() {
    const disk = makeMemoryDisk()
    return {
      async open() {
        return openMemoryStore(disk)
      },
      async damage(hash) {
        disk.blobs.set(hash, new Uint8Array([1]))
      },
      async destroy() {
        disk.blobs.clear()
      },
    }
  },
}

for (const driver of [
  memoryDriver,
  diskDriver('disk', {}),
  diskDriver('disk, small segments', { segmentBytes: 16_384 }),
  diskDriver('disk, sealed by every close', { segmentBytes: 32_768, sealedBytes: 0 }),
]) {
  journalSuite(api, driver)
  contentSuite(api, driver)
  sweepSuite(api, driver)
  snapshotNotesSuite(api, driver)
  compactionSuite(api, driver)
}
for (const driver of [
  diskDriver('disk, content in the database', { content: 'level' }),
  diskDriver('disk, small packs', { packBytes: 4096 }),
]) {
  contentSuite(api, driver)
  sweepSuite(api, driver)
}
