/** The key-value port on LevelDB, and its errors as ours. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AosError } from '@aos/cbor'
import { Level } from 'level'
import { asStoreError } from './disk.ts'
import type { KeyValue, KeyValueOptions, KeyValuePair } from './key-value.ts'

type Database = Level<Uint8Array, Uint8Array>

const BYTES = { keyEncoding: 'view', valueEncoding: 'view' } as const
const READ_AHEAD_BYTES: number = 1 << 20
/** LevelDB maps the files that it has open into memory, which counts as memory of the process; ten of them are no tables. */
const OPEN_FILES_MAX = 106
/** Of a table. The least that it takes. */
const FILE_BYTES: number = 1 << 20

/** See OpenKeyValue. */
export async function openLevelKeyValue(path: string, options: KeyValueOptions): Promise<KeyValue> {
  if (!options.create && !existsSync(join(path, 'CURRENT'))) {
    throw new AosError('store.not_found', `there is no store at ${path}`)
  }
  const { create, cacheBytes } = options
  const memory = cacheBytes === undefined ? {} : { cacheSize: cacheBytes, writeBufferSize: cacheBytes }
  const database: Database = new Level(path, {
    ...BYTES,
    createIfMissing: create,
    compression: false,
    maxOpenFiles: OPEN_FILES_MAX,
    maxFileSize: FILE_BYTES,
    ...memory,
  })
  try {
    await database.open()
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    if (codeOf(cause) === 'LEVEL_LOCKED') {
      throw new AosError('store.locked', 'the world is open elsewhere', {
        details: { path },
        hint: 'Stop the host that has it open; the lock ends with that process.',
        cause,
      })
    }
    if (codeOf(cause) === 'LEVEL_CORRUPTION') throw damaged(path, cause)
    throw asStoreError(cause ?? error, `opening ${path}`)
  }
  return new LevelKeyValue(database, path)
}

class LevelKeyValue implements KeyValue {
  readonly #database: Database
  readonly #path: string

  constructor(database: Database, path: string) {
    this.#database = database
    this.#path = path
  }

  get(key: Uint8Array): Uint8Array | undefined {
    try {
      const bytes = this.#database.getSync(key)
      // LevelDB gives a Buffer, whose slice() is a view: callers get plain bytes.
      return bytes === undefined ? undefined : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    } catch (error) {
      if (codeOf(error) !== 'LEVEL_CORRUPTION') throw asStoreError(error, `reading ${this.#path}`)
      throw damaged(this.#path, error)
    }
  }

  async write(pairs: Iterable<KeyValuePair>): Promise<void> {
    const batch = this.#database.batch()
    let count = 0
    for (const [key, value] of pairs) {
      if (value === undefined) batch.del(key)
      else batch.put(key, value)
      count += 1
    }
    if (count === 0) return batch.close()
    // The option is LevelDB's; the types are those that all drivers of abstract-level share.
    const options = { sync: true } as Parameters<typeof batch.write>[0]
    await batch.write(options)
  }

  values(range: { readonly from: Uint8Array; readonly to: Uint8Array }): AsyncIterable<Uint8Array> {
    return this.#database.values({ gte: range.from, lt: range.to, highWaterMarkBytes: READ_AHEAD_BYTES })
  }

  close(): Promise<void> {
    return this.#database.close()
  }
}

function damaged(path: string, cause: unknown): AosError {
  return new AosError('store.corrupt', `${path} is damaged`, { details: { part: 'database' }, cause })
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
