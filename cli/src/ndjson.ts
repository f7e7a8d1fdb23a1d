/** Lines of a byte stream, in batches, so that a fast reader does not wait for every line; each is decoded when it is taken. */
import { AosError } from '@aos/cbor'

const LINE_FEED = 0x0a
/** A line longer than this is no event: the kernel takes far less. */
export const LINE_BYTES_MAX: number = 16 * 1024 * 1024

export interface Line {
  /** Counted from 1; empty lines count but are not given. */
  readonly number: number
  readonly text: string
}

/** Yields the lines of every chunk, to be taken before the next one is asked for. Text is UTF-8; throws `cli.bad_line` with the number of a line that is not, or is too long. */
export async function* readLines(stream: NodeJS.ReadableStream): AsyncGenerator<Iterable<Line>> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let number = 0
  let rest: Buffer = Buffer.alloc(0)
  const decode = (bytes: Uint8Array): Line | undefined => {
    number += 1
    const text = decodeLine(decoder, bytes, number)
    return text === '' ? undefined : { number, text }
  }
  function* decodeAll(bytes: Buffer): Generator<Line> {
    let start = 0
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      const line = decode(bytes.subarray(start, end))
      start = end + 1
      if (line !== undefined) yield line
    }
  }
  for await (const chunk of stream) {
    const bytes: Buffer = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, Buffer.from(chunk)])
    const end = bytes.lastIndexOf(LINE_FEED) + 1
    rest = bytes.subarray(end)
    if (end > 0) yield decodeAll(bytes.subarray(0, end))
    if (rest.length > LINE_BYTES_MAX) throw badLine(number + 1, `is longer than ${LINE_BYTES_MAX} bytes`)
  }
  const last = rest.length === 0 ? undefined : decode(rest)
  if (last !== undefined) yield [last]
}

function decodeLine(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array, number: number): string {
  try {
    return decoder.decode(bytes).trim()
  } catch {
    throw badLine(number, 'is not UTF-8')
  }
}

function badLine(number: number, reason: string): AosError {
  return new AosError('cli.bad_line', `line ${number} ${reason}`, { details: { line: number } })
}
