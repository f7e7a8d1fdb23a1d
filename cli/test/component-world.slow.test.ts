/** A world whose reducer is a component, made by `@bytecodealliance/jco` from the registry; skipped where that cannot be had. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import wabtModule from 'wabt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

const REDUCER = 'test/Length@1'

/** The state is the length of the input envelope, below 24. */
const CORE = `(module
  (memory (export "memory") 1)
  (data (i32.const 64) "\\a1\\65state\\41\\00")
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    global.get $next
    global.get $next local.get 3 i32.add i32.const 7 i32.add i32.const -8 i32.and global.set $next)
  (func (export "step") (param i32 i32) (result i32)
    i32.const 72 local.get 1 i32.const 15 i32.and i32.store8
    i32.const 16 i32.const 64 i32.store
    i32.const 20 i32.const 9 i32.store
    i32.const 16))`

const WIT = 'package aos:reducer;\nworld reducer { export step: func(input: list<u8>) -> list<u8>; }\n'

const AIR = [
  { $kind: 'defschema', name: 'test/State@1', type: 'nat' },
  { $kind: 'defschema', name: 'test/Event@1', type: { record: {} } },
  {
    $kind: 'defmodule',
    name: REDUCER,
    module_kind: 'reducer',
    abi: { reducer: { state: 'test/State@1', event: 'test/Event@1', effects_emitted: [], cap_slots: {} } },
  },
  {
    $kind: 'manifest',
    air_version: '1',
    schemas: [{ name: 'test/State@1' }, { name: 'test/Event@1' }],
    modules: [{ name: REDUCER }],
    routing: { events: [{ event: 'test/Event@1', reducer: REDUCER }] },
  },
]

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

/** The command `jco`; undefined where the registry cannot be reached. */
function installJco(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'aos-jco-'))
  const install = ['install', '--no-save', '--no-audit', '--no-fund', '@bytecodealliance/jco@~1.25']
  spawnSync('npm', install, { cwd: folder })
  const jco = join(folder, 'node_modules/.bin/jco')
  return existsSync(jco) ? jco : undefined
}

test('a component is pushed, runs and replays', { timeout: 300_000 }, async (context) => {
  const jco = installJco()
  if (jco === undefined) {
    context.skip('no registry to get jco from')
    return
  }
  const world = join(sandbox.folder, 'w')
  expect(await sandbox.ask(['init', world, '--template', 'empty'])).toMatchObject({ exit: 0 })
  writeFileSync(join(world, 'air/manifest.air.json'), JSON.stringify(AIR))
  const modules = { [REDUCER]: { source: 'modules/length.wasm' } }
  writeFileSync(join(world, 'aos.sync.json'), JSON.stringify({ version: 1, air: { dir: 'air' }, modules }))
  mkdirSync(join(world, 'modules'))
  const place = join(world, 'modules')
  const wabt = await wabtModule()
  writeFileSync(join(place, 'core.wasm'), wabt.parseWat('core.wat', CORE).toBinary({}).buffer)
  writeFileSync(join(place, 'reducer.wit'), WIT)
  const run = (...args: readonly string[]): number | null => spawnSync(jco, args, { cwd: place }).status
  expect(run('embed', 'core.wasm', '--wit', 'reducer.wit', '-o', 'embedded.wasm')).toBe(0)
  expect(run('new', 'embedded.wasm', '-o', 'length.wasm')).toBe(0)

  expect(await sandbox.ask(['module', 'check', 'modules/length.wasm'], { cwd: world })).toMatchObject({
    data: { ok: true },
  })
  expect(await sandbox.ask(['push'], { cwd: world })).toMatchObject({ exit: 0 })
  expect(await sandbox.ask(['event', 'send', 'test/Event@1', '{}'], { cwd: world })).toMatchObject({ exit: 0 })
  const { data } = await sandbox.ask(['state', 'get', REDUCER], { cwd: world })
  // 55 bytes of input.
  expect(data).toMatchObject({ state: 55 & 15 })
  expect(await sandbox.ask(['journal', 'replay', '--verify'], { cwd: world })).toMatchObject({ data: { ok: true } })
  expect(await sandbox.ask(['push'], { cwd: world })).toMatchObject({ data: { outcome: 'unchanged' } })
})
