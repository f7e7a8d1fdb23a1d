/** A plan has the host run a proposal of its own in the shadow, on a real store with the real keys. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodeEntry } from '@aos/kernel'
import type { Proposal } from '@aos/kernel'
import { createEffectsHost, makeHostAdapter, push, replayJournal, valueFromText } from '../src/index.ts'
import type { EffectsHost, HostWorld } from '../src/index.ts'
import { PUSH, makeTestWorld } from './_world.ts'
import type { TestWorld } from './_world.ts'

let world: TestWorld
let host: HostWorld
let effects: EffectsHost

const record = (fields: object): object => ({ record: fields })
const ref = (path: string): object => ({ ref: path })
const none = { null: {} }

/** One effect, whatever comes of it. */
function plan(op: string, input: string, params: object): object {
  return {
    $kind: 'defplan',
    name: `test/${op}@1`,
    input,
    steps: [
      { id: 'ask', op: 'emit_effect', kind: `governance.${op}`, params: record(params), cap: 'self', bind: { effect_id_as: 'asked' } }, // prettier-ignore
      { id: 'got', op: 'await_receipt', for: ref('@var:asked'), accept: ['ok', 'error', 'timeout', 'denied', 'unknown'], bind: { as: 'answer' } }, // prettier-ignore
    ],
    edges: [{ from: 'ask', to: 'got' }],
  }
}

const schema = (name: string, type: object): object => ({ $kind: 'defschema', name, type })
const grant = (name: string): object => ({ name, cap: 'sys/governance@1', params: record({}) })

const definitions = (more: readonly object[] = []): readonly object[] => [
  ...more,
  schema('test/Improve@1', record({ document: { bytes: {} } })),
  schema('test/Look@1', record({ number: { nat: {} } })),
  plan('propose', 'test/Improve@1', {
    patch: { variant: { tag: 'patch_doc_json', value: ref('@plan.input.document') } },
    summary: none,
    manifest_base: none,
    description: none,
  }),
  plan('shadow', 'test/Look@1', { proposal_id: ref('@plan.input.number') }),
  { $kind: 'defpolicy', name: 'test/policy@1', rules: [{ when: {}, decision: 'allow' }] },
  {
    $kind: 'manifest',
    air_version: '1',
    schemas: [{ name: 'test/Improve@1' }, { name: 'test/Look@1' }, ...more.map((each) => ({ name: nameOf(each) }))],
    modules: [{ name: 'sys/CapEnforceGovernance@1' }],
    plans: [{ name: 'test/propose@1' }, { name: 'test/shadow@1' }],
    effects: [{ name: 'sys/governance.propose@1' }, { name: 'sys/governance.shadow@1' }],
    caps: [{ name: 'sys/governance@1' }],
    policies: [{ name: 'test/policy@1' }],
    defaults: { policy: 'test/policy@1', cap_grants: [grant('self')] },
    triggers: [
      { event: 'test/Improve@1', plan: 'test/propose@1' },
      { event: 'test/Look@1', plan: 'test/shadow@1' },
    ],
  },
]

const nameOf = (definition: object): string => (definition as { readonly name: string }).name // each has one

/** A change of what its grants and its policy are. */
const DOCUMENT = {
  version: '1',
  patches: [
    {
      replace_def: {
        kind: 'defpolicy',
        name: 'test/policy@1',
        new_node: {
          $kind: 'defpolicy',
          name: 'test/policy@1',
          rules: [{ when: { effect_kind: 'governance.shadow' }, decision: 'deny' }],
        },
      },
    },
    { set_defaults: { cap_grants: [grant('self'), grant('more')] } },
  ],
}

beforeEach(async () => {
  world = makeTestWorld()
  writeFileSync(join(world.folder.root, 'air', 'all.json'), JSON.stringify(definitions()))
  host = await world.open()
  await push(host, PUSH)
  effects = createEffectsHost(host, {
    adapters: [makeHostAdapter({ host, steps: (signal) => ({ signal }) })],
    environment: {},
    chance: () => 0,
  })
  await effects.start()
})

afterEach(async () => {
  await effects.stop({ graceMs: 0 })
  await host.close()
  world.remove()
})

async function send(name: string, value: object): Promise<void> {
  const bytes = valueFromText(host.definitions, name, JSON.stringify(value))
  const result = await host.send({ kind: 'event', principal: 'local:test', schema: name, value: bytes })
  if (result.kind !== 'accepted') throw new Error(`expected an entry, found ${result.kind}`)
}

async function propose(): Promise<Proposal> {
  await send('test/Improve@1', { document: Buffer.from(JSON.stringify(DOCUMENT)).toString('base64') })
  const proposal = host.kernel.readProposal(1)
  if (proposal === undefined) throw new Error('nothing was proposed')
  return proposal
}

/** The payload of the receipt for a shadow run. */
async function look(number: number): Promise<unknown> {
  await send('test/Look@1', { number })
  expect(await effects.quiet({ timeoutMs: 20_000 })).toBe('quiet')
  const [last] = [...host.store.journal.read({ from: host.store.journal.head?.height ?? 0 })].flat()
  const entry = decodeEntry(last?.bytes ?? new Uint8Array(0))
  expect(entry.kind).toBe('receipt')
  const [payload = new Uint8Array(0)] = entry.bodies?.values ?? []
  const isOk = (entry.ingress.get(10) as ReadonlyMap<number, unknown>).get(6) === 0 // a command
  return host.definitions.codec(isOk ? 'sys/GovShadowReceipt@1' : 'sys/EffectFailure@1').decode(payload)
}

test('the report is content, noted with the key of the host, and the receipt says what it comes to', async () => {
  const { manifest } = await propose()
  expect(await look(1)).toEqual({
    proposal_id: 1,
    manifest_hash: manifest,
    predicted_effects: [],
    pending_receipts: [],
    plan_results: [],
    ledger_deltas: [
      { ledger: { $tag: 'capability' }, name: 'more', change: { $tag: 'added' } },
      { ledger: { $tag: 'policy' }, name: 'test/policy@1', change: { $tag: 'changed' } },
    ],
  })
  const report = host.kernel.readProposal(1)?.report
  const bytes = report === undefined ? undefined : host.store.content.get(report.hash)
  const text = Buffer.from(bytes ?? new Uint8Array(0)).toString('utf8')
  expect(JSON.parse(text)).toMatchObject({ proposal: 1, candidate: manifest, authority: { verdict: 'widens' } })
  expect(replayJournal(host, { to: undefined, verify: true, onProgress: () => undefined }).ok).toBe(true)
})

test('what cannot be run is a failure with its code', async () => {
  expect(await look(9)).toMatchObject({ code: 'gov.unknown_proposal' })
  await propose()
  const more = definitions([schema('test/More@1', { nat: {} })])
  writeFileSync(join(world.folder.root, 'air', 'all.json'), JSON.stringify(more))
  await push(host, PUSH)
  expect(await look(1)).toMatchObject({ code: 'kernel.stale_base' })
  expect(host.kernel.readProposal(1)?.report).toBeUndefined()
})
