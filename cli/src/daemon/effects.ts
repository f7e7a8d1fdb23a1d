/** Performing effects: in the daemon always, in a command as long as it waits (spec/15-control.md, "Life"). */
import {
  makeBlobAdapter,
  makeHttpAdapter,
  makeLlmAdapter,
  makeProcessAdapter,
  makeScripted,
  makeVaultAdapter,
  parseScript,
  pickEnvironment,
} from '@aos/adapters'
import type { Adapter } from '@aos/adapters'
import { createEffectsHost, makeHostAdapter, readSettings, readText } from '@aos/host'
import type { DriverSettings, EffectsEvent, EffectsHost, FairShare, HostWorld, ScriptedSettings } from '@aos/host'
import { join } from 'node:path'
import type { Arguments } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { optionalMs } from '../duration.ts'
import { makeTypesOf } from '../kind-types.ts'

/** What a process that performs effects has of its own. */
export interface EffectsSurroundings {
  readonly environment: CommandContext['environment']
  readonly onEvent?: (event: EffectsEvent) => void
  /** Absent: nobody else wants this thread. */
  readonly share?: FairShare | undefined
}

/** What this process can perform, on a world that it has open. Does nothing before `start`. */
export function makeEffects(host: HostWorld, { environment, onEvent, share }: EffectsSurroundings): EffectsHost {
  const settings = readSettings(host.folder.settingsFile).adapters
  return createEffectsHost(host, {
    adapters: [
      makeHttpAdapter(),
      makeBlobAdapter(),
      makeVaultAdapter(host.vault),
      makeHostAdapter({ host, steps: (signal) => ({ signal, slice: share?.begin(host.folder.root) }) }),
      ...(settings.providers.size === 0 ? [] : [makeLlmAdapter({ providers: settings.providers })]),
      ...settings.drivers.map((driver) => makeDriver(host, driver, environment)),
      ...settings.scripts.map((script) => makeTwin(host, script)),
    ],
    environment,
    ...(onEvent === undefined ? {} : { onEvent }),
  })
}

function makeDriver(host: HostWorld, driver: DriverSettings, environment: CommandContext['environment']): Adapter {
  const { id, kinds, command } = driver
  return makeProcessAdapter({
    id,
    kinds,
    command,
    cwd: host.folder.root,
    environment: pickEnvironment(driver.environment, environment),
    typesOf: (kind) => makeTypesOf(host.definitions)(kind),
  })
}

/** Throws `host.file` and `adapter.bad_script`: before anything is performed. */
function makeTwin(host: HostWorld, { id, kinds, script }: ScriptedSettings): Adapter {
  return makeScripted({
    id,
    kinds,
    script: parseScript(readText(join(host.folder.root, script))),
    typesOf: (kind) => makeTypesOf(host.definitions)(kind),
  })
}

/** How long a command waits for effects; undefined without --wait. Throws `cli.usage`. */
export function waitMs(args: Arguments): number | undefined {
  return optionalMs(args, 'wait')
}

/**
 * Waits until nothing is left to perform; undefined without --wait. Without a daemon the effects are performed here,
 * beginning with what earlier processes left.
 */
export async function settleEffects(
  context: CommandContext,
  args: Arguments,
  host: HostWorld,
): Promise<'quiet' | 'waiting' | undefined> {
  const timeoutMs = waitMs(args)
  if (timeoutMs === undefined) return undefined
  if (context.held !== undefined) {
    const { effects, signal } = context.held
    return effects === undefined ? undefined : Promise.race([effects.quiet({ timeoutMs }), whenAborted(signal)])
  }
  const effects = makeEffects(host, { environment: context.environment })
  await effects.start()
  try {
    return await effects.quiet({ timeoutMs })
  } finally {
    await effects.stop()
  }
}

function whenAborted(signal: AbortSignal): Promise<'waiting'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('waiting')
    else {
      signal.addEventListener('abort', () => {
        resolve('waiting')
      })
    }
  })
}
