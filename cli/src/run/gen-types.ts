/** `aos gen types`: TypeScript types for programs that talk to a world (spec/21-world-files.md, "Client types"). */
import { BUILTIN_EFFECTS, sortDefinitions } from '@aos/air'
import type { DefEffect } from '@aos/air'
import { AosError } from '@aos/cbor'
import {
  checkSources,
  definitionsOfSources,
  invalidAir,
  loadDefinitions,
  makeSchemaTable,
  manifestAt,
  readAirSources,
  writeWhole,
} from '@aos/host'
import type { ClientTypesRequest } from '@aos/sdk'
import { relative, resolve } from 'node:path'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { withFolder } from '../world.ts'
import { makeRunWorldFile } from '../world-files.ts'

/** Of what is in force, or of the definitions that paths name; to standard output, or a file. */
export async function genTypes(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const { generateClientTypes } = await import('@aos/sdk')
  const paths = args.list('path').map((path) => resolve(context.cwd, path))
  const text = generateClientTypes(paths.length > 0 ? await ofFiles(context, paths) : await inForce(context, args))
  const out = args.optionalText('out')
  if (out === undefined) return { data: { text }, text: text.trimEnd() }
  const file = resolve(context.cwd, out)
  writeWhole(file, text)
  const shown = relative(context.cwd, file)
  return { data: { file: shown }, text: `wrote ${shown}` }
}

async function inForce(context: CommandContext, args: Arguments): Promise<ClientTypesRequest> {
  return withFolder(context, args, async (opened) => {
    const { head } = opened.store.journal
    const manifestHash = head === undefined ? undefined : manifestAt(opened, head.height)
    if (manifestHash !== undefined) return loadDefinitions(manifestHash, opened.readContent)
    throw new AosError('host.no_genesis', 'the world has no genesis yet, so nothing is in force', {
      hint: 'run `aos push`, or name the folder: `aos gen types .`',
    })
  })
}

/** Modules are not built: their hashes are in no type. */
async function ofFiles(context: CommandContext, paths: readonly string[]): Promise<ClientTypesRequest> {
  const sources = await readAirSources(paths, { lenient: false, runWorldFile: makeRunWorldFile(context) })
  const issues = checkSources(sources)
  if (issues.length > 0) throw invalidAir(issues)
  const definitions = definitionsOfSources(sources)
  const manifest = definitions.find((each) => each.kind === 'manifest')
  if (manifest === undefined) {
    throw new AosError(
      'host.no_manifest',
      'there is no manifest, which says what events, reducers and effects there are',
    )
  }
  const { schemas, modules, plans, effects } = sortDefinitions(definitions)
  const listed = manifest.effects.flatMap(({ name }): readonly (readonly [string, DefEffect])[] => {
    const effect = BUILTIN_EFFECTS.get(name) ?? effects.get(name)
    return effect === undefined ? [] : [[name, effect]]
  })
  return { manifest, table: makeSchemaTable(schemas), modules, plans, effects: new Map(listed) }
}
