/** `aos upgrade`: the newest engine for this world from the next height on (spec/06-kernel.md, "Engine"). */
import { engineDigest, setEngine } from '@aos/host'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { withSigningWorld } from '../world.ts'

/** An entry, signed by an owner; says so when there is nothing to do. */
export async function upgrade(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withSigningWorld(context, args, async (world) => {
    const { engineDigest: before, height: head } = await world.facts()
    const engine = engineDigest()
    if (before === engine) {
      const data = { changed: false, engine_digest: engine, height: head ?? null }
      return { data, text: `the world runs on the newest engine of this release, ${engine}` }
    }
    const height = await setEngine(world, engine)
    const data = { changed: true, engine_digest: engine, before, height }
    return { data, text: `height ${height}: the engine is ${engine}, before it was ${before}` }
  })
}
