/** A process that serves all worlds of a folder until it is told to stop (spec/15-control.md, "A host of many worlds"). */
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { AosError, isAosError } from '@aos/cbor'
import { ControlServer, DaemonLog, ThreadShard, shardOf } from '@aos/host'
import type { ControlCall, ControlResult, Shard, WorldsFolder, WorldsSettings } from '@aos/host'
import { lockFolder } from '@aos/store'
import type { FolderLock } from '@aos/store'
import type { CommandContext, CommandTable, DaemonFacts } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { describeWorlds, rowOf } from '../worlds-text.ts'
import { makeEnding, onSignals } from './ending.ts'
import { answerCall, refuseCall } from './serve-call.ts'
import { startShard } from './worlds-shard.ts'
import type { ShardSetup } from './worlds-shard.ts'

/** What a host is started with. */
export interface WorldsHostOptions {
  readonly folder: WorldsFolder
  readonly settings: WorldsSettings
  /** Called when connections are taken. */
  readonly onServing: (facts: DaemonFacts) => void
}

const CONNECTIONS_MAX = 1024
const CLOSE_MS_MAX = 30_000

/** Serves until a signal or `aos stop`; returns the exit code. Throws `control.running`, `control.socket`. */
export async function runWorlds(context: CommandContext, options: WorldsHostOptions): Promise<number> {
  const { place } = options.folder
  mkdirSync(place.folder, { recursive: true, mode: 0o700 })
  const lock = await takeLock(options.folder)
  const log = new DaemonLog(place.log)
  const say = (line: string): void => {
    log.write(line)
    if (!context.quiet) context.stderr.write(`${line}\n`)
  }
  try {
    return await serve({ context, log, say, options })
  } catch (error) {
    say(`ended: ${error instanceof Error ? error.message : String(error)}`)
    throw error
  } finally {
    await lock.release()
  }
}

async function takeLock({ lock, root }: WorldsFolder): Promise<FolderLock> {
  try {
    return await lockFolder(lock)
  } catch (error) {
    if (!isAosError(error) || error.code !== 'store.locked') throw error
    throw new AosError('control.running', `a host serves the worlds in ${root} already`, {
      hint: 'end it with `aos stop --worlds DIR`',
    })
  }
}

interface Work {
  readonly context: CommandContext
  readonly log: DaemonLog
  readonly say: (line: string) => void
  readonly options: WorldsHostOptions
}

async function serve({ context, log, say, options }: Work): Promise<number> {
  const { folder, settings } = options
  const { table } = context
  if (table === undefined) throw new AosError('cli.internal', 'a host needs the commands')
  const ending = makeEnding()
  const since = new Date().toISOString()
  let shards: readonly Shard[] = []
  let facts: DaemonFacts = { pid: process.pid, since, socket: '' }
  const handler = async (call: ControlCall): Promise<ControlResult> => {
    try {
      if (call.world !== undefined) return await pick(shards, call.world).call(call.world, call)
      if (call.verb === 'stop') {
        ending.end('asked to stop', EXIT.ok)
        return answerCall(context, call, { data: { pid: facts.pid }, text: `process ${facts.pid} ends` })
      }
      if (call.verb !== 'worlds ls') throw whichWorld(call.verb)
      // A thread that has just ended has nothing to tell; another one will.
      const reports = (await Promise.all(shards.map((shard) => shard.list().catch(() => [])))).flat()
      const worlds = reports.toSorted((left, right) => (left.name < right.name ? -1 : 1)).map(rowOf)
      return answerCall(
        context,
        call,
        describeWorlds({ folder: folder.root, ...facts, workers: settings.workers, worlds }),
      )
    } catch (error) {
      return refuseCall(context, call, error)
    }
  }
  const server = new ControlServer(folder.place, { handler, connections: CONNECTIONS_MAX })
  facts = { ...facts, socket: await server.start() }
  shards = startShards({ context, table, facts, options, log: (line) => log.write(line) })
  const detach = onSignals((signal) => ending.end(signal, EXIT.ok))
  say(`serving the worlds in ${folder.root} at ${facts.socket}, process ${facts.pid}`)
  options.onServing(facts)
  const { reason, exit } = await ending.reached
  say(`stopping: ${reason}`)
  detach()
  await server.stop()
  const left = await Promise.all(shards.map((shard) => shard.stop({ timeoutMs: CLOSE_MS_MAX })))
  const open = left.reduce((sum, count) => sum + count, 0)
  say(open === 0 ? 'all worlds are closed' : `${open} worlds could not be closed in time; nothing acknowledged is lost`)
  return exit
}

interface ShardsWork extends Pick<Work, 'context' | 'options'> {
  readonly table: CommandTable
  readonly facts: DaemonFacts
  readonly log: (line: string) => void
}

/** This thread keeps all worlds, or others do. */
function startShards({ context, table, facts, options, log }: ShardsWork): readonly Shard[] {
  const { folder, settings } = options
  const { workers, idleMs } = settings
  const count = Math.max(1, workers)
  const setupOf = (index: number): ShardSetup => ({
    root: folder.root,
    bounds: {
      idleMs,
      awakeMax: Math.ceil(settings.awakeMax / count),
      memoryBytes: Math.ceil(settings.memoryBytes / count),
    },
    index,
    count,
    daemon: facts,
    assets: context.assets,
    environment: { ...context.environment },
  })
  if (workers === 0) return [startShard(setupOf(0), { table, log })]
  const program = resolve(context.assets, '..', 'worlds-worker.mjs')
  const start = (index: number) => (): Worker => new Worker(program, { workerData: setupOf(index) })
  return Array.from({ length: workers }, (_, index) => new ThreadShard({ start: start(index), log }))
}

function pick(shards: readonly Shard[], world: string): Shard {
  const shard = shards[shardOf(world, shards.length)]
  if (shard === undefined) throw new AosError('control.busy', 'the host is just starting')
  return shard
}

function whichWorld(verb: string): AosError {
  return new AosError('control.unknown_world', `${verb.slice(0, 64)}: say of which world`, {
    hint: 'the member `world` of a request names a folder; without it a host does `worlds ls` and `stop`',
  })
}
