/** The log of a daemon: lines of text, in two files at most (spec/15-control.md, "Log"). */
import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const FILE_BYTES_MAX = 4 * 1024 * 1024
const LINE_LENGTH_MAX = 4096

/** Appends lines; when the file is full it becomes `log.1`, in the place of an older one. */
export class DaemonLog {
  readonly #file: string
  readonly #fileBytesMax: number
  #bytes: number

  constructor(file: string, fileBytesMax: number = FILE_BYTES_MAX) {
    this.#file = file
    this.#fileBytesMax = fileBytesMax
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    this.#bytes = existsSync(file) ? statSync(file).size : 0
  }

  /** Control characters are replaced, so that what somebody sent cannot make up lines. */
  write(text: string): void {
    const shown = text.slice(0, LINE_LENGTH_MAX).replace(/\p{Cc}/gu, ' ')
    const line = Buffer.from(`${new Date().toISOString()} ${shown}\n`)
    if (this.#bytes > 0 && this.#bytes + line.length > this.#fileBytesMax) {
      renameSync(this.#file, `${this.#file}.1`)
      this.#bytes = 0
    }
    appendFileSync(this.#file, line, { mode: 0o600 })
    this.#bytes += line.length
  }
}
