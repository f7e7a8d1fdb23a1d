/**
 * The `fence` file: which opening is in force, and whether it was closed cleanly (spec/07-journal.md, "Fence").
 *
 * A writer whose lock was lost finds another opening here before it acknowledges anything. Three slots: two that raises
 * write by turns, and one in which an opening says that it has ended, so that a late closing cannot undo a raise.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { AosError, toHex } from '@aos/cbor'
import type { Disk, DiskFile } from './disk.ts'
import { NONCE_BYTES, getCount, latin1Of, setCount } from './layout.ts'
import { sha256Latin1, writeLatin1 } from './node-sha256.ts'

/** The file in the journal's folder that says which opening is in force. */
export const FENCE_NAME = 'fence'

const SLOT_BYTES = 512
const RAISES_BYTES = 2 * SLOT_BYTES
const CLOSING_AT = RAISES_BYTES
const HASHED_BYTES = 40
const MAGIC = 0x414f5345 // AOSE
const VERSION = 1

/** One opening, as a slot names it. */
interface Opening {
  readonly counter: number
  readonly epoch: number
  readonly nonce: string
}

interface FenceState {
  readonly inForce: Opening | undefined
  /** The opening that said last that it has ended. */
  readonly closed: Opening | undefined
  /** The raise slots as they stand. */
  readonly raises: Uint8Array
}

/** The fence of one folder as one opening sees it: raised, looked at, ended (spec/07-journal.md, "Fence"). */
export class Fence {
  /** What this opening calls files that it has not finished; no other opening uses the name. */
  readonly unfinishedName: string
  /** The same for a segment of headers, which may be in the making at the same time. */
  readonly unfinishedHeadersName: string
  readonly #disk: Disk
  readonly #folder: string
  readonly #nonce: Uint8Array = new Uint8Array(randomBytes(NONCE_BYTES))
  #state: FenceState

  private constructor(disk: Disk, folder: string) {
    this.#disk = disk
    this.#folder = folder
    this.unfinishedName = `next-${toHex(this.#nonce)}.tmp`
    this.unfinishedHeadersName = `next-${toHex(this.#nonce)}-headers.tmp`
    this.#state = this.#load()
  }

  /** Reads what is in force and changes nothing. A missing file and damaged slots count as nothing in force. */
  static read(disk: Disk, folder: string): Fence {
    return new Fence(disk, folder)
  }

  /** Names the opening in force as `epoch` is read; no two openings have one name. undefined for none. */
  get opening(): string | undefined {
    const inForce = this.#state.inForce
    return inForce === undefined ? undefined : toHex(Buffer.from(inForce.nonce, 'latin1'))
  }

  /** The epoch that was in force when this object read or raised it; 0 for none. */
  get epoch(): number {
    return this.#state.inForce?.epoch ?? 0
  }

