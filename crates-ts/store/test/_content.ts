/** Changing stored content behind a closed store's back. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashBytes, toHex, type Hash } from '@aos/cbor'
import { Level } from 'level'
import { RECORD_HEAD_BYTES } from '../src/packs/pack-layout.ts'

export type ContentDatabase = Level<Uint8Array, Uint8Array>

/** Opens the database of content as LevelDB. */
export async function changeDatabase(
  folder: string,
  change: (database: ContentDatabase) => Promise<void>,
): Promise<void> {
  const bytes = { keyEncoding: 'view', valueEncoding: 'view' } as const
  const database: ContentDatabase = new Level(join(folder, 'cas'), bytes)
  await change(database)
  await database.close()
}

export function keyOf(kind: 'b' | 's' | 'p', hash: Hash): Uint8Array {
  return Uint8Array.of(kind.charCodeAt(0), ...hashBytes(hash))
}

/** Paths of the packs, the oldest first. */
export function packPaths(folder: string): readonly string[] {
  const packs = join(folder, 'packs')
  return existsSync(packs)
    ? readdirSync(packs)
        .toSorted()
        .map((name) => join(packs, name))
    : []
}

export function blobPath(folder: string, hash: Hash): string {
  const digits = toHex(hashBytes(hash))
  return join(folder, 'blobs', digits.slice(0, 2), digits)
}

export function flipByte(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] ?? 0) ^ 0xff
  writeFileSync(path, bytes)
}

/** Changes the first byte of every copy of a value in the packs and of its file. */
export function damageValue(folder: string, hash: Hash): void {
  for (const path of packPaths(folder)) {
    const bytes = readFileSync(path)
    for (let at = bytes.indexOf(hashBytes(hash)); at >= 0; at = bytes.indexOf(hashBytes(hash), at + 1)) {
      const isPacked = bytes[at - 27] === 0
      if (isPacked) flipByte(path, at - 32 + RECORD_HEAD_BYTES)
    }
  }
  if (existsSync(blobPath(folder, hash))) flipByte(blobPath(folder, hash), 0)
}
