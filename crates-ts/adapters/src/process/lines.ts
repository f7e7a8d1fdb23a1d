/** Bytes in pieces to lines. */

/** Where lines go; `long` is told of a line that is over the bound, of which nothing more is kept. */
export interface LineSink {
  readonly line: (text: string) => void
  readonly long: () => void
}

/** Gives each whole line without its line feed. The rest without one is given by `end`. */
export function makeLineReader(
  bytesMax: number,
  sink: LineSink,
): { readonly push: (piece: Uint8Array) => void; readonly end: () => void } {
  let held: Uint8Array[] = []
  let bytes = 0
  let isLong = false
  const take = (part: Uint8Array): void => {
    bytes += part.length
    if (bytes <= bytesMax) held.push(part)
    else if (!isLong) {
      isLong = true
      held = []
      sink.long()
    }
  }
  const flush = (): void => {
    if (!isLong) sink.line(Buffer.concat(held).toString('utf8'))
    held = []
    bytes = 0
    isLong = false
  }
  return {
    push(piece) {
      let from = 0
      for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, from)) {
        take(piece.subarray(from, at))
        flush()
        from = at + 1
      }
      take(piece.subarray(from))
    },
    end() {
      if (bytes > 0) flush()
    },
  }
}
