/** Keeps secrets out of what a command writes (spec/25-secrets.md, "Where it is scrubbed"). */
import { Writable } from 'node:stream'
import type { Scrubber, ScrubStream } from '@aos/adapters'

const LINE_END = 0x0a

/** Hands on what is written, scrubbed. A secret may span writings, unless a line ends between them. */
export class ScrubbedOutput extends Writable {
  readonly #target: NodeJS.WritableStream
  readonly #scrubber: () => Scrubber
  #open: { readonly of: Scrubber; readonly stream: ScrubStream } | undefined

  /** `scrubber` is asked at each writing. */
  constructor(target: NodeJS.WritableStream, scrubber: () => Scrubber) {
    super({ decodeStrings: true })
    this.#target = target
    this.#scrubber = scrubber
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    let bytes: Uint8Array
    try {
      bytes = this.#scrub(chunk)
    } catch (error) {
      // Nothing that was not looked through is handed on.
      done(error instanceof Error ? error : new Error(String(error)))
      return
    }
    if (bytes.length === 0 || this.#target.write(bytes)) done()
    else this.#target.once('drain', done)
  }

  override _final(done: () => void): void {
    const rest = this.#open?.stream.end() ?? new Uint8Array()
    this.#open = undefined
    if (rest.length > 0) this.#target.write(rest)
    done()
  }

  /** Resolves when everything was handed on, also what was held back. The target stays open. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      this.end(resolve)
    })
  }

  #scrub(chunk: Buffer): Uint8Array {
    const scrubber = this.#scrubber()
    const pieces: Uint8Array[] = []
    if (this.#open !== undefined && this.#open.of !== scrubber) {
      pieces.push(this.#open.stream.end())
      this.#open = undefined
    }
    if (scrubber.isIdle) return pieces.length === 0 ? chunk : Buffer.concat([...pieces, chunk])
    this.#open ??= { of: scrubber, stream: scrubber.stream() }
    pieces.push(this.#open.stream.push(chunk))
    // A reader waits for whole lines.
    if (chunk.at(-1) === LINE_END) {
      pieces.push(this.#open.stream.end())
      this.#open = undefined
    }
    return Buffer.concat(pieces)
  }
}
