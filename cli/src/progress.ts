/** Progress on standard error, for anything that takes more than a second. */

export interface Progress {
  /** Says where the work is; shown only once it has lasted a second, and then at most ten times a second. */
  report(line: string): void
  /** Says at once what will take long and cannot report, such as a compiler. */
  announce(line: string): void
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
  const show = (line: string): void => {
    if (options.quiet) return
    next = performance.now() + every
    shown = true
    stream.write(options.terminal ? `\r\u001b[K${line}` : `${line}\n`)
  }
  return {
    report(line: string): void {
      if (performance.now() >= next) show(line)
    },
    announce: show,
    done(): void {
      if (shown && options.terminal) stream.write('\r\u001b[K')
      shown = false
    },
  }
}
