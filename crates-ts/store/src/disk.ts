/**
 * What the journal needs of a file system, as a port: tests put faults and lost writes behind it
 * (spec/07-journal.md, "Durability").
 */
import * as fs from 'node:fs'
import { AosError, isAosError } from '@aos/cbor'

/** `durable`: created when missing, each write is on the medium before it resolves. `unsynced`: created, cached by the system. */
export type DiskMode = 'read' | 'durable' | 'unsynced'

/** One open file; what is durable, and when, is said at each member. */
export interface DiskFile {
  /** Resolves when every byte is on the medium. */
  writeDurable(bytes: Uint8Array, position: number): Promise<void>
  /** Hands the bytes to the operating system; a power failure may lose them. */
  writeUnsynced(bytes: Uint8Array, position: number): void
  /** Fills `into` as far as the file goes; returns how many bytes that was. */
  read(into: Uint8Array, position: number): number
  size(): number
  /** Durable when it resolves. */
  truncate(size: number): Promise<void>
  sync(): Promise<void>
  close(): void
}

/** A file system as the store uses one. Failures are thrown as they come; `asStoreError` gives them a code. */
export interface Disk {
  open(path: string, mode: DiskMode): DiskFile
  /** Names of the files in a folder; empty when there is no such folder. */
  list(folder: string): readonly string[]
  /** Makes missing parents, too; returns the topmost folder that it made. */
  makeFolder(folder: string): string | undefined
  rename(from: string, to: string): void
  remove(path: string): void
  /** Makes created, renamed and removed names durable. */
  syncFolder(folder: string): Promise<void>
}

const FLAGS = {
  read: fs.constants.O_RDONLY,
  durable: fs.constants.O_RDWR | fs.constants.O_CREAT,
  unsynced: fs.constants.O_RDWR | fs.constants.O_CREAT,
} as const

// Absent on Windows: then each write is followed by fdatasync.
const O_DSYNC: number | undefined = (fs.constants as Readonly<Record<string, number | undefined>>)['O_DSYNC']

type Callback<T> = (error: Error | null, value?: T) => void

function promised<T>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error === null || error === undefined)
        resolve(value as T) // void for calls that give nothing
      else reject(error)
    })
  })
}

class NodeFile implements DiskFile {
  readonly #fd: number
  readonly #syncs: boolean

  constructor(path: string, mode: DiskMode) {
    const opensSynced = mode === 'durable' && O_DSYNC !== undefined
    this.#syncs = mode === 'durable' && !opensSynced
    this.#fd = fs.openSync(path, FLAGS[mode] | (opensSynced ? O_DSYNC : 0), 0o644)
  }

  async writeDurable(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const from = done
      done += await promised<number>((callback) =>
        fs.write(this.#fd, bytes, from, bytes.length - from, position + from, callback),
      )
    }
    if (this.#syncs) await this.sync()
  }

  writeUnsynced(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      done += fs.writeSync(this.#fd, bytes, done, bytes.length - done, position + done)
    }
  }

  read(into: Uint8Array, position: number): number {
    let done = 0
    while (done < into.length) {
      const count = fs.readSync(this.#fd, into, done, into.length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  size(): number {
    return fs.fstatSync(this.#fd).size
  }

  async truncate(size: number): Promise<void> {
    await promised((callback) => fs.ftruncate(this.#fd, size, callback))
    await promised((callback) => fs.fsync(this.#fd, callback))
  }

  sync(): Promise<void> {
    return promised((callback) => fs.fdatasync(this.#fd, callback))
  }

  close(): void {
    fs.closeSync(this.#fd)
  }
}

/** The real file system. */
export const nodeDisk: Disk = {
  open: (path, mode) => new NodeFile(path, mode),
  list: (folder) => (fs.existsSync(folder) ? fs.readdirSync(folder) : []),
  makeFolder: (folder) => fs.mkdirSync(folder, { recursive: true }),
  rename: (from, to) => {
    fs.renameSync(from, to)
  },
  remove: (path) => {
    fs.rmSync(path, { force: true })
  },
  async syncFolder(folder) {
    const fd = fs.openSync(folder, fs.constants.O_RDONLY)
    try {
      await promised((callback) => fs.fsync(fd, callback))
    } finally {
      fs.closeSync(fd)
    }
  },
}

const NO_SPACE: readonly unknown[] = ['ENOSPC', 'EDQUOT']

/** A failure of the file system or of LevelDB as `store.no_space` or `store.failed`; coded errors pass through. */
export function asStoreError(cause: unknown, doing: string): AosError {
  if (isAosError(cause)) return cause
  const text = cause instanceof Error ? cause.message : String(cause)
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const full = NO_SPACE.includes(code) || text.includes('No space left on device')
  return new AosError(full ? 'store.no_space' : 'store.failed', `${doing}: ${text}`, { cause })
}
