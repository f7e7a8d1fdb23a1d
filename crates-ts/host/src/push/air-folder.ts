/** AIR JSON in files: one definition or an array of them per file (spec/03-air.md, "Definitions"). */
import { isJsonArray, parseDefinitions, parseJson, surveyDefinitions } from '@aos/air'
import type { Definition, JsonNode, KnownDefinitions } from '@aos/air'
import { AosError, isAosError } from '@aos/cbor'
import type { ErrorPath } from '@aos/cbor'
import { existsSync, statSync } from 'node:fs'
import { listFiles, readText } from '../files.ts'

/** A finding with the file it is about. */
export interface FileIssue {
  readonly file: string
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

/** A folder of AIR as it was read; with any issue the definitions are not complete. */
export interface AirSources {
  readonly files: readonly string[]
  readonly definitions: readonly PlacedDefinition[]
  readonly issues: readonly FileIssue[]
  readonly warnings: readonly FileIssue[]
  /** As they were read, so they are checked. */
  readonly lenient: boolean
}

export interface ReadAirOptions {
  /** Accept what AIR v1 accepted, with warnings. */
  readonly lenient: boolean
}

/** Files as they are, folders with every *.json below them. Throws `host.no_air` when there is nothing. */
export function readAirSources(paths: readonly string[], options: ReadAirOptions): AirSources {
  const files = paths.flatMap((path) => airFilesAt(path))
  if (files.length === 0) {
    throw new AosError('host.no_air', `expected AIR JSON, found no .json file in ${paths.join(', ')}`)
  }
  const texts = files.map(readJsonFile)
  // Slots of plans are read by schemas and effects that may stand in any of the files.
  const known = surveyDefinitions(texts.flatMap(({ node }) => (node === undefined ? [] : nodesOf(node))))
  const definitions: PlacedDefinition[] = []
  const issues: FileIssue[] = []
  const warnings: FileIssue[] = []
  for (const text of texts) {
    const found = readAirFile(text, { ...options, known })
    definitions.push(...found.definitions)
    issues.push(...found.issues)
    warnings.push(...found.warnings)
  }
  return { files, definitions, issues: [...issues, ...duplicates(definitions)], warnings, lenient: options.lenient }
}

function airFilesAt(path: string): readonly string[] {
  if (!existsSync(path)) throw new AosError('host.no_air', `expected AIR JSON, but there is no ${path}`)
  return statSync(path).isDirectory() ? listFiles(path, '.json') : [path]
}

interface JsonFile {
  readonly file: string
  /** undefined: it is no JSON, which `issue` says. */
  readonly node: JsonNode | undefined
  readonly issue: FileIssue | undefined
}

function readJsonFile(file: string): JsonFile {
  try {
    return { file, node: parseJson(readText(file)), issue: undefined }
  } catch (thrown) {
    if (!isAosError(thrown)) throw thrown
    const issue = { file, code: thrown.code, path: thrown.path ?? [], message: withPlace(thrown) }
    return { file, node: undefined, issue }
  }
}

/** A file holds one definition or an array of them. */
function nodesOf(node: JsonNode): readonly JsonNode[] {
  return isJsonArray(node) ? node : [node]
}

function readAirFile(
  { file, node, issue }: JsonFile,
  options: ReadAirOptions & { readonly known: KnownDefinitions },
): Omit<AirSources, 'files' | 'lenient'> {
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
    const label = definition.kind === 'manifest' ? 'manifest' : `${definition.kind} ${definition.name}`
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
