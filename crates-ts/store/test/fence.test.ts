import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeEntries, makeMemoryDisk, openMemoryStore, worldOf } from '../src/index.ts'
import { withFolder } from './_folder.ts'
import { appendGroups, flip, segmentFile } from './_journal.ts'
import { appendAll, expectKept, leaves, makeWorld, runStopped, type Promises } from './_two-writers.ts'

describe('a writer that has lost the lock', () => {
  it('is answered `fenced`, and then nothing but failures', () =>
    withFolder(async (folder) => {
      const open = makeWorld(folder)
      const promises: Promises = new Map()
      const one = await open()
      expect(await appendAll(one, { count: 3, mark: 'one', promises })).toBe('done')
      const two = await open()
      expect(await appendAll(one, { count: 2, mark: 'late', promises })).toEqual({
        kind: 'fenced',
        epoch: two.journal.epoch,
      })
      expect(await appendAll(one, { count: 1, mark: 'later', promises })).toBe('store.failed')
      await expect(one.content.put([new Uint8Array(3)])).rejects.toMatchObject({ code: 'store.fenced' })
      const value = { hash: new Uint8Array(32), bytes: new Uint8Array(3) }
      await expect(one.content.putHashed([value])).rejects.toMatchObject({ code: 'store.fenced' })
      expect(await appendAll(two, { count: 9, mark: 'two', promises })).toBe('done')
      await one.close()
      expect(await appendAll(two, { count: 1, mark: 'two', promises })).toBe('done')
      expect(promises.size).toBe(13)
      expectKept(folder, two, promises)
      await two.close()
    }))

  it('is told so for a repetition, too', () =>
    withFolder(async (folder) => {
      const open = makeWorld(folder)
      const entries = makeEntries(undefined, 2)
      const one = await open()
      await appendGroups(one, entries, { sizes: [2] })
      const two = await open()
      const request = { world: worldOf(entries), epoch: one.journal.epoch, expected: undefined, entries }
      expect(await one.journal.appendIf(request)).toEqual({ kind: 'fenced', epoch: two.journal.epoch })
      await one.close()
      await two.close()
    }))

  it.each(['gone', 'emptied', 'of another folder'])('stops when the fence is %s', (what) =>
    withFolder(async (folder) => {
      const open = makeWorld(folder)
      const promises: Promises = new Map()
      const one = await open()
      await appendAll(one, { count: 2, mark: 'one', promises })
      const path = join(folder, 'journal', 'fence')
      if (what === 'gone') rmSync(path)
      else if (what === 'emptied') writeFileSync(path, '')
      else {
        await withFolder(async (other) => {
          await (await makeWorld(other)()).close()
          copyFileSync(join(other, 'journal', 'fence'), path)
        })
      }
      expect(await appendAll(one, { count: 1, mark: 'one', promises })).toMatchObject({ kind: 'fenced' })
      await one.close()
      const two = await open()
      expect(two.journal.epoch).toBeGreaterThan(one.journal.epoch)
      expect(await appendAll(two, { count: 3, mark: 'two', promises })).toBe('done')
      expectKept(folder, two, promises)
      await two.close()
    }),
  )

  it('in memory', async () => {
    const disk = makeMemoryDisk()
    const promises: Promises = new Map()
    const one = openMemoryStore(disk)
    expect(await appendAll(one, { count: 2, mark: 'one', promises })).toBe('done')
    disk.isLocked = false
    const two = openMemoryStore(disk)
    expect(await appendAll(one, { count: 1, mark: 'late', promises })).toEqual({ kind: 'fenced', epoch: 2 })
    expect(await appendAll(one, { count: 1, mark: 'later', promises })).toBe('store.failed')
    await one.close()
    expect(() => openMemoryStore(disk)).toThrow(expect.objectContaining({ code: 'store.locked' }))
    expect(await appendAll(two, { count: 2, mark: 'two', promises })).toBe('done')
    expect(leaves(two)).toEqual(promises)
    await two.close()
  })
})

describe('the file that a writer goes on in', () => {
  const inode = (folder: string): number => statSync(segmentFile(folder, -1)).ino

  it('is the same after a clean close, another one after anything else', () =>
    withFolder(async (folder) => {
      const open = makeWorld(folder)
      const promises: Promises = new Map()
      const one = await open()
      await appendAll(one, { count: 1, mark: 'one', promises })
      const first = inode(folder)
      await one.close()
      const two = await open()
      expect(inode(folder)).toBe(first)
      // `two` is never closed, as if it had been killed.
      const three = await open()
      const second = inode(folder)
      expect(second).not.toBe(first)
      await two.close()
      await three.close()
      const four = await open()
      expect(inode(folder)).toBe(second)
      await four.close()
      rmSync(join(folder, 'journal', 'fence'))
      const five = await open()
      expect(inode(folder)).not.toBe(second)
      expect(five.journal.epoch).toBe(5)
      expectKept(folder, five, promises)
      await five.close()
    }))

  it('is never chosen by an opening that only reads, which changes no byte', () =>
    withFolder(async (folder) => {
      const open = makeWorld(folder)
      const promises: Promises = new Map()
      const one = await open()
      await appendAll(one, { count: 1, mark: 'one', promises })
      const files = ['fence', 'head'].map((name) => join(folder, 'journal', name))
      const before = [...files, segmentFile(folder, 0)].map((path) => readFileSync(path))
      const reader = await open({ readOnly: true })
      expect(reader.journal.epoch).toBe(one.journal.epoch)
      await reader.close()
      expect([...files, segmentFile(folder, 0)].map((path) => readFileSync(path))).toEqual(before)
      expect(await appendAll(one, { count: 1, mark: 'one', promises })).toBe('done')
      await one.close()
    }))

  it('has a higher epoch than everything before, whatever was lost', () =>
    withFolder(async (folder) => {
      const promises: Promises = new Map()
      const one = await makeWorld(folder)()
      await one.close()
      const two = await makeWorld(folder)()
      await appendAll(two, { count: 2, mark: 'two', promises })
      await two.close()
      expect(two.journal.epoch).toBe(2)
      rmSync(join(folder, 'journal', 'fence'))
      // Another set of databases: the epoch in the metadata is gone, too.
      const three = await makeWorld(folder)()
      expect(three.journal.epoch).toBe(3)
      expectKept(folder, three, promises)
      await three.close()
      flip(join(folder, 'journal', 'fence'), 20)
      flip(join(folder, 'journal', 'fence'), 532)
      const four = await makeWorld(folder)()
      expect(four.journal.epoch).toBeGreaterThan(2)
      await four.close()
    }))
})

describe('a writer stopped while another one works', () => {
  // Every place: fence.slow.test.ts.
  it.each([3, 9, 14, 17, 22])('before operation %i: neither loses what it promised', async (stopAt) => {
    expect(await runStopped(stopAt, 'closed')).toBeTypeOf('string')
  })
})
