/** What `aos doctor` says. */
import { isAosError } from '@aos/cbor'

/** `fail` is what keeps something from working, `warn` what somebody should know. */
export type CheckState = 'ok' | 'warn' | 'fail'

/** One thing that was looked at. */
export interface Check {
  /** Stable, for scripts. */
  readonly name: string
  readonly state: CheckState
  /** One sentence: what was found. */
  readonly message: string
  /** What to do. */
  readonly hint?: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** All checks in the order in which they were made; `ok` when none failed. */
export interface DoctorReport {
  readonly ok: boolean
  readonly checks: readonly Check[]
}

/** What may stand beside the sentence. */
export type CheckExtras = Pick<Check, 'hint' | 'details'>

/** It is as it should be. */
export function passed(name: string, message: string, details?: Check['details']): Check {
  return { name, state: 'ok', message, ...(details === undefined ? {} : { details }) }
}

/** It works, and somebody should know. */
export function warned(name: string, message: string, extras: CheckExtras = {}): Check {
  return { name, state: 'warn', message, ...extras }
}

/** Something does not work. */
export function failed(name: string, message: string, extras: CheckExtras = {}): Check {
  return { name, state: 'fail', message, ...extras }
}

/** The refusal of something that the check tried, with its code in the details. Rethrows what is no coded error. */
export function failedWith(name: string, error: unknown): Check {
  if (!isAosError(error)) throw error
  const { code, message, hint, details } = error
  return failed(name, message, { ...(hint === undefined ? {} : { hint }), details: { code, ...details } })
}
