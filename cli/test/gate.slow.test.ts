/** Plans, intents, receipts and answers from the command line, with a daemon and without one (spec/10-plans.md to spec/12-receipts.md). */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Document, RunOptions, Sandbox } from './_command.ts'

const PLANS = ['keep', 'ask', 'deny']

let sandbox: Sandbox
let world: string

/** Stores its input; what becomes of that differs by policy. */
function makePlan(name: string): unknown {
  return {
    $kind: 'defplan',
    name: `demo/${name}@1`,
    input: 'sys/BlobPutParams@1',
    steps: [
      {
        id: 'put',
        op: 'emit_effect',
        kind: 'blob.put',
        params: { ref: '@plan.input' },
        cap: 'blobs',
        bind: { effect_id_as: 'put' },
      },
      { id: 'wait', op: 'await_receipt', for: { ref: '@var:put' }, bind: { as: 'stored' } },
      { id: 'finish', op: 'end' },
    ],
    edges: [
      { from: 'put', to: 'wait' },
      { from: 'wait', to: 'finish' },
    ],
  }
}

const POLICY = {
  $kind: 'defpolicy',
  name: 'demo/policy@1',
  rules: [
    { when: { effect_kind: 'blob.put', origin_name: 'demo/keep@1' }, decision: 'allow' },
    { when: { effect_kind: 'blob.put', origin_name: 'demo/ask@1' }, decision: 'require_approval' },
    { when: {}, decision: 'deny' },
  ],
}

const MANIFEST = {
  $kind: 'manifest',
  air_version: '1',
  schemas: [],
  modules: [],
  plans: PLANS.map((name) => ({ name: `demo/${name}@1` })),
  effects: [{ name: 'sys/blob.put@1' }],
  policies: [{ name: POLICY.name }],
  defaults: { policy: POLICY.name, cap_grants: [{ name: 'blobs', cap: 'sys/blob@1', params: {} }] },
}

const ask = (args: readonly string[], options?: RunOptions): Promise<Document> =>
  sandbox.ask([...args, '--world', world], options)

const start = (plan: string, text: string, ...more: readonly string[]): Promise<Document> => {
  const bytes = Buffer.from(text)
  const input = {
    bytes: bytes.toString('base64'),
    blob_ref: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  }
  return ask(['plan', 'start', `demo/${plan}@1`, JSON.stringify(input), ...more])
}

/** The members of `data` that tests look at. */
interface Seen {
  readonly height: number
  readonly instance: string
  readonly intents: readonly { readonly intent: string }[]
  readonly receipts: readonly { readonly intent: string }[]
}

const dataOf = ({ data }: Document): Seen => data as Seen // as spec/schemas says

const intentOf = (document: Document): string => dataOf(document).intents[0]?.intent ?? ''

beforeAll(async () => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'w')
  await sandbox.run(['init', world, '--template', 'empty'])
  mkdirSync(join(world, 'air'), { recursive: true })
  const write = (name: string, node: unknown): void => writeFileSync(join(world, 'air', name), JSON.stringify(node))
  write('manifest.air.json', MANIFEST)
  write('rest.air.json', [...PLANS.map(makePlan), POLICY])
  expect(await ask(['push'])).toMatchObject({ exit: 0 })
}, 60_000)

afterAll(async () => {
  await sandbox.run(['stop', '--world', world])
  sandbox.remove()
})

test('without a daemon an effect waits, and --wait performs it', async () => {
  const waiting = await start('keep', 'first')
  expect(waiting).toMatchObject({ exit: 0, data: { decisions: [{ outcome: 'allow', grant: 'blobs', rule: 0 }] } })
  expect(await ask(['effects', 'ls', '--open'])).toMatchObject({ data: { intents: [{ intent: intentOf(waiting) }] } })
  expect(await start('keep', 'second', '--wait')).toMatchObject({ exit: 0, data: { waited: 'quiet' } })
  expect(await ask(['effects', 'ls'])).toMatchObject({ data: { intents: [] } })
  expect(await ask(['plan', 'ls'])).toMatchObject({ data: { instances: [] } })
  const receipts = await ask(['receipt', 'ls'])
  expect(receipts).toMatchObject({ data: { receipts: [{ status: 'ok', adapter: 'blob' }, { status: 'ok' }] } })
  expect(await ask(['receipt', 'show', intentOf(waiting)])).toMatchObject({ data: { kind: 'receipt' } })
})

test('what the policy denies is exit 3, ends the plan, and is explained by its height', async () => {
  const denied = await start('deny', 'third')
  expect(denied).toMatchObject({ exit: 3, ok: true, data: { intents: [], decisions: [{ outcome: 'deny', rule: 2 }] } })
  const explained = await ask(['policy', 'explain', String(dataOf(denied).height)])
  expect(explained).toMatchObject({
    data: { decisions: [{ outcome: 'deny', code: 'policy.denied', policy: POLICY.name, matched: POLICY.rules[2] }] },
  })
})

