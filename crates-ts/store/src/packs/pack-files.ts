/** The pack files of a store: their names, and few descriptors for reading them (spec/07-journal.md, "Content" and "Sweeping"). */
import { join } from 'node:path'
import type { Disk, DiskFile } from '../disk.ts'
import { RETIRED, RETIRED_ENDING, findRetired, originalOf } from './retired.ts'

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

  /**
   * Takes the name of a pack away, durably. It can still be read, and has its name again after `restore`. `mark` is of this opening
   * only.
   */
  async retire(number: number, mark: string): Promise<void> {
    this.disk.rename(this.path(number), this.#retiredPath(number, mark))
    await this.disk.syncFolder(this.folder)
  }

  restore(number: number, mark: string): void {
    this.disk.rename(this.#retiredPath(number, mark), this.path(number))
  }

  /** Removes a pack that was retired. */
  remove(number: number, mark: string): void {
    this.#open.get(number)?.close()
    this.#open.delete(number)
    if (this.#latest === number) this.#latest = 0
    this.disk.remove(this.#retiredPath(number, mark))
  }

  /** Numbers of the packs that have been retired and not removed. */
  retired(): readonly number[] {
    const originals = this.disk
      .list(this.folder)
      .filter((name) => RETIRED.test(name))
      .map(originalOf)
    return originals.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number)
  }

  /** Gives them their names back, durably. */
  async restoreAll(): Promise<void> {
    const names = this.disk.list(this.folder)
    for (const name of names.filter((each) => RETIRED.test(each))) {
      const original = originalOf(name)
      if (names.includes(original)) this.disk.remove(join(this.folder, name))
      else this.disk.rename(join(this.folder, name), join(this.folder, original))
    }
    await this.disk.syncFolder(this.folder)
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

  /** Also by the name that a sweep has given it, whoever that was. */
  #openExisting(number: number): DiskFile | undefined {
    try {
      return this.disk.open(this.path(number), 'read')
    } catch (error) {
      const names = this.disk.list(this.folder)
      if (names.includes(packName(number))) throw error
      const retired = findRetired(names, packName(number))
      return retired === undefined ? undefined : this.disk.open(join(this.folder, retired), 'read')
    }
  }

  #retiredPath(number: number, mark: string): string {
    return `${this.path(number)}.${mark}${RETIRED_ENDING}`
  }

  #closeOldest(): void {
    for (const [number, file] of this.#open) {
      this.#open.delete(number)
      file.close()
      return
    }
  }
}
