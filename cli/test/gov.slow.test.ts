/** Changes of a world with approvers, from proposal to what is in force, without a daemon and with one (spec/17-governance.md). */
import { parseHash, toHex } from '@aos/cbor'
import { controlPlaceOf, findWorldFolder } from '@aos/host'
import { encodeGovernance } from '@aos/kernel'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Document, Sandbox } from './_command.ts'
import { linesOf, talk } from './_socket.ts'

const GRANT = { name: 'blobs', cap: 'sys/blob@1', params: {} }
const PLAN = {
  $kind: 'defplan',
  name: 'demo/ask@1',
  input: 'sys/BlobPutParams@1',
  steps: [
    { id: 'put', op: 'emit_effect', kind: 'blob.put', params: { ref: '@plan.input' }, cap: 'blobs', bind: { effect_id_as: 'put' } }, // prettier-ignore
    { id: 'wait', op: 'await_receipt', for: { ref: '@var:put' }, bind: { as: 'stored' } },
    { id: 'finish', op: 'end' },
  ],
  edges: [
    { from: 'put', to: 'wait' },
    { from: 'wait', to: 'finish' },
  ],
}

let sandbox: Sandbox
let world: string
const publicKeys: string[] = []

const ask = (args: readonly string[]): Promise<Document> => sandbox.ask([...args, '--world', world])
const by = (name: string): readonly string[] => ['--key', join(sandbox.folder, `${name}.key`)]

/** The folder says from now on what a request of the plan comes to, and whether the grant is there. */
function write(decision: 'allow' | 'deny' | 'require_approval', grants: readonly unknown[] = [GRANT]): void {
  const approvers = publicKeys.map((key, index) => ({ name: `approver-${index}`, key }))
  const manifest = {
    $kind: 'manifest',
    air_version: '1',
    schemas: [],
    modules: [],
    plans: [{ name: PLAN.name }],
    effects: [{ name: 'sys/blob.put@1' }],
    policies: [{ name: 'demo/policy@1' }],
    defaults: { policy: 'demo/policy@1', cap_grants: grants },
    approvers,
    approvals: [{ authority: 'widens', count: 2 }],
  }
  const policy = { $kind: 'defpolicy', name: 'demo/policy@1', rules: [{ when: {}, decision }] }
  writeFileSync(join(world, 'air/manifest.air.json'), JSON.stringify(manifest))
  writeFileSync(join(world, 'air/rest.air.json'), JSON.stringify([PLAN, policy]))
}

async function start(text: string): Promise<Document> {
  const bytes = Buffer.from(text)
  const blob_ref = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  return ask(['plan', 'start', PLAN.name, JSON.stringify({ bytes: bytes.toString('base64'), blob_ref })])
}

beforeAll(async () => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'w')
  await sandbox.run(['init', world, '--template', 'empty'])
  mkdirSync(join(world, 'air'), { recursive: true })
  for (const name of ['ann', 'bo']) {
    const made = await sandbox.ask(['key', 'new', join(sandbox.folder, `${name}.key`)])
    publicKeys.push((made.data as { readonly public_key: string }).public_key) // as the command says
  }
  write('require_approval')
  expect(await ask(['push'])).toMatchObject({ exit: 0, data: { outcome: 'pushed', by: 'owner' } })
}, 60_000)

afterAll(async () => {
  await sandbox.run(['stop', '--world', world])
  sandbox.remove()
})

test('a key is made once', async () => {
  const again = await sandbox.ask(['key', 'new', join(sandbox.folder, 'ann.key')])
  expect(again).toMatchObject({ exit: 1, error: { code: 'key.exists' } })
})

test('a push to a world with approvers waits for them, and each step says what is missing', async () => {
  expect(await start('first')).toMatchObject({ exit: 4 })
  write('allow')
  expect(await ask(['gov', 'propose', '--dry-run'])).toMatchObject({ exit: 0, data: { outcome: 'dry_run', authority: 'widens' } }) // prettier-ignore
  expect(await ask(['push'])).toMatchObject({ exit: 4, data: { outcome: 'proposed', by: 'proposal', proposal: 1, authority: 'widens' } }) // prettier-ignore
  expect(await ask(['approvals', 'ls'])).toMatchObject({ data: { intents: [{ status: 'parked' }], proposals: [{ proposal: 1 }] } }) // prettier-ignore
  expect(await ask(['gov', 'approve', '1', ...by('ann')])).toMatchObject({ exit: 1, error: { code: 'gov.no_shadow' } })
  const shadow = await ask(['gov', 'shadow', '1'])
  expect(shadow).toMatchObject({
    exit: 0,
    data: { report: { decisions: { total: 1, items: [{ from: { outcome: 'park' }, to: { outcome: 'allow' } }] } } },
  })
  const events = join(sandbox.folder, 'events.json')
  writeFileSync(events, '[{"schema": "no/Such@1", "value": 1}]')
  expect(await ask(['gov', 'shadow', '1', '--events', events])).toMatchObject({ exit: 1, error: { code: 'host.unknown_schema' } }) // prettier-ignore
  writeFileSync(events, '[{"value": 1}]')
  expect(await ask(['gov', 'shadow', '1', '--events', events])).toMatchObject({ exit: 2 })
  writeFileSync(events, '[]')
  expect(await ask(['gov', 'shadow', '1', '--events', events])).toMatchObject({ exit: 0, data: { report: { stretch: { seeds: 0 } } } }) // prettier-ignore
  writeFileSync(events, '[{"schema": "sys/WorkspaceName@1", "value": "notes"}]')
  expect(await ask(['gov', 'shadow', '1', '--events', events])).toMatchObject({ exit: 0, data: { report: { stretch: { seeds: 1 } } } }) // prettier-ignore
  expect(await ask(['gov', 'approve', '1'])).toMatchObject({ exit: 1, error: { code: 'gov.not_approver' } })
  expect(await ask(['gov', 'approve', '1', ...by('ann')])).toMatchObject({ exit: 0 })
  expect(await ask(['gov', 'approve', '1', ...by('ann')])).toMatchObject({ exit: 1, error: { code: 'gov.replayed' } })
  expect(await ask(['gov', 'apply', '1'])).toMatchObject({ exit: 1, error: { code: 'gov.quorum' } })
  expect(await ask(['gov', 'approve', '1', ...by('bo')])).toMatchObject({ exit: 0 })
  expect(await ask(['gov', 'apply', '1'])).toMatchObject({ exit: 0, data: { proposal: 1 } })
  expect(await ask(['gov', 'apply', '1'])).toMatchObject({ exit: 1, error: { code: 'gov.not_open' } })
  expect(await ask(['push'])).toMatchObject({ exit: 0, data: { outcome: 'unchanged' } })
  expect(await start('second')).toMatchObject({ exit: 0, data: { decisions: [{ outcome: 'allow' }] } })
}, 60_000)

