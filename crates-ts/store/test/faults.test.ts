import { readdirSync, readlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  headOf,
  makeEntries,
  nodeDisk,
  openWorldStore,
  verifyJournal,
  worldOf,
  type AppendResult,
  type Disk,
  type JournalRecord,
  type WorldStore,
} from '../src/index.ts'
import { withFolder } from './_folder.ts'
import { readHeights, segmentFiles } from './_journal.ts'

const PAGE_BYTES = 4096

interface Write {
  readonly position: number
  readonly length: number
}

/** The real disk, with something that may fail or wait before each durable write. */
function diskWith(before: (write: Write) => Promise<void> | void): Disk {
  return {
    ...nodeDisk,
    open(path, mode) {
      const file = nodeDisk.open(path, mode)
      return {
        async writeDurable(bytes, position) {
          await before({ position, length: bytes.length })
          await file.writeDurable(bytes, position)
        },
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
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code })
}

function appendOne(store: WorldStore, entries: readonly JournalRecord[], height: number): Promise<AppendResult> {
  return store.journal.appendIf({
    world: worldOf(entries),
    epoch: store.journal.epoch,
    expected: height === 0 ? undefined : headOf(entries.slice(0, height)),
    entries: entries.slice(height, height + 1),
  })
}

describe('a full disk', () => {
  it('is told, loses nothing acknowledged, and opens again', () =>
    withFolder(async (folder) => {
      const segmentBytes = 131_072
      const entries = makeEntries(undefined, 200, { payloadBytes: 2_000 })
      let room = 300_000
      const disk = diskWith(({ length }) => {
        // Single pages overwrite what is prefilled and take no room; prefilling does.
        if (length === PAGE_BYTES) return
        room -= length
        if (room < 0) throw failure('ENOSPC')
      })
      const store = await openWorldStore(folder, { disk, segmentBytes })
      let acknowledged = -1
      const appendAll = async (): Promise<void> => {
        for (let height = 0; height < entries.length; height += 1) {
          await appendOne(store, entries, height)
          store.journal.acknowledge(headOf(entries.slice(0, height + 1)))
          acknowledged = height
        }
      }
      await expect(appendAll()).rejects.toMatchObject({ code: 'store.no_space' })
      expect(acknowledged).toBeGreaterThan(20)
      await expect(appendOne(store, entries, acknowledged + 1)).rejects.toMatchObject({ code: 'store.failed' })
      await store.close()
      room = 10_000_000
      const reopened = await openWorldStore(folder, { disk, segmentBytes })
      expect(reopened.journal.head?.height).toBe(acknowledged)
      for (let height = acknowledged + 1; height < entries.length; height += 1)
        await appendOne(reopened, entries, height)
      expect(readHeights(reopened, entries).length).toBe(entries.length)
      await reopened.close()
      expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: entries.length })
    }))
})

describe('a failed write', () => {
  it('kills the port, is not tried again, and fails what came after it', () =>
    withFolder(async (folder) => {
      const entries = makeEntries(undefined, 4)
      const positions: number[] = []
      const disk = diskWith(({ position, length }) => {
        if (position === 0 || length !== PAGE_BYTES) return
        positions.push(position)
        if (position === 2 * 4096) throw failure('EIO')
      })
      const store = await openWorldStore(folder, { disk })
      await appendOne(store, entries, 0)
      const [one, two] = [appendOne(store, entries, 1), appendOne(store, entries, 2)]
      const outcomes = await Promise.allSettled([one, two])
      expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'none'))).toEqual([
        'store.failed',
        'store.failed',
      ])
      expect(store.journal.head?.height).toBe(0)
      await expect(appendOne(store, entries, 1)).rejects.toMatchObject({ code: 'store.failed' })
      expect(positions).toEqual([4096, 2 * 4096, 3 * 4096])
      await store.close()
      const reopened = await openWorldStore(folder)
      expect(reopened.journal.head?.height).toBe(0)
      await reopened.close()
      expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: 1 })
    }))

  it('never lets a later group be acknowledged before an earlier one', () =>
    withFolder(async (folder) => {
      const entries = makeEntries(undefined, 3)
      let release: () => void = () => undefined
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      const later = { isWritten: false }
      const disk = diskWith(async ({ position }) => {
        if (position === 2 * 4096) await held
        if (position === 3 * 4096) later.isWritten = true
      })
      const store = await openWorldStore(folder, { disk })
      await appendOne(store, entries, 0)
      const order: number[] = []
      const calls = [1, 2].map((height) => appendOne(store, entries, height).then(() => order.push(height)))
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(later.isWritten).toBe(true)
      expect(order).toEqual([])
      expect(store.journal.head?.height).toBe(0)
      release()
      await Promise.all(calls)
      expect(order).toEqual([1, 2])
      await store.close()
    }))

  it.each(['rename', 'syncFolder'] as const)('of a new segment (%s) is told, and the world opens again', (step) =>
    withFolder(async (folder) => {
      const entries = makeEntries(undefined, 8)
      let isBroken = false
      const disk: Disk = {
        ...nodeDisk,
        rename: (from, to) => {
          if (isBroken && step === 'rename') throw failure('EIO')
          nodeDisk.rename(from, to)
        },
        syncFolder: async (path) => {
          if (isBroken && step === 'syncFolder') throw failure('EIO')
          await nodeDisk.syncFolder(path)
        },
      }
      const store = await openWorldStore(folder, { disk, segmentBytes: 16_384 })
      await appendOne(store, entries, 0)
      await appendOne(store, entries, 1)
      isBroken = true
      await expect(appendOne(store, entries, 2)).rejects.toMatchObject({ code: 'store.failed' })
      await store.close()
      isBroken = false
      const reopened = await openWorldStore(folder, { disk, segmentBytes: 16_384 })
      expect(reopened.journal.head?.height).toBe(1)
      for (let height = 2; height < 8; height += 1) await appendOne(reopened, entries, height)
      await reopened.close()
      expect(segmentFiles(folder).length).toBe(4)
      expect(verifyJournal(folder)).toMatchObject({ ok: true, entries: 8 })
    }),
  )
})

describe('files', () => {
  it('are all closed with the store', () =>
    withFolder(async (folder) => {
      const entries = makeEntries(undefined, 30)
      const store = await openWorldStore(folder, { segmentBytes: 16_384 })
      for (let height = 0; height < 30; height += 1) await appendOne(store, entries, height)
      readHeights(store, entries)
      for (const batch of store.journal.read({ from: 3 })) if (batch.length > 0) break
      await store.close()
      const open = readdirSync('/proc/self/fd').flatMap((fd) => {
        try {
          return [readlinkSync(`/proc/self/fd/${fd}`)]
        } catch {
          return []
        }
      })
      expect(open.filter((path) => path.startsWith(folder))).toEqual([])
    }))
})
