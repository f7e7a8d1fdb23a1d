/** Folders that aos.sync.json names, brought together with their workspaces. */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { AosError } from '@aos/cbor'
import { pullWorkspace, pushWorkspace, readSyncFile } from '@aos/host'
import type { HostWorld } from '@aos/host'
import type { Arguments } from '../arguments.ts'

/** Which way files go, and what is wished of it. */
export interface SyncWish {
  readonly direction: 'push' | 'pull'
  readonly prune: boolean
  readonly dryRun: boolean
  readonly message: string | undefined
}

/** What went between one folder and its workspace, as `--json` prints it. */
export interface SyncedFolder {
  readonly workspace: string
  /** As the file names it. */
  readonly dir: string
  /** The newest version now; 0: there is none. */
  readonly version: number
  readonly written: readonly string[]
  readonly removed: readonly string[]
  readonly kept: readonly string[]
}

/** What the arguments of a command wish. */
export function wishOf(args: Arguments, direction: SyncWish['direction']): SyncWish {
  const message = direction === 'push' ? args.optionalText('message') : undefined
  return { direction, prune: args.flag('prune'), dryRun: args.flag('dry-run'), message }
}

/** All of them, one after the other. Throws what `pushWorkspace` and `pullWorkspace` throw; those before stay done. */
export async function syncFolders(host: HostWorld, wish: SyncWish): Promise<readonly SyncedFolder[]> {
  const { root, syncFile } = host.folder
  const { direction, ...options } = wish
  const sync = direction === 'push' ? pushWorkspace : pullWorkspace
  const synced: SyncedFolder[] = []
  for (const { workspace, dir } of readSyncFile(syncFile).workspaces) {
    checkNoLinks(root, dir)
    const { head, plan } = await sync(host, { workspace, folder: join(root, dir), ...options })
    synced.push({ workspace, dir, version: head, written: plan.write, removed: plan.remove, kept: plan.kept })
  }
  return synced
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

/** A line for each path, then one for the workspace. */
export function describeSynced({ workspace, dir, version, ...paths }: SyncedFolder): string {
  const lines = [...paths.written.map((path) => `+ ${path}`), ...paths.removed.map((path) => `- ${path}`)]
  const kept = paths.kept.length === 0 ? '' : `; ${paths.kept.length} differ on the other side and stay`
  const counts = `${paths.written.length} written, ${paths.removed.length} removed${kept}`
  return [...lines, `${workspace}@${version} and ${dir}: ${counts}`].join('\n')
}
