/** One command line: what it names is run here, or by the daemon that holds the world. */
import { Arguments } from './arguments.ts'
import type { CommandContext } from './context.ts'
import { EXIT } from './exit-code.ts'
import { parseCommandLine, servedVerbs } from './parse-command-line.ts'
import type { Choice } from './parse-command-line.ts'
import { reportFailure, reportResult } from './report.ts'

/** Runs the command that the arguments name and returns the exit code. Reports; never throws. */
export async function runCommandLine(argv: readonly string[], context: CommandContext): Promise<number> {
  try {
    const choice = parseCommandLine(argv)
    // Help and version are left to yargs, which prints them on standard output and chooses nothing.
    if (choice === undefined) return EXIT.ok
    const args = new Arguments(choice.parsed)
    const { guardOutputs } = await import('./secret-guard.ts')
    const guarded = guardOutputs(context, args)
    try {
      return await runChoice(guarded.context, choice)
    } finally {
      await guarded.finish()
    }
  } catch (thrown) {
    return reportFailure(context, thrown)
  }
}

/** By the daemon that holds the world, or here. Reports; never throws. */
async function runChoice(context: CommandContext, choice: Choice): Promise<number> {
  const { spec, parsed } = choice
  try {
    if (spec.served !== undefined) {
      const { askDaemon } = await import('./daemon/ask-daemon.ts')
      const exit = await askDaemon(context, choice)
      if (exit !== undefined) return exit
    }
    const run = await spec.load()
    const table = { parse: parseCommandLine, served: servedVerbs }
    return reportResult(context, await run({ ...context, table }, new Arguments(parsed)))
  } catch (thrown) {
    return reportFailure(context, thrown)
  }
}
