import { describe, expect, it } from 'vitest'
import {
  contentSuite,
  journalSuite,
  makeMemoryDisk,
  openMemoryStore,
  openWorldStore,
  type StoreDriver,
  type TestApi,
} from '../src/index.ts'
import { makeFolder, removeFolder } from './_folder.ts'

const api: TestApi = { describe, it, expect }

function diskDriver(name: string, segmentBytes: number | undefined): StoreDriver {
  return {
    name,
    supports: { reopen: true, lock: true },
    async makePlace() {
      const folder = makeFolder()
      return {
        open: () => openWorldStore(folder, segmentBytes === undefined ? {} : { segmentBytes }),
        async destroy() {
          removeFolder(folder)
        },
      }
    },
  }
}

const memoryDriver: StoreDriver = {
  name: 'memory',
  supports: { reopen: true, lock: true },
  async makePlace() {
    const disk = makeMemoryDisk()
    return {
      async open() {
        return openMemoryStore(disk)
      },
      async destroy() {
        disk.blobs.clear()
      },
    }
  },
}

for (const driver of [memoryDriver, diskDriver('disk', undefined), diskDriver('disk, small segments', 16_384)]) {
  journalSuite(api, driver)
  contentSuite(api, driver)
}
