/** `aos defs ls|get`, `aos manifest get`. */
import { BUILTIN_CAPS, BUILTIN_EFFECTS, BUILTIN_MODULES, BUILTIN_SCHEMAS, formatDefinition } from '@aos/air'
import type { Definition } from '@aos/air'
import { AosError } from '@aos/cbor'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { JsonText } from '../json-text.ts'
import { withFolder } from '../world.ts'
import { loadDefinitions, manifestAt } from '@aos/host'
import type { Definitions, OpenedFolder } from '@aos/host'

/** `aos defs ls`: what the manifest in force lists, with hashes. */
export async function defsLs(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withFolder(context, args, async (opened) => {
    const { manifest } = inForce(opened)
    const sections = [
      ['defschema', manifest.schemas],
      ['defmodule', manifest.modules],
      ['defplan', manifest.plans],
      ['defeffect', manifest.effects],
      ['defcap', manifest.caps],
      ['defpolicy', manifest.policies],
      ['defsecret', manifest.secrets],
    ] as const
    const data = sections.flatMap(([kind, refs]) => refs.map(({ name, hash }) => ({ kind, name, hash })))
    return { data, text: data.map(({ kind, name, hash }) => `${hash.slice(7, 19)} ${kind} ${name}`).join('\n') }
  })
}

/** `aos defs get`: one definition of the manifest in force. */
export async function defsGet(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withFolder(context, args, async (opened) => show(needDefinition(inForce(opened), args.text('name'))))
}

/** `aos manifest get`: the manifest in force and the height that put it there. */
export async function manifestGet(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withFolder(context, args, async (opened) => {
    const { manifest, manifestHash } = inForce(opened)
    return { ...show(manifest), meta: { manifest_hash: manifestHash } }
  })
}

function inForce(opened: OpenedFolder): Definitions {
  const { head } = opened.store.journal
  const manifestHash = head === undefined ? undefined : manifestAt(opened, head.height)
  if (manifestHash !== undefined) return loadDefinitions(manifestHash, opened.readContent)
  throw new AosError('host.no_genesis', 'the world has no genesis yet', { hint: 'run `aos push`' })
}

function needDefinition(definitions: Definitions, name: string): Definition {
  const { schemas, modules, plans, effects, caps, policies, secrets } = definitions
  const sections = [schemas, modules, plans, effects, caps, policies, secrets]
  const builtins = [BUILTIN_SCHEMAS, BUILTIN_EFFECTS, BUILTIN_CAPS, BUILTIN_MODULES]
  for (const section of [...sections, ...builtins]) {
    const found: Definition | undefined = section.get(name)
    if (found !== undefined) return found
  }
  const known = sections.flatMap((section) => [...section.keys()])
  throw new AosError('host.unknown_definition', `the manifest has no definition ${name}`, {
    hint: known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`,
  })
}

function show(definition: Definition): CommandResult {
  const data = new JsonText(formatDefinition(definition, { lens: 'sugar', indent: 0 }))
  return { data, text: formatDefinition(definition, { lens: 'sugar' }) }
}
