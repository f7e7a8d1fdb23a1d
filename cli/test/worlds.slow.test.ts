/** A host of many worlds: threads, worlds that are broken or taken, and the same commands both ways (spec/15-control.md, "A host of many worlds"). */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { PassThrough, Writable } from 'node:stream'
import { ThreadShard } from '@aos/host'
import type { ControlCall } from '@aos/host'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT } from './_command.ts'
import { linesOf, talk } from './_socket.ts'
import { EVENT, heightOf, makeWorlds, pidOf } from './_worlds.ts'
import type { Worlds } from './_worlds.ts'

let some: Worlds

beforeAll(async () => {
  some = await makeWorlds(['a', 'b', 'c'])
}, 120_000)

afterAll(async () => {
  await some.stop()
  some.sandbox.remove()
})

test('threads keep the worlds', async () => {
  const { sandbox, at } = some
  const pid = pidOf(await some.serve('--idle=50ms', '--workers=2'))
  for (const name of ['a', 'b', 'c']) expect(await some.send(name)).toMatchObject({ exit: 0, data: { outcome: 'ok' } })
  const lines = Array.from({ length: 5000 }, () => '{"Tick":null}').join('\n')
  const streams = ['a', 'b', 'c'].map((name) =>
    sandbox.run(['event', 'send', EVENT, '--ndjson', '--acks', '--world', at(name)], { input: lines }),
  )
  for (const { exit, stdout } of await Promise.all(streams)) {
    expect(exit).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(5001)
  }
  const status = await sandbox.ask(['status', '--world', at('c')])
  expect(status.data).toMatchObject({ daemon: { pid } })
  expect(await sandbox.run(['push', '--dry-run'], { cwd: at('b') })).toMatchObject({ exit: 0 })
  for (const name of ['a', 'b', 'c']) await some.asleep(name)
  const slept = await some.row('b')
  expect(slept).toMatchObject({ error: null })
  // A snapshot may have been cut, which is two entries.
  expect(slept?.height).toBeGreaterThanOrEqual(5002)
  expect(await some.stop()).toMatchObject({ exit: 0 })
})

test('commands say the same through the host and without one', async () => {
  const { sandbox, at } = some
  const script: readonly (readonly string[])[] = [
    ['state', 'get', 'demo/CounterSM@1', '--at', '1', '--world', at('b')],
    ['journal', 'show', '1', '--json', '--world', at('b')],
    ['state', 'get', 'no/Such@1', '--json', '--world', at('c')],
    ['event', 'send', EVENT, '{"Nope":1}', '--world', at('c')],
    ['approve', '0'.repeat(64), '--world', at('a')],
    ['defs', 'ls', '--world', at('a')],
  ]
  await some.serve()
  const through = await Promise.all(script.map((words) => sandbox.run([...words, '--quiet'])))
  await some.stop()
  for (const [index, words] of script.entries()) {
    expect(through[index], words.join(' ')).toEqual(await sandbox.run([...words, '--quiet']))
  }
})

