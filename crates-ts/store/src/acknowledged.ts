/**
 * The `head` file: what has been acknowledged, written after the fact and unsynced, in two slots by turns
 * (spec/07-journal.md, "Acknowledged head"). It is never ahead of the journal, so a journal below it has lost entries.
 */
import { join } from 'node:path'
import type { HashBytes } from '@aos/cbor'
import type { Disk, DiskFile } from './disk.ts'
import { getCount, latin1Of, setCount } from './layout.ts'
import { sha256Latin1, writeLatin1 } from './node-sha256.ts'
import type { JournalHead } from './port.ts'

const SLOT_BYTES = 512
const HASHED_BYTES = 56
const MAGIC = 0x414f5348 // AOSH
const VERSION = 1

interface Slot {
  readonly counter: number
  readonly head: JournalHead
}

/** Reads and writes the two slots. A damaged slot counts as empty: it may have been torn by a power failure. */
export class AcknowledgedHead {
  readonly #file: DiskFile | undefined
  readonly #slot = new Uint8Array(SLOT_BYTES)
  readonly #view = new DataView(this.#slot.buffer)
  #counter = 0
  #head: JournalHead | undefined

  private constructor(file: DiskFile | undefined) {
    this.#file = file
    this.#view.setUint32(0, MAGIC)
    this.#view.setUint32(4, VERSION)
  }

  static open(disk: Disk, folder: string, mode: 'read' | 'unsynced'): AcknowledgedHead {
    const exists = disk.list(folder).includes('head')
    const self = new AcknowledgedHead(exists || mode === 'unsynced' ? disk.open(join(folder, 'head'), mode) : undefined)
    try {
      for (const position of [0, SLOT_BYTES]) self.#consider(position)
      return self
    } catch (error) {
      self.close()
      throw error
    }
  }

  get head(): JournalHead | undefined {
    return this.#head
  }

  write(head: JournalHead): void {
    this.#counter += 1
    setCount(this.#view, 8, this.#counter)
    setCount(this.#view, 16, head.height)
    this.#slot.set(head.leaf, 24)
    writeLatin1(this.#slot, sha256Latin1(this.#slot.subarray(0, HASHED_BYTES)), HASHED_BYTES)
    this.#file?.writeUnsynced(this.#slot, (this.#counter % 2) * SLOT_BYTES)
    this.#head = head
  }

  /** Forgets both slots, for an owner who accepts the loss. */
  async reset(head: JournalHead | undefined): Promise<void> {
    await this.#file?.truncate(0)
    this.#head = undefined
    if (head !== undefined) this.write(head)
  }

  close(): void {
    this.#file?.close()
  }

  #consider(position: number): void {
    const bytes = new Uint8Array(SLOT_BYTES)
    if (this.#file?.read(bytes, position) !== SLOT_BYTES) return
    const slot = decodeSlot(bytes)
    if (slot === undefined || slot.counter <= this.#counter) return
    this.#counter = slot.counter
    this.#head = slot.head
  }
}

function decodeSlot(bytes: Uint8Array): Slot | undefined {
  const view = new DataView(bytes.buffer)
  if (view.getUint32(0) !== MAGIC || view.getUint32(4) !== VERSION) return undefined
  const digest = sha256Latin1(bytes.subarray(0, HASHED_BYTES))
  if (digest !== latin1Of(bytes.subarray(HASHED_BYTES, HASHED_BYTES + 32))) return undefined
  const leaf: HashBytes = bytes.slice(24, 56)
  return { counter: getCount(view, 8), head: { height: getCount(view, 16), leaf } }
}
