import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync, writeSync } from 'node:fs'
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openWorldStore } from '@aos/store'
import { makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

const EVENT = 'demo/CounterEvent@1'
const SMALL_ORDER = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'

let sandbox: Sandbox
let world: string

beforeAll(async () => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'w')
  await sandbox.ask(['init', world])
  expect(await sandbox.ask(['push', '--world', world])).toMatchObject({ exit: 0 })
}, 60_000)

afterAll(() => {
  sandbox.remove()
})

const ask = (...args: readonly string[]): ReturnType<Sandbox['ask']> => sandbox.ask([...args, '--world', world])

test('a stream goes on after a refusal, counts it, and exits 1', async () => {
  const input = '{"Start":{"target":9}}\n{"Start":{"target":"x"}}\nno json\n{"Tick":null}\n'
  const sent = await sandbox.ask(['event', 'send', EVENT, '@-', '--ndjson', '--world', world], { input })
  expect(sent).toMatchObject({ exit: 1, ok: true, data: { sent: 4, accepted: 2, refused: 2 } })
  expect(sent.stderr).toMatch(/^line 2: .*\[air\./m)
  expect(sent.stderr).toMatch(/^line 3: .*\[air\.bad_json\]/m)
})

test('acks: a line for every durable event before the summary, and a key sent twice is counted once', async () => {
  const lines = [0, 1, 2].map((key) => `{"value":{"Tick":null},"idempotency_key":"k${key}"}`)
  const args = ['event', 'send', EVENT, '@-', '--ndjson', '--envelope', '--acks', '--world', world]
  const first = await sandbox.run(args, { input: lines.join('\n') })
  const again = await sandbox.run(args, { input: lines.join('\n') })
  const documents = (ran: typeof first): readonly unknown[] =>
    ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
  expect(documents(first).slice(0, 3)).toMatchObject([{ line: 1 }, { line: 2 }, { line: 3 }])
  expect(documents(first)[3]).toMatchObject({ sent: 3, accepted: 3, refused: 0 })
  expect(documents(again).slice(0, 3)).toEqual(documents(first).slice(0, 3))
  expect(documents(again)[3]).toMatchObject({ sent: 3, accepted: 0, duplicates: 3 })
})

test('an event on an open world exits 6 while another process holds it', async () => {
  const held = await openWorldStore(join(world, '.aos', 'world'))
  try {
    expect(await ask('event', 'send', EVENT, '{"Tick":null}')).toMatchObject({
      exit: 6,
      error: { code: 'store.locked' },
    })
    expect(await ask('journal', 'head')).toMatchObject({ exit: 6, error: { code: 'store.locked' } })
  } finally {
    await held.close()
  }
  expect(await ask('journal', 'head')).toMatchObject({ exit: 0 })
})

test('keys are registered and revoked by signed entries; a key of small order is refused', async () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const hex = publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('hex')
  expect(await ask('key', 'register', SMALL_ORDER)).toMatchObject({ exit: 1, error: { code: 'key.small_order' } })
  const registered = await ask('key', 'register', hex, '--role', 'http')
  expect(registered).toMatchObject({ exit: 0, data: { public_key: hex, role: 'http' } })
  expect(await ask('key', 'ls')).toMatchObject({
    data: { registered: expect.arrayContaining([expect.objectContaining({ public_key: hex })]) },
  })
  expect(await ask('key', 'revoke', hex, '--role', 'http')).toMatchObject({ exit: 0 })
  expect(await ask('key', 'revoke', hex)).toMatchObject({ exit: 1, error: { code: 'kernel.key_unknown' } })
  expect(await ask('journal', 'verify')).toMatchObject({ exit: 0, data: { ok: true } })
  expect(await ask('journal', 'replay', '--verify')).toMatchObject({ exit: 0, data: { ok: true } })
})

test('another person may read, but not push', async () => {
  const other = { environment: { AOS_KEY_DIR: join(sandbox.folder, 'other-keys') } }
  mkdirSync(join(sandbox.folder, 'other-keys'), { mode: 0o700 })
  expect(await sandbox.ask(['journal', 'head', '--world', world], other)).toMatchObject({ exit: 0 })
  writeFileSync(join(world, 'air', 'extra.json'), '{"$kind":"defschema","name":"demo/Extra@1","type":{"nat":{}}}')
  const manifest = join(world, 'air', 'manifest.air.json')
  const listed = { name: 'demo/Extra@1' }
  const parsed = JSON.parse(readFileSync(manifest, 'utf8')) as { schemas: unknown[] } // the template's manifest
  writeFileSync(manifest, JSON.stringify({ ...parsed, schemas: [...parsed.schemas, listed] }))
  expect(await sandbox.ask(['push', '--world', world], other)).toMatchObject({
    exit: 1,
    error: { code: 'key.missing' },
  })
  expect(await ask('push', '--dry-run')).toMatchObject({
    exit: 0,
    data: { outcome: 'dry_run', changes: [{ change: 'add', kind: 'schema', name: 'demo/Extra@1' }] },
  })
  expect(await ask('push', '--message', 'one more')).toMatchObject({ exit: 0, data: { outcome: 'pushed' } })
})

test('a flipped byte in the journal is named by height, by verify and by opening', async () => {
  const folder = join(world, '.aos', 'world', 'journal')
  const segment = readdirSync(folder).find((name) => name !== 'head') ?? ''
  const file = openSync(join(folder, segment), 'r+')
  // In the first group: page 1, behind its head of 128 bytes.
  writeSync(file, Uint8Array.of(0xff), 0, 1, 4096 + 200)
  closeSync(file)
  expect(await ask('journal', 'verify')).toMatchObject({
    exit: 1,
    ok: true,
    data: { ok: false, first_difference: { height: 0 } },
  })
  expect(await ask('journal', 'head')).toMatchObject({ exit: 1, ok: false, error: { code: 'store.corrupt' } })
})
