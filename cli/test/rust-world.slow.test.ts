/** A world whose reducer is Rust, made with the crate of `reducers/sdk-rust`: where cargo and its target are. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { whyNoRust } from '@aos/build'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

const EVENT = 'demo/CounterEvent@1'
const REDUCER = 'demo/CounterSM@1'
const CRATE = join(CHECKOUT, 'reducers/sdk-rust')

const missing = whyNoRust()

let sandbox: Sandbox
let world: string

beforeAll(() => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'w')
  cpSync(join(CHECKOUT, 'examples/00-counter'), world, {
    recursive: true,
    filter: (path) => !/[\\/](\.aos|node_modules)$/.test(path),
  })
  rmSync(join(world, 'reducers/counter'), { recursive: true })
  mkdirSync(join(world, 'reducers/counter'))
  cpSync(join(CRATE, 'example/Cargo.toml'), join(world, 'reducers/counter/Cargo.toml'))
  cpSync(join(CRATE, 'example/src'), join(world, 'reducers/counter/src'), { recursive: true })
})

afterAll(() => {
  sandbox.remove()
})

const ask = (...args: readonly string[]): ReturnType<Sandbox['ask']> => sandbox.ask([...args, '--world', world])

test('the crate passes its own tests, its example in the documentation among them', { timeout: 240_000 }, (context) => {
  context.skip(missing !== undefined, missing)
  const folder = join(sandbox.folder, 'crate')
  cpSync(CRATE, folder, { recursive: true })
  const { status, stdout, stderr } = spawnSync('cargo', ['test', '--offline', '--color', 'never'], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  expect(stdout).toContain('test result: ok. 5 passed')
})

test('its example is pushed, runs, traps and replays', { timeout: 240_000 }, async (context) => {
  context.skip(missing !== undefined, missing)
  expect(await ask('push')).toMatchObject({ exit: 0, ok: true })
  const states: unknown[] = []
  for (const event of ['{"Start":{"target":2}}', '{"Tick":null}', '{"Tick":null}', '{"Tick":null}']) {
    expect(await ask('event', 'send', EVENT, event)).toMatchObject({ exit: 0 })
    const { data } = await ask('state', 'get', REDUCER)
    states.push((data as { readonly state: unknown }).state)
  }
  expect(states).toEqual([
    { pc: { Counting: null }, remaining: 2 },
    { pc: { Counting: null }, remaining: 1 },
    { pc: { Done: null }, remaining: 0 },
    { pc: { Done: null }, remaining: 0 },
  ])
  expect(await ask('journal', 'replay', '--verify')).toMatchObject({ exit: 0, data: { ok: true } })
  // Cargo keeps what it built; the same sources are the same module.
  expect(await ask('push')).toMatchObject({ data: { outcome: 'unchanged' } })

  const file = join(world, 'reducers/counter/src/lib.rs')
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(
      'fn reduce(',
      'fn reduce(input: &Input, _: &mut Output) -> Value { panic!() }\nfn other(',
    ),
  )
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace('reducer!(reduce)', 'reducer!(reduc)'))
  const failed = await ask('push')
  expect(failed).toMatchObject({ exit: 1, error: { code: 'build.compile_failed' } })
  expect(failed.error?.message).toContain('reducers/counter does not compile')
  expect(failed.error?.message).toContain('src/lib.rs:')
  writeFileSync(file, text)
  expect(await ask('push')).toMatchObject({ exit: 0 })
  const trapped = await sandbox.run(['event', 'send', EVENT, '{"Tick":null}', '--world', world])
  expect(trapped.exit).toBe(1)
  expect(trapped.stdout + trapped.stderr).toContain('trap')
})

test('without cargo the refusal says what to install', { timeout: 60_000 }, async () => {
  const environment = { PATH: '/nowhere' }
  const refused = await sandbox.ask(['push', '--world', world, '--force-build'], { environment })
  expect(refused).toMatchObject({ exit: 1, error: { code: 'build.tool_missing' } })
  expect(refused.error?.hint).toContain('wasm32-unknown-unknown')
})
