/** Durations on the command line. */
import { parseDuration } from '@aos/air'
import { usage } from './arguments.ts'
import type { Arguments } from './arguments.ts'

/** Milliseconds; undefined when the option was not given. Throws `cli.usage`. */
export function optionalMs(args: Arguments, name: string): number | undefined {
  const text = args.optionalText(name)
  if (text === undefined) return undefined
  const duration = parseDuration(text)
  if (duration === undefined || duration < 0n) throw usage(`--${name}: expected a duration such as 30s, found ${text}`)
  return Number(duration / 1_000_000n)
}
