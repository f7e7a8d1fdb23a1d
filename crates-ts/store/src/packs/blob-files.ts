/** Values that are too long for a pack, as files of their own (spec/07-journal.md, "Content"). */
import { dirname, join } from 'node:path'
import { fromHex, toHex, type HashBytes } from '@aos/cbor'
import type { Disk, DiskFile } from '../disk.ts'
import { RETIRED, RETIRED_ENDING, findRetired, originalOf } from './retired.ts'

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

  /** Takes the name of a file away. It can still be read, and has its name again after `restore`. `mark` is of this opening only. */
  retire(hash: HashBytes, mark: string): void {
    this.#disk.rename(this.#path(hash), this.#retiredPath(hash, mark))
  }

  /** Unless the value has been stored again. */
  restore(hash: HashBytes, mark: string): void {
    const isThere = this.#disk.list(this.folderOf(hash)).includes(toHex(hash))
    if (isThere) this.remove(hash, mark)
    else this.#disk.rename(this.#retiredPath(hash, mark), this.#path(hash))
  }

  /** The folder that a file is in. */
  folderOf(hash: HashBytes): string {
    return dirname(this.#path(hash))
  }

  /** Makes removed names durable. */
  sync(folder: string): Promise<void> {
    return this.#disk.syncFolder(folder)
  }

  /** Removes a file that was retired. */
  remove(hash: HashBytes, mark: string): void {
    this.#disk.remove(this.#retiredPath(hash, mark))
  }

  /** Gives back the names that openings before have taken away and not removed. */
  restoreAll(): void {
    for (const folder of this.#folders()) {
      const names = this.#disk.list(folder)
      for (const name of names.filter((each) => RETIRED.test(each))) {
        const original = originalOf(name)
        if (names.includes(original)) this.#disk.remove(join(folder, name))
        else this.#disk.rename(join(folder, name), join(folder, original))
      }
    }
  }

  /** All that are there, in the order of their hashes. */
  *list(): Generator<HashBytes, void, undefined> {
    for (const folder of this.#folders()) {
      for (const name of this.#disk.list(folder).toSorted()) if (FILE_NAME.test(name)) yield fromHex(name)
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

  /** Also by the name that a sweep has given it, whoever that was. */
  #openExisting(name: string): DiskFile | undefined {
    const folder = join(this.#folder, name.slice(0, 2))
    try {
      return this.#disk.open(join(folder, name), 'read')
    } catch (error) {
      const names = this.#disk.list(folder)
      if (names.includes(name)) throw error
      const retired = findRetired(names, name)
      return retired === undefined ? undefined : this.#disk.open(join(folder, retired), 'read')
    }
  }

  #path(hash: HashBytes): string {
    const name = toHex(hash)
    return join(this.#folder, name.slice(0, 2), name)
  }

  #retiredPath(hash: HashBytes, mark: string): string {
    return `${this.#path(hash)}.${mark}${RETIRED_ENDING}`
  }

  async #makeFolder(folder: string, parent: string): Promise<void> {
    if (this.#made.has(folder)) return
    this.#disk.makeFolder(folder)
    await this.#disk.syncFolder(parent)
    this.#made.add(folder)
  }
}
