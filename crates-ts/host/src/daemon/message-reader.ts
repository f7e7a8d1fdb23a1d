/** Cuts the bytes of a connection into messages; the first byte says of which form they are (spec/15-control.md, "Framing"). */
import { AosError } from '@aos/cbor'
import { MESSAGE_BYTES_MAX, badMessage, parseFrame, parseLine } from './messages.ts'
import type { Message } from './messages.ts'

/** `lines`: JSON, one message a line. `frames`: MessagePack behind its length. */
export type Form = 'lines' | 'frames'

const LINE_FEED = 0x0a
const LENGTH_BYTES = 4
/** The first byte of a length that is not too long. */
const FRAME_FIRST_MAX = MESSAGE_BYTES_MAX >>> 24
/** What a line may begin with: an object, or white space before one. */
const LINE_FIRST: readonly number[] = [0x7b, 0x20, 0x09, 0x0d, 0x0a]

/** Keeps what has come of a message that is not complete. */
export class MessageReader {
  #form: Form | undefined
  #chunks: Buffer[] = []
  #length = 0
  /** Bytes of the frame under way with its length, once they are known. */
  #wanted = LENGTH_BYTES

  /** Undefined before the first byte. */
  get form(): Form | undefined {
    return this.#form
  }

  /** True while a part of a message is there. */
  get isHalf(): boolean {
    return this.#length > 0
  }

  /**
   * The messages that these bytes complete; a bad line is given as its error. Throws `control.bad_message` and
   * `control.too_long` when nothing that follows could be read.
   */
  *read(bytes: Buffer): Generator<Message | AosError> {
    const [first] = bytes
    if (first === undefined) return
    this.#form ??= formOf(first)
    yield* this.#form === 'lines' ? this.#lines(bytes) : this.#frames(bytes)
  }

  *#lines(bytes: Buffer): Generator<Message | AosError> {
    let start = 0
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      this.#add(bytes.subarray(start, end))
      start = end + 1
      const line = decodeLine(this.#take())
      if (line !== '') yield attempt(() => parseLine(line))
    }
    this.#add(bytes.subarray(start))
    if (this.#length > MESSAGE_BYTES_MAX) throw tooLong()
  }

  *#frames(given: Buffer): Generator<Message | AosError> {
    let bytes = given
    while (bytes.length > 0) {
      const missing = this.#wanted - this.#length
      this.#add(bytes.subarray(0, missing))
      bytes = bytes.subarray(missing)
      if (this.#length < this.#wanted) return
      if (this.#wanted > LENGTH_BYTES) {
        this.#wanted = LENGTH_BYTES
        yield attempt(() => parseFrame(this.#take().subarray(LENGTH_BYTES)))
        continue
      }
      const head = this.#take()
      const length = head.readUInt32BE()
      if (length === 0 || length > MESSAGE_BYTES_MAX) throw tooLong()
      this.#add(head)
      this.#wanted = LENGTH_BYTES + length
    }
  }

  #add(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#chunks.push(bytes)
    this.#length += bytes.length
  }

  #take(): Buffer {
    const all = Buffer.concat(this.#chunks, this.#length)
    this.#chunks = []
    this.#length = 0
    return all
  }
}

function formOf(first: number): Form {
  if (first <= FRAME_FIRST_MAX) return 'frames'
  if (LINE_FIRST.includes(first)) return 'lines'
  throw badMessage(`expected a line of JSON or a frame of MessagePack, found the byte ${first}`)
}

function decodeLine(bytes: Buffer): string {
  return new TextDecoder().decode(bytes).trim()
}

function attempt(parse: () => Message): Message | AosError {
  try {
    return parse()
  } catch (error) {
    if (error instanceof AosError) return error
    throw error
  }
}

function tooLong(): AosError {
  return new AosError('control.too_long', `a message has 1 to ${MESSAGE_BYTES_MAX} bytes`)
}
