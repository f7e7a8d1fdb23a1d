/**
 * The `head` file: what has been acknowledged, written after the fact and unsynced, in two slots by turns
 * (spec/07-journal.md, "Acknowledged head"). It is never ahead of the journal, so a journal below it has lost entries.
 */
import type { HashBytes } from '@aos/cbor'
import type { Disk } from './disk.ts'
import { getCount, setCount } from './layout.ts'
import type { JournalHead } from './port.ts'
import { SLOT_FIELDS_AT, SlotFile, type SlotShape } from './slot-file.ts'

const SHAPE: SlotShape = { name: 'head', magic: 0x414f5348, slotBytes: 512, hashAt: 56 } // AOSH
const LEAF_AT: number = SLOT_FIELDS_AT + 8

/** Reads and writes the two slots. */
export class AcknowledgedHead {
  readonly #slots: SlotFile
  #head: JournalHead | undefined

  private constructor(slots: SlotFile) {
    this.#slots = slots
    this.#head = slots.latest === undefined ? undefined : decodeHead(slots.latest)
  }

  static open(disk: Disk, folder: string, mode: 'read' | 'unsynced'): AcknowledgedHead {
    return new AcknowledgedHead(SlotFile.open(disk, folder, { mode, shape: SHAPE }))
  }

  get head(): JournalHead | undefined {
    return this.#head
  }

  write(head: JournalHead): void {
    this.#slots.write((slot, view) => {
      setCount(view, SLOT_FIELDS_AT, head.height)
      slot.set(head.leaf, LEAF_AT)
    })
    this.#head = head
  }

  /** Forgets both slots, for an owner who accepts the loss. */
  async reset(head: JournalHead | undefined): Promise<void> {
    await this.#slots.clear()
    this.#head = undefined
    if (head !== undefined) this.write(head)
  }

  close(): void {
    this.#slots.close()
  }
}

function decodeHead(slot: Uint8Array): JournalHead {
  const leaf: HashBytes = slot.slice(LEAF_AT, SHAPE.hashAt)
  return { height: getCount(new DataView(slot.buffer), SLOT_FIELDS_AT), leaf }
}
