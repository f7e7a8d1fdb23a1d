/** `aos run`: a process holds the world, and commands go through its socket (spec/15-control.md). */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Ran, Sandbox } from './_command.ts'
import { compareBothWays } from './_parity.ts'
import { linesOf, talk } from './_socket.ts'

const EVENT = 'demo/CounterEvent@1'
const SOCKET = '.aos/run/control.sock'

let sandbox: Sandbox
let world: string
let socket: string

beforeAll(async () => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'w')
  socket = join(world, SOCKET)
  await sandbox.run(['init', world])
  await sandbox.run(['push', '--world', world])
  expect(await sandbox.run(['run', '--detach', '--world', world])).toMatchObject({ exit: 0 })
}, 60_000)

afterAll(async () => {
  await sandbox.run(['stop', '--world', world])
  sandbox.remove()
})

const run = (args: readonly string[], input?: string): Promise<Ran> =>
  sandbox.run([...args, '--world', world], input === undefined ? {} : { input })

test('folder, socket and log are this user alone', () => {
  expect(statSync(join(world, '.aos/run')).mode & 0o777).toBe(0o700)
  expect(statSync(socket).mode & 0o777).toBe(0o600)
  expect(statSync(join(world, '.aos/run/log')).mode & 0o777).toBe(0o600)
})

test('a second daemon is refused, and so is whoever opens the folder without asking it', async () => {
  const second = await sandbox.ask(['run', '--world', world])
  expect(second).toMatchObject({ exit: 6, error: { code: 'control.running' } })
  const detached = await sandbox.ask(['run', '--detach', '--world', world])
  expect(detached).toMatchObject({ exit: 6, error: { code: 'control.running' } })
})

test('people speak lines: words or names, data or what a terminal shows', async () => {
  const said = await talk(
    socket,
    [
      `{"id":"a","verb":"event send","args":["${EVENT}",{"Start":{"target":3}}]}`,
      '{"id":2,"verb":"state get","args":{"reducer":"demo/CounterSM@1"}}',
      '{"id":3,"verb":"journal head","as":"text"}',
      '{"id":4,"verb":"state get","args":["no/Such@1"]}',
      '{"id":5,"verb":"push"}',
      '',
    ].join('\n'),
  )
  const [sent, state, shown, head, missing, unknown] = linesOf(said)
  expect(sent).toMatchObject({ id: 'a', ok: true, exit: 0, data: { outcome: 'ok' } })
  expect(state).toMatchObject({ id: 2, ok: true, data: { state: { pc: { Counting: null }, remaining: 3 } } })
  expect(shown).toMatchObject({ id: 3, out: expect.stringContaining('log root') as unknown })
  expect(head).toEqual({ id: 3, ok: true, exit: 0 })
  expect(missing).toMatchObject({ id: 4, ok: false, exit: 1, error: { code: 'host.unknown_reducer' } })
  expect(unknown).toMatchObject({ id: 5, ok: false, error: { code: 'control.unknown_verb' } })
})

/** A generator of its own, so that a failure can be run again. */
function* garbage(seed: number): Generator<Buffer> {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 8
  }
  for (let at = 0; at < 40; at += 1) {
    const bytes = Buffer.from(Array.from({ length: 1 + (next() % 400) }, () => next() & 0xff))
    // Half of them pass for the form of lines or of frames at first.
    if (at % 4 === 0) bytes[0] = 0x7b
    if (at % 4 === 1) bytes.writeUInt32BE(Math.max(1, bytes.length - 4), 0)
    yield bytes.length < 4 ? Buffer.concat([bytes, Buffer.alloc(4)]) : bytes
  }
}

test('nothing that is sent ends the daemon', async () => {
  const seed = Number(process.env['AOS_SEED'] ?? 20_261_121)
  const frame = (length: number, body: Buffer): Buffer => {
    const head = Buffer.alloc(4)
    head.writeUInt32BE(length)
    return Buffer.concat([head, body])
  }
  const hostile: readonly (readonly [string, Uint8Array | string, string])[] = [
    ['an unknown form', 'GET / HTTP/1.1\r\n\r\n', 'control.bad_message'],
    ['a line that is no JSON', '{"id":\n', 'control.bad_message'],
    ['a line without an id', '{"verb":"status"}\n', 'control.bad_message'],
    ['a member that nobody knows', '{"id":1,"verb":"status","foo":1}\n', 'control.bad_message'],
    ['a line without an end', `{"id":1,"x":"${'y'.repeat(17 * 1024 * 1024)}`, 'control.too_long'],
    ['a frame that is too long', frame(0x01ff_ffff, Buffer.alloc(8)), 'control.too_long'],
    ['a frame of nothing', frame(0, Buffer.alloc(0)), 'control.too_long'],
    ['a frame that nests without end', frame(20_000, Buffer.alloc(20_000, 0x91)), 'control.bad_message'],
    ['a map of a million', frame(6, Buffer.from([0xdf, 0x00, 0x10, 0x00, 0x00, 0xa1])), 'control.bad_message'],
    ['a bad verb', '{"id":1,"verb":"__proto__"}\n', 'control.unknown_verb'],
    ['words for another verb', '{"id":1,"verb":"doctor","args":["--help"]}\n', 'cli.usage'],
  ]
  for (const [what, bytes, code] of hostile) expect((await talk(socket, bytes)).text, what).toContain(code)
  for (const bytes of garbage(seed)) expect((await talk(socket, bytes)).isClosed, `seed ${seed}`).toBe(true)
  // Half a frame, and half a line, from somebody who then leaves.
  await talk(socket, frame(100, Buffer.alloc(20)), { end: false, ms: 20 })
  await talk(socket, '{"id":1,"verb":"journal tail","args":["--follow"]}\n{"id"', { end: false, ms: 20 })
  expect(linesOf(await talk(socket, '{"id":1,"verb":"status"}\n'))).toMatchObject([{ ok: true }])
}, 30_000)

test('a stream of input gets its acknowledgements, and follow goes on until it is cancelled', async () => {
  const lines = Array.from({ length: 50 }, () => '"Tick"').join('\n')
  const sent = await run(['event', 'send', EVENT, '--ndjson', '--acks'], lines)
  const acks = sent.stdout.trimEnd().split('\n')
  expect(acks).toHaveLength(51)
  expect(JSON.parse(acks[50] ?? '')).toMatchObject({ sent: 50, accepted: 50, refused: 0 })
  const follow = talk(socket, '{"id":1,"verb":"journal tail","args":["-f","-n","1"],"as":"text"}\n', {
    end: false,
    ms: 1500,
  })
  await run(['event', 'send', EVENT, '"Tick"'])
  expect(linesOf(await follow).length).toBeGreaterThanOrEqual(2)
})

test('commands say the same with a daemon and without one', async () => {
  await compareBothWays(sandbox, world, [
    ['state', 'get', 'demo/CounterSM@1', '--at', '2'],
    ['journal', 'show', '2', '--json'],
    ['state', 'get', 'no/Such@1', '--json'],
    ['approve', '0'.repeat(64)],
  ])
  expect(await run(['run', '--detach'])).toMatchObject({ exit: 0 })
}, 30_000)
