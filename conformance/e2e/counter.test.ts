import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import type { Head, Sent, Verdict } from './command.ts'
import { COUNTER, makeCounterWorld } from './worlds.ts'

interface State {
  readonly state: unknown
  readonly height: number
}

test('the first five minutes: init, push, four events, state now and then, replay', async () => {
  const sandbox = makeSandbox()
  const world = await makeCounterWorld(sandbox)
  const inWorld = { cwd: world }
  const send = (value: string): Promise<Sent> => sandbox.data(['event', 'send', COUNTER.event, value], inWorld)

  const start = await send('{"Start":{"target":3}}')
  expect(start.steps).toMatchObject([{ reducer: COUNTER.reducer, outcome: 'ok' }])
  for (const height of [1, 2, 3]) expect((await send('{"Tick":null}')).height).toBe(start.height + height)

  const now = await sandbox.data<State>(['state', 'get', COUNTER.reducer], inWorld)
  expect(now.state).toEqual({ pc: { Done: null }, remaining: 0 })
  const then = await sandbox.data<State>(['state', 'get', COUNTER.reducer, '--at', `${start.height + 1}`], inWorld)
  expect(then).toMatchObject({ height: start.height + 1, state: { remaining: 2 } })

  const verdict = await sandbox.data<Verdict>(['journal', 'replay', '--verify'], inWorld)
  expect(verdict).toMatchObject({ ok: true, entries: start.height + 4 })
  const head = await sandbox.data<Head>(['journal', 'head'], inWorld)
  expect(head).toMatchObject({ height: start.height + 3, entries: start.height + 4, log_root: verdict.root })
})

test('what is refused leaves the head alone, and the same idempotency key is counted once', async () => {
  const sandbox = makeSandbox()
  const world = await makeCounterWorld(sandbox)
  const before = await sandbox.data<Head>(['journal', 'head', '--world', world])
  const reply = await sandbox.ask(['event', 'send', COUNTER.event, '{"Start":{"target":-1}}', '--world', world])
  expect(reply.exit).toBe(1)
  expect(reply).toMatchObject({ ok: false, error: { path: expect.stringContaining('target') } })
  expect(await sandbox.data<Head>(['journal', 'head', '--world', world])).toEqual(before)

  const args = ['event', 'send', COUNTER.event, '--world', world, '--idempotency-key', 'once']
  const first = await sandbox.data<Sent>([...args, '{"Start":{"target":3}}'])
  const again = await sandbox.data<Sent>([...args, '{"Start":{"target":3}}'])
  expect(again.height).toBe(first.height)
  const other = await sandbox.ask([...args, '{"Start":{"target":4}}'])
  expect(other).toMatchObject({ ok: false, exit: 1, error: { code: 'kernel.conflict' } })
})

test('errors are one sentence with a code, on both streams, and never a stack', async () => {
  const sandbox = makeSandbox()
  const ran = await sandbox.run(['state', 'get', COUNTER.reducer, '--world', sandbox.path('nowhere'), '--json'])
  expect(ran.code).toBe(1)
  expect(JSON.parse(ran.stdout)).toMatchObject({ ok: false, error: { code: 'host.no_world' } })
  expect(ran.stderr).toContain('host.no_world')
  expect(ran.stderr).not.toMatch(/^\s+at /m)
})
