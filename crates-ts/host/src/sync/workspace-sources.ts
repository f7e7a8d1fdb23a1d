/** `workspaces` of aos.sync.json (spec/22-sync.md, "The sync file"). */
import { isAbsolute } from 'node:path'
import { isJsonArray, isJsonObject, parseJson } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { isAosError } from '@aos/cbor'
import { formatRef, parseRef, splitPath } from '@aos/workspace'
import type { WorkspaceRef } from '@aos/workspace'
import { badConfig, isRecord, refuseOthers } from '../config-file.ts'
import type { AnnotationValues } from './sync-annotations.ts'

/** A workspace or a part of it, with the folder that it is compared with. */
export interface WorkspaceSource {
  readonly ref: WorkspaceRef
  /** Relative to the world folder, inside of it. */
  readonly dir: string
  /** Patterns as in `.gitignore`. */
  readonly ignore: readonly string[]
  readonly annotations: AnnotationValues
}

/** The file and its whole text. */
export interface SyncText {
  readonly file: string
  readonly text: string
}

const EXPECTED = 'expected [{"ref": NAME, "dir": FOLDER}]'

/** Throws `host.bad_config`. */
export function readWorkspaces(source: SyncText, workspaces: unknown): readonly WorkspaceSource[] {
  const { file } = source
  if (workspaces === undefined) return []
  if (!Array.isArray(workspaces)) throw badConfig(file, ['workspaces'], EXPECTED)
  const found: WorkspaceSource[] = []
  for (const [at, entry] of (workspaces as readonly unknown[]).entries()) {
    const path = ['workspaces', String(at)]
    if (!isRecord(entry)) throw badConfig(file, path, EXPECTED)
    refuseOthers(file, entry, ['ref', 'dir', 'local_dir', 'ignore', 'annotations'], path)
    const read = readWorkspace(source, entry, path)
    if (found.some(({ ref }) => refKey(ref) === refKey(read.ref))) {
      throw badConfig(file, [...path, 'ref'], 'expected each workspace or part of one once')
    }
    const twin = found.find(({ dir }) => isWithin(dir, read.dir) || isWithin(read.dir, dir))
    if (twin !== undefined) throw badConfig(file, [...path, 'dir'], `expected a folder apart from ${twin.dir}`)
    found.push(read)
  }
  return found
}

function readWorkspace(
  source: SyncText,
  entry: Readonly<Record<string, unknown>>,
  path: readonly string[],
): WorkspaceSource {
  const { file } = source
  const dir = entry['dir'] ?? entry['local_dir']
  if (typeof dir !== 'string' || !isInside(dir)) {
    throw badConfig(file, [...path, 'dir'], 'expected a folder inside of the world folder, such as notes')
  }
  return {
    ref: readRef(file, entry['ref'], [...path, 'ref']),
    dir,
    ignore: readPatterns(file, entry['ignore'], [...path, 'ignore']),
    annotations: entry['annotations'] === undefined ? new Map() : readAnnotations(source, path),
  }
}

function readRef(file: string, ref: unknown, path: readonly string[]): WorkspaceRef {
  try {
    if (typeof ref === 'string') return parseRef(ref)
  } catch (error) {
    if (!isAosError(error)) throw error
  }
  throw badConfig(file, path, 'expected NAME, NAME/PATH, or NAME@VERSION[/PATH] for what is pulled only')
}

/** The same part of any version. */
function refKey({ workspace, path }: WorkspaceRef): string {
  return formatRef({ workspace, path, version: undefined })
}

/** Letters of one case or the other are one folder on some systems. */
function isWithin(outer: string, inner: string): boolean {
  const slashed = (dir: string): string => `${dir.replaceAll('\\', '/').toLowerCase()}/`
  return slashed(inner).startsWith(slashed(outer))
}

/** True for a relative path below the world folder that is nothing of the host's own. */
function isInside(dir: string): boolean {
  const parts = dir.split(/[/\\]/)
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..')
  return isPlain && !isAbsolute(dir) && !/^[A-Za-z]:/.test(dir) && !/^\.(?:aos|git)$/i.test(parts[0] ?? '')
}

function readPatterns(file: string, patterns: unknown, path: readonly string[]): readonly string[] {
  if (patterns === undefined) return []
  const isPattern = (line: unknown): line is string =>
    typeof line === 'string' && line.trim() !== '' && !/[\r\n]/.test(line)
  if (Array.isArray(patterns) && patterns.every(isPattern)) return patterns
  throw badConfig(file, path, 'expected a list of patterns as in .gitignore, one in each text')
}

/** Read from the text, so that numbers are what stands there. */
function readAnnotations({ file, text }: SyncText, [, at = '']: readonly string[]): AnnotationValues {
  const path = ['workspaces', at, 'annotations']
  const annotations = memberAt(parseJson(text), path)
  if (!isJsonObject(annotations)) throw badConfig(file, path, 'expected {PATH: {NAME: JSON}}')
  const found = new Map<string, ReadonlyMap<string, JsonNode>>()
  for (const [place, values] of annotations) {
    if (!isPath(place))
      throw badConfig(file, [...path, place], 'expected a path in the workspace, or an empty text for all of it')
    if (!isJsonObject(values)) throw badConfig(file, [...path, place], 'expected {NAME: JSON}')
    found.set(place, values)
  }
  return found
}

function memberAt(node: JsonNode | undefined, path: readonly string[]): JsonNode | undefined {
  const [name, ...rest] = path
  if (name === undefined || node === undefined) return node
  if (isJsonArray(node)) return memberAt(node[Number(name)], rest)
  return isJsonObject(node) ? memberAt(node.get(name), rest) : undefined
}

function isPath(text: string): boolean {
  if (text === '') return true
  try {
    splitPath(text)
    return true
  } catch (error) {
    if (isAosError(error)) return false
    throw error
  }
}
