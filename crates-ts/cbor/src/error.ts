/**
 * The one error class of AgentOS (spec/08-errors.md).
 *
 * A package declares its codes as a literal union in its own `errors.ts`; the class itself takes any
 * `area.reason`. Only `code`, `path` and canonical `details` may enter state; messages are for people.
 */

/** Keys and indexes from the root of the value that the caller gave. */
export type ErrorPath = readonly (string | number)[]

/** One finding of a check that reports all of them. */
export interface Issue {
  readonly code: string
  readonly path: ErrorPath
  readonly message: string
}

/** What an error carries beside code and message. `cause` and `hint` are for people and enter no journal. */
export interface AosErrorOptions {
  readonly path?: ErrorPath | undefined
  readonly hint?: string | undefined
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: unknown
}

/** A coded failure. `code` is stable and listed in spec/08-errors.md; `message` is never matched on. */
export class AosError extends Error {
  override readonly name = 'AosError'
  readonly code: string
  readonly path: ErrorPath | undefined
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: string, message: string, options: AosErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.path = options.path
    this.hint = options.hint
    this.details = options.details
  }
}

/** True for an AosError, also one from another copy of this module. */
export function isAosError(value: unknown): value is AosError {
  return value instanceof Error && value.name === 'AosError' && 'code' in value
}

const PLAIN_KEY = /^[A-Za-z_$][A-Za-z0-9_$]*$/

/** Renders a path as `$.effects[2].params`; keys that are not plain names are quoted. */
export function formatPath(path: ErrorPath): string {
  let text = '$'
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else text += PLAIN_KEY.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`
  }
  return text
}
