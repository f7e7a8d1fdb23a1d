/** VALUE, @FILE or @- on the command line. */
import { readBytes, readText } from '@aos/host'
import { resolve } from 'node:path'
import { createReadStream, existsSync } from 'node:fs'
import { Readable } from 'node:stream'
import { AosError } from '@aos/cbor'
import type { CommandContext } from './context.ts'

const STREAM_CHUNK_BYTES = 1 << 18

/** The text that the argument stands for. Throws `host.file`. */
export async function readArgumentText(context: CommandContext, argument: string): Promise<string> {
  if (argument === '@-') return new TextDecoder('utf-8', { fatal: true }).decode(await readAll(context.stdin))
  return argument.startsWith('@') ? readText(resolve(context.cwd, argument.slice(1))) : argument
}

/** The bytes of a file, or of standard input for `@-` and `-`. Throws `host.file`. */
export async function readFileOrInput(context: CommandContext, path: string): Promise<Uint8Array> {
  return path === '@-' || path === '-' ? readAll(context.stdin) : readBytes(resolve(context.cwd, path))
}

/** The stream that the argument stands for. */
export function openArgumentStream(context: CommandContext, argument: string | undefined): NodeJS.ReadableStream {
  if (argument === undefined || argument === '@-') return context.stdin
  if (!argument.startsWith('@')) return Readable.from([Buffer.from(argument)])
  const path = resolve(context.cwd, argument.slice(1))
  if (!existsSync(path)) throw new AosError('host.file', `cannot read ${path}: there is no such file`)
  return createReadStream(path, { highWaterMark: STREAM_CHUNK_BYTES })
}

async function readAll(stream: NodeJS.ReadableStream): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

/** The bytes of a file, or standard input for `@-` and `-`, as a stream. Throws `host.file`. */
export function openFileStream(context: CommandContext, path: string): NodeJS.ReadableStream {
  return openArgumentStream(context, path === '-' || path === '@-' ? '@-' : `@${path}`)
}
