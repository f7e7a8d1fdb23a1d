/** Values that are too long for a pack, as files of their own (spec/07-journal.md, "Content"). */
import { join } from 'node:path'
import { parseHash, toHex, type Hash, type HashBytes } from '@aos/cbor'
import type { Disk, DiskFile } from '../disk.ts'

const FILE_NAME = /^[0-9a-f]{64}$/
const FOLDER_NAME = /^[0-9a-f]{2}$/
const TEMPORARY = '.tmp'

export class BlobFiles {
  readonly #disk: Disk
  /** The store's folder. */
  readonly #root: string
  readonly #folder: string
  /** Folders whose names are durable. */
  readonly #made = new Set<string>()

  constructor(disk: Disk, root: string) {
    this.#disk = disk
    this.#root = root
    this.#folder = join(root, 'blobs')
  }

  /** Undefined when there is no such file. */
  read(hash: HashBytes): Uint8Array | undefined {
    const file = this.#openExisting(toHex(hash))
    if (file === undefined) return undefined
    try {
      // Not zeroed first: at a megabyte that costs as much as reading it.
      const bytes = new Uint8Array(Buffer.allocUnsafeSlow(file.size()).buffer)
      return bytes.subarray(0, file.read(bytes, 0))
    } finally {
      file.close()
    }
  }

  /** Durable when it resolves, under its name or not at all. */
  async write(hash: HashBytes, value: Uint8Array): Promise<void> {
    const name = toHex(hash)
    const folder = join(this.#folder, name.slice(0, 2))
    await this.#makeFolder(this.#folder, this.#root)
    await this.#makeFolder(folder, this.#folder)
    const temporary = join(folder, name + TEMPORARY)
    const file = this.#disk.open(temporary, 'durable')
    try {
      if (file.size() > 0) await file.truncate(0)
      await file.writeDurable(value, 0)
      await file.sync()
    } finally {
      file.close()
    }
    this.#disk.rename(temporary, join(folder, name))
    await this.#disk.syncFolder(folder)
  }

  /** Unfinished files of a process that ended. */
  removeTemporary(): void {
    for (const folder of this.#folders()) {
      for (const name of this.#disk.list(folder)) {
        if (name.endsWith(TEMPORARY)) this.#disk.remove(join(folder, name))
      }
    }
  }

  /** All that are there, in the order of their hashes. */
  *list(): Generator<Hash, void, undefined> {
    for (const folder of this.#folders()) {
      for (const name of this.#disk.list(folder).toSorted()) {
        if (FILE_NAME.test(name)) yield parseHash(`sha256:${name}`)
      }
    }
  }

  size(hash: HashBytes): number | undefined {
    const file = this.#openExisting(toHex(hash))
    try {
      return file?.size()
    } finally {
      file?.close()
    }
  }

  #folders(): readonly string[] {
    const names = this.#disk.list(this.#folder).filter((name) => FOLDER_NAME.test(name))
    return names.sort((left, right) => (left < right ? -1 : 1)).map((name) => join(this.#folder, name))
  }

  #openExisting(name: string): DiskFile | undefined {
    const folder = join(this.#folder, name.slice(0, 2))
    try {
      return this.#disk.open(join(folder, name), 'read')
    } catch (error) {
      if (this.#disk.list(folder).includes(name)) throw error
      return undefined
    }
  }

  async #makeFolder(folder: string, parent: string): Promise<void> {
    if (this.#made.has(folder)) return
    this.#disk.makeFolder(folder)
    await this.#disk.syncFolder(parent)
    this.#made.add(folder)
  }
}
