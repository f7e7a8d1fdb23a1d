/** Exit codes (design: `aos` contract, "Exit codes"). */
import type { AosError } from '@aos/cbor'

/** What the shell is told (spec/08-errors.md, "Exit codes of `aos`"). */
export const EXIT = { ok: 0, failed: 1, usage: 2, denied: 3, held: 4, budget: 5, stopped: 6 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Stopped, panicked or locked by another writer. */
const STOPPED: ReadonlySet<string> = new Set([
  'store.locked',
  'store.fenced',
  'store.failed',
  'host.conflict',
  'host.fenced',
  'host.stopped',
  'host.fault',
  'wasm.host_fault',
  'control.running',
  'control.lost',
  'control.thread',
])

/** The code with which a failure ends the command. */
export function exitCodeOf(error: AosError): ExitCode {
  if (error.code === 'cli.usage') return EXIT.usage
  return STOPPED.has(error.code) ? EXIT.stopped : EXIT.failed
}

/** The code for an admitted event: its worst delivery, or a turn over its bounds. */
export function exitCodeOfTurn(outcome: string, steps: readonly { readonly outcome: string }[]): ExitCode {
  let worst: ExitCode = outcome === 'turn_limit' ? EXIT.budget : EXIT.ok
  for (const step of steps) {
    const code = exitCodeOfStep(step.outcome)
    if (code > worst) worst = code
  }
  return worst
}

function exitCodeOfStep(outcome: string): ExitCode {
  switch (outcome) {
    case 'ok':
      return EXIT.ok
    case 'effect_denied':
      return EXIT.denied
    case 'out_of_fuel':
    case 'stack_overflow':
      return EXIT.budget
    default:
      return EXIT.failed
  }
}
