import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

/** What each adds to genesis and manifest: events, receipts, ticks and clocks, answers. */
const HEIGHTS = {
  '00-counter': 5,
  '01-hello-timer': 4,
  '02-blob-echo': 4,
  '03-fetch-notify': 3,
  '04-aggregator': 5,
  '05-chain-comp': 5,
  '07-llm-summarizer': 4,
  '08-retry-backoff': 6,
  '10-flights': 20_001,
  '11-approval': 9,
}

test('every rung of the ladder ends ok', async () => {
  const { exit, data } = await sandbox.ask(['examples', 'all'])
  expect(exit).toBe(0)
  expect(data).toMatchObject(Object.entries(HEIGHTS).map(([name, height]) => ({ name, ok: true, height })))
})

test('the commands that the page of 01-hello-timer names do what it says', async () => {
  const world = join(sandbox.folder, 'hello')
  cpSync(join(CHECKOUT, 'examples/01-hello-timer'), world, { recursive: true })
  const ask = (...args: readonly string[]): ReturnType<Sandbox['ask']> => sandbox.ask([...args, '--world', world])
  expect(await ask('push')).toMatchObject({ exit: 0 })
  const start = '{"Start":{"deliver_at_ns":1000000,"key":"hello"}}'
  expect(await ask('event', 'send', 'demo/TimerEvent@1', start)).toMatchObject({ exit: 0, data: { height: 2 } })
  expect(await ask('effects', 'ls')).toMatchObject({ data: { intents: [{ status: 'open' }] } })
  expect(await ask('clock', 'advance', '1ms', '--wait')).toMatchObject({ data: { height: 3, waited: 'quiet' } })
  expect(await ask('effects', 'ls')).toMatchObject({ data: { intents: [] } })
  expect(await ask('state', 'get', 'demo/HelloTimer@1')).toMatchObject({
    data: { height: 4, state: { pc: { Done: null }, fired_key: 'hello' } },
  })
})
