/** Hands a command to the daemon that holds its world (spec/15-control.md). */
import type { Ask } from '@aos/host'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { Arguments } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { openArgumentStream, openFileStream, readArgumentText } from '../input.ts'
import { VALUE_OPTION, readSecretValue } from '../secret-value.ts'
import type { Choice } from '../parse-command-line.ts'
import { findDaemon } from '../world.ts'

/** The exit code; undefined when no daemon serves, so that the command opens the world itself. */
export async function askDaemon(context: CommandContext, choice: Choice): Promise<number | undefined> {
  const client = await findDaemon(context, new Arguments(choice.parsed))
  if (client === undefined) return undefined
  try {
    const ask = await prepare(context, choice)
    const { stdout, stderr, progress } = context
    const answer = await client.ask({
      ...ask,
      as: context.json ? 'json' : 'text',
      colour: context.style.good('x') !== 'x',
      quiet: context.quiet,
      out: (bytes) => {
        progress.done()
        return writeOut(stdout, bytes)
      },
      err: (bytes) => {
        progress.done()
        stderr.write(bytes)
      },
      progress: (line) => progress.report(line),
    })
    progress.done()
    return answer.exit
  } finally {
    client.close()
  }
}

function writeOut(stdout: NodeJS.WritableStream, bytes: Uint8Array): Promise<void> | undefined {
  if (stdout.write(bytes)) return undefined
  return new Promise((done) => {
    stdout.once('drain', () => {
      done()
    })
  })
}

/** What belongs to the terminal and to finding the world stays here. */
const OWN: readonly string[] = ['world', 'json', 'quiet', 'help', 'version', 'accept-loss']

async function prepare(context: CommandContext, { spec, verb, parsed }: Choice): Promise<Ask> {
  const args: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(parsed)) {
    // One letter: a short form of an option, which is there by its name as well.
    if (value !== undefined && name.length > 1 && name !== '$0' && name !== '--' && !OWN.includes(name))
      args[name] = value
  }
  const { text, stream, streamFlag, secret, files = [] } = spec.served ?? {}
  for (const name of files) args[name] = absolute(context, args[name])
  const given = new Arguments(args)
  if (stream !== undefined && (streamFlag === undefined || given.flag(streamFlag))) {
    const value = given.optionalText(stream)
    const input = streamFlag === undefined ? openFileStream(context, value ?? '@-') : openArgumentStream(context, value)
    return { verb, args: { ...args, [stream]: '@-' }, input: bytesOf(input) }
  }
  if (secret === true && given.optionalText('to') === undefined) {
    const { [VALUE_OPTION]: _variable, ...others } = args
    // The daemon takes one end of a line away, as from any other input.
    const value = Buffer.from(`${await readSecretValue(context, given)}\n`)
    return { verb, args: others, input: bytesOf(Readable.from([value])) }
  }
  if (text !== undefined && given.optionalText(text) !== undefined) {
    args[text] = await readArgumentText(context, given.text(text))
  }
  return { verb, args }
}

async function* bytesOf(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array | string> {
  for await (const chunk of stream) yield chunk
}

/** `NAME=FILE` or a file, once or several times. */
function absolute(context: CommandContext, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => absolute(context, item))
  if (typeof value !== 'string') return value
  const at = value.indexOf('=')
  return at === -1
    ? resolve(context.cwd, value)
    : `${value.slice(0, at + 1)}${resolve(context.cwd, value.slice(at + 1))}`
}
