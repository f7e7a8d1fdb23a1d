/** `aos pull`. */
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { describeSynced, syncFolders, wishOf } from '../workspaces/sync-folders.ts'
import { withWorld } from '../world.ts'

/** `aos pull`: brings the workspaces that aos.sync.json names into their folders. */
export async function pull(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withWorld(context, args, async (host) => {
    const synced = await syncFolders(host, wishOf(args, 'pull'))
    const data = { dry_run: args.flag('dry-run'), workspaces: synced }
    const text = synced.length === 0 ? 'aos.sync.json names no workspaces' : synced.map(describeSynced).join('\n')
    return { data, text }
  })
}
