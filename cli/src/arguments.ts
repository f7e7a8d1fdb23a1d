/** Typed access to what yargs parsed. */
import { AosError } from '@aos/cbor'

/** What yargs parsed, asked for by name and type. Throws a usage error for another type. */
export class Arguments {
  readonly #parsed: Readonly<Record<string, unknown>>

  constructor(parsed: Readonly<Record<string, unknown>>) {
    this.#parsed = parsed
  }

  /** A positional or option that yargs demands. */
  text(name: string): string {
    const value = this.optionalText(name)
    if (value === undefined) throw usage(`${name} is missing`)
    return value
  }

  optionalText(name: string): string | undefined {
    const value = this.#parsed[name]
    if (value === undefined) return undefined
    if (typeof value === 'string') return value
    throw usage(`${name} was given more than once, or without a value`)
  }

  flag(name: string): boolean {
    const value = this.#parsed[name]
    if (Array.isArray(value)) throw usage(`--${name} was given more than once`)
    return value === true
  }

  list(name: string): readonly string[] {
    const value = this.#parsed[name]
    if (value === undefined) return []
    return Array.isArray(value) ? value.map(String) : [String(value)]
  }

  /** A whole number from 0. */
  optionalHeight(name: string): number | undefined {
    const text = this.optionalText(name)
    if (text === undefined) return undefined
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!Number.isSafeInteger(value)) throw usage(`${name}: expected a whole number from 0, found ${text}`)
    return value
  }
}

/** `cli.usage`: exit code 2. */
export function usage(message: string): AosError {
  return new AosError('cli.usage', message, { hint: 'see `aos --help`' })
}