  /**
   * Puts this opening in force, durably, with an epoch above the given one. True when the opening before it has ended, so
   * that nobody else can still hold its files. Throws `store.fenced` when another opening did the same in between.
   */
  async raise(above: number): Promise<{ readonly wasClosed: boolean }> {
    const before = this.#state
    const epoch = Math.max(above, this.epoch) + 1
    const counter = (before.inForce?.counter ?? 0) + 1
    const isNew = !this.#disk.list(this.#folder).includes(FENCE_NAME)
    const file = this.#disk.open(this.#path, 'durable')
    try {
      await file.writeDurable(encodeSlot({ counter, epoch }, this.#nonce), (counter % 2) * SLOT_BYTES)
      // Ended before the raise and after it: an opening in between would have cleared the closing slot.
      const wasClosed = isEnded(before) && isSame(this.#load().closed, before.inForce)
      await file.writeDurable(new Uint8Array(SLOT_BYTES), CLOSING_AT)
      if (isNew) await this.#disk.syncFolder(this.#folder)
      this.#state = this.#load()
      this.mustHold()
      return { wasClosed }
    } finally {
      file.close()
    }
  }

  /** undefined while this opening is in force; otherwise the epoch that is. Reads the file by its name, unsynced. */
  findOther(): { readonly epoch: number } | undefined {
    const raises = new Uint8Array(RAISES_BYTES)
    if (!this.#readInto(raises)) return { epoch: this.epoch }
    // Nothing has been written since this opening looked: no need to look into the slots.
    if (Buffer.compare(raises, this.#state.raises) === 0 && this.#isMine(this.#state.inForce)) return undefined
    const inForce = newest(raises)
    return this.#isMine(inForce) ? undefined : { epoch: inForce?.epoch ?? this.epoch }
  }

  /** Throws `store.fenced` unless this opening is in force. */
  mustHold(): void {
    const other = this.findOther()
    if (other !== undefined) throw fenced(other.epoch)
  }

  /** Says that this opening has ended: the next one may go on in its files. Does nothing once another is in force. */
  async end(): Promise<void> {
    const { inForce } = this.#state
    if (inForce === undefined || this.findOther() !== undefined) return
    const file = this.#disk.open(this.#path, 'durable')
    try {
      await file.writeDurable(encodeSlot(inForce, this.#nonce), CLOSING_AT)
    } finally {
      file.close()
    }
  }

  get #path(): string {
    return join(this.#folder, FENCE_NAME)
  }

  #isMine(opening: Opening | undefined): boolean {
    return opening !== undefined && opening.nonce === latin1Of(this.#nonce)
  }

  #load(): FenceState {
    const bytes = new Uint8Array(RAISES_BYTES + SLOT_BYTES)
    if (this.#disk.list(this.#folder).includes(FENCE_NAME)) this.#readInto(bytes)
    const raises = bytes.slice(0, RAISES_BYTES)
    return { inForce: newest(raises), closed: decodeSlot(bytes.subarray(CLOSING_AT)), raises }
  }

  /** By name, not through a file kept open: a folder that was put in the place of this one is noticed, too. */
  #readInto(bytes: Uint8Array): boolean {
    let file: DiskFile
    try {
      file = this.#disk.open(this.#path, 'read')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
      throw error
    }
    try {
      file.read(bytes, 0)
      return true
    } finally {
      file.close()
    }
  }
}

/** `store.fenced`, for calls that cannot answer it. */
export function fenced(epoch: number): AosError {
  return new AosError('store.fenced', `another opening of the world is in force, with epoch ${epoch}`, {
    details: { epoch },
    hint: 'Use the process that opened it last; this one has lost the lock.',
  })
}

function isEnded(state: FenceState): boolean {
  return state.inForce !== undefined && isSame(state.inForce, state.closed)
}

function isSame(left: Opening | undefined, right: Opening | undefined): boolean {
  return left?.counter === right?.counter && left?.epoch === right?.epoch && left?.nonce === right?.nonce
}

function newest(raises: Uint8Array): Opening | undefined {
  const one = decodeSlot(raises.subarray(0, SLOT_BYTES))
  const two = decodeSlot(raises.subarray(SLOT_BYTES))
  if (one === undefined || two === undefined) return one ?? two
  return one.counter > two.counter ? one : two
}

function encodeSlot(opening: { readonly counter: number; readonly epoch: number }, nonce: Uint8Array): Uint8Array {
  const slot = new Uint8Array(SLOT_BYTES)
  const view = new DataView(slot.buffer)
  view.setUint32(0, MAGIC)
  view.setUint32(4, VERSION)
  setCount(view, 8, opening.counter)
  setCount(view, 16, opening.epoch)
  slot.set(nonce, 24)
  writeLatin1(slot, sha256Latin1(slot.subarray(0, HASHED_BYTES)), HASHED_BYTES)
  return slot
}

function decodeSlot(bytes: Uint8Array): Opening | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(0) !== MAGIC || view.getUint32(4) !== VERSION) return undefined
  const digest = sha256Latin1(bytes.subarray(0, HASHED_BYTES))
  if (digest !== latin1Of(bytes.subarray(HASHED_BYTES, HASHED_BYTES + 32))) return undefined
  return { counter: getCount(view, 8), epoch: getCount(view, 16), nonce: latin1Of(bytes.subarray(24, HASHED_BYTES)) }
}
