/** `aos blob put|get|stat`: content by hash. */
import { AosError, parseHash } from '@aos/cbor'
import { resolve } from 'node:path'
import { putUpload, writeWhole } from '@aos/host'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { readFileOrInput } from '../input.ts'
import { withFolder } from '../world.ts'

/** `aos blob put`: stores a file, or stdin, and tells its hash. */
export async function blobPut(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const bytes = await readFileOrInput(context, args.text('file'))
  return withFolder(context, args, async (opened) => {
    const hash = await putUpload(opened, bytes)
    return { data: { hash, size: bytes.length }, text: hash }
  })
}

/** `aos blob get`: the bytes of a hash, to a file or to stdout. */
export async function blobGet(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const hash = parseHash(args.text('hash'))
  return withFolder(context, args, async ({ readContent }) => {
    const bytes = readContent(hash)
    const out = args.optionalText('out')
    if (out !== undefined) {
      const file = resolve(context.cwd, out)
      writeWhole(file, bytes)
      return { data: { hash, size: bytes.length, file }, text: '' }
    }
    if (context.json)
      return { data: { hash, size: bytes.length, base64: Buffer.from(bytes).toString('base64') }, text: '' }
    context.stdout.write(bytes)
    return { data: undefined, text: '' }
  })
}

/** `aos blob stat`: the size of one value, or how much there is of all. */
export async function blobStat(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const text = args.optionalText('hash')
  return withFolder(context, args, async ({ store }) => {
    if (text === undefined) {
      const { count, bytes } = await store.content.stat()
      return { data: { count, bytes }, text: `${count} blobs, ${bytes} bytes` }
    }
    const hash = parseHash(text)
    const found = store.content.get(hash)
    if (found === undefined) throw new AosError('host.unknown_blob', `the store has no ${hash}`)
    return { data: { hash, size: found.length }, text: `${hash} ${found.length} bytes` }
  })
}
