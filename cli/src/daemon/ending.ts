/** What ends a process that serves. */

/** Why it ends, and with which exit code. */
export interface End {
  readonly reason: string
  readonly exit: number
}

/** The first reason counts. */
export interface Ending {
  readonly reached: Promise<End>
  readonly end: (reason: string, exit: number) => void
}

export function makeEnding(): Ending {
  let resolve: (end: End) => void = () => undefined
  const reached = new Promise<End>((done) => (resolve = done))
  return { reached, end: (reason, exit) => resolve({ reason, exit }) }
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Returns what ends the listening. */
export function onSignals(handle: (signal: string) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, handle)
  return () => {
    for (const signal of SIGNALS) process.off(signal, handle)
  }
}
