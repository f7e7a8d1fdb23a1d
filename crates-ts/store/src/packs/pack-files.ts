/** The pack files of a store: their names, and few descriptors for reading them (spec/07-journal.md, "Content"). */
import { join } from 'node:path'
import type { Disk, DiskFile } from '../disk.ts'

const NAME = /^(\d{8})\.pack$/
/** More than one for values that lie in several packs; few, because worlds of one host share the process's bound. */
const OPEN_MAX = 8

export function packName(number: number): string {
  return `${String(number).padStart(8, '0')}.pack`
}

export class PackFiles {
  readonly disk: Disk
  readonly folder: string
  /** By the time of use, the latest last. */
  readonly #open = new Map<number, DiskFile>()
  #latest = 0

  constructor(disk: Disk, folder: string) {
    this.disk = disk
    this.folder = folder
  }

  path(number: number): string {
    return join(this.folder, packName(number))
  }

  /** Ascending. */
  numbers(): readonly number[] {
    const numbers: number[] = []
    for (const name of this.disk.list(this.folder)) {
      const digits = NAME.exec(name)?.[1]
      if (digits !== undefined) numbers.push(Number(digits))
    }
    return numbers.sort((left, right) => left - right)
  }

  /** For reading; stays open until others push it out. Undefined when there is no such pack. */
  reader(number: number): DiskFile | undefined {
    const known = this.#open.get(number)
    // The latest stays the latest, which is the case nearly always.
    if (known !== undefined && number === this.#latest) return known
    const file = known ?? this.#openExisting(number)
    if (file === undefined) return undefined
    this.#open.delete(number)
    this.#open.set(number, file)
    this.#latest = number
    if (this.#open.size > OPEN_MAX) this.#closeOldest()
    return file
  }

  close(): void {
    for (const file of this.#open.values()) file.close()
    this.#open.clear()
  }

  #openExisting(number: number): DiskFile | undefined {
    try {
      return this.disk.open(this.path(number), 'read')
    } catch (error) {
      if (this.disk.list(this.folder).includes(packName(number))) throw error
      return undefined
    }
  }

  #closeOldest(): void {
    for (const [number, file] of this.#open) {
      this.#open.delete(number)
      file.close()
      return
    }
  }
}
