/** A world in a temporary folder with a reducer written by hand: the state is the last event. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashText } from '@aos/cbor'
import { ensureOwnerKey, nodeSha256, openWorld, push, worldFolderAt } from '../src/index.ts'
import type { HostWorld, ModuleBuilder, WorldFolder } from '../src/index.ts'
import { makeLastEventModule } from './_module.ts'

export const EVENT = 'test/Event@1'
export const REDUCER = 'test/Last@1'

export interface TestWorld {
  readonly folder: WorldFolder
  readonly keys: string
  open(): Promise<HostWorld>
  remove(): void
}

/** Nothing is compiled in these tests. */
export const NO_BUILDER: ModuleBuilder = {
  build: () => Promise.reject(new Error('nothing is to be built')),
  runWorldFile: () => Promise.reject(new Error('there is no world file')),
  installForEditors: () => Promise.resolve(),
}

/** Files only, as after `aos init`. */
export function makeTestWorld(): TestWorld {
  const base = mkdtempSync(join(tmpdir(), 'aos-host-'))
  const folder = worldFolderAt(join(base, 'world'))
  const keys = join(base, 'keys')
  mkdirSync(join(folder.root, 'air'), { recursive: true })
  writeFileSync(folder.settingsFile, '{"version":1}')
  writeDefinitions(folder, [])
  ensureOwnerKey(keys)
  return {
    folder,
    keys,
    open: () => openWorld(folder, { environment: { AOS_KEY_DIR: keys } }),
    remove: () => {
      rmSync(base, { recursive: true, force: true })
    },
  }
}

/** Writes the AIR of the world with more schemas than it needs, so that there is something to push. */
export function writeDefinitions(folder: WorldFolder, extra: readonly string[]): void {
  const schema = (name: string): unknown => ({ $kind: 'defschema', name, type: { nat: {} } })
  const module = {
    $kind: 'defmodule',
    name: REDUCER,
    module_kind: 'reducer',
    wasm_hash: hashText(nodeSha256, makeLastEventModule()),
    abi: { reducer: { state: 'test/State@1', event: EVENT, effects_emitted: [], cap_slots: {} } },
  }
  const event = { $kind: 'defschema', name: EVENT, type: { record: { n: { nat: {} } } } }
  const names = [EVENT, 'test/State@1', ...extra]
  const manifest = {
    $kind: 'manifest',
    air_version: '1',
    schemas: names.map((name) => ({ name })),
    modules: [{ name: REDUCER }],
    routing: { events: [{ event: EVENT, reducer: REDUCER }] },
  }
  const definitions = [event, { ...event, name: 'test/State@1' }, ...extra.map(schema), module, manifest]
  writeFileSync(join(folder.root, 'air', 'all.json'), JSON.stringify(definitions))
}

/** An open world that has been pushed. */
export async function openPushed(world: TestWorld): Promise<HostWorld> {
  const host = await world.open()
  await host.store.content.put([makeLastEventModule()])
  await push(host, PUSH)
  return host
}

export const PUSH = {
  builder: NO_BUILDER,
  dryRun: false,
  forceBuild: false,
  message: undefined,
  onProgress: (): void => undefined,
}
