/** A process that holds a world and serves it until it is told to stop (spec/15-control.md, "Life"). */
import { basename } from 'node:path'
import type { Scrubber } from '@aos/adapters'
import { AosError } from '@aos/cbor'
import {
  ControlServer,
  DaemonLog,
  FairShare,
  GarbageCollector,
  connectControl,
  controlPlaceOf,
  makeWorldScrubber,
  openWorld,
} from '@aos/host'
import type { ControlCall, ControlResult, HostWorld, WorldFolder } from '@aos/host'
import type { CommandContext, DaemonFacts } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { LOCK_WAIT_MS } from '../world.ts'
import { makeEnding, onSignals } from './ending.ts'
import { collectSooner, compileEagerly, findCollector } from './engine-memory.ts'
import { holdEffects } from './hold-effects.ts'
import { refuseCall, serveCall } from './serve-call.ts'

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly folder: WorldFolder
  readonly acceptLoss: boolean
  /** Called when connections are taken. */
  readonly onServing: (facts: DaemonFacts) => void
}

/** Codes after which the world takes nothing more. */
const ENDED: readonly string[] = ['host.stopped', 'host.fault', 'host.conflict', 'host.fenced']

/**
 * Serves until a signal, `aos stop`, or a failure of the world; returns the exit code. Throws `control.running`, and what
 * opening throws.
 */
export async function runDaemon(context: CommandContext, options: DaemonOptions): Promise<number> {
  const place = controlPlaceOf(options.folder)
  const other = await connectControl(place)
  if (other !== undefined) {
    other.close()
    throw new AosError('control.running', 'a daemon holds this world already', { hint: 'end it with `aos stop`' })
  }
  const { environment } = context
  const { folder, acceptLoss } = options
  collectSooner()
  const garbage = new GarbageCollector({ collect: findCollector(), onBusy: compileEagerly })
  const opening = { environment, acceptLoss, lockWaitMs: LOCK_WAIT_MS, onReplay: garbage.watchReplay() }
  const host = await openWorld(folder, opening).catch((error: unknown) => {
    garbage.stop()
    throw error
  })
  const file = new DaemonLog(place.log)
  const scrubber = makeWorldScrubber(host, environment)
  const log = { write: (line: string) => file.write(scrubber().text(line)) }
  const say = (line: string): void => {
    log.write(line)
    if (!context.quiet) context.stderr.write(`${scrubber().text(line)}\n`)
  }
  try {
    return await serve({ context, host, garbage, log, say, options, scrubber })
  } catch (error) {
    say(`ended: ${error instanceof Error ? error.message : String(error)}`)
    throw error
  } finally {
    garbage.stop()
    await host.close({ isCleanStop: true })
    log.write('closed')
  }
}

interface Work {
  readonly context: CommandContext
  readonly host: HostWorld
  readonly garbage: GarbageCollector
  readonly log: Pick<DaemonLog, 'write'>
  readonly say: (line: string) => void
  readonly options: DaemonOptions
  readonly scrubber: () => Scrubber
}

async function serve({ context, host, garbage, log, say, options, scrubber }: Work): Promise<number> {
  const since = new Date().toISOString()
  const ending = makeEnding()
  const share = new FairShare()
  host.observe(() => garbage.touch())
  let facts: DaemonFacts = { pid: process.pid, since, socket: '' }
  const handler = async (call: ControlCall): Promise<ControlResult> => {
    const started = performance.now()
    garbage.touch()
    const { assets, environment, table } = context
    if (table === undefined) throw new AosError('cli.internal', 'a daemon needs the commands')
    if (call.verb === 'stop') {
      ending.end('asked to stop', EXIT.ok)
      return { ok: true, exit: EXIT.ok, json: JSON.stringify({ pid: process.pid }) }
    }
    if (call.world !== undefined && call.world !== basename(options.folder.root)) {
      return refuseCall(context, call, otherWorld(call.world))
    }
    const serving = { host, table, daemon: facts, assets, environment, effects: effects.current, share, scrubber }
    const result = await serveCall(serving, call)
    log.write(`${call.verb}: exit ${result.exit}, ${Math.round(performance.now() - started)} ms`)
    if (result.exit === EXIT.stopped) {
      const failure = await failureOf(host)
      if (failure !== undefined) ending.end(failure, EXIT.stopped)
    }
    return result
  }
  const effects = await holdEffects(host, {
    share,
    environment: context.environment,
    onEvent: (event) => log.write(JSON.stringify(event)),
    onFailure: (error) => ending.end(error.message, EXIT.stopped),
    onTrouble: (error) => say(`performs no effects: ${error.message} [${error.code}]`),
  })
  const server = new ControlServer(controlPlaceOf(options.folder), { handler })
  facts = { ...facts, socket: await server.start() }
  const detach = onSignals((signal) => ending.end(signal, EXIT.ok))
  say(`serving ${options.folder.root} at ${facts.socket}, process ${facts.pid}`)
  options.onServing(facts)
  // Starting leaves garbage, too.
  garbage.touch()
  const { reason, exit } = await ending.reached
  say(`stopping: ${reason}`)
  detach()
  await server.stop()
  await effects.stop()
  return exit
}

function otherWorld(name: string): AosError {
  return new AosError('control.unknown_world', `this process holds one world, which is not ${name.slice(0, 128)}`)
}

/** Why the world takes nothing more; undefined when it does. */
async function failureOf(host: HostWorld): Promise<string | undefined> {
  try {
    await host.read(() => undefined)
    return undefined
  } catch (error) {
    if (error instanceof AosError && ENDED.includes(error.code)) return error.message
    return error instanceof Error ? error.message : String(error)
  }
}
