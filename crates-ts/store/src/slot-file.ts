/**
 * A small file of two slots, written by turns and unsynced (spec/journal.cddl, "Segment file"): a write that is torn or lost leaves
 * the other slot. Each slot starts with magic, version and counter, and holds a SHA-256 of what comes before it.
 */
import { join } from 'node:path'
import type { Disk, DiskFile } from './disk.ts'
import { getCount, latin1Of, setCount } from './layout.ts'
import { sha256Latin1, writeLatin1 } from './node-sha256.ts'

const VERSION = 1
const COUNTER_AT = 8

/** Where the fields of a caller start in a slot. */
export const SLOT_FIELDS_AT = 16

/** Name and layout of such a file. */
export interface SlotShape {
  readonly name: string
  readonly magic: number
  readonly slotBytes: number
  /** The hash stands here and covers everything before. */
  readonly hashAt: number
}

/** A damaged slot counts as empty: it may have been torn by a power failure. */
export class SlotFile {
  readonly #file: DiskFile | undefined
  readonly #shape: SlotShape
  readonly #slot: Uint8Array
  readonly #view: DataView
  #counter = 0
  #latest: Uint8Array | undefined

  private constructor(file: DiskFile | undefined, shape: SlotShape) {
    this.#file = file
    this.#shape = shape
    this.#slot = new Uint8Array(shape.slotBytes)
    this.#view = new DataView(this.#slot.buffer)
    this.#view.setUint32(0, shape.magic)
    this.#view.setUint32(4, VERSION)
  }

  /** Only for reading, a missing file has no slots. */
  static open(disk: Disk, folder: string, options: { mode: 'read' | 'unsynced'; shape: SlotShape }): SlotFile {
    const { mode, shape } = options
    const exists = disk.list(folder).includes(shape.name)
    const isOpened = exists || mode === 'unsynced'
    const self = new SlotFile(isOpened ? disk.open(join(folder, shape.name), mode) : undefined, shape)
    try {
      for (const position of [0, shape.slotBytes]) self.#consider(position)
      return self
    } catch (error) {
      self.close()
      throw error
    }
  }

  /** The valid slot with the higher counter, as it was read at opening. */
  get latest(): Uint8Array | undefined {
    return this.#latest
  }

  /** `fill` writes the fields; what it does not write is as in the write before. */
  write(fill: (slot: Uint8Array, view: DataView) => void): void {
    const { hashAt, slotBytes } = this.#shape
    this.#counter += 1
    setCount(this.#view, COUNTER_AT, this.#counter)
    fill(this.#slot, this.#view)
    writeLatin1(this.#slot, sha256Latin1(this.#slot.subarray(0, hashAt)), hashAt)
    this.#file?.writeUnsynced(this.#slot, (this.#counter % 2) * slotBytes)
  }

  /** Forgets both slots, durably. */
  async clear(): Promise<void> {
    await this.#file?.truncate(0)
    this.#latest = undefined
  }

  close(): void {
    this.#file?.close()
  }

  #consider(position: number): void {
    const { slotBytes } = this.#shape
    const bytes = new Uint8Array(slotBytes)
    if (this.#file?.read(bytes, position) !== slotBytes || !this.#isValid(bytes)) return
    const counter = getCount(new DataView(bytes.buffer), COUNTER_AT)
    if (counter <= this.#counter) return
    this.#counter = counter
    this.#latest = bytes
  }

  #isValid(bytes: Uint8Array): boolean {
    const { magic, hashAt } = this.#shape
    const view = new DataView(bytes.buffer)
    if (view.getUint32(0) !== magic || view.getUint32(4) !== VERSION) return false
    return sha256Latin1(bytes.subarray(0, hashAt)) === latin1Of(bytes.subarray(hashAt, hashAt + 32))
  }
}
