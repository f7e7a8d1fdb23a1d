/** Opening the world that the command line names. */
import { findWorldFolder, openFolder, openWorld } from '@aos/host'
import type { HostWorld, OpenedFolder, WorldFolder } from '@aos/host'
import type { Arguments } from './arguments.ts'
import type { CommandContext } from './context.ts'

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
  })
  try {
    return await run(opened)
  } finally {
    await opened.store.close()
  }
}