test('what a person has to see is exit 4, and goes out when the daemon gets the answer', async () => {
  expect(await ask(['run', '--detach'])).toMatchObject({ exit: 0 })
  const parked = await start('ask', 'fourth')
  const intent = intentOf(parked)
  expect(parked).toMatchObject({ exit: 4, data: { decisions: [{ outcome: 'park', rule: 1 }] } })
  expect(await ask(['approvals', 'ls'])).toMatchObject({ data: { intents: [{ intent, status: 'parked' }] } })
  expect((await sandbox.run(['approvals', 'ls', '--ids', '--world', world])).stdout).toBe(`${intent}\n`)
  expect(await ask(['policy', 'explain', intent])).toMatchObject({ data: { decisions: [{ outcome: 'park' }] } })
  expect(await ask(['plan', 'show', dataOf(parked).instance])).toMatchObject({ data: { plan: 'demo/ask@1' } })
  const done = await ask(['approve', intent, '--wait=20s'])
  expect(done).toMatchObject({ exit: 0, data: { intent, decision: 'approve', waited: 'quiet' } })
  // Performed by the daemon; so is what the next start asks for.
  expect(dataOf(await ask(['receipt', 'ls'])).receipts.map((receipt) => receipt.intent)).toContain(intent)
  expect(await ask(['approve', intent])).toMatchObject({ exit: 1, ok: false })
})

test('a rejected intent and a cancelled plan leave nothing open', async () => {
  expect(await start('keep', 'fifth', '--wait')).toMatchObject({ exit: 0, data: { waited: 'quiet' } })
  const rejected = await start('ask', 'sixth')
  expect(await ask(['reject', intentOf(rejected)])).toMatchObject({ exit: 0 })
  const cancelled = await start('ask', 'seventh')
  expect(await ask(['plan', 'cancel', dataOf(cancelled).instance])).toMatchObject({ exit: 0 })
  expect(await ask(['status'])).toMatchObject({ data: { open_work: 0, running_plans: 0, next_due_ns: null } })
  expect(await ask(['plan', 'cancel', dataOf(cancelled).instance])).toMatchObject({ exit: 1, ok: false })
  expect(await ask(['upgrade'])).toMatchObject({ exit: 0, data: { changed: false } })
  expect(await ask(['journal', 'replay', '--verify'])).toMatchObject({ exit: 0, data: { ok: true } })
  expect(await ask(['journal', 'verify'])).toMatchObject({ exit: 0, data: { ok: true } })
})

/** Says hello, answers pings, ends when told to. */
const DRIVER = `
import { createInterface } from 'node:readline'
const send = (message) => process.stdout.write(JSON.stringify(message) + '\\n')
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const { type, id } = JSON.parse(line)
  if (type === 'hello') send({ type: 'hello', protocol: Number(process.argv[2] ?? 1), kinds: ['blob.put'], lookup: false })
  if (type === 'ping') send({ type: 'pong', id })
  if (type === 'close') process.exit(0)
})
lines.on('close', () => process.exit(0))
`

test('a driver is put through its protocol, and aos.json names drivers and providers', async () => {
  const file = join(sandbox.folder, 'driver.mjs')
  writeFileSync(file, DRIVER)
  const command = ['driver', 'test', '--kind', 'blob.put']
  const good = await sandbox.run([...command, '--json', '--world', world, '--', process.execPath, file])
  expect(JSON.parse(good.stdout)).toMatchObject({ ok: true, data: { ok: true } })
  expect(good.exit).toBe(0)
  const other = await sandbox.run([...command, '--world', world, '--', process.execPath, file, '2'])
  expect(other).toMatchObject({ exit: 1, stdout: expect.stringContaining('fail') as unknown })
  const settings = (adapters: unknown): void =>
    writeFileSync(join(world, 'aos.json'), JSON.stringify({ version: 1, adapters }))
  await ask(['stop'])
  const drivers = [{ id: 'shelf', kinds: ['blob.put'], command: [process.execPath, file], environment: ['HOME'] }]
  settings({ drivers, providers: { here: { dialect: 'openai', base_url: 'http://127.0.0.1:1/v1', trusted: true } } })
  expect(await start('keep', 'eighth', '--wait')).toMatchObject({ exit: 0, data: { waited: 'quiet' } })
  settings({ drivers: [{ id: 'shelf', kinds: [], command: ['x'] }] })
  expect(await start('keep', 'ninth')).toMatchObject({ exit: 1, error: { code: 'host.bad_config' } })
  settings({ scripts: [{ id: 'http', kinds: ['http.request'], script: 'script.json' }] })
  expect(await start('keep', 'tenth')).toMatchObject({
    exit: 1,
    error: { code: 'host.bad_config', path: '$.adapters.scripts["0"].id' },
  })
  settings({ scripts: [{ id: 'blob.scripted', kinds: ['blob.put'], script: 'script.json' }] })
  expect(await start('keep', 'eleventh', '--wait')).toMatchObject({ exit: 1, error: { code: 'host.file' } })
  writeFileSync(join(world, 'script.json'), '{"steps":[{"later":true}]}')
  expect(await start('keep', 'twelfth', '--wait')).toMatchObject({ exit: 1, error: { code: 'adapter.bad_script' } })
  settings({})
})
