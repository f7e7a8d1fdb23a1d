/** A branch that is being changed: columns that are read from its bytes and written again (spec/16-snapshots.md, "Trie"). */
import { CborReader, HASH_BYTES } from '@aos/cbor'

/** Children of a branch: one for each value of four bits. */
export const FAN_OUT = 16
/** What says in a node that it is a branch. */
export const BRANCH = 1
/** Instead of a child: nothing is there. */
export const NULL = 0xf6
/** Head of a byte string that is a hash. */
export const CHILD_HEAD_BYTES = 2
/** A child that is there, head and hash. */
export const CHILD_BYTES: number = CHILD_HEAD_BYTES + HASH_BYTES

/** Behind the prefix, the head of the array, and the kind. */
const COUNT_AT = 5
const HASH_HEAD = [0x58, HASH_BYTES] as const
const CHILDREN_HEAD = 0x90
const NOTHING: Uint8Array = new Uint8Array(0)
const UINT32 = 2 ** 32

/** Used again and again: a change of many entries goes through many branches. */
export class BranchDraft {
  /** Entries below. */
  count = 0
  /** Nibbles that all paths below share, from the depth of the node on. */
  skip: Uint8Array = NOTHING
  /** Of all children, at HASH_BYTES times the nibble. */
  readonly hashes: Uint8Array = new Uint8Array(FAN_OUT * HASH_BYTES)
  readonly #present = new Uint8Array(FAN_OUT)

  has(nibble: number): boolean {
    return this.#present[nibble] === 1
  }

  /** A view. */
  hashOf(nibble: number): Uint8Array {
    return this.hashes.subarray(nibble * HASH_BYTES, (nibble + 1) * HASH_BYTES)
  }

  set(nibble: number, hash: Uint8Array): void {
    this.#present[nibble] = 1
    this.hashes.set(hash, nibble * HASH_BYTES)
  }

  clear(nibble: number): void {
    this.#present[nibble] = 0
  }

  /** Nothing is below. */
  empty(): void {
    this.count = 0
    this.skip = NOTHING
    this.#present.fill(0)
  }

  /** The one child; undefined when there are more, or none. */
  get only(): number | undefined {
    const nibble = this.#present.indexOf(1)
    return nibble >= 0 && this.#present.indexOf(1, nibble + 1) < 0 ? nibble : undefined
  }

  /** Takes over a branch that is in its form. */
  read(branch: Uint8Array): void {
    const reader = new CborReader(branch, COUNT_AT)
    this.count = Number(reader.uint())
    const skip = reader.bytes()
    this.skip = skip.length === 0 ? NOTHING : skip.slice()
    let at = reader.offset + 1
    for (let nibble = 0; nibble < FAN_OUT; nibble += 1) {
      const isThere = branch[at] !== NULL
      this.#present[nibble] = isThere ? 1 : 0
      if (isThere) copyHash(branch, at + CHILD_HEAD_BYTES, this.hashes, nibble * HASH_BYTES)
      at += isThere ? CHILD_BYTES : 1
    }
  }

  /** At most so many bytes. */
  get bytesMax(): number {
    return COUNT_AT + 9 + 9 + this.skip.length + 1 + FAN_OUT * CHILD_BYTES
  }

  /** Writes the node at `start`; returns where it ends. */
  write(into: Uint8Array, start: number): number {
    let at = start
    into[at++] = 0xd9
    into[at++] = 0xd9
    into[at++] = 0xf7
    into[at++] = 0x84
    into[at++] = BRANCH
    at = writeHead(into, at, 0x00, this.count)
    at = writeHead(into, at, 0x40, this.skip.length)
    into.set(this.skip, at)
    at += this.skip.length
    into[at++] = CHILDREN_HEAD
    for (let nibble = 0; nibble < FAN_OUT; nibble += 1) {
      if (this.#present[nibble] === 0) {
        into[at++] = NULL
        continue
      }
      into[at++] = HASH_HEAD[0]
      into[at++] = HASH_HEAD[1]
      copyHash(this.hashes, nibble * HASH_BYTES, into, at)
      at += HASH_BYTES
    }
    return at
  }
}

/** A loop costs less than two views and a call. */
function copyHash(from: Uint8Array, fromAt: number, into: Uint8Array, at: number): void {
  for (let index = 0; index < HASH_BYTES; index += 1) into[at + index] = from[fromAt + index] ?? 0
}

/** The shortest head of a kind of item; returns where it ends. */
export function writeHead(into: Uint8Array, start: number, kind: number, value: number): number {
  let at = start
  const tail = value < 24 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value < UINT32 ? 4 : 8
  into[at++] = kind | (tail === 0 ? value : tail === 1 ? 24 : tail === 2 ? 25 : tail === 4 ? 26 : 27)
  for (let left = tail - 1; left >= 0; left -= 1) into[at++] = Math.floor(value / 256 ** left) % 256
  return at
}

/** How long the shortest head for this argument is: 1, 2, 3, 5 or 9. */
export function headBytes(value: number): number {
  return value < 24 ? 1 : value < 0x100 ? 2 : value < 0x10000 ? 3 : value < UINT32 ? 5 : 9
}
