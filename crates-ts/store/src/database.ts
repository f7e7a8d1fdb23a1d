/** Opening LevelDB with byte keys and values, and its errors as ours. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AosError } from '@aos/cbor'
import { Level } from 'level'
import { asStoreError } from './disk.ts'

export type Database = Level<Uint8Array, Uint8Array>

export interface DatabaseOptions {
  readonly create: boolean
}

const BYTES = { keyEncoding: 'view', valueEncoding: 'view' } as const

/** Opens and thereby locks. Throws `store.locked`, `store.not_found`, `store.failed`, `store.no_space`. */
export async function openDatabase(path: string, options: DatabaseOptions): Promise<Database> {
  if (!options.create && !existsSync(join(path, 'CURRENT'))) {
    throw new AosError('store.not_found', `there is no store at ${path}`)
  }
  const database: Database = new Level(path, { ...BYTES, createIfMissing: options.create, compression: false })
  try {
    await database.open()
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    if (cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED') {
      throw new AosError('store.locked', 'the world is open elsewhere', {
        details: { path },
        hint: 'Stop the host that has it open; the lock ends with that process.',
        cause,
      })
    }
    throw asStoreError(cause ?? error, `opening ${path}`)
  }
  return database
}

/** Everything in one atomic, synced write. */
export async function writeSynced(
  database: Database,
  pairs: Iterable<readonly [Uint8Array, Uint8Array]>,
): Promise<void> {
  const batch = database.batch()
  let count = 0
  for (const [key, value] of pairs) {
    batch.put(key, value)
    count += 1
  }
  if (count === 0) return batch.close()
  // The option is LevelDB's; the types are those that all drivers of abstract-level share.
  const options = { sync: true } as Parameters<typeof batch.write>[0]
  await batch.write(options)
}
