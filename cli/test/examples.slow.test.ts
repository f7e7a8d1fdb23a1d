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

test('the story says who decided, who signed and how it ended', { timeout: 60_000 }, async () => {
  const { exit, stdout } = await sandbox.run(['examples', 'approval'])
  expect(exit).toBe(0)
  const told = stdout.split('\n').map((line) =>
    line
      .replace(/127.0.0.1:[0-9]+/, 'bank')
      .replace(/[0-9a-f]{8}/g, '#')
      .trim(),
  )
  // What the person approved goes out; what the person rejected does not, and the plan says so.
  expect(told.filter((line) => /held|person|receipt|settled|denied|ends|raised/.test(line))).toEqual([
    'raised demo/PaymentRequested@1 {"id":"A-17","bank_url":"http://bank"}',
    '3  receipt for #: http says ok (1 calls, 16 bytes_in, 0 bytes_out), signed by #',
    'intent # is settled: ok',
    'gate: http.request held (grant bank, rule 1 of demo/bank_policy@1)',
    'intent # waits for a person',
    '4  answer of a person, signed by #',
    '5  receipt for #: http says ok (1 calls, 0 bytes_in, 0 bytes_out), signed by #',
    'intent # is settled: ok',
    'raised demo/ClerkEvent@1 {"Made":{"id":"A-17","status":201}}',
    'plan 2.3/demo/pay_plan@1 ends',
    'raised demo/PaymentRequested@1 {"id":"A-18","bank_url":"http://bank"}',
    '7  receipt for #: http says ok (1 calls, 16 bytes_in, 0 bytes_out), signed by #',
    'intent # is settled: ok',
    'gate: http.request held (grant bank, rule 1 of demo/bank_policy@1)',
    'intent # waits for a person',
    '8  answer of a person, signed by #',
    'intent # is settled: denied, approval.rejected',
    'raised demo/ClerkEvent@1 {"Declined":{"id":"A-18","reason":"approval.rejected"}}',
    'plan 6.2/demo/pay_plan@1 ends',
    'raised demo/PaymentRequested@1 {"id":"A-19","bank_url":"http://bank.test"}',
    'gate: http.request denied (grant bank): cap.denied/host_not_allowed',
    'plan 9.2/demo/pay_plan@1 ends: effect_denied/cap.denied/host_not_allowed',
  ])
})

test('a world proposes what it may, is approved by a person, and runs better', { timeout: 60_000 }, async () => {
  const { exit, stdout } = await sandbox.run(['examples', 'self-upgrade'])
  expect(exit).toBe(0)
  const told = stdout.split('\n').map((line) => line.replace(/[0-9a-f]{8}/g, '#').trim())
  expect(told.filter((line) => /governance|proposal|person|Told|improve.*ends/.test(line))).toEqual([
    'raised demo/ShopEvent@1 {"Told":{"item":"tea","status":410}}',
    'raised demo/ShopEvent@1 {"Told":{"item":"milk","status":410}}',
    'gate: governance.propose denied (grant self): cap.denied/def_kind_not_allowed',
    'plan 6.6/demo/improve@1 ends: effect_denied/cap.denied/def_kind_not_allowed',
    'raised demo/ShopEvent@1 {"Told":{"item":"milk","status":410}}',
    'raised demo/ShopEvent@1 {"Told":{"item":"tea","status":410}}',
    'gate: governance.propose allowed (grant self, rule 2 of demo/shop_policy@1)',
    'proposal 1 is proposed (keeps)',
    'gate: governance.shadow allowed (grant self, rule 2 of demo/shop_policy@1)',
    '12  about a proposal, signed by #',
    'proposal 1 is shadowed',
    'gate: governance.approve held (grant self, rule 1 of demo/shop_policy@1)',
    'intent # waits for a person',
    '14  answer of a person, signed by #',
    'gate: governance.approve allowed (grant self, rule 1 of demo/shop_policy@1)',
    'proposal 1 is approved (#)',
    'gate: governance.apply allowed (grant self, rule 2 of demo/shop_policy@1)',
    'proposal 1 is applied',
    'raised demo/ShopEvent@1 {"Improved":{"proposal":1}}',
    'plan 11.6/demo/improve@1 ends',
    'raised demo/ShopEvent@1 {"Told":{"item":"honey","status":200}}',
  ])
})

test('the flights have a cell for each airport, in pages', async () => {
  const keep = join(sandbox.folder, 'flights')
  expect(await sandbox.ask(['examples', '10-flights', '--keep', keep])).toMatchObject({
    exit: 0,
    data: [{ name: '10-flights', ok: true }],
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
