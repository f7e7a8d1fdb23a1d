/** Folders that aos.sync.json names, brought together with their workspaces. */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { AosError } from '@aos/cbor'
import { pullWorkspace, pushWorkspace, readSyncFile } from '@aos/host'
import type { HostWorld, SyncReport } from '@aos/host'
import type { Arguments } from '../arguments.ts'

/** What went between one folder and its workspace. */
export interface SyncedFolder extends SyncReport {
  /** As the file names it. */
  readonly dir: string
}

/** All of them, one after the other. Throws what `pushWorkspace` and `pullWorkspace` throw; those before stay done. */
export async function syncFolders(
  host: HostWorld,
  args: Arguments,
  direction: 'push' | 'pull',
): Promise<readonly SyncedFolder[]> {
  const { root, syncFile } = host.folder
  const sync = direction === 'push' ? pushWorkspace : pullWorkspace
  const message = direction === 'push' ? args.optionalText('message') : undefined
  const synced: SyncedFolder[] = []
  for (const { workspace, dir } of readSyncFile(syncFile).workspaces) {
    const options = { prune: args.flag('prune'), dryRun: args.flag('dry-run'), message }
    checkNoLinks(root, dir)
    synced.push({ dir, ...(await sync(host, { workspace, folder: join(root, dir), ...options })) })
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

/** As `--json` prints it. */
export function syncedData({ workspace, dir, head, plan }: SyncedFolder): Readonly<Record<string, unknown>> {
  return { workspace, dir, version: head, written: plan.write, removed: plan.remove, kept: plan.kept }
}

/** A line for each path, then one for the workspace. */
export function describeSynced({ workspace, dir, head, plan }: SyncedFolder): string {
  const lines = [...plan.write.map((path) => `+ ${path}`), ...plan.remove.map((path) => `- ${path}`)]
  const kept = plan.kept.length === 0 ? '' : `; ${plan.kept.length} differ on the other side and stay`
  const counts = `${plan.write.length} written, ${plan.remove.length} removed${kept}`
  return [...lines, `${workspace}@${head} and ${dir}: ${counts}`].join('\n')
}
