/** The worlds that one thread of a host keeps (spec/15-control.md, "A host of many worlds"). */
import { basename } from 'node:path'
import type { Scrubber } from '@aos/adapters'
import {
  FairShare,
  GarbageCollector,
  SharedModules,
  WorldKeeper,
  makeLocalShard,
  makeWorldScrubber,
  openWorld,
  shardOf,
  worldsFolderAt,
} from '@aos/host'
import type { HeldWorld, HostWorld, KeeperBounds, Shard, SlotEvent, WakeRequest } from '@aos/host'
import type { CommandTable, DaemonFacts } from '../context.ts'
import { LOCK_WAIT_MS } from '../world.ts'
import { compileEagerly, findCollector } from './engine-memory.ts'
import { holdEffects } from './hold-effects.ts'
import { serveCall } from './serve-call.ts'
import type { Surroundings } from './serve-call.ts'

/** What a thread is told about its part; it can be handed to another thread. */
export interface ShardSetup extends Surroundings {
  /** The folder of worlds. */
  readonly root: string
  /** Of this thread alone. */
  readonly bounds: KeeperBounds
  readonly index: number
  readonly count: number
  readonly daemon: DaemonFacts
}

/** What a shard uses of its thread. */
export interface ShardPorts {
  readonly table: CommandTable
  /** For the log of the host. */
  readonly log: (line: string) => void
}

/** A world's databases hold little in memory when there may be a thousand of them. */
const CACHE_BYTES = 256 * 1024

/** Begins to keep the worlds. */
export function startShard(setup: ShardSetup, { table, log }: ShardPorts): Shard {
  const { root, bounds, index, count, daemon, assets, environment } = setup
  const modules = new SharedModules()
  const share = new FairShare()
  const garbage = new GarbageCollector({ collect: findCollector(), onBusy: compileEagerly })
  const scrubbers = new WeakMap<HostWorld, () => Scrubber>()
  const open = async ({ folder, reason, clock, onFailure }: WakeRequest): Promise<HeldWorld> => {
    const name = basename(folder.root)
    const host = await openWorld(folder, {
      environment,
      clock,
      modules: modules.forWorld(folder),
      slice: share.begin(folder.root),
      cacheBytes: CACHE_BYTES,
      onReplay: garbage.watchReplay(),
      // Only a person waits for another one to be done: what is due is tried again.
      lockWaitMs: reason === 'command' ? LOCK_WAIT_MS : 0,
    })
    const scrubber = makeWorldScrubber(host, environment)
    scrubbers.set(host, scrubber)
    const tell = (line: string): void => log(`${name}: ${scrubber().text(line)}`)
    try {
      const effects = await holdEffects(host, {
        share,
        environment,
        onFailure,
        onEvent: (event) => tell(JSON.stringify(event)),
        onTrouble: (error) => tell(`performs no effects: ${error.message} [${error.code}]`),
      })
      return {
        host,
        get effects() {
          return effects.current
        },
        get trouble() {
          return effects.trouble
        },
        stop: () => effects.stop(),
      }
    } catch (error) {
      await host.close()
      throw error
    }
  }
  const keeper = new WorldKeeper({
    folder: worldsFolderAt(root),
    bounds,
    open,
    garbage,
    isMine: (name) => shardOf(name, count) === index,
    onEvent: (name, event) => log(`${name}: ${describe(event)}`),
  })
  keeper.start()
  return makeLocalShard(keeper, async (world, call) => {
    const started = performance.now()
    const { host, effects } = world
    const scrubber = scrubbers.get(host) ?? makeWorldScrubber(host, environment)
    const result = await serveCall({ host, effects, table, daemon, assets, environment, share, scrubber }, call)
    log(`${call.world ?? ''}: ${call.verb}: exit ${result.exit}, ${Math.round(performance.now() - started)} ms`)
    return result
  })
}

function describe(event: SlotEvent): string {
  switch (event.kind) {
    case 'woke':
      return `woke (${event.reason}), ${Math.round(event.ms)} ms`
    case 'slept':
      return 'sleeps'
    case 'failed':
      return `failed: ${event.error.message} [${event.error.code}]`
  }
}
