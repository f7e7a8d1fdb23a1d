import { describe, expect, test } from 'vitest'
import { encodePatch } from '@aos/air'
import { decodeForeign, encodeNode } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import { decodeEntry } from '../src/index.ts'
import { accepted } from './_effects.ts'
import { GovernanceBench, OWNER } from './_governance.ts'
import { asMap } from './_util.ts'
import type { Script } from './_util.ts'
import { none, ref, text } from './_workspaces.ts'

const COUNT: Script = ({ state, value }) => {
  const n = state === undefined ? 0 : Number(asMap(state).get('n'))
  return { state: { n: n + Number(asMap(value).get('by')) } }
}
const TWICE: Script = ({ state, value }) => {
  const n = state === undefined ? 0 : Number(asMap(state).get('n'))
  return { state: { n: n + 2 * Number(asMap(value).get('by')) } }
}

const APPROVE_RULE = { when: { effect_kind: 'governance.approve' }, decision: 'require_approval' }
const ALLOW_ALL = { when: {}, decision: 'allow' }
const NAMES = ['demo/Add@1', 'demo/Count@1', 'demo/Propose@1', 'demo/Approve@1', 'demo/Apply@1']

/** What a plan says of a patch, whatever that is. */
const NOTHING_MUCH = {
  record: {
    base_manifest_hash: none,
    patch_hash: { hash: `sha256:${'0'.repeat(64)}` },
    ops: { set: [text('set_budgets')] },
    def_changes: { list: [] },
    manifest_sections: { set: [text('budgets')] },
  },
}

/** One effect, waited for; the plan fails with it. */
function plan(op: 'propose' | 'approve' | 'apply', params: object): object {
  const input = `demo/${op.replace(/^./, (letter) => letter.toUpperCase())}@1`
  return {
    $kind: 'defplan',
    name: `demo/${op}@1`,
    input,
    steps: [
      { id: 'ask', op: 'emit_effect', kind: `governance.${op}`, params: { record: params }, cap: 'self', bind: { effect_id_as: 'asked' } }, // prettier-ignore
      { id: 'got', op: 'await_receipt', for: ref('@var:asked'), bind: { as: 'answer' } },
      { id: 'end', op: 'end' },
    ],
    edges: [{ from: 'ask', to: 'got' }, { from: 'got', to: 'end' }], // prettier-ignore
  }
}

const NUMBER = ref('@plan.input.number')
const PLANS = [
  plan('propose', {
    patch: ref('@plan.input.patch'),
    summary: NOTHING_MUCH,
    manifest_base: none,
    description: text('from inside'),
  }),
  plan('approve', {
    proposal_id: NUMBER,
    decision: { variant: { tag: 'approve', value: none } },
    approver: text('somebody'),
    reason: none,
  }),
  plan('apply', { proposal_id: NUMBER }),
]

interface Parts {
  readonly module?: string
  readonly rules?: readonly object[]
}

function world({ module = 'demo/count@1', rules = [APPROVE_RULE, ALLOW_ALL] }: Parts = {}): readonly object[] {
  const reducer = { state: 'demo/Count@1', event: 'demo/Add@1', effects_emitted: [], cap_slots: {} }
  const check = { input: 'sys/CapCheckInput@1', output: 'sys/CapCheckOutput@1' }
  return [
    { $kind: 'defschema', name: 'demo/Add@1', type: { record: { by: 'int' } } },
    { $kind: 'defschema', name: 'demo/Count@1', type: { record: { n: 'int' } } },
    { $kind: 'defschema', name: 'demo/Propose@1', type: { record: { patch: 'sys/GovPatchInput@1' } } },
    { $kind: 'defschema', name: 'demo/Approve@1', type: { record: { number: 'nat' } } },
    { $kind: 'defschema', name: 'demo/Apply@1', type: { record: { number: 'nat' } } },
    { $kind: 'defmodule', name: module, module_kind: 'reducer', wasm_hash: '', abi: { reducer } },
    { $kind: 'defmodule', name: 'demo/enforce@1', module_kind: 'pure', wasm_hash: '', abi: { pure: check } },
    { $kind: 'defcap', name: 'demo/governance@1', cap_type: 'governance', schema: { record: {} }, enforcer: { module: 'demo/enforce@1' } }, // prettier-ignore
    { $kind: 'defpolicy', name: 'demo/policy@1', rules },
    ...PLANS,
    {
      $kind: 'manifest',
      air_version: '1',
      schemas: NAMES,
      modules: [module, 'demo/enforce@1'],
      plans: ['demo/propose@1', 'demo/approve@1', 'demo/apply@1'],
      effects: ['sys/governance.propose@1', 'sys/governance.approve@1', 'sys/governance.apply@1'],
      caps: ['demo/governance@1'],
      policies: ['demo/policy@1'],
      defaults: { policy: 'demo/policy@1', cap_grants: [{ name: 'self', cap: 'demo/governance@1', params: { record: {} } }] }, // prettier-ignore
      routing: { events: [{ event: 'demo/Add@1', reducer: module }] },
      triggers: [
        { event: 'demo/Propose@1', plan: 'demo/propose@1' },
        { event: 'demo/Approve@1', plan: 'demo/approve@1' },
        { event: 'demo/Apply@1', plan: 'demo/apply@1' },
      ],
    },
  ]
}

