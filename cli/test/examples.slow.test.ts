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

/** Of the last entry, snapshots not counted: what each adds to genesis and manifest are events, receipts, ticks and clocks, answers. */
const HEIGHTS = {
  '00-counter': 5,
  '01-hello-timer': 4,
  '02-blob-echo': 4,
  '03-fetch-notify': 3,
  '04-aggregator': 5,
  '05-chain-comp': 5,
  '06-safe-upgrade': 14,
  '07-llm-summarizer': 4,
  '08-retry-backoff': 6,
  '09-workspaces': 2,
  '10-flights': 20_001,
  '11-approval': 9,
  '12-self-upgrade': 16,
  '13-migration': 10_046,
  '14-notes': 6,
}

test('every rung of the ladder ends ok', async () => {
  const folder = join(sandbox.folder, 'kept')
  const { exit, data } = await sandbox.ask(['examples', 'all', '--keep', folder])
  expect(exit).toBe(0)
  const reports = data as readonly Report[] // the shape of `examples`
  const found: unknown[] = []
  for (const { name, ok, height } of reports) {
    found.push([name, ok, height - (await countSnapshotEntries(join(folder, name), height))])
  }
  expect(found).toEqual(Object.entries(HEIGHTS).map(([name, height]) => [name, true, height]))
})

interface Report {
  readonly name: string
  readonly ok: boolean
  readonly height: number
}

/** Where a world cuts snapshots of itself is not a part of its example. */
async function countSnapshotEntries(world: string, upTo: number): Promise<number> {
  const head = await sandbox.ask(['journal', 'head', '--world', world])
  const { entries: count } = head.data as { readonly entries: number } // the shape of `journal head`
  const tail = await sandbox.ask(['journal', 'tail', '--count', String(count), '--world', world])
  const { entries } = tail.data as { readonly entries: readonly { readonly height: number; readonly kind: string }[] }
  return entries.filter(({ height, kind }) => height <= upTo && kind.startsWith('snapshot_')).length
}

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
