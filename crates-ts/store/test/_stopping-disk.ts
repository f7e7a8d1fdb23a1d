/** A disk that stops a writer in the middle of something, and databases without a lock. */
import { nodeDisk, type Disk, type DiskFile } from '../src/index.ts'
import type { KeyValue, OpenKeyValue } from '../src/key-value.ts'

/** Databases in memory, one for each path, that anybody may open: what is left of a lock that was lost. */
export function makeUnlockedDatabases(): OpenKeyValue {
  const databases = new Map<string, Map<string, Uint8Array>>()
  return async (path) => {
    const pairs = databases.get(path) ?? new Map<string, Uint8Array>()
    databases.set(path, pairs)
    return unlocked(pairs)
  }
}

function unlocked(pairs: Map<string, Uint8Array>): KeyValue {
  const text = (key: Uint8Array): string => Buffer.from(key).toString('hex')
  return {
    get: (key) => pairs.get(text(key)),
    async write(written) {
      for (const [key, value] of written) {
        if (value === undefined) pairs.delete(text(key))
        else pairs.set(text(key), value.slice())
      }
    },
    async *values({ from, to }) {
      const inside = [...pairs].filter(([key]) => key >= text(from) && key < text(to))
      for (const [, value] of inside.toSorted(([left], [right]) => (left < right ? -1 : 1))) yield value
    },
    async close() {
      // Nothing was locked.
    },
  }
}

/** A real disk on which the process stops before one of its operations, as under SIGSTOP, until it is resumed. */
export class StoppingDisk implements Disk {
  /** Settles when the operation is reached. */
  readonly stopped: Promise<string>
  /** Operations so far. */
  count = 0
  readonly #stopAt: number
  #markStopped: (operation: string) => void = () => undefined
  readonly #resumed: Promise<void>
  #markResumed: () => void = () => undefined
  #renames: (() => void)[] = []

  constructor(stopAt: number) {
    this.#stopAt = stopAt
    this.stopped = new Promise((resolve) => {
      this.#markStopped = resolve
    })
    this.#resumed = new Promise((resolve) => {
      this.#markResumed = resolve
    })
  }

  resume(): void {
    this.#markResumed()
  }

  open(path: string, mode: Parameters<Disk['open']>[1]): DiskFile {
    const file = nodeDisk.open(path, mode)
    const name = path.slice(path.lastIndexOf('/') + 1)
    return {
      writeDurable: async (bytes, position) => {
        const copy = bytes.slice()
        await this.#pass(`write ${name} ${position}`)
        await file.writeDurable(copy, position)
      },
      writeUnsynced: (bytes, position) => {
        file.writeUnsynced(bytes, position)
      },
      read: (into, position) => file.read(into, position),
      size: () => file.size(),
      truncate: async (size) => {
        await this.#pass(`truncate ${name}`)
        await file.truncate(size)
      },
      sync: async () => {
        await this.#pass(`sync ${name}`)
        await file.sync()
      },
      close: () => {
        file.close()
      },
    }
  }

  list(folder: string): readonly string[] {
    return nodeDisk.list(folder)
  }

  makeFolder(folder: string): string | undefined {
    return nodeDisk.makeFolder(folder)
  }

  /** Takes place with the sync of the folder that follows, so that the stop can come before it; where one follows. */
  rename(from: string, to: string): void {
    if (to.endsWith('.gone') && !to.includes('.pack.')) {
      nodeDisk.rename(from, to)
      return
    }
    this.#renames.push(() => {
      nodeDisk.rename(from, to)
    })
  }

  /** Of a segment like a renaming: nothing is done with its name before the folder is synced. */
  remove(path: string): void {
    if (!path.endsWith('.seg')) nodeDisk.remove(path)
    else {
      this.#renames.push(() => {
        nodeDisk.remove(path)
      })
    }
  }

  async syncFolder(folder: string): Promise<void> {
    const renames = this.#renames
    this.#renames = []
    if (renames.length > 0) await this.#pass('rename')
    for (const rename of renames) rename()
    await this.#pass('sync folder')
    await nodeDisk.syncFolder(folder)
  }

  async #pass(operation: string): Promise<void> {
    this.count += 1
    if (this.count < this.#stopAt) return
    if (this.count === this.#stopAt) this.#markStopped(operation)
    await this.#resumed
  }
}
