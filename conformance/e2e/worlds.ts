/** Worlds that the tests drive: made with `aos init`, or copied from examples. */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../tidy/tree.ts'
import type { Head, Sandbox } from './command.ts'

/**
 * Compiled modules, kept between runs: their names are hashes of everything that they were made from. Compiling takes
 * seconds, and most tests are about something else.
 */
const BUILDS = join(ROOT, 'node_modules/.cache/aos-e2e')

export const COUNTER = { reducer: 'demo/CounterSM@1', event: 'demo/CounterEvent@1' } as const

/** A counter world that has been pushed. Returns its folder. */
export async function makeCounterWorld(
  sandbox: Sandbox,
  options: { readonly name?: string; readonly settings?: Readonly<Record<string, number>> } = {},
): Promise<string> {
  const world = sandbox.path(options.name ?? 'counter')
  await sandbox.data(['init', world, '--template', 'counter'])
  if (options.settings !== undefined) {
    const file = join(world, 'aos.json')
    const settings = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown> // whatever init wrote
    writeFileSync(file, JSON.stringify({ ...settings, ...options.settings }))
  }
  await pushWorld(sandbox, world)
  return world
}

/** `aos push`, with the modules that an earlier test compiled. */
export async function pushWorld(sandbox: Sandbox, world: string): Promise<void> {
  const cache = join(world, '.aos/cache')
  mkdirSync(BUILDS, { recursive: true })
  cpSync(BUILDS, cache, { recursive: true, filter: (source) => !source.endsWith('.part') })
  await sandbox.data(['push', '--world', world])
  for (const name of readdirSync(cache).filter((file) => !existsSync(join(BUILDS, file)))) {
    const part = join(BUILDS, `${process.pid}-${name}.part`)
    cpSync(join(cache, name), part)
    renameSync(part, join(BUILDS, name))
  }
}

/** A copy of an example's sources, without anything that it kept from running, pushed. */
export async function makeExampleWorld(sandbox: Sandbox, example: string): Promise<string> {
  const world = sandbox.path(example)
  cpSync(join(ROOT, 'examples', example), world, {
    recursive: true,
    filter: (source) => !/\/(\.aos|node_modules)(\/|$)/.test(source.slice(ROOT.length)),
  })
  await sandbox.data(['init', sandbox.path('first'), '--template', 'empty']) // makes the owner key
  await pushWorld(sandbox, world)
  return world
}

/** Sends lines of values and returns the head. */
export async function feedCounter(sandbox: Sandbox, world: string, count: number): Promise<Head> {
  const lines = [JSON.stringify({ Start: { target: count } }), ...Array<string>(count).fill('{"Tick":null}')]
  const file = sandbox.path('ticks.ndjson')
  writeFileSync(file, `${lines.join('\n')}\n`)
  await sandbox.data(['event', 'send', COUNTER.event, `@${file}`, '--ndjson', '--world', world])
  return sandbox.data<Head>(['journal', 'head', '--world', world])
}

/** One reducer with one schema for its event, and a module given as bytes. */
export interface BareModule {
  readonly name: string
  readonly wasmHash: string
  readonly state: unknown
  readonly event: unknown
}

/** Writes the AIR of a world whose reducers each have an event schema of their own: `<name>Event@1`. */
export function writeBareWorld(world: string, modules: readonly BareModule[]): void {
  mkdirSync(join(world, 'air'), { recursive: true })
  const definitions = modules.flatMap(({ name, wasmHash, state, event }) => [
    { $kind: 'defschema', name: stateSchema(name), type: state },
    { $kind: 'defschema', name: eventSchema(name), type: event },
    {
      $kind: 'defmodule',
      name,
      module_kind: 'reducer',
      wasm_hash: wasmHash,
      abi: { reducer: { state: stateSchema(name), event: eventSchema(name), effects_emitted: [], cap_slots: {} } },
    },
  ])
  const references = (kind: string): readonly unknown[] =>
    definitions.filter((definition) => definition.$kind === kind).map(({ name }) => ({ name }))
  const manifest = {
    $kind: 'manifest',
    air_version: '1',
    schemas: references('defschema'),
    modules: references('defmodule'),
    plans: [],
    caps: [],
    policies: [],
    routing: { events: modules.map(({ name }) => ({ event: eventSchema(name), reducer: name })) },
  }
  writeFileSync(join(world, 'air', 'definitions.air.json'), JSON.stringify(definitions, null, 2))
  writeFileSync(join(world, 'air', 'manifest.air.json'), JSON.stringify(manifest, null, 2))
}

export function eventSchema(module: string): string {
  return module.replace('@1', 'Event@1')
}

function stateSchema(module: string): string {
  return module.replace('@1', 'State@1')
}
