/** `aos world export|import|adopt` (spec/25-secrets.md, "World archives"). */
import { AosError } from '@aos/cbor'
import { exportWorld, importWorld } from '@aos/host'
import { existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { findWorld, withFolder } from '../world.ts'

/** `aos world export`: the world as one file, without keys and secrets. */
export async function worldExport(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const file = resolve(context.cwd, args.text('file'))
  return withFolder(context, args, async (opened) => {
    const report = await exportWorld(opened, file)
    const { entries, values, bytes } = report
    return { data: { file, ...report }, text: `${file}: ${entries} entries, ${values} values, ${bytes} bytes` }
  })
}

/** `aos world import`: a world folder from such a file. */
export async function worldImport(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const file = resolve(context.cwd, args.text('file'))
  const folder = resolve(context.cwd, args.text('dir'))
  const report = await importWorld(file, folder, { environment: context.environment })
  const lines = [
    `${folder}: ${report.entries} entries, ${report.values} values, verified`,
    'it performs no effects before `aos world adopt`',
  ]
  return { data: { folder, ...report }, text: lines.join('\n') }
}

/** `aos world adopt`: from its next opening on an imported world performs effects. */
export function worldAdopt(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const folder = findWorld(context, args)
  if (!existsSync(folder.imported)) {
    throw new AosError('transfer.not_imported', `${folder.root} was not imported, or is adopted already`)
  }
  rmSync(folder.imported)
  const text = `${folder.root} performs effects from its next opening on`
  return Promise.resolve({ data: { folder: folder.root }, text })
}
