/** `aos ws log`: the versions of a workspace, or those in which a path changed. */
import { ContentTrees, readHistory, readMessage } from '@aos/host'
import { findEntry, isSameEntry, parseRef, splitPath } from '@aos/workspace'
import type { TreeEntry, TreeReader, WorkspaceVersion } from '@aos/workspace'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { withWorld } from '../world.ts'
import { timeText } from './tree-text.ts'

/** The newest first. */
export async function wsLog(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const { workspace, version: newest, path } = parseRef(args.text('ref'))
  const limit = args.optionalHeight('limit') ?? 0
  if (newest !== undefined) throw usage('expected NAME or NAME/PATH: a log is of all versions')
  return withWorld(context, args, async (host) => {
    const { latest, versions } = await readHistory(host, workspace)
    const store = new ContentTrees(host.store.content)
    const all = [...versions.values()]
    const told = (path === undefined ? all : changing(store, all, splitPath(path))).toReversed()
    const shown = (limit === 0 ? told : told.slice(0, limit)).map(({ version, root, owner, createdAtNs }) => ({
      version,
      root_hash: root,
      owner,
      created_at_ns: String(createdAtNs),
      message: readMessage(store, root),
    }))
    const lines = shown.map(({ version, created_at_ns: ns, owner, message }) => {
      const said = message === undefined ? '' : `  ${message.split('\n', 1)[0]}`
      return `${context.style.bold(`${workspace}@${version}`)}  ${timeText(BigInt(ns))}  ${owner}${said}`
    })
    return { data: { workspace, head: latest, path, versions: shown }, text: lines.join('\n') }
  })
}

/** Versions in which the path is not what it was in the one before. */
function changing(
  store: TreeReader,
  versions: readonly WorkspaceVersion[],
  segments: readonly string[],
): readonly WorkspaceVersion[] {
  let before: TreeEntry | undefined
  return versions.filter(({ root }) => {
    const entry = entryAt(store, root, segments)
    const isChanged = !isSameEntry(before, entry)
    before = entry
    return isChanged
  })
}

/** Below a file nothing stands. */
function entryAt(
  store: TreeReader,
  root: WorkspaceVersion['root'],
  segments: readonly string[],
): TreeEntry | undefined {
  for (const depth of segments.keys()) {
    const entry = findEntry(store, root, segments.slice(0, depth + 1))
    if (depth === segments.length - 1) return entry
    if (entry?.kind !== 'dir') return undefined
  }
  return undefined
}
