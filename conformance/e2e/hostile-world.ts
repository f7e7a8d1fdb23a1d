/** A world whose reducers are the modules of conformance/hostile, and a counter that must go on working. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { ROOT } from '../tidy/tree.ts'
import type { Head, Sandbox, Sent, Verdict } from './command.ts'
import { eventSchema, writeBareWorld } from './worlds.ts'

export interface HostileCase {
  readonly name: string
  /** Code with which the module is refused … */
  readonly refused?: string
  /** What `aos module check` says instead, which looks into components. */
  readonly refused_by_command?: string
  /** … or how every call of it ends. */
  readonly outcome?: string
}

const FOLDER = join(ROOT, 'conformance/hostile')

/** Both compilers of V8, alone. */
export const TIERS: readonly (readonly string[])[] = [['--liftoff-only'], ['--no-liftoff']]

export function readHostileCases(): readonly HostileCase[] {
  const manifest = readFileSync(join(FOLDER, 'manifest.json'), 'utf8')
  return (JSON.parse(manifest) as { readonly cases: readonly HostileCase[] }).cases // the file is ours
}

export function hostileFile(name: string): string {
  return join(FOLDER, `${name}.wasm`)
}

/** A pushed world with one reducer per case. */
export async function makeHostileWorld(sandbox: Sandbox, cases: readonly HostileCase[]): Promise<string> {
  const world = sandbox.path('hostile')
  await sandbox.data(['init', world, '--template', 'empty'])
  const modules = []
  for (const { name } of cases) {
    const { hash } = await sandbox.data<{ readonly hash: string }>(['blob', 'put', hostileFile(name), '--world', world])
    modules.push({ name: reducerName(name), wasmHash: hash, state: { bytes: {} }, event: { record: {} } })
  }
  writeBareWorld(world, modules)
  await sandbox.data(['push', '--world', world])
  return world
}

/** Sends each module one event and checks how it ended; its cell must stay empty. */
export async function expectOutcomes(sandbox: Sandbox, world: string, cases: readonly HostileCase[]): Promise<void> {
  for (const { name, outcome } of cases) {
    const reducer = reducerName(name)
    const sent = await sandbox.ask<Sent>(['event', 'send', eventSchema(reducer), '{}', '--world', world])
    expect(sent, `${name}: ${JSON.stringify(sent)}`).toMatchObject({
      ok: true,
      exit: outcome === 'out_of_fuel' || outcome === 'stack_overflow' ? 5 : 1,
      // What is well-formed for the corpus is not an envelope.
      data: { steps: [{ reducer, outcome: outcome === 'ok' ? 'bad_output' : outcome }] },
    })
  }
}

/** Replays under each tier: every outcome, every fuel figure and so the root must be the ones that were recorded. */
export async function expectSameEverywhere(sandbox: Sandbox, world: string): Promise<void> {
  const head = await sandbox.data<Head>(['journal', 'head', '--world', world])
  for (const nodeOptions of [[], ...TIERS]) {
    const replay = ['journal', 'replay', '--verify', '--world', world]
    const verdict = await sandbox.data<Verdict>(replay, { nodeOptions })
    expect(verdict, nodeOptions.join(' ')).toMatchObject({ ok: true, entries: head.entries, root: head.log_root })
  }
}

export function reducerName(name: string): string {
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return `hostile/${words.join('')}@1`
}
