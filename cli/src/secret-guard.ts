/** What a command must not say, and its outputs without that (spec/25-secrets.md, "Where it is scrubbed"). */
import { makeScrubber } from '@aos/adapters'
import type { Scrubber } from '@aos/adapters'
import { isAosError } from '@aos/cbor'
import { makeFolderScrubber } from '@aos/host'
import type { Arguments } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { ScrubbedOutput } from './scrubbed-output.ts'
import { findWorld } from './world.ts'

/** Knows the vault of the folder at first, and more once a world is open. */
export interface SecretGuard {
  /** From now on what this gives is kept back. */
  follow(scrubber: () => Scrubber): void
}

/** The context with outputs that hold nothing of the world's secrets; `finish` hands on what they still hold back. */
export function guardOutputs(
  context: CommandContext,
  args: Arguments,
): { readonly context: CommandContext; readonly finish: () => Promise<void> } {
  const first = scrubberOfFolder(context, args)
  let current = (): Scrubber => first
  const stdout = new ScrubbedOutput(context.stdout, () => current())
  const stderr = new ScrubbedOutput(context.stderr, () => current())
  const guard: SecretGuard = {
    follow: (scrubber) => {
      current = scrubber
    },
  }
  const finish = async (): Promise<void> => {
    await stdout.finish()
    await stderr.finish()
  }
  return { context: { ...context, stdout, stderr, guard }, finish }
}

function scrubberOfFolder(context: CommandContext, args: Arguments): Scrubber {
  try {
    return makeFolderScrubber(findWorld(context, args), context.environment)
  } catch (error) {
    // Without a world there are no secrets of it.
    if (isAosError(error)) return makeScrubber([])
    throw error
  }
}
