/** `aos air check|fmt|hash`: AIR in files; no world is opened. */
import { ZERO_HASH, definitionJson, formatDefinition, formatJson, hashDefinition } from '@aos/air'
import type { Definition } from '@aos/air'
import { formatPath } from '@aos/cbor'
import {
  definitionsOfSources,
  findSourceIssues,
  findWorldFolder,
  invalidAir,
  nodeSha256,
  placeText,
  readAirSources,
} from '@aos/host'
import type { AirSources, FileIssue } from '@aos/host'
import { relative, resolve } from 'node:path'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { makeRunWorldFile } from '../world-files.ts'

/** Exit 1 when there is an issue. */
export async function airCheck(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const sources = await readSources(context, args)
  const found = findSourceIssues(sources)
  const issues = found.issues.map((issue) => shown(context, issue))
  const warnings = found.warnings.map((warning) => shown(context, warning))
  const ok = issues.length === 0
  const lines = [
    ...issues.map((issue) => `${context.style.bad('issue')}   ${lineOf(issue)}`),
    ...warnings.map((warning) => `warning ${lineOf(warning)}`),
    ok
      ? `${context.style.good('ok')}: ${counted(sources.definitions.length, 'definition')} in ${counted(sources.files.length, 'file')}`
      : `${counted(issues.length, 'issue')}`,
  ]
  return { data: { ok, issues, warnings }, text: lines.join('\n'), exit: ok ? EXIT.ok : EXIT.failed }
}

/** One definition as it is, several as an array. Nothing is rewritten: comments and the order of fields are the author's. */
export async function airFmt(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const sources = needValid(await readSources(context, args))
  const lens = args.text('lens') === 'tagged' ? 'tagged' : 'sugar'
  const definitions = sources.definitions.map(({ definition }) => definition)
  const text = textOf(definitions, lens)
  return { data: { text }, text }
}

/** In the order of the files. References of a manifest are filled in from the definitions beside it. */
export async function airHash(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const definitions = definitionsOfSources(await readSources(context, args))
  const data = definitions.map((definition) => ({
    kind: definition.kind,
    name: definition.kind === 'manifest' ? 'manifest' : definition.name,
    hash: hashDefinition(nodeSha256, definition),
  }))
  const unbuilt = definitions.flatMap((each) =>
    each.kind === 'defmodule' && each.wasmHash === ZERO_HASH ? [each.name] : [],
  )
  const note =
    unbuilt.length === 0
      ? []
      : [context.style.dim(`not built yet, hashed with zeros for the WASM: ${unbuilt.join(', ')}`)]
  const lines = data.map(({ kind, name, hash }) => `${hash} ${kind} ${name}`)
  return { data, text: [...lines, ...note].join('\n') }
}

function readSources(context: CommandContext, args: Arguments): Promise<AirSources> {
  const named = args.list('path').map((path) => resolve(context.cwd, path))
  return readAirSources(named.length > 0 ? named : [worldAir(context, args)], {
    lenient: args.flag('lenient'),
    runWorldFile: makeRunWorldFile(context),
  })
}

function worldAir(context: CommandContext, args: Arguments): string {
  return findWorldFolder({
    option: args.optionalText('world'),
    variable: context.environment['AOS_WORLD'],
    cwd: context.cwd,
  }).root
}

function needValid(sources: AirSources): AirSources {
  if (sources.issues.length > 0) throw invalidAir(sources.issues)
  return sources
}

function textOf(definitions: readonly Definition[], lens: 'sugar' | 'tagged'): string {
  const [only] = definitions
  if (only !== undefined && definitions.length === 1) return formatDefinition(only, { lens })
  return formatJson(
    definitions.map((definition) => definitionJson(definition, lens)),
    { indent: 2 },
  )
}

interface ShownIssue {
  readonly file: string
  /** Of a world file. */
  readonly line?: number
  readonly column?: number
  readonly code: string
  readonly path: string
  readonly message: string
}

function shown(context: CommandContext, issue: FileIssue): ShownIssue {
  const { code, message, line, column } = issue
  const place = line === undefined || column === undefined ? {} : { line, column }
  return { file: relative(context.cwd, issue.file), ...place, code, path: formatPath(issue.path), message }
}

function lineOf(issue: ShownIssue): string {
  return `${placeText(issue)}: ${issue.path}: ${issue.message} [${issue.code}]`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
