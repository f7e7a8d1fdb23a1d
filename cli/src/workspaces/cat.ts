/** `aos ws cat`: files of a workspace, whole or in part. */
import { writeWhole } from '@aos/host'
import { AosError } from '@aos/cbor'
import { parsePatternRef, walkTree } from '@aos/workspace'
import type { FileEntry } from '@aos/workspace'
import { resolve } from 'node:path'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { withWorld } from '../world.ts'
import { contentDocument, contentOf, entryDocument, needEntry, openVersion } from './tree-text.ts'
import type { OpenedVersion } from './tree-text.ts'

/** Several files one behind the other. Throws `workspace.not_found` when there is none, `workspace.bad_range`. */
export async function wsCat(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const { path, glob, ...ref } = parsePatternRef(args.text('ref'))
  if (path === undefined) throw usage('expected NAME/PATH')
  const cut = readCut(args)
  return withWorld(context, args, async (host) => {
    const version = await openVersion(host, { ...ref, path: undefined })
    const files = glob === undefined ? [{ path, entry: needFile(version, path) }] : matching(version, glob)
    const parts = files.map(({ path: at, entry }) => ({ path: at, entry, ...cut(contentOf(version.store, entry)) }))
    const out = args.optionalText('out')
    if (out !== undefined) {
      const file = resolve(context.cwd, out)
      const whole = Buffer.concat(parts.map(({ bytes }) => bytes))
      writeWhole(file, whole)
      return { data: { workspace: version.workspace, version: version.version, file, size: whole.length }, text: '' }
    }
    if (!context.json) {
      for (const { bytes } of parts) context.stdout.write(bytes)
      return { data: undefined, text: '' }
    }
    const documents = parts.map(({ path: at, entry, start, bytes }) => ({ path: at, ...entryDocument(entry), start, end: start + bytes.length, ...contentDocument(bytes) })) // prettier-ignore
    return { data: { workspace: version.workspace, version: version.version, files: documents }, text: '' }
  })
}

interface Found {
  readonly path: string
  readonly entry: FileEntry
}

function needFile(version: OpenedVersion, path: string): FileEntry {
  const entry = needEntry(version, path)
  if (entry.kind === 'file') return entry
  throw new AosError('workspace.is_directory', `${path} is a directory`, { hint: 'name the files in it by a pattern' })
}

function matching(
  { store, root }: OpenedVersion,
  glob: NonNullable<ReturnType<typeof parsePatternRef>['glob']>,
): readonly Found[] {
  const found: Found[] = []
  for (const { path, entry } of walkTree(store, root, {
    base: '',
    after: undefined,
    isDeep: true,
    enters: glob.mayMatchBelow,
  })) {
    if (entry.kind === 'file' && glob.matches(path)) found.push({ path, entry })
  }
  if (found.length > 0) return found
  throw new AosError('workspace.not_found', 'no file matches the pattern')
}

/** Part of a file: its bytes, and where they begin. */
type Cut = (bytes: Uint8Array) => { readonly start: number; readonly bytes: Uint8Array }

function readCut(args: Arguments): Cut {
  const range = args.optionalText('range')
  const lines = args.optionalText('lines')
  if (range !== undefined && lines !== undefined) throw usage('--range and --lines exclude each other')
  if (range !== undefined) {
    const [start = 0, end] = readPair('range', range)
    return (bytes) => slice(bytes, start, end ?? bytes.length)
  }
  if (lines === undefined) return (bytes) => ({ start: 0, bytes })
  const [first = 1, last] = readPair('lines', lines)
  if (first < 1) throw usage('--lines: lines are counted from 1')
  return (bytes) =>
    slice(bytes, lineStart(bytes, first - 1), last === undefined ? bytes.length : lineStart(bytes, last))
}

function readPair(name: string, text: string): readonly [number | undefined, number | undefined] {
  const [, first, last] = /^([0-9]{0,15}):([0-9]{0,15})$/.exec(text) ?? []
  if (first === undefined || last === undefined) throw usage(`--${name}: expected FROM:TO, found ${text}`)
  return [first === '' ? undefined : Number(first), last === '' ? undefined : Number(last)]
}

function slice(bytes: Uint8Array, start: number, end: number): { readonly start: number; readonly bytes: Uint8Array } {
  if (start <= end && end <= bytes.length) return { start, bytes: bytes.subarray(start, end) }
  throw new AosError('workspace.bad_range', `expected 0 ≤ start ≤ end ≤ ${bytes.length}, found ${start} and ${end}`)
}

const LINE_FEED = 0x0a

/** Where the line begins that has so many before it; behind the last one the end. */
function lineStart(bytes: Uint8Array, before: number): number {
  let at = 0
  for (let line = 0; line < before; line += 1) {
    const end = bytes.indexOf(LINE_FEED, at)
    if (end < 0) return bytes.length
    at = end + 1
  }
  return at
}
