import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { formatHash } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { openWorldStore, type SnapshotNote } from '../src/index.ts'
import { withFolder } from './_folder.ts'
import { flip, makeJournal, overwrite, segmentFile } from './_journal.ts'

function noteOf(cut: number): SnapshotNote {
  return { cut, rootHeight: cut + 1, root: formatHash(new Uint8Array(32).fill(cut)) }
}

async function notesAt(folder: string, readOnly = false): Promise<readonly number[]> {
  const store = await openWorldStore(folder, { readOnly })
  const cuts = store.snapshotNotes.list().map(({ cut }) => cut)
  await store.close()
  return cuts
}

describe('the file of snapshot notes', () => {
  it('falls back to the slot before, and to none', () =>
    withFolder(async (folder) => {
      const store = await openWorldStore(folder)
      for (const cut of [1, 2, 3]) store.snapshotNotes.put(noteOf(cut))
      await store.close()
      const path = join(folder, 'journal', 'snapshots')
      expect(await notesAt(folder, true)).toEqual([3, 2, 1])
      // The third write is in the second slot.
      for (let at = 1024; at < 1024 + 824; at += 1) {
        if (at % 61 !== 0 && at < 1024 + 820) continue
        flip(path, at)
        expect(await notesAt(folder, true), `byte ${at}`).toEqual([2, 1])
        flip(path, at)
      }
      flip(path, 1024 + 30)
      flip(path, 30)
      expect(await notesAt(folder)).toEqual([])
      truncateSync(path, 700)
      expect(await notesAt(folder)).toEqual([])
    }))

  it('is not written by an opening that only reads', () =>
    withFolder(async (folder) => {
      await (await openWorldStore(folder)).close()
      const store = await openWorldStore(folder, { readOnly: true })
      expect(() => {
        store.snapshotNotes.put(noteOf(1))
      }).toThrow(expect.objectContaining({ code: 'store.read_only' }))
      await store.close()
    }))
})

describe('searching roots', () => {
  it('stops at damage with its height', () =>
    withFolder(async (folder) => {
      await makeJournal(folder, [1, 3, 1, 2, 4, 4], { segmentBytes: 16_384, payloadBytes: 300 })
      overwrite(segmentFile(folder, 0), 4096 + 200, Uint8Array.of(9))
      const store = await openWorldStore(folder)
      expect(() => [...store.findRoots(1)]).toThrow(
        expect.objectContaining({ code: 'store.corrupt', details: expect.objectContaining({ first_bad_height: 0 }) }),
      )
      await store.close()
    }))
})
