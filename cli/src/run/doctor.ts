/** `aos doctor`. */
import { engineDigests, runDoctor, thisMachine } from '@aos/host'
import type { Check, WorldFolder } from '@aos/host'
import { isAosError } from '@aos/cbor'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { makeFindBuilt } from '../module-builder.ts'
import { VERSION } from '../version.ts'
import { makeRunWorldFile } from '../world-files.ts'
import { LOCK_WAIT_MS, findWorld } from '../world.ts'

/** Exit 0 when nothing failed, else 1. */
export async function doctor(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const report = await runDoctor({
    folder: worldOrNothing(context, args),
    cwd: context.cwd,
    environment: context.environment,
    machine: thisMachine(),
    release: VERSION,
    engines: engineDigests(),
    compiler: async () => (await import('@aos/build')).compilerVersion(),
    findBuilt: makeFindBuilt(context),
    runWorldFile: makeRunWorldFile(context),
    full: args.flag('full'),
    store: context.held?.host.store,
    lockWaitMs: LOCK_WAIT_MS,
    onProgress: (line) => {
      context.progress.report(line)
    },
  })
  const lines = report.checks.flatMap((check) => checkLines(context, check))
  return { data: report, text: lines.join('\n'), exit: report.ok ? EXIT.ok : EXIT.failed }
}

/** A world that was named must be there; without a name there need not be one. */
function worldOrNothing(context: CommandContext, args: Arguments): WorldFolder | undefined {
  try {
    return findWorld(context, args)
  } catch (error) {
    const named = args.optionalText('world') !== undefined || (context.environment['AOS_WORLD'] ?? '') !== ''
    if (isAosError(error) && error.code === 'host.no_world' && !named) return undefined
    throw error
  }
}

function checkLines(context: CommandContext, { name, state, message, hint }: Check): readonly string[] {
  const { style } = context
  const shown = state === 'ok' ? style.good('ok  ') : state === 'warn' ? style.bold('warn') : style.bad('fail')
  const line = `${shown}  ${name.padEnd(13)} ${message}`
  return hint === undefined ? [line] : [line, `${' '.repeat(20)}${style.dim(hint)}`]
}