/** The world, and every summary that its enforcer has judged. */
function started(parts: Parts = {}): { readonly bench: GovernanceBench; readonly judged: Data[] } {
  const judged: Data[] = []
  const bench = new GovernanceBench()
  /** Lets pass what leaves policies alone. */
  const enforce: Script = ({ input = null }) => {
    const check = asMap(input)
    const params = check.get('effect_params')
    const summary = asMap(params instanceof Uint8Array ? decodeForeign(params) : null).get('summary') ?? null
    if (check.get('effect_kind') !== 'governance.propose') return verdict(undefined)
    judged.push(summary)
    return verdict(touchesPolicies(summary) ? 'policies' : undefined)
  }
  const scripts = { 'demo/count@1': COUNT, 'demo/count_twice@1': TWICE, 'demo/enforce@1': enforce }
  bench.push(world(parts), scripts, [new TextEncoder().encode('demo/count_twice@1')])
  return { bench, judged }
}

function verdict(code: string | undefined): ReturnType<Script> {
  const deny = code === undefined ? null : { code, message: 'not that' }
  return { output: { constraints_ok: code === undefined, deny } }
}

function touchesPolicies(summary: Data): boolean {
  const changes = summary === null ? [] : (asMap(summary).get('def_changes') as readonly Data[]) // a list
  return changes.some((change) => asMap(change).get('kind') === 'defpolicy')
}

type Accepted = ReturnType<typeof accepted>

function propose(bench: GovernanceBench, json: readonly object[]): Accepted {
  return proposeBytes(bench, 'patch_cbor', encodePatch(bench.patch(json).patch))
}

function proposeBytes(bench: GovernanceBench, tag: 'patch_cbor' | 'patch_doc_json', bytes: Uint8Array): Accepted {
  return accepted(bench.event('demo/Propose@1', { patch: { $tag: tag, $value: bytes } }))
}

/** Asks for an approval of a proposal, and gives it. */
function approve(bench: GovernanceBench, number: number): Accepted {
  accepted(bench.event('demo/Approve@1', { number }))
  const [parked] = bench.intents()
  if (parked === undefined) throw new Error('nothing waits')
  return accepted(bench.approve(parked))
}

/** Code of the failure that an entry settled an effect with. */
function failure(bench: GovernanceBench, { effects, height }: Accepted): unknown {
  expect(effects.settled.map(({ status }) => status)).toEqual(['error'])
  const { derived } = decodeEntry(bench.entries[height] ?? new Uint8Array(0))
  const values = derived.flatMap(({ value }) => (value === undefined ? [] : [decodeForeign(value)]))
  const told = values.find((value): value is ReadonlyMap<Data, Data> => value instanceof Map && value.has('code'))
  return told?.get('code')
}

