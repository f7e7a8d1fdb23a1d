/** AIR of files: JSON, one definition or an array of them per file, and world files (spec/21-world-files.md). */
import { hashDefinition, isJsonArray, parseDefinitions, parseJson, surveyDefinitions } from '@aos/air'
import type { Definition, JsonNode, KnownDefinitions } from '@aos/air'
import { AosError, isAosError } from '@aos/cbor'
import type { ErrorPath, Hash } from '@aos/cbor'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles, readText } from '../files.ts'
import { nodeSha256 } from '../sha256.ts'
import { readSyncFile } from '../sync-file.ts'
import { isWorldRoot, worldFolderAt } from '../world-folder.ts'
import { findPlace, worldFileAt } from './world-file.ts'
import type { RunWorldFile, WrittenPlace } from './world-file.ts'

/** A finding with the file it is about. */
export interface FileIssue {
  readonly file: string
  /** Both from one; of a world file, where the builder was called. */
  readonly line?: number
  readonly column?: number
  readonly code: string
  readonly path: ErrorPath
  readonly message: string
}

/** A definition and where it was read, so that an issue found later can name the place. */
export interface PlacedDefinition {
  readonly definition: Definition
  readonly file: string
  /** Where in the file. */
  readonly path: ErrorPath
}

/** AIR as it was read; with any issue the definitions are not complete. */
export interface AirSources {
  readonly files: readonly string[]
  readonly definitions: readonly PlacedDefinition[]
  readonly issues: readonly FileIssue[]
  readonly warnings: readonly FileIssue[]
  /** Of the world files among the files. */
  readonly places: ReadonlyMap<string, readonly WrittenPlace[]>
  /** As they were read, so they are checked. */
  readonly lenient: boolean
}

export interface ReadAirOptions {
  /** Accept what AIR v1 accepted, with warnings. */
  readonly lenient: boolean
  readonly runWorldFile: RunWorldFile
}

/**
 * Files as they are, folders with every *.json below them. A world folder is its world file, or its AIR folder. Throws
 * `host.no_air` when there is nothing, `host.air_differs` when a world folder has both and they do not say the same, and what
 * running a world file throws.
 */
export async function readAirSources(paths: readonly string[], options: ReadAirOptions): Promise<AirSources> {
  const files: AirFile[] = []
  for (const path of paths) files.push(...(await airFilesAt(path, options)))
  if (files.length === 0) {
    throw new AosError('host.no_air', `expected AIR JSON, found no .json file in ${paths.join(', ')}`)
  }
  return sourcesOf(files, options)
}

/** A file that was read; of a world file, what it gave. */
interface AirFile {
  readonly file: string
  /** undefined: it is no JSON, which `issue` says. */
  readonly node: JsonNode | undefined
  readonly issue: FileIssue | undefined
  readonly places: readonly WrittenPlace[] | undefined
}

async function airFilesAt(path: string, options: ReadAirOptions): Promise<readonly AirFile[]> {
  if (!existsSync(path)) throw new AosError('host.no_air', `expected AIR, but there is no ${path}`)
  const worldFile = worldFileAt(path)
  if (!statSync(path).isDirectory()) {
    return [worldFile === undefined ? readJsonFile(path) : await readWorldFile(worldFile, options)]
  }
  if (worldFile === undefined && !isWorldRoot(path)) return listFiles(path, '.json').map(readJsonFile)
  const airDir = join(path, readSyncFile(worldFolderAt(path).syncFile).airDir)
  const written = listFiles(airDir, '.json').map(readJsonFile)
  if (worldFile === undefined) return written
  const made = await readWorldFile(worldFile, options)
  if (written.length > 0) refuseDifferent(sourcesOf([made], options), sourcesOf(written, options), airDir)
  return [made]
}

async function readWorldFile(file: string, { runWorldFile }: ReadAirOptions): Promise<AirFile> {
  const { text, places } = await runWorldFile(file)
  return { file, node: parseJson(text), issue: undefined, places }
}

function sourcesOf(files: readonly AirFile[], options: Pick<ReadAirOptions, 'lenient'>): AirSources {
  // Slots of plans are read by schemas and effects that may stand in any of the files.
  const known = surveyDefinitions(files.flatMap(({ node }) => (node === undefined ? [] : nodesOf(node))))
  const places = new Map(files.flatMap(({ file, places: of }) => (of === undefined ? [] : [[file, of] as const])))
  const definitions: PlacedDefinition[] = []
  const issues: FileIssue[] = []
  const warnings: FileIssue[] = []
  for (const file of files) {
    const found = readAirFile(file, { lenient: options.lenient, known })
    definitions.push(...found.definitions)
    issues.push(...found.issues)
    warnings.push(...found.warnings)
  }
  return {
    files: files.map(({ file }) => file),
    definitions,
    issues: [...issues, ...duplicates(definitions)].map((issue) => withLine(issue, places)),
    warnings: warnings.map((warning) => withLine(warning, places)),
    places,
    lenient: options.lenient,
  }
}

