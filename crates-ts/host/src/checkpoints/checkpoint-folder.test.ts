import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nodeDisk } from '@aos/store'
import type { Disk } from '@aos/store'
import { createHostKey } from '../keys/key-ring.ts'
import { CheckpointFolder } from './checkpoint-folder.ts'

let base: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'aos-checkpoints-'))
})

afterEach(() => {
  rmSync(base, { recursive: true, force: true })
})

/** The real disk with so much room: a write that needs more takes what there is and fails. */
class SmallDisk {
  room: number
  open = 0

  constructor(room: number) {
    this.room = room
  }

  get disk(): Disk {
    return {
      ...nodeDisk,
      open: (path, mode) => {
        const file = nodeDisk.open(path, mode)
        this.open += 1
        return {
          writeDurable: async (bytes, position) => {
            const fitting = bytes.subarray(0, Math.min(bytes.length, this.room))
            await file.writeDurable(fitting, position)
            this.room -= fitting.length
            if (fitting.length < bytes.length) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
          },
          writeUnsynced: (bytes, position) => {
            file.writeUnsynced(bytes, position)
          },
          read: (into, position) => file.read(into, position),
          size: () => file.size(),
          truncate: (size) => file.truncate(size),
          sync: () => file.sync(),
          close: () => {
            this.open -= 1
            file.close()
          },
        }
      },
    }
  }
}

test('a disk that is full gets back what half a checkpoint took, and nothing stays open', async () => {
  const keys = join(base, 'keys')
  const key = createHostKey(keys)
  const small = new SmallDisk(1500)
  const folder = join(base, 'checkpoints')
  const checkpoints = new CheckpointFolder(folder, keys, small.disk)
  const file = checkpoints.create(1)
  await file.append(key, [new Uint8Array(1000)])
  const before = readFileSync(join(folder, file.name))
  await expect(file.append(key, [new Uint8Array(1000)])).rejects.toThrow('no space left')
  expect(readFileSync(join(folder, file.name))).toEqual(before)
  expect(small.open).toBe(0)
  small.room = 100
  await expect(checkpoints.create(2).append(key, [new Uint8Array(1000)])).rejects.toThrow('no space left')
  expect(readdirSync(folder)).toEqual([file.name])
  expect(small.open).toBe(0)
  file.close()
})
