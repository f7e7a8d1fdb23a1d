import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeEntries, nodeDisk, openWorldStore, worldOf } from '@aos/store'
import type { Disk } from '@aos/store'
import { makeCountingDisk, makeUnsyncedDisk } from './watched-disk.ts'

const scratch = mkdtempSync(join(tmpdir(), 'aos-bench-'))
const ENTRIES = 20

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

/** Every entry alone in its group. */
async function appendAlone(folder: string, disk: Disk): Promise<void> {
  const store = await openWorldStore(folder, { disk })
  const { journal } = store
  const entries = makeEntries(undefined, ENTRIES, { payloadBytes: 100 })
  for (const entry of entries) {
    const request = { world: worldOf(entries), epoch: journal.epoch, expected: journal.head, entries: [entry] }
    const result = await journal.appendIf(request)
    expect(result.kind).toBe('appended')
  }
  await store.close()
}

/** Notes how files are opened and what is synced. */
function makeRecorder(): { readonly disk: Disk; readonly seen: string[] } {
  const seen: string[] = []
  const disk: Disk = {
    ...nodeDisk,
    open: (path, mode) => {
      seen.push(mode)
      return nodeDisk.open(path, mode)
    },
    syncFolder: (folder) => {
      seen.push('sync')
      return nodeDisk.syncFolder(folder)
    },
  }
  return { disk, seen }
}

test('entries that go alone are a durable write each', async () => {
  const disk = makeCountingDisk(nodeDisk)
  await appendAlone(join(scratch, 'counted'), disk)
  expect(disk.durableWrites()).toBeGreaterThanOrEqual(ENTRIES)
})

test('the unsynced disk opens nothing durably and syncs nothing, and the journal is the same', async () => {
  const synced = makeRecorder()
  await appendAlone(join(scratch, 'synced'), synced.disk)
  expect(synced.seen).toEqual(expect.arrayContaining(['durable', 'sync']))
  const unsynced = makeRecorder()
  await appendAlone(join(scratch, 'unsynced'), makeUnsyncedDisk(unsynced.disk))
  expect(unsynced.seen).toContain('unsynced')
  expect(unsynced.seen.filter((what) => what === 'durable' || what === 'sync')).toEqual([])
  const again = await openWorldStore(join(scratch, 'unsynced'))
  expect(again.journal.head?.height).toBe(ENTRIES - 1)
  await again.close()
})
