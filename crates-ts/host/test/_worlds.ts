/** A folder of real worlds, and a keeper of them whose adapter a test answers for. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Adapter } from '@aos/adapters'
import { SharedModules, WorldKeeper, createEffectsHost, openWorld, worldsFolderAt } from '../src/index.ts'
import type {
  HeldWorld,
  KeeperBounds,
  KeeperOptions,
  OpenWorldOptions,
  SlotEvent,
  WakeRequest,
  WorldsFolder,
} from '../src/index.ts'
import { pushedEffectWorld } from './_effect-world.ts'
import type { EffectWorld } from './_effect-world.ts'
import { adapterOf, ok } from './_effects.ts'

export interface TestWorlds {
  readonly folder: WorldsFolder
  readonly worlds: readonly EffectWorld[]
  /** What keepers told, as `name: kind`. */
  readonly events: string[]
  keep(options?: KeepOptions): WorldKeeper
  /** All keepers stop, and the folder goes. */
  remove(): Promise<void>
}

export interface KeepOptions extends Partial<KeeperBounds>, Pick<KeeperOptions, 'usedBytes' | 'timers'> {
  readonly adapter?: Adapter
  readonly clocks?: NonNullable<OpenWorldOptions['clocks']>
}

/** Worlds `w0`, `w1`, … that were pushed and closed. */
export async function makeWorlds(count: number): Promise<TestWorlds> {
  const base = mkdtempSync(join(tmpdir(), 'aos-worlds-'))
  const folder = worldsFolderAt(base)
  const worlds: EffectWorld[] = []
  for (let at = 0; at < count; at += 1) worlds.push(await pushedEffectWorld(base, `w${at}`))
  const events: string[] = []
  const keepers: WorldKeeper[] = []
  const onEvent = (name: string, event: SlotEvent): void => {
    events.push(`${name}: ${event.kind === 'failed' ? event.error.code : event.kind}`)
  }
  return {
    folder,
    worlds,
    events,
    keep({ adapter, clocks, timers, usedBytes, ...bounds } = {}) {
      const keeper = new WorldKeeper({
        folder,
        bounds: { idleMs: 30_000, awakeMax: 100, memoryBytes: Infinity, ...bounds },
        open: (request) => openHeld(request, { keys: join(base, 'keys'), adapter, clocks }),
        onEvent,
        ...(timers === undefined ? {} : { timers }),
        ...(usedBytes === undefined ? {} : { usedBytes }),
      })
      keepers.push(keeper)
      keeper.start()
      return keeper
    },
    async remove() {
      await Promise.all(keepers.map((keeper) => keeper.stop({ timeoutMs: 10_000 })))
      rmSync(base, { recursive: true, force: true })
    },
  }
}

interface HeldOptions {
  readonly keys: string
  readonly adapter: Adapter | undefined
  readonly clocks: OpenWorldOptions['clocks']
}

async function openHeld(
  { folder, clock, onFailure }: WakeRequest,
  { keys, adapter, clocks }: HeldOptions,
): Promise<HeldWorld> {
  const host = await openWorld(folder, {
    environment: { AOS_KEY_DIR: keys },
    modules: new SharedModules().forWorld(folder),
    ...(clocks === undefined ? {} : { clocks }),
    clock,
  })
  const effects = createEffectsHost(host, {
    adapters: [adapter ?? adapterOf(() => Promise.resolve(ok('done')))],
    environment: { TEST_KEY: 'a secret that is long enough' },
    onEvent: (event) => {
      if (event.type === 'failed' && effects.failure !== undefined) onFailure(effects.failure)
    },
  })
  await effects.start()
  return { host, effects, trouble: undefined, stop: () => effects.stop() }
}

/** Looks again and again; throws what `what` says when it does not come about. */
export async function until(what: string, holds: () => boolean, ms = 10_000): Promise<void> {
  for (const end = performance.now() + ms; !holds(); await sleep(5)) {
    if (performance.now() > end) throw new Error(`this did not come about: ${what}`)
  }
}
