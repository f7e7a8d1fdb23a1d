/** The file of a world archive: frames, and the hash of them all (spec/25-secrets.md, "World archives"). */
import { createHash } from 'node:crypto'
import type { Hash as Digest } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { AosError, equalBytes } from '@aos/cbor'

/** Numbers that stand in front of frames and say what they hold. */
export const FRAME = { head: 1, entry: 2, value: 3, end: 4 } as const

/** A piece of an archive; its bytes are a copy. */
export interface Frame {
  readonly kind: number
  readonly bytes: Uint8Array
  /** Of the file. */
  readonly form: ArchiveForm
}

/** Numbers of the forms of a file: all entries are whole, or the older ones may have only their headers. */
export const ARCHIVE_FORM = { whole: 1, compacted: 2 } as const

/** One of them. */
export type ArchiveForm = (typeof ARCHIVE_FORM)[keyof typeof ARCHIVE_FORM]

const MAGIC: Buffer = Buffer.from('AOSWORLD', 'latin1')
const FRAME_HEAD_BYTES = 5
const WRITE_BYTES = 1 << 20
/** More than any entry or value may have. */
const FRAME_BYTES_MAX: number = 1 << 30

/** Writes frames in order; the file must not be there. */
export class ArchiveWriter {
  readonly #file: number
  readonly #digest: Digest = createHash('sha256')
  readonly #waiting: Uint8Array[]
  #waitingBytes = MAGIC.length + 1
  #bytes = 0

  constructor(path: string, form: ArchiveForm) {
    this.#file = openSync(path, 'wx', 0o600)
    this.#waiting = [MAGIC, Uint8Array.of(form)]
  }

  /** The bytes may change when it returns. */
  add(kind: number, bytes: Uint8Array): void {
    const head = Buffer.alloc(FRAME_HEAD_BYTES)
    head.writeUInt8(kind)
    head.writeUInt32BE(bytes.length, 1)
    this.#waiting.push(head, new Uint8Array(bytes))
    this.#waitingBytes += head.length + bytes.length
    if (this.#waitingBytes >= WRITE_BYTES) this.#write()
  }

  /** On the medium when it returns. The size of the file. */
  finish(): number {
    this.#write()
    this.add(FRAME.end, this.#digest.copy().digest())
    this.#write()
    fsyncSync(this.#file)
    closeSync(this.#file)
    return this.#bytes
  }

  /** After a failure; the file is of no use. */
  abandon(): void {
    try {
      closeSync(this.#file)
    } catch {
      // It was closed when the failure came.
    }
  }

  #write(): void {
    const bytes = Buffer.concat(this.#waiting.splice(0))
    this.#waitingBytes = 0
    this.#digest.update(bytes)
    for (let at = 0; at < bytes.length; at += writeSync(this.#file, bytes, at));
    this.#bytes += bytes.length
  }
}

/** Every frame but the last, which is checked. Throws `transfer.damaged` where the file is not as it was written, `transfer.unsupported`. */
export function* readArchive(path: string): Generator<Frame, void, undefined> {
  const file = openSync(path, 'r')
  try {
    const digest = createHash('sha256')
    const magic = readExactly(file, MAGIC.length + 1)
    if (magic === undefined || !equalBytes(magic.subarray(0, MAGIC.length), MAGIC)) {
      throw badArchive('it does not begin as an archive does')
    }
    const form = Object.values(ARCHIVE_FORM).find((number) => number === magic[MAGIC.length])
    if (form === undefined) throw new AosError('transfer.unsupported', 'the archive is of a later release')
    digest.update(magic)
    for (;;) {
      const head = readExactly(file, FRAME_HEAD_BYTES)
      if (head === undefined) throw badArchive('it ends too early')
      const length = head.readUInt32BE(1)
      if (length > FRAME_BYTES_MAX) throw badArchive('a frame is longer than it may be')
      const bytes = readExactly(file, length)
      if (bytes === undefined) throw badArchive('it ends too early')
      const kind = head.readUInt8()
      if (kind === FRAME.end) {
        if (!equalBytes(digest.digest(), bytes)) throw badArchive('its hash is another one')
        if (readExactly(file, 1) !== undefined) throw badArchive('something stands behind its end')
        return
      }
      digest.update(head).update(bytes)
      yield { kind, bytes, form }
    }
  } finally {
    closeSync(file)
  }
}

/** undefined when the file ends before. */
function readExactly(file: number, length: number): Buffer | undefined {
  // A length that is a lie must not cost memory: what is there is read piece by piece.
  const pieces: Buffer[] = []
  for (let left = length; left > 0;) {
    const piece = Buffer.allocUnsafe(Math.min(left, WRITE_BYTES))
    const count = readSync(file, piece, 0, piece.length, null)
    if (count === 0) return undefined
    pieces.push(piece.subarray(0, count))
    left -= count
  }
  return Buffer.concat(pieces)
}

/** What is said of an archive that cannot be relied on. */
export function badArchive(why: string, cause?: unknown): AosError {
  return new AosError('transfer.damaged', `the archive is not as it was written: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'export the world again, or take another copy of the file',
  })
}
