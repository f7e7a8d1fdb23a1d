/**
 * The file `snapshots`: where the newest snapshots are, so that an opening need not search the journal for them
 * (spec/07-journal.md, "Snapshot notes"). A hint: it may be missing, behind, or speak of entries that a cut has taken away.
 */
import { AosError, HASH_BYTES, formatHash, hashBytes, type Hash } from '@aos/cbor'
import { asStoreError, type Disk } from './disk.ts'
import { getCount, setCount } from './layout.ts'
import { SLOT_FIELDS_AT, SlotFile, type SlotShape } from './slot-file.ts'

/** So many notes are kept, the newest. */
export const SNAPSHOT_NOTES_MAX = 16

const NOTE_BYTES: number = 2 * 8 + HASH_BYTES
const NOTES_AT: number = SLOT_FIELDS_AT + 8
const HASH_AT: number = NOTES_AT + SNAPSHOT_NOTES_MAX * NOTE_BYTES
const SHAPE: SlotShape = { name: 'snapshots', magic: 0x414f534e, slotBytes: 1024, hashAt: HASH_AT } // AOSN

/** A snapshot of which the root entry was durable when the note was written. */
export interface SnapshotNote {
  /** Height of the snapshot_cut entry. */
  readonly cut: number
  /** Height of the snapshot_root entry. */
  readonly rootHeight: number
  readonly root: Hash
}

/** What is remembered of the newest snapshots. Whoever uses a note checks it against the entry at `rootHeight`. */
export interface SnapshotNotes {
  /** By cut, the newest first. */
  list(): readonly SnapshotNote[]
  /** Replaces a note of the same cut. Not synced: it may be lost. Throws `store.read_only`, `store.closed`, `store.failed`, `store.no_space`. */
  put(note: SnapshotNote): void
  /** Drops the notes of cuts below a height: nobody is to rely on those snapshots any more. As durable as `put`, and throws the same. */
  forgetBefore(cut: number): void
}

/** The notes after one has been added: the newest cut first, one for each, a bounded number. */
export function withNote(notes: readonly SnapshotNote[], note: SnapshotNote): readonly SnapshotNote[] {
  const others = notes.filter(({ cut }) => cut !== note.cut)
  return [note, ...others].sort((left, right) => right.cut - left.cut).slice(0, SNAPSHOT_NOTES_MAX)
}

/** The notes of one opening. */
export class SnapshotNotesFile implements SnapshotNotes {
  readonly #slots: SlotFile
  readonly #readOnly: boolean
  #notes: readonly SnapshotNote[]
  #isClosed = false

  private constructor(slots: SlotFile, readOnly: boolean) {
    this.#slots = slots
    this.#readOnly = readOnly
    this.#notes = slots.latest === undefined ? [] : decodeNotes(slots.latest)
  }

  static open(disk: Disk, folder: string, mode: 'read' | 'unsynced'): SnapshotNotesFile {
    return new SnapshotNotesFile(SlotFile.open(disk, folder, { mode, shape: SHAPE }), mode === 'read')
  }

  list(): readonly SnapshotNote[] {
    return this.#notes
  }

  put(note: SnapshotNote): void {
    this.#write(withNote(this.#notes, note))
  }

  forgetBefore(cut: number): void {
    this.#write(this.#notes.filter((note) => note.cut >= cut))
  }

  #write(notes: readonly SnapshotNote[]): void {
    if (this.#isClosed) throw new AosError('store.closed', 'the store has been closed')
    if (this.#readOnly) throw new AosError('store.read_only', 'the store was opened only for reading')
    try {
      this.#slots.write((slot, view) => {
        encodeNotes(slot, view, notes)
      })
    } catch (error) {
      throw asStoreError(error, 'writing the notes of snapshots')
    }
    this.#notes = notes
  }

  close(): void {
    this.#isClosed = true
    this.#slots.close()
  }
}

function encodeNotes(slot: Uint8Array, view: DataView, notes: readonly SnapshotNote[]): void {
  view.setUint32(SLOT_FIELDS_AT, notes.length)
  slot.fill(0, NOTES_AT, HASH_AT)
  for (const [index, { cut, rootHeight, root }] of notes.entries()) {
    const at = NOTES_AT + index * NOTE_BYTES
    setCount(view, at, cut)
    setCount(view, at + 8, rootHeight)
    slot.set(hashBytes(root), at + 16)
  }
}

function decodeNotes(slot: Uint8Array): readonly SnapshotNote[] {
  const view = new DataView(slot.buffer)
  const count = Math.min(view.getUint32(SLOT_FIELDS_AT), SNAPSHOT_NOTES_MAX)
  return Array.from({ length: count }, (_, index) => {
    const at = NOTES_AT + index * NOTE_BYTES
    const root = formatHash(slot.subarray(at + 16, at + NOTE_BYTES))
    return { cut: getCount(view, at), rootHeight: getCount(view, at + 8), root }
  })
}
