/** Opening the world that the command line names. */
import { findWorldFolder, openFolder, openWorld } from '@aos/host'
import type { HostWorld, OpenedFolder, WorldFolder } from '@aos/host'
import type { Arguments } from './arguments.ts'
import type { CommandContext } from './context.ts'

/** Other commands hold a folder only for moments; a writer that stays has it longer than this. */
export const LOCK_WAIT_MS = 400

/** `--world`, AOS_WORLD, or the folder above. Throws `host.no_world`. */
export function findWorld(context: CommandContext, args: Arguments): WorldFolder {
  return findWorldFolder({
    option: args.optionalText('world'),
    variable: context.environment['AOS_WORLD'],
    cwd: context.cwd,
  })
}

/** Opens, replays, runs, closes. */
export async function withWorld<T>(
  context: CommandContext,
  args: Arguments,
  run: (host: HostWorld) => Promise<T>,
): Promise<T> {
  const host = await openWorld(findWorld(context, args), {
    environment: context.environment,
    acceptLoss: args.flag('accept-loss'),
    lockWaitMs: LOCK_WAIT_MS,
    onReplay: (height) => {
      context.progress.report(`replaying: height ${height}`)
    },
  })
  try {
    return await run(host)
  } finally {
    await host.close()
  }
}

/** Opens without replaying: for what only looks at journal and content. */
export async function withFolder<T>(
  context: CommandContext,
  args: Arguments,
  run: (opened: OpenedFolder) => Promise<T>,
): Promise<T> {
  const opened = await openFolder(findWorld(context, args), {
    environment: context.environment,
    acceptLoss: args.flag('accept-loss'),
    lockWaitMs: LOCK_WAIT_MS,
  })
  try {
    return await run(opened)
  } finally {
    await opened.store.close()
  }
}