test('through a daemon: a power that is taken away is gone for what waits, and a signature that is not one changes nothing', async () => {
  expect(await ask(['run', '--detach'])).toMatchObject({ exit: 0 })
  write('require_approval')
  expect(await ask(['gov', 'propose', ...by('bo')])).toMatchObject({ data: { proposal: 2, authority: 'narrows' } })
  const { report_hash: report } = (await ask(['gov', 'shadow', '2'])).data as { readonly report_hash: string } // as spec/schemas says
  expect(await submit({ report, keyId: keyIdOf(0) })).toMatchObject({ ok: false, error: { code: 'host.signature' } })
  expect(await submit({ report, keyId: 'ab'.repeat(32) })).toMatchObject({ ok: false, error: { code: 'host.signature' } }) // prettier-ignore
  expect(await ask(['gov', 'show', '2'])).toMatchObject({
    data: { status: 'open', approvals: [], report_hash: report },
  })
  await expectDone(2)
  const parked = await start('third')
  expect(parked).toMatchObject({ exit: 4 })
  const { instance } = parked.data as { readonly instance: string } // as spec/schemas says
  write('require_approval', [])
  writeFileSync(join(world, 'air/rest.air.json'), JSON.stringify([{ ...PLAN, steps: PLAN.steps.slice(2), edges: [] }, { $kind: 'defpolicy', name: 'demo/policy@1', rules: [{ when: {}, decision: 'require_approval' }] }])) // prettier-ignore
  expect(await ask(['gov', 'propose', ...by('bo')])).toMatchObject({ exit: 0, data: { proposal: 3 } })
  expect(await ask(['gov', 'shadow', '3'])).toMatchObject({ exit: 0, data: { report: { in_flight: { total: 1, items: [{ to: 'denied', code: 'cap.revoked' }] } } } }) // prettier-ignore
  await expectDone(3)
  const ended = await ask(['journal', 'tail', '-n', '3'])
  expect(JSON.stringify(ended.data)).toContain('cap.revoked')
  expect(await ask(['plan', 'show', instance])).toMatchObject({ exit: 1 })
  expect(await ask(['approvals', 'ls'])).toMatchObject({ data: { intents: [] } })
}, 90_000)

test('the journal holds what was decided, with every signature', async () => {
  expect(await ask(['stop'])).toMatchObject({ exit: 0 })
  expect(await ask(['gov', 'ls'])).toMatchObject({
    data: { proposals: [{ status: 'applied' }, { status: 'applied' }, { status: 'applied' }], review_due: false },
  })
  expect(await ask(['journal', 'verify'])).toMatchObject({ exit: 0 })
  expect(await ask(['journal', 'replay', '--verify'])).toMatchObject({ exit: 0 })
}, 60_000)

async function expectDone(number: number): Promise<void> {
  for (const name of ['ann', 'bo']) expect((await ask(['gov', 'approve', String(number), ...by(name)])).exit).toBe(0)
  expect(await ask(['gov', 'apply', String(number)])).toMatchObject({ exit: 0 })
}

function keyIdOf(index: number): string {
  return createHash('sha256')
    .update(Buffer.from(publicKeys[index] ?? '', 'hex'))
    .digest('hex')
}

/** An approval of proposal 2 that nobody signed, over the socket of the daemon. */
async function submit(forged: { readonly report: string; readonly keyId: string }): Promise<unknown> {
  const { patch_hash, base_manifest_hash, base_height } = (await ask(['gov', 'show', '2'])).data as {
    readonly patch_hash: string
    readonly base_manifest_hash: string
    readonly base_height: number
  } // as spec/schemas says
  const command = encodeGovernance({
    op: 'decide',
    proposal: 2,
    decision: 'approve',
    patch: parseHash(patch_hash),
    base: parseHash(base_manifest_hash),
    baseHeight: base_height,
    report: parseHash(forged.report),
    expiresNs: 4_000_000_000_000_000_000n,
  })
  const signature = { key_id: forged.keyId, signature: '00'.repeat(64) }
  const ingress = { kind: 'governance', command: toHex(command), blobs: [], signature }
  const folder = findWorldFolder({ option: world, variable: undefined, cwd: world })
  const line = JSON.stringify({ id: 1, verb: 'submit', args: { ingress }, as: 'data' })
  const replies = linesOf(await talk(controlPlaceOf(folder).socket, `${line}\n`))
  return replies.at(-1)
}
