/** Folders that aos.sync.json names, brought together with their workspaces. */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { AosError, isAosError } from '@aos/cbor'
import { decodeFileName, pullWorkspace, pushWorkspace, readSyncFile } from '@aos/host'
import type { HostWorld, SyncRequest } from '@aos/host'
import { formatRef, parseRef } from '@aos/workspace'
import type { Arguments } from '../arguments.ts'
import { shareOf } from '../context.ts'
import type { CommandContext } from '../context.ts'

/** Which way files go, and what is wished of it. */
export interface SyncWish {
  readonly direction: 'push' | 'pull'
  readonly prune: boolean
  readonly dryRun: boolean
  readonly message: string | undefined
}

/** What went between one folder and its workspace, as `--json` prints it. Paths are those below `workspace`. */
export interface SyncedFolder {
  /** As the file names it: a workspace, or a part of one. */
  readonly workspace: string
  readonly dir: string
  /** The version that the folder was compared with or has made; 0: there is none. */
  readonly version: number
  readonly written: readonly string[]
  readonly removed: readonly string[]
  /** Changed on the other side, and left there. */
  readonly kept: readonly string[]
  /** Of the workspace, and covered by ignore rules. */
  readonly ignored: readonly string[]
  /** Given the annotations of the file. */
  readonly annotated: readonly string[]
  /** A push passed it over, because its version is fixed. */
  readonly pinned: boolean
}

/** What the arguments of a command wish. */
export function wishOf(args: Arguments, direction: SyncWish['direction']): SyncWish {
  const message = direction === 'push' ? args.optionalText('message') : undefined
  return { direction, prune: args.flag('prune'), dryRun: args.flag('dry-run'), message }
}

/** What goes on while folders are brought together. */
export type SyncSurroundings = Pick<SyncRequest, 'pace' | 'onProgress'>

/** All of them, one after the other. Throws what `pushWorkspace` and `pullWorkspace` throw; those before stay done. */
export async function syncFolders(
  host: HostWorld,
  wish: SyncWish,
  surroundings: SyncSurroundings,
): Promise<readonly SyncedFolder[]> {
  const { root, syncFile } = host.folder
  const { direction, ...options } = wish
  const synced: SyncedFolder[] = []
  for (const { ref, dir, ...rules } of readSyncFile(syncFile).workspaces) {
    checkNoLinks(root, dir)
    const workspace = formatRef(ref)
    if (direction === 'push' && ref.version !== undefined) {
      synced.push({ ...NOTHING, workspace, dir, version: ref.version, pinned: true })
      continue
    }
    const request = { ref, folder: join(root, dir), ...rules, ...options, ...surroundings }
    const { plan, ...report } =
      direction === 'push' ? await pushWorkspace(host, request) : await pullWorkspace(host, request)
    const { version, ignored, annotated } = report
    const paths = { written: plan.write, removed: plan.remove, kept: plan.kept, ignored, annotated }
    synced.push({ workspace, dir, version, ...paths, pinned: false })
  }
  return synced
}

const NOTHING = { written: [], removed: [], kept: [], ignored: [], annotated: [] } as const

/** On a world that this process opened, or holds for others. */
export function surroundingsOf({ held, progress }: CommandContext): SyncSurroundings {
  return {
    pace: shareOf(held),
    onProgress: (line) => {
      progress.report(line)
    },
  }
}

/** The folder itself is looked at when it is scanned; here those above it. */
function checkNoLinks(root: string, dir: string): void {
  const parts = dir.split(/[/\\]/)
  for (let depth = 1; depth < parts.length; depth += 1) {
    const above = join(root, ...parts.slice(0, depth))
    const stats = lstatSync(above, { throwIfNoEntry: false })
    if (stats === undefined || stats.isDirectory()) continue
    throw new AosError('sync.not_a_file', `${above} is a link, or no folder`, {
      details: { file: above },
      hint: 'links are not followed; name the folder itself in aos.sync.json',
    })
  }
}

/** So many lines are read by people; a dry run says all. */
const LINES_MAX = 200

/** A line for each path, then one for the workspace. */
export function describeSynced(synced: SyncedFolder, { direction, dryRun }: SyncWish): string {
  const { workspace, dir, version, written, removed, kept, ignored, annotated } = synced
  if (synced.pinned) return `${workspace} and ${dir}: a version is pulled only`
  const lines = [...written.map((path) => `+ ${shownPath(path)}`), ...removed.map((path) => `- ${shownPath(path)}`)]
  lines.push(...annotated.map((path) => `@ ${path === '' ? '(all of it)' : shownPath(path)}`))
  const shown =
    dryRun || lines.length <= LINES_MAX
      ? lines
      : [...lines.slice(0, LINES_MAX), `… and ${lines.length - LINES_MAX} more`]
  const isAlike = lines.length + kept.length === 0
  const counts = isAlike ? ['alike'] : [`${written.length} written`, `${removed.length} removed`]
  if (annotated.length > 0) counts.push(`${annotated.length} annotated`)
  if (dryRun && !isAlike) counts.unshift('would be')
  const more: string[] = []
  if (kept.length > 0) {
    const [side, command] = direction === 'push' ? ['the world', 'pull'] : ['the folder', 'push']
    more.push(`; ${kept.length} changed in ${side} and left there until \`aos ${command}\` (${someOf(kept)})`)
  }
  if (ignored.length > 0) more.push(`; ${ignored.length} of the world ignored (${someOf(ignored)})`)
  const [name, path] = splitName(workspace)
  return [
    ...shown,
    `${name}@${version}${path} and ${dir}: ${counts.join(', ').replace('would be, ', 'would be ')}${more.join('')}`,
  ].join('\n')
}

/** The name of the workspace, and what comes behind it and a version. */
function splitName(workspace: string): readonly [name: string, path: string] {
  const { workspace: name, path } = parseRef(workspace)
  return [name, path === undefined ? '' : `/${path}`]
}

/** As the file is called, with the path in the workspace when that is another. */
function shownPath(path: string): string {
  if (!path.includes('~')) return path
  try {
    const name = path.split('/').map(decodeFileName).join('/')
    return name === path ? path : `${name} (${path})`
  } catch (error) {
    // A name that no file can have.
    if (isAosError(error)) return path
    throw error
  }
}

function someOf(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).map(shownPath).join(', ')
  return paths.length > 3 ? `${shown}, …` : shown
}
