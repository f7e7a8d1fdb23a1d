/** `aos ws ls`: workspaces, or the entries of one, a page at a time. */
import { ContentTrees, listWorkspaces, readMessage } from '@aos/host'
import type { HostWorld } from '@aos/host'
import { findDirectory, parsePatternRef, splitPath, walkTree } from '@aos/workspace'
import type { PlacedEntry } from '@aos/workspace'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { withWorld } from '../world.ts'
import { entryDocument, modeText, needEntry, openVersion, timeText } from './tree-text.ts'
import type { OpenedVersion } from './tree-text.ts'

/** `aos ws ls [REF]`. */
export async function wsLs(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const text = args.optionalText('ref')
  return withWorld(context, args, (host) => (text === undefined ? lsAll(host) : lsOne(host, args, text)))
}

async function lsAll(host: HostWorld): Promise<CommandResult> {
  const store = new ContentTrees(host.store.content)
  const workspaces = (await listWorkspaces(host)).flatMap(({ workspace, history }) => {
    const newest = history.versions.get(history.latest)
    if (newest === undefined) return []
    const { version, root, owner, createdAtNs } = newest
    return [{ workspace, version, root_hash: root, owner, created_at_ns: String(createdAtNs), message: readMessage(store, root), time: timeText(createdAtNs) }] // prettier-ignore
  })
  const lines = workspaces.map(({ workspace, version, time, owner }) => `${workspace}@${version}  ${time}  ${owner}`)
  const data = { workspaces: workspaces.map(({ time: _, ...document }) => document) }
  return { data, text: lines.length === 0 ? 'no workspaces yet' : lines.join('\n') }
}

async function lsOne(host: HostWorld, args: Arguments, text: string): Promise<CommandResult> {
  const { path, glob, ...ref } = parsePatternRef(text)
  const limit = args.optionalHeight('limit') ?? 0
  const version = await openVersion(host, { ...ref, path: undefined })
  const after = args.optionalText('cursor')
  const found: PlacedEntry[] = []
  let nextCursor: string | undefined
  for (const placed of entriesAt(version, { path, glob, after, isDeep: args.flag('recursive') })) {
    if (limit > 0 && found.length === limit) {
      nextCursor = found.at(-1)?.path
      break
    }
    found.push(placed)
  }
  const { workspace, version: number, head, root } = version
  const entries = found.map(({ path: at, entry }) => ({ path: at, ...entryDocument(entry) }))
  const lines = found.map((placed) => lineOf(placed, args.flag('long')))
  if (nextCursor !== undefined) lines.push(`… more with --cursor ${nextCursor}`)
  const data = { workspace, version: number, head, root_hash: root, entries, next_cursor: nextCursor }
  return { data, text: lines.join('\n') }
}

interface Wanted {
  readonly path: string | undefined
  readonly glob: ReturnType<typeof parsePatternRef>['glob']
  readonly after: string | undefined
  readonly isDeep: boolean
}

/** What a pattern matches; what is in a directory; or a file itself. */
function* entriesAt(version: OpenedVersion, { path, glob, after, isDeep }: Wanted): Generator<PlacedEntry> {
  const { store, root } = version
  if (glob !== undefined) {
    const options = { base: '', after, isDeep: true, enters: glob.mayMatchBelow }
    for (const placed of walkTree(store, root, options)) if (glob.matches(placed.path)) yield placed
    return
  }
  const entry = path === undefined ? undefined : needEntry(version, path)
  if (path !== undefined && entry?.kind === 'file') yield { path, entry }
  else {
    const directory = findDirectory(store, root, path === undefined ? [] : splitPath(path))
    yield* walkTree(store, directory, { base: path ?? '', after, isDeep })
  }
}

function lineOf({ path, entry }: PlacedEntry, isLong: boolean): string {
  const name = entry.kind === 'dir' ? `${path}/` : path
  if (!isLong) return name
  const mode = entry.kind === 'dir' ? 'dir' : modeText(entry)
  const size = entry.kind === 'dir' ? '-' : String(entry.size)
  return `${mode}  ${size.padStart(10)}  ${entry.hash.slice(7, 19)}  ${name}`
}
