/**
 * What this machine could do at most: encode one event, hash as many bytes as an entry has, frame them, write groups at
 * 4096-byte boundaries of a prefilled file, sync each, two in flight. No schema check, no turn, no module.
 */
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { CborWriter } from '@aos/cbor'
import type { Sha256Port } from '@aos/cbor'
import { now } from './measure.ts'

const GROUP_EVENTS = 512
const PAGE = 4096

export interface DiskLimitOptions {
  readonly folder: string
  readonly sha256: Sha256Port
  /** Size of an entry in the run that this is compared with. */
  readonly entryBytes: number
  readonly events: number
}

/** Events per second. */
export async function measureDiskLimit(options: DiskLimitOptions): Promise<number> {
  const groupBytes = alignUp(GROUP_EVENTS * (options.entryBytes + 4))
  const groups = Math.ceil(options.events / GROUP_EVENTS)
  const file = await openPrefilled(join(options.folder, 'limit'), groups * groupBytes)
  try {
    const buffers = [new Uint8Array(groupBytes), new Uint8Array(groupBytes)]
    const underWay: Promise<void>[] = []
    const started = now()
    for (let group = 0; group < groups; group += 1) {
      if (underWay.length === 2) await underWay.shift()
      const buffer = buffers[group % 2]
      if (buffer === undefined) break
      fillGroup(buffer, options)
      const before = underWay[0] ?? Promise.resolve()
      underWay.push(before.then(() => writeGroup(file, buffer, group * groupBytes)))
    }
    await Promise.all(underWay)
    return (groups * GROUP_EVENTS) / ((now() - started) / 1000)
  } finally {
    await file.close()
  }
}

/** Median milliseconds of one page written and synced, nothing else under way: what one durable write costs. */
export async function measureDurableWrites(folder: string, count: number): Promise<readonly number[]> {
  const file = await openPrefilled(join(folder, 'writes'), count * PAGE)
  const page = new Uint8Array(PAGE).fill(1)
  try {
    const times: number[] = []
    for (let index = 0; index < count; index += 1) {
      const started = now()
      await writeGroup(file, page, index * PAGE)
      times.push(now() - started)
    }
    return times
  } finally {
    await file.close()
  }
}

async function openPrefilled(path: string, bytes: number): Promise<FileHandle> {
  const file = await open(path, 'w+')
  const chunk = new Uint8Array(1 << 20)
  for (let at = 0; at < bytes; at += chunk.length) {
    await file.write(chunk, 0, Math.min(chunk.length, bytes - at), at)
  }
  await file.sync()
  return file
}

async function writeGroup(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  await file.write(bytes, 0, bytes.length, position)
  await file.datasync()
}

function fillGroup(buffer: Uint8Array, options: DiskLimitOptions): void {
  const writer = new CborWriter()
  const digest = new Uint8Array(32)
  const view = new DataView(buffer.buffer)
  let at = 0
  for (let index = 0; index < GROUP_EVENTS; index += 1) {
    writer.reset()
    writer.prefix()
    writer.map(1)
    writer.text('$tag')
    writer.text('Tick')
    view.setUint32(at, options.entryBytes)
    const entry = buffer.subarray(at + 4, at + 4 + options.entryBytes)
    entry.set(writer.view())
    options.sha256.sha256Into(entry, digest, 0)
    at += 4 + options.entryBytes
  }
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE
}
