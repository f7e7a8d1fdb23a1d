/** Content that a person stored by itself (spec/16-snapshots.md, "Retention"): noted in the world folder, so that what is to name it has time to come. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { hashText, isHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { readText, syncFolder, writeWhole } from '../files.ts'
import type { OpenedFolder } from '../open-world.ts'
import { nodeSha256 } from '../sha256.ts'

/** How long a collection leaves it. */
const LEASE_MS: number = 24 * 60 * 60 * 1000

/** Stores a value, durably, under a lease. */
export async function putUpload(
  { folder, store }: Pick<OpenedFolder, 'folder' | 'store'>,
  bytes: Uint8Array,
): Promise<Hash> {
  const hash = hashText(nodeSha256, bytes)
  // First, so that a collection never finds it without.
  noteUpload(folder.uploads, hash, Date.now())
  await store.content.put([bytes])
  return hash
}

/** Durable when it returns: one line, the hash and the time in milliseconds. */
function noteUpload(file: string, hash: Hash, nowMs: number): void {
  mkdirSync(dirname(file), { recursive: true })
  const descriptor = openSync(file, 'a')
  try {
    // A line that a crash cut off must not swallow this one.
    writeSync(descriptor, `\n${hash} ${nowMs}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  syncFolder(dirname(file))
}

/** Those whose lease has not run out. A time that lies ahead counts as now: the clock was set back. */
export function leasedUploads(file: string, nowMs: number): ReadonlyMap<Hash, number> {
  const leased = new Map<Hash, number>()
  if (!existsSync(file)) return leased
  for (const line of readText(file).split('\n')) {
    const [hash = '', time = ''] = line.split(' ')
    const storedMs = Math.min(Number(time), nowMs)
    if (isHash(hash) && /^[0-9]+$/.test(time) && nowMs - storedMs < LEASE_MS) leased.set(hash, storedMs)
  }
  return leased
}

/** Leaves only these in the file. */
export function keepUploads(file: string, leased: ReadonlyMap<Hash, number>): void {
  if (!existsSync(file)) return
  const lines = [...leased].map(([hash, storedMs]) => `${hash} ${storedMs}\n`)
  writeWhole(file, new TextEncoder().encode(lines.join('')))
}
