/** How a daemon ends and where it is found (spec/15-control.md, "Life"). */
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Ran, Sandbox } from './_command.ts'
import { talk } from './_socket.ts'

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

const run = (args: readonly string[]): Promise<Ran> => sandbox.run([...args, '--world', world])

test('a daemon that was killed leaves its socket; the next one takes over, and nothing acknowledged is lost', async () => {
  const started = await sandbox.ask(['status', '--world', world])
  const pid = (started.data as { readonly daemon: { readonly pid: number } }).daemon.pid // as spec/schemas says
  const sent = await sandbox.ask(['event', 'send', EVENT, '{"Start":{"target":1}}', '--world', world])
  const { height } = sent.data as { readonly height: number } // as spec/schemas says
  process.kill(pid, 'SIGKILL')
  for (let tries = 0; tries < 200 && isAlive(pid); tries += 1) await new Promise((done) => setTimeout(done, 10))
  expect(existsSync(socket)).toBe(true)
  // Nobody answers there: the command opens the world itself.
  expect(await sandbox.ask(['journal', 'head', '--world', world])).toMatchObject({ exit: 0, data: { height } })
  expect(await run(['stop'])).toMatchObject({ exit: 1 })
  expect(await run(['run', '--detach'])).toMatchObject({ exit: 0 })
  expect(await sandbox.ask(['journal', 'head', '--world', world])).toMatchObject({ exit: 0, data: { height } })
  const log = readFileSync(join(world, '.aos/run/log'), 'utf8')
  expect(log.match(/ serving /g)?.length).toBe(2)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a path too long for a socket is served from a short one', async () => {
  const deep = join(sandbox.folder, 'd'.repeat(90), 'w')
  mkdirSync(join(sandbox.folder, 'd'.repeat(90)))
  await sandbox.run(['init', deep, '--template', 'empty'])
  expect(await sandbox.run(['run', '--detach', '--world', deep])).toMatchObject({ exit: 0 })
  expect(existsSync(join(deep, SOCKET))).toBe(false)
  const named = readFileSync(join(deep, '.aos/run/control.path'), 'utf8').trim()
  expect(statSync(named).mode & 0o777).toBe(0o600)
  // The first push through a daemon makes genesis, and effects are performed from then on.
  expect(await sandbox.ask(['push', '--world', deep])).toMatchObject({ exit: 0, data: { outcome: 'pushed' } })
  expect(await sandbox.ask(['status', '--world', deep])).toMatchObject({ data: { daemon: { socket: named } } })
  // Neither somebody who says nothing nor somebody who follows keeps it from stopping.
  const idle = talk(named, '', { end: false, ms: 20_000 })
  const follow = talk(named, '{"id":1,"verb":"journal tail","args":["-f"]}\n', { end: false, ms: 20_000 })
  expect(await sandbox.run(['stop', '--world', deep])).toMatchObject({ exit: 0 })
  expect([(await idle).isClosed, (await follow).isClosed]).toEqual([true, true])
  expect(existsSync(dirname(named))).toBe(false)
})
