/** What changes need is there when old entries are cut to their headers and garbage is collected: while one waits, and while one is on probation. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Document, Sandbox } from './_command.ts'

const EVENT = 'demo/CounterEvent@1'
const EVENTS = 700
/** Longer than the test. */
const WINDOW_NS = 86_400_000_000_000

let sandbox: Sandbox
let world: string

const ask = (...args: readonly string[]): Promise<Document> => sandbox.ask([...args, '--world', world])

/** Asks for what must not fail. */
async function done(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { ok, data, error } = await ask(...args)
  expect(ok, `${args.join(' ')}: ${error?.message ?? ''}`).toBe(true)
  return data as Readonly<Record<string, unknown>> // documents of these commands are records (spec/schemas)
}

async function send(count: number): Promise<void> {
  const input = '{"Tick":null}\n'.repeat(count)
  const sent = await sandbox.run(['event', 'send', EVENT, '@-', '--ndjson', '--world', world], { input })
  expect(sent.exit, sent.stderr).toBe(0)
}

/** Two snapshots with many entries before each, everything before the older one cut, and what nobody needs removed; the first whole height. */
async function retain(): Promise<number> {
  await send(EVENTS)
  const { cut } = await done('snapshot', 'create')
  await send(EVENTS)
  await done('snapshot', 'create')
  const { compacted_below } = await done('journal', 'compact', '--before', String(cut))
  await done('blob', 'gc')
  return Number(compacted_below)
}

/** A patch that adds a schema, on probation when an invariant is given; its file. */
function patch(name: string, invariant?: object): string {
  const node = { $kind: 'defschema', name: `demo/${name}@1`, type: { text: {} } }
  const probation = invariant === undefined ? {} : { probation: { window_ns: WINDOW_NS, invariant } }
  const file = join(sandbox.folder, `${name}.json`)
  writeFileSync(file, JSON.stringify({ patches: [{ add_def: { kind: 'defschema', node } }], ...probation }))
  return file
}

async function decide(number: number): Promise<void> {
  await done('gov', 'approve', String(number), '--key', join(sandbox.folder, 'ann.key'))
  await done('gov', 'apply', String(number))
}

async function expectWhole(): Promise<void> {
  expect(await ask('journal', 'verify')).toMatchObject({ exit: 0, data: { ok: true } })
  expect(await ask('journal', 'replay', '--verify', '--from-snapshot')).toMatchObject({ exit: 0, data: { ok: true } })
}

beforeAll(async () => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'w')
  await sandbox.run(['init', world])
  writeFileSync(join(world, 'aos.json'), '{"version":1,"segment_bytes":65536}')
  const { data } = await sandbox.ask(['key', 'new', join(sandbox.folder, 'ann.key')])
  const { public_key: key } = data as { readonly public_key: string } // as spec/schemas says
  const file = join(world, 'air/manifest.air.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object // as the template has it
  writeFileSync(file, JSON.stringify({ ...manifest, approvers: [{ name: 'ann', key }] }))
  await done('push')
  await done('event', 'send', EVENT, '{"Start":{"target":100000}}')
}, 60_000)

afterAll(() => {
  sandbox.remove()
})

test(
  'a proposal that waits can be shown, decided and applied behind the entries that brought it',
  { timeout: 120_000 },
  async () => {
    await done('gov', 'propose', '--patch', patch('First'))
    await done('gov', 'shadow', '1')
    const before = await done('gov', 'show', '1')
    expect(before).toMatchObject({ status: 'open', proposal: 1 })
    expect(await retain()).toBeGreaterThan(400)
    expect(await done('gov', 'show', '1')).toEqual(before)
    await decide(1)
    expect(await done('gov', 'show', '1')).toMatchObject({ status: 'applied' })
    await done('defs', 'get', 'demo/First@1')
    await expectWhole()
  },
)

test('a change on probation is taken back behind the entries that put it in force', { timeout: 120_000 }, async () => {
  const { manifest_hash: base } = await done('journal', 'head')
  const most = { op: 'le', args: [{ ref: '@world.entries' }, { nat: 3 * EVENTS }] }
  await done('gov', 'propose', '--patch', patch('Second', most))
  await done('gov', 'shadow', '2')
  await decide(2)
  const { manifest_hash: second } = await done('journal', 'head')
  const { applied_height: applied } = await done('gov', 'show', '2')
  expect(await retain()).toBeGreaterThan(Number(applied))
  expect(await done('gov', 'ls')).toMatchObject({ on_probation: 2 })
  expect((await done('journal', 'head'))['manifest_hash']).toBe(second)
  await done('defs', 'get', 'demo/Second@1')
  await send(EVENTS)
  await send(EVENTS)
  expect(await done('gov', 'show', '2')).toMatchObject({ status: 'reverted' })
  expect((await done('journal', 'head'))['manifest_hash']).toBe(base)
  expect(await ask('defs', 'get', 'demo/Second@1')).toMatchObject({ ok: false })
  await expectWhole()
})

test('a change of long ago can be reverted', { timeout: 120_000 }, async () => {
  await retain()
  await done('gov', 'revert', '1')
  await done('gov', 'shadow', '3')
  await decide(3)
  expect(await ask('defs', 'get', 'demo/First@1')).toMatchObject({ ok: false })
  await done('event', 'send', EVENT, '{"Tick":null}')
  await expectWhole()
  const { checks } = await done('doctor', '--full')
  expect((checks as readonly { readonly state: string }[]).filter(({ state }) => state !== 'ok')).toEqual([])
})
