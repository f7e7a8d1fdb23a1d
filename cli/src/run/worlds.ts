/** `aos worlds ls`. */
import { AosError } from '@aos/cbor'
import { connectControl, findWorldsFolder } from '@aos/host'
import type { ControlClient, WorldsFolder } from '@aos/host'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { describeWorlds } from '../worlds-text.ts'
import type { WorldsData } from '../worlds-text.ts'

/** The folder that `--worlds` names, or the one that a host has been in. Throws `host.no_worlds`. */
export function findWorlds(context: CommandContext, args: Arguments): WorldsFolder {
  return findWorldsFolder({ option: args.optionalText('worlds'), cwd: context.cwd })
}

/** Throws `control.not_running`. */
export async function connectHost(folder: WorldsFolder): Promise<ControlClient> {
  const client = await connectControl(folder.place)
  if (client !== undefined) return client
  throw new AosError('control.not_running', `no host serves the worlds in ${folder.root}`, {
    hint: 'start one with `aos run --worlds DIR --detach`',
  })
}

/** What the host says of its worlds; wakes none. */
export async function worldsLs(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const client = await connectHost(findWorlds(context, args))
  const answer = await client.ask({ verb: 'worlds ls', args: {} })
  client.close()
  if (!answer.ok) throw answer.error ?? new AosError('control.failed', 'the host gave no reason')
  return describeWorlds(answer.data as WorldsData) // spec/schemas/output-worlds-ls
}
