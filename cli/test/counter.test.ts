import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

const EVENT = 'demo/CounterEvent@1'
const REDUCER = 'demo/CounterSM@1'
const HASH = /^sha256:[0-9a-f]{64}$/

let sandbox: Sandbox
let world: string

beforeAll(async () => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'w')
  expect(await sandbox.ask(['init', world])).toMatchObject({
    exit: 0,
    data: { template: 'counter', owner_key_created: true },
  })
  expect(await sandbox.ask(['push', '--world', world])).toMatchObject({
    exit: 0,
    data: { outcome: 'pushed', height: 1 },
  })
  const lines = '{"Start":{"target":3}}\n{"Tick":null}\n\n{"Tick":null}\n{"Tick":null}\n'
  const sent = await sandbox.ask(['event', 'send', EVENT, '@-', '--ndjson', '--world', world], { input: lines })
  expect(sent).toMatchObject({ exit: 0, data: { sent: 4, accepted: 4, refused: 0, first_height: 2, last_height: 5 } })
}, 60_000)

afterAll(() => {
  sandbox.remove()
})

const ask = (...args: readonly string[]): ReturnType<Sandbox['ask']> => sandbox.ask([...args, '--world', world])

test('the counter ends Done with nothing remaining, and every past height can be read', async () => {
  expect(await ask('state', 'get', REDUCER)).toMatchObject({
    exit: 0,
    data: { reducer: REDUCER, height: 5, state: { pc: { Done: null }, remaining: 0 } },
  })
  expect((await ask('state', 'get', REDUCER, '--at', '3')).data).toEqual({
    reducer: REDUCER,
    height: 3,
    state: { pc: { Counting: null }, remaining: 2 },
  })
  expect((await ask('state', 'get', REDUCER, '--at', '1')).data).toMatchObject({ height: 1, state: null })
  expect(await ask('state', 'get', REDUCER, '--at', '6')).toMatchObject({ exit: 1, error: { code: 'host.bad_height' } })
})

test('the private keys are the owner alone, outside the world folder', async () => {
  const owner = join(sandbox.keys, 'owner.key')
  expect(statSync(owner).mode & 0o777).toBe(0o600)
  expect(statSync(sandbox.keys).mode & 0o777).toBe(0o700)
  expect(existsSync(join(world, 'keys'))).toBe(false)
  const inside = { environment: { AOS_KEY_DIR: join(world, 'keys') } }
  expect(await sandbox.ask(['status', '--world', world], inside)).toMatchObject({
    exit: 1,
    error: { code: 'key.inside_world' },
  })
})

test('status says what the world takes of the disk', async () => {
  const store = join(world, '.aos', 'world')
  const lengthOf = (folder: string): number =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
  const { data } = await ask('status')
  const { disk } = data as { readonly disk: { readonly journal_bytes: number; readonly content_bytes: number } } // as spec/schemas says
  expect(disk.journal_bytes).toBe(lengthOf(join(store, 'journal')))
  // The index over the content was open when it was looked at, and has a log of its own.
  expect(disk.content_bytes).toBeGreaterThan(lengthOf(join(store, 'packs')))
})

test('head, tail and show agree', async () => {
  const head = await ask('journal', 'head')
  expect(head.data).toEqual({
    height: 5,
    entries: 6,
    manifest_hash: expect.stringMatching(HASH),
    head_hash: expect.stringMatching(HASH),
    log_root: expect.stringMatching(HASH),
  })
  const tail = await ask('journal', 'tail', '-n', '2')
  expect(tail.data).toMatchObject({ entries: [{ height: 4 }, { height: 5, kind: 'event', schema: EVENT }] })
  const shown = await ask('journal', 'show', '2')
  expect(shown.data).toMatchObject({
    height: 2,
    value: { Start: { target: 3 } },
    now_ns: expect.stringMatching(/^\d{19}$/),
    derived: [{ item: 'module_use' }, { item: 'delivery', reducer: REDUCER, outcome: 'ok' }],
  })
})

test('verify and replay hold and give the root of the head', async () => {
  const { data } = await ask('journal', 'head')
  const { log_root: root } = data as { readonly log_root: string } // as the test above asserts
  expect(await ask('journal', 'verify')).toMatchObject({ exit: 0, data: { ok: true, entries: 6, root } })
  expect(await ask('journal', 'replay', '--verify')).toMatchObject({ exit: 0, data: { ok: true, entries: 6, root } })
  expect(await ask('journal', 'replay', '--verify', '--to', '3')).toMatchObject({ data: { ok: true, entries: 4 } })
  expect(await ask('journal', 'replay', '--module', `${REDUCER}=x`)).toMatchObject({ exit: 2 })
})

test('a push without a change says so and makes no entry', async () => {
  expect(await ask('push')).toMatchObject({ exit: 0, data: { outcome: 'unchanged', changes: [], height: 1 } })
  expect(await ask('journal', 'head')).toMatchObject({ data: { height: 5 } })
})

test('an event that violates its schema exits 1 with code and path, and the head stays', async () => {
  const before = await ask('journal', 'head')
  const wrong: readonly (readonly [value: string, code: string, path: string])[] = [
    ['{"Start":{"target":-1}}', 'air.integer_range', '$.Start.target'],
    ['{"Start":{}}', 'air.missing_field', '$.Start.target'],
    ['{"Stop":null}', 'air.unknown_arm', '$'],
  ]
  for (const [value, code, path] of wrong) {
    const reply = await ask('event', 'send', EVENT, value)
    expect(reply, value).toMatchObject({ exit: 1, ok: false })
    expect([reply.error?.code, reply.error?.path], value).toEqual([code, path])
  }
  expect((await ask('journal', 'head')).data).toEqual(before.data)
})

test('bad JSON, an unknown schema, an unknown reducer and a key too many are one sentence with a code', async () => {
  expect((await ask('event', 'send', EVENT, '{"Start":')).error?.code).toBe('air.bad_json')
  expect((await ask('event', 'send', 'demo/No@1', '{}')).error?.code).toBe('host.unknown_schema')
  expect((await ask('event', 'send', EVENT, '{"Tick":null}', '--key', 'a')).error?.code).toBe('host.not_keyed')
  expect((await ask('state', 'get', 'demo/No@1')).error?.code).toBe('host.unknown_reducer')
  expect((await ask('event', 'send', EVENT, '@nowhere.json')).error?.code).toBe('host.file')
})

test('definitions and manifest can be read back', async () => {
  const listed = await ask('defs', 'ls')
  expect(listed.data).toContainEqual({ kind: 'defmodule', name: REDUCER, hash: expect.stringMatching(HASH) })
  expect(await ask('defs', 'get', REDUCER)).toMatchObject({
    data: { $kind: 'defmodule', wasm_hash: expect.stringMatching(HASH) },
  })
  expect(await ask('manifest', 'get')).toMatchObject({ data: { $kind: 'manifest' } })
  expect(await ask('defs', 'get', 'demo/No@1')).toMatchObject({ exit: 1, error: { code: 'host.unknown_definition' } })
})

test('blobs go in and come out', async () => {
  const put = await sandbox.ask(['blob', 'put', '@-', '--world', world], { input: 'hello' })
  const hash = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'
  expect(put.data).toEqual({ hash, size: 5 })
  expect((await sandbox.run(['blob', 'get', hash, '--world', world])).stdout).toBe('hello')
  expect((await ask('blob', 'stat', hash)).data).toEqual({ hash, size: 5 })
  expect(await ask('blob', 'get', hash.replace('2cf2', '2cf3'))).toMatchObject({
    exit: 1,
    error: { code: 'store.missing_blob' },
  })
})