test('a world that is broken, locked, new or gone is no matter for the others', async () => {
  const { sandbox, at } = some
  await some.serve('--idle=50ms')
  const journal = join(at('c'), '.aos/world/journal/0000000000000000.seg')
  await some.asleep('c')
  const segment = readFileSync(journal)
  writeFileSync(journal, Buffer.from(segment).fill(0x55, 0, 4096))
  expect(await some.send('c')).toMatchObject({ exit: 1, error: { code: 'store.corrupt' } })
  expect(await some.send('b')).toMatchObject({ exit: 0 })
  expect(await some.row('c')).toMatchObject({ state: 'asleep', error: { code: 'store.corrupt' } })
  writeFileSync(journal, segment)
  expect(await some.send('c')).toMatchObject({ exit: 0 })
  expect(await some.row('c')).toMatchObject({ error: null })
  // Made while the host runs, and pushed through it.
  await sandbox.run(['init', at('d'), '--template', 'empty'])
  expect(await sandbox.ask(['push', '--world', at('d')])).toMatchObject({ exit: 0, data: { outcome: 'pushed' } })
  // While it sleeps, a daemon of its own may take it.
  await some.asleep('b')
  expect(await sandbox.run(['run', '--detach', '--world', at('b')])).toMatchObject({ exit: 0 })
  const alone = await sandbox.ask(['status', '--world', at('b')])
  expect(alone.data).toMatchObject({ daemon: { socket: expect.stringContaining('/b/.aos/run/') as unknown } })
  const host = join(some.folder, '.aos-worlds/control.sock')
  const [locked] = linesOf(await talk(host, '{"id":1,"world":"b","verb":"status"}\n'))
  expect(locked).toMatchObject({ ok: false, exit: 6, error: { code: 'store.locked' } })
  const [other] = linesOf(await talk(join(at('b'), '.aos/run/control.sock'), '{"id":1,"world":"a","verb":"status"}\n'))
  expect(other).toMatchObject({ ok: false, error: { code: 'control.unknown_world' } })
  expect(await sandbox.run(['stop', '--world', at('b')])).toMatchObject({ exit: 0 })
  expect(await sandbox.ask(['stop', '--world', at('b')])).toMatchObject({ error: { code: 'control.not_running' } })
  rmSync(at('d'), { recursive: true })
  expect(await some.send('b')).toMatchObject({ exit: 0 })
  expect((await some.list()).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  await some.stop()
})

test('settings are read, and a folder too deep for a socket is served from a short one', async () => {
  const { sandbox } = some
  const deep = join(sandbox.folder, 'd'.repeat(90))
  mkdirSync(deep)
  writeFileSync(join(deep, 'aos.worlds.json'), '{"version":1,"workers":1,"idle":3}')
  const refused = await sandbox.ask(['run', '--worlds', deep])
  expect(refused).toMatchObject({ exit: 1, error: { code: 'host.bad_config' } })
  writeFileSync(join(deep, 'aos.worlds.json'), '{"version":1,"workers":1,"idle_ms":3}')
  await sandbox.run(['init', join(deep, 'w'), '--template', 'empty'])
  expect(await sandbox.ask(['run', '--worlds', deep, '--detach'])).toMatchObject({ exit: 0 })
  expect(await sandbox.ask(['push', '--world', join(deep, 'w')])).toMatchObject({ exit: 0 })
  const listed = await sandbox.ask(['worlds', 'ls'], { cwd: join(deep, 'w') })
  expect(listed.data).toMatchObject({ workers: 1, worlds: [{ name: 'w', height: 1 }] })
  expect(await sandbox.run(['logs', '--worlds', deep])).toMatchObject({
    stdout: expect.stringContaining('w: submit: exit 0') as unknown,
  })
  expect(await sandbox.run(['stop', '--worlds', deep])).toMatchObject({ exit: 0 })
  expect(await sandbox.ask(['run', '--worlds', join(deep, 'w'), '--world', deep])).toMatchObject({ exit: 2 })
  expect(await sandbox.ask(['run', '--worlds', join(deep, 'none')])).toMatchObject({
    error: { code: 'host.no_worlds' },
  })
})

test('when a thread ends, its worlds are open to the next one, and nothing acknowledged is missing', async () => {
  const { sandbox, at } = some
  const threads: Worker[] = []
  const setup = {
    root: some.folder,
    bounds: { idleMs: 60_000, awakeMax: 8, memoryBytes: 2 ** 30 },
    index: 0,
    count: 1,
    daemon: { pid: process.pid, since: new Date().toISOString(), socket: '' },
    assets: join(CHECKOUT, 'cli/dist/assets'),
    environment: { AOS_KEY_DIR: sandbox.keys },
  }
  const shard = new ThreadShard({
    start: () => {
      const thread = new Worker(join(CHECKOUT, 'cli/dist/worlds-worker.mjs'), { workerData: setup })
      threads.push(thread)
      return thread
    },
    log: () => undefined,
  })
  const sink = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() })
  const ask = async (): Promise<number> => {
    const call: ControlCall = {
      id: null,
      world: 'a',
      verb: 'event send',
      args: [EVENT, '{"Tick":null}'],
      as: 'data',
      colour: false,
      quiet: true,
      input: new PassThrough(),
      out: sink(),
      err: sink(),
      progress: () => undefined,
      signal: new AbortController().signal,
    }
    const { json } = await shard.call('a', call)
    return (JSON.parse(json ?? '{}') as { readonly height: number }).height // as spec/schemas says
  }
  let height = await ask()
  for (let round = 0; round < 5; round += 1) {
    const asked = Promise.allSettled(Array.from({ length: 20 }, ask))
    if (round % 2 === 0) await ask()
    await threads.at(-1)?.terminate()
    for (const one of await asked) {
      if (one.status === 'fulfilled') height = Math.max(height, one.value)
      else expect(one.reason).toMatchObject({ code: 'control.thread' })
    }
    // It takes a moment until there is another one.
    let next: number | undefined
    for (; next === undefined; await sleep(20)) next = await ask().catch(() => undefined)
    expect(next).toBeGreaterThan(height)
    height = next
  }
  expect(threads).toHaveLength(6)
  expect(await shard.stop({ timeoutMs: 10_000 })).toBe(0)
  const head = await sandbox.ask(['journal', 'head', '--world', at('a')])
  expect(heightOf(head)).toBeGreaterThanOrEqual(height)
  expect(await sandbox.ask(['journal', 'verify', '--world', at('a')])).toMatchObject({ data: { ok: true } })
})
