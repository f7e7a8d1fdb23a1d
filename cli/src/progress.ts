/** Progress on standard error, for anything that takes more than a second. */

export interface Progress {
  /** Says where the work is; shown only once it has lasted a second, and then at most ten times a second. */
  report(line: string): void
  /** Takes the line away. */
  done(): void
}

const FIRST_AFTER_MS = 1000
const EVERY_MS = 100
const EVERY_MS_WITHOUT_TERMINAL = 5000

export function makeProgress(
  stream: NodeJS.WritableStream,
  options: { readonly terminal: boolean; readonly quiet: boolean },
): Progress {
  const started = performance.now()
  const every = options.terminal ? EVERY_MS : EVERY_MS_WITHOUT_TERMINAL
  let next = started + FIRST_AFTER_MS
  let shown = false
  return {
    report(line: string): void {
      if (options.quiet) return
      const now = performance.now()
      if (now < next) return
      next = now + every
      shown = true
      stream.write(options.terminal ? `\r\u001b[K${line}` : `${line}\n`)
    },
    done(): void {
      if (shown && options.terminal) stream.write('\r\u001b[K')
      shown = false
    },
  }
}
