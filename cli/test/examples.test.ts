import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

test('every example runs, agrees with what it should be, and replays', { timeout: 120_000 }, async () => {
  const keep = join(sandbox.folder, 'kept')
  const reply = await sandbox.ask(['examples', 'all', '--keep', keep])
  expect(reply).toMatchObject({
    exit: 0,
    data: [
      { name: '00-counter', ok: true, height: 5 },
      { name: '10-flights', ok: true, height: 20_001 },
    ],
  })
  const world = join(keep, '10-flights')
  const cell = await sandbox.ask(['state', 'get', 'demo/FlightStats@1', '--key', 'ORD', '--world', world])
  expect(cell).toMatchObject({ exit: 0, data: { key: 'ORD', state: { count: 1095 } } })
  const raw = await sandbox.run(['state', 'get', 'demo/FlightStats@1', '--key', '"ORD"', '--raw', '--world', world])
  expect(raw.stdout).toContain('delay_total')
  const page = await sandbox.ask(['state', 'ls', 'demo/FlightStats@1', '--limit', '2', '--world', world])
  expect(page.data).toMatchObject({ cells: [{ key: 'ABE' }, { key: 'ABI' }] })
  const { next_cursor: cursor } = page.data as { readonly next_cursor: string } // there are 220 cells
  const next = await sandbox.ask([
    'state',
    'ls',
    'demo/FlightStats@1',
    '--limit',
    '1',
    '--cursor',
    cursor,
    '--world',
    world,
  ])
  expect(next.data).toMatchObject({ cells: [{ key: 'ABQ' }] })
  expect(await sandbox.ask(['state', 'get', 'demo/FlightStats@1', '--world', world])).toMatchObject({
    exit: 1,
    error: { code: 'host.key_required' },
  })
})

test('without a name they are listed; an unknown one is named', async () => {
  expect((await sandbox.ask(['examples'])).data).toEqual([{ name: '00-counter' }, { name: '10-flights' }])
  expect(await sandbox.ask(['examples', 'pyramid'])).toMatchObject({ exit: 1, error: { code: 'cli.unknown_example' } })
})
