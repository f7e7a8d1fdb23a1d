/** The value of a secret: from standard input or a variable, never from the command line, which others can see. */
import { StringDecoder } from 'node:string_decoder'
import { AosError } from '@aos/cbor'
import { usage } from './arguments.ts'
import type { Arguments } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { readFileOrInput } from './input.ts'

/** The option that names a variable. */
export const VALUE_OPTION = 'from-env'

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const BACKSPACES: readonly string[] = ['\u007f', '\b']

/** One end of a line at the end is not part of it. Throws `vault.bad_value` for what is not UTF-8, `cli.usage`. */
export async function readSecretValue(context: CommandContext, args: Arguments): Promise<string> {
  const variable = args.optionalText(VALUE_OPTION)
  if (variable !== undefined) {
    const value = context.environment[variable]
    if (value === undefined || value === '') throw usage(`--${VALUE_OPTION}: the variable ${variable} is not set`)
    return value
  }
  if (isTerminal(context.stdin)) return askFor(context, context.stdin)
  const bytes = await readFileOrInput(context, '-')
  return withoutLineEnd(textOf(bytes))
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new AosError('vault.bad_value', 'the value of a secret is not UTF-8 text', {
      hint: 'write bytes as base64, or as hexadecimal digits',
    })
  }
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}

function isTerminal(stream: NodeJS.ReadableStream): stream is NodeJS.ReadStream {
  return 'isTTY' in stream && stream.isTTY === true && 'setRawMode' in stream
}

/** One line, which the terminal does not show. */
function askFor({ stderr }: CommandContext, terminal: NodeJS.ReadStream): Promise<string> {
  stderr.write('value (not shown): ')
  const decoder = new StringDecoder('utf8')
  terminal.setRawMode(true)
  return new Promise((resolve, reject) => {
    let typed: readonly string[] = []
    const end = (finish: () => void): void => {
      terminal.off('data', onData)
      terminal.setRawMode(false)
      terminal.pause()
      stderr.write('\n')
      finish()
    }
    const onData = (bytes: Buffer): void => {
      for (const character of decoder.write(bytes)) {
        if (character === CTRL_C) {
          end(() => {
            reject(usage('no value was given'))
          })
          return
        }
        if (character === '\r' || character === '\n' || character === CTRL_D) {
          end(() => {
            resolve(typed.join(''))
          })
          return
        }
        typed = BACKSPACES.includes(character) ? typed.slice(0, -1) : [...typed, character]
      }
    }
    terminal.on('data', onData)
    terminal.resume()
  })
}
