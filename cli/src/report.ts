/** Writes results and failures: data to standard output, everything else to standard error. */
import { formatPath, isAosError } from '@aos/cbor'
import { AosError } from '@aos/cbor'
import type { CommandContext, CommandResult } from './context.ts'
import { exitCodeOf } from './exit-code.ts'
import { toJsonText } from './json-text.ts'

/** Prints what the command found out and returns its exit code. */
export function reportResult(context: CommandContext, result: CommandResult): number {
  context.progress.done()
  if (result.lastLine !== undefined) context.stdout.write(`${toJsonText(result.lastLine)}\n`)
  else if (context.json) context.stdout.write(`${toJsonText({ ok: true, data: result.data, meta: result.meta })}\n`)
  else if (result.text !== '') context.stdout.write(`${result.text}\n`)
  return result.exit ?? 0
}

/** Prints the one line (and, with --json, the document) and returns the exit code. */
export function reportFailure(context: Omit<CommandContext, 'stdin'>, thrown: unknown): number {
  context.progress.done()
  const error = isAosError(thrown) ? thrown : internalError(thrown)
  if (context.json) context.stdout.write(`${toJsonText({ ok: false, error: errorDocument(error) })}\n`)
  if (!context.quiet || !context.json) context.stderr.write(`${humanLine(context, error)}\n`)
  if (context.environment['AOS_DEBUG'] === '1' && thrown instanceof Error) writeStacks(context, thrown)
  return exitCodeOf(error)
}

/** `{code, message, path?, hint?, details?}`. */
export function errorDocument(error: AosError): unknown {
  const path = error.path === undefined ? undefined : formatPath(error.path)
  return { code: error.code, message: error.message, path, hint: error.hint, details: detailsDocument(error.details) }
}

/** Details without what is not data. */
function detailsDocument(details: Readonly<Record<string, unknown>> | undefined): unknown {
  if (details === undefined) return undefined
  return Object.fromEntries(Object.entries(details).filter(([, value]) => typeof value !== 'function'))
}

function humanLine(context: Pick<CommandContext, 'style'>, error: AosError): string {
  const where = error.path === undefined || error.path.length === 0 ? '' : ` at ${formatPath(error.path)}`
  const lines = [`${context.style.bad('aos:')} ${error.message}${where} [${error.code}]`]
  if (error.hint !== undefined) lines.push(`     ${error.hint}`)
  return lines.join('\n')
}

function internalError(thrown: unknown): AosError {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new AosError('cli.internal', message, { cause: thrown, hint: 'AOS_DEBUG=1 shows where' })
}

function writeStacks(context: Pick<CommandContext, 'stderr'>, thrown: Error): void {
  for (let error: unknown = thrown; error instanceof Error; error = error.cause) {
    context.stderr.write(`${error.stack ?? error.message}\n`)
  }
}
