/** Opening the world that the command line names. */
import { isAosError } from '@aos/cbor'
import {
  connectControl,
  connectWorld,
  controlPlaceOf,
  findWorldFolder,
  localSigningWorld,
  makeWorldScrubber,
  openFolder,
  openWorld,
  remoteSigningWorld,
} from '@aos/host'
import type { ControlClient, HostWorld, OpenedFolder, SigningWorld, WorldFolder } from '@aos/host'
import type { Arguments } from './arguments.ts'
import type { CommandContext } from './context.ts'

/** Other commands hold a folder only for moments; a writer that stays has it longer than this. */
export const LOCK_WAIT_MS = 400

/** `--world`, AOS_WORLD, or the folder above. Throws `host.no_world`. */
export function findWorld(context: CommandContext, args: Arguments): WorldFolder {
  if (context.held !== undefined) return context.held.host.folder
  return findWorldFolder({
    option: args.optionalText('world'),
    variable: context.environment['AOS_WORLD'],
    cwd: context.cwd,
  })
}

/**
 * A connection to the daemon that does the commands of the world which the arguments name; undefined without one. A loss is accepted by
 * whoever opens the world: a host of many does not.
 */
export async function findDaemon(context: CommandContext, args: Arguments): Promise<ControlClient | undefined> {
  try {
    const folder = findWorld(context, args)
    return await (args.flag('accept-loss') ? connectControl(controlPlaceOf(folder)) : connectWorld(folder))
  } catch (error) {
    // Without a world there is no daemon; the command says what it needs.
    if (isAosError(error) && error.code === 'host.no_world') return undefined
    throw error
  }
}

/** Opens, replays, runs, closes; in a daemon, runs. */
export async function withWorld<T>(
  context: CommandContext,
  args: Arguments,
  run: (host: HostWorld) => Promise<T>,
): Promise<T> {
  if (context.held !== undefined) return run(context.held.host)
  const host = await openWorld(findWorld(context, args), {
    environment: context.environment,
    acceptLoss: args.flag('accept-loss'),
    lockWaitMs: LOCK_WAIT_MS,
    onReplay: (height) => {
      context.progress.report(`replaying: height ${height}`)
    },
  })
  const scrubber = makeWorldScrubber(host, context.environment)
  context.guard?.follow(scrubber)
  try {
    return await run(host)
  } finally {
    // What is in force now can be read now.
    scrubber()
    await host.close()
  }
}

/** Opens without replaying: for what only looks at journal and content. */
export async function withFolder<T>(
  context: CommandContext,
  args: Arguments,
  run: (opened: OpenedFolder) => Promise<T>,
): Promise<T> {
  if (context.held !== undefined) {
    const { host } = context.held
    // What a reader is shown must not be lost again.
    await host.read(() => undefined)
    return run(host)
  }
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

/** For what this person signs: the keys are read here, also when a daemon holds the world. */
export async function withSigningWorld<T>(
  context: CommandContext,
  args: Arguments,
  run: (world: SigningWorld) => Promise<T>,
): Promise<T> {
  const folder = findWorld(context, args)
  const client = await findDaemon(context, args)
  if (client === undefined) return withWorld(context, args, async (host) => run(localSigningWorld(host)))
  try {
    return await run(remoteSigningWorld(client, folder, context.environment))
  } finally {
    client.close()
  }
}