describe('a plan', () => {
  test('proposes, has a person approve, and applies; what comes then runs by the new manifest', () => {
    const { bench } = started()
    accepted(bench.event('demo/Add@1', { by: 1 }))
    const [report] = propose(bench, world({ module: 'demo/count_twice@1' })).governance
    expect(report).toMatchObject({ proposal: 1, change: 'proposed' })
    expect(bench.proposal(1)).toMatchObject({ status: 'open', proposerKey: undefined, description: 'from inside' })
    accepted(bench.shadow(1))
    expect(approve(bench, 1).governance).toMatchObject([{ proposal: 1, change: 'approved', text: OWNER.keyId }])
    const { height, effects, governance } = accepted(bench.event('demo/Apply@1', { number: 1 }))
    expect(effects.settled.map(({ status }) => status)).toEqual(['ok'])
    expect(effects.ended.map(({ code }) => code)).toEqual([undefined])
    expect(governance).toMatchObject([{ proposal: 1, change: 'applied' }])
    expect([bench.world.manifestHash, bench.world.manifestHeight]).toEqual([bench.proposal(1).manifest, height])
    accepted(bench.event('demo/Add@1', { by: 5 }))
    expect(bench.state('demo/count_twice@1')).toEqual(new Map([['n', 10]]))
    bench.checkReplay()
  })

  test('is judged by what its patch changes, whatever it says of it', () => {
    const { bench, judged } = started()
    const open = world({ rules: [ALLOW_ALL] })
    const { effects, governance } = propose(bench, open)
    expect(effects.decisions).toMatchObject([{ outcome: 'deny', code: 'cap.denied/policies' }])
    expect(governance).toEqual([])
    expect(bench.world.readProposal(1)).toBeUndefined()
    const [summary = null] = judged
    const changes = asMap(summary).get('def_changes') as readonly Data[] // a list
    expect(changes.map((change) => asMap(change).get('name'))).toEqual(['demo/policy@1'])
    expect(asMap(summary).get('ops')).not.toContain('set_budgets')
    bench.checkReplay()
  })

  test('cannot approve where no policy has a person do it', () => {
    const { bench } = started({ rules: [ALLOW_ALL] })
    propose(bench, world({ module: 'demo/count_twice@1', rules: [ALLOW_ALL] }))
    accepted(bench.shadow(1))
    expect(failure(bench, accepted(bench.event('demo/Approve@1', { number: 1 })))).toBe('gov.unsigned')
    expect(failure(bench, accepted(bench.event('demo/Apply@1', { number: 1 })))).toBe('gov.quorum')
    expect(bench.proposal(1)).toMatchObject({ status: 'open', approvals: [] })
    bench.checkReplay()
  })

  test('writes a patch as JSON for what is in force, without its hash', () => {
    const { bench, judged } = started()
    const node = { $kind: 'defschema', name: 'demo/More@1', type: 'text' }
    const document = { version: '1', patches: [{ add_def: { kind: 'defschema', node } }] }
    const { governance } = proposeBytes(bench, 'patch_doc_json', Buffer.from(JSON.stringify(document)))
    expect(governance).toMatchObject([{ proposal: 1, change: 'proposed' }])
    expect(bench.proposal(1).base).toBe(bench.world.manifestHash)
    expect(asMap(judged[0] ?? null).get('base_manifest_hash')).toBe(bench.world.manifestHash)
    expect(failure(bench, proposeBytes(bench, 'patch_doc_json', Buffer.from('{')))).toBe('air.bad_json')
    bench.checkReplay()
  })

  test('is refused what a command would be refused, with the same codes', () => {
    const { bench } = started()
    expect(failure(bench, proposeBytes(bench, 'patch_cbor', encodeNode({ no: 'patch' })))).toBe('gov.bad_patch') // prettier-ignore
    propose(bench, world({ module: 'demo/count_twice@1' }))
    expect(failure(bench, approve(bench, 1))).toBe('gov.no_shadow')
    expect(failure(bench, accepted(bench.event('demo/Apply@1', { number: 1 })))).toBe('gov.no_shadow')
    expect(failure(bench, accepted(bench.event('demo/Apply@1', { number: 9 })))).toBe('gov.unknown_proposal')
    accepted(bench.shadow(1))
    approve(bench, 1)
    expect(failure(bench, approve(bench, 1))).toBe('gov.replayed')
    accepted(bench.event('demo/Apply@1', { number: 1 }))
    expect(failure(bench, accepted(bench.event('demo/Apply@1', { number: 1 })))).toBe('gov.not_open')
    bench.checkReplay()
  })

  test('has its proposal kept by a snapshot', () => {
    const { bench } = started()
    propose(bench, world({ module: 'demo/count_twice@1' }))
    const root = bench.snapshot()
    accepted(bench.shadow(1))
    approve(bench, 1)
    accepted(bench.event('demo/Apply@1', { number: 1 }))
    const again = bench.openFrom(root, { verify: true })
    expect(again.readProposal(1)).toEqual(bench.proposal(1))
    expect(again.manifestHash).toBe(bench.world.manifestHash)
  })
})
