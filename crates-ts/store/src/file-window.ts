/** A part of a file, read as if it were a file of its own. */
import type { DiskFile } from './disk.ts'

/** Only for reading. Closing it does nothing: the file belongs to whoever opened it. */
export class FileWindow implements DiskFile {
  readonly #file: DiskFile
  readonly #position: number
  readonly #bytes: number

  constructor(file: DiskFile, range: { readonly position: number; readonly bytes: number }) {
    this.#file = file
    this.#position = range.position
    this.#bytes = range.bytes
  }

  read(into: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(into.length, this.#bytes - position))
    return length === 0 ? 0 : this.#file.read(into.subarray(0, length), this.#position + position)
  }

  size(): number {
    return this.#bytes
  }

  async writeDurable(): Promise<void> {
    refuse()
  }

  writeUnsynced(): void {
    refuse()
  }

  async truncate(): Promise<void> {
    refuse()
  }

  async sync(): Promise<void> {
    refuse()
  }

  close(): void {
    // See the class.
  }
}

function refuse(): never {
  throw new Error('a part of a file is only read')
}