/** An issue in what a world file gave, at the line that made it. */
export function withLine(issue: FileIssue, places: AirSources['places']): FileIssue {
  const found = findPlace(issue.file, places.get(issue.file) ?? [], issue.path)
  return found === undefined ? issue : { ...issue, ...found }
}

function readJsonFile(file: string): AirFile {
  return parseJsonFile({ file, text: readText(file) })
}

/** AIR of JSON texts, as if the files held them. */
export function airSourcesOfTexts(
  texts: readonly { readonly file: string; readonly text: string }[],
  options: Pick<ReadAirOptions, 'lenient'>,
): AirSources {
  return sourcesOf(texts.map(parseJsonFile), options)
}

function parseJsonFile({ file, text }: { readonly file: string; readonly text: string }): AirFile {
  try {
    return { file, node: parseJson(text), issue: undefined, places: undefined }
  } catch (thrown) {
    if (!isAosError(thrown)) throw thrown
    const issue = { file, code: thrown.code, path: thrown.path ?? [], message: withPlace(thrown) }
    return { file, node: undefined, issue, places: undefined }
  }
}

/** A file holds one definition or an array of them. */
function nodesOf(node: JsonNode): readonly JsonNode[] {
  return isJsonArray(node) ? node : [node]
}

interface ReadFileOptions {
  readonly lenient: boolean
  readonly known: KnownDefinitions
}

function readAirFile(
  { file, node, issue }: AirFile,
  options: ReadFileOptions,
): Pick<AirSources, 'definitions' | 'issues' | 'warnings'> {
  if (node === undefined) return { definitions: [], issues: issue === undefined ? [] : [issue], warnings: [] }
  const parsed = parseDefinitions(node, options)
  const warnings = parsed.warnings.map((warning) => ({ file, ...warning }))
  if (!parsed.ok) return { definitions: [], issues: parsed.issues.map((found) => ({ file, ...found })), warnings }
  const isList = isJsonArray(node)
  const definitions = parsed.value.map((definition, index) => ({ definition, file, path: isList ? [index] : [] }))
  return { definitions, issues: [], warnings }
}

/** The codec's message with line and column, where it has them. */
function withPlace(error: AosError): string {
  const line = error.details?.['line']
  const column = error.details?.['column']
  return typeof line === 'number' && typeof column === 'number'
    ? `${error.message} (line ${line}, column ${column})`
    : error.message
}

/** One name per kind, one manifest. */
function duplicates(definitions: readonly PlacedDefinition[]): readonly FileIssue[] {
  const first = new Map<string, PlacedDefinition>()
  const issues: FileIssue[] = []
  for (const placed of definitions) {
    const { definition } = placed
    const label = labelOf(placed)
    const known = first.get(label)
    if (known === undefined) {
      first.set(label, placed)
      continue
    }
    const code = definition.kind === 'manifest' ? 'air.duplicate_manifest' : 'air.duplicate_name'
    issues.push({ file: placed.file, code, path: placed.path, message: `${label} stands in ${known.file} already` })
  }
  return issues
}

function labelOf({ definition }: PlacedDefinition): string {
  return definition.kind === 'manifest' ? 'manifest' : `${definition.kind} ${definition.name}`
}

/** Two ways of saying what a world is must say the same: nobody should have to know which one counts. */
function refuseDifferent(made: AirSources, written: AirSources, airDir: string): void {
  // What is wrong with the world file is said first; it is read again when it is right.
  if (made.issues.length > 0) return
  const [before, after] = [hashesOf(written), hashesOf(made)]
  const differences = [
    ...[...after.keys()].filter((label) => before.get(label) !== after.get(label)),
    ...[...before.keys()].filter((label) => !after.has(label)),
    ...written.issues.map(({ file, code }) => `${file} [${code}]`),
  ]
  const [first] = differences
  if (first === undefined) return
  const [worldFile = ''] = made.files
  const more = differences.length > 1 ? ` (and ${differences.length - 1} more)` : ''
  throw new AosError('host.air_differs', `${worldFile} and ${airDir} do not say the same: ${first}${more}`, {
    details: { differences },
    hint: '`aos air emit` writes what the world file says; take every other .json out of the AIR folder',
  })
}

function hashesOf({ definitions }: AirSources): ReadonlyMap<string, Hash> {
  return new Map(definitions.map((placed) => [labelOf(placed), hashDefinition(nodeSha256, placed.definition)]))
}
