import { afterEach, describe, expect, test } from 'vitest'
import { parseScript } from '@aos/adapters'
import { encodeNode, sha256, toHex } from '@aos/cbor'
import { encodeShadowReport, nodeSha256, shadowReportText } from '../src/index.ts'
import type { IntentReport } from '@aos/kernel'
import { FairSlice } from '../src/worlds/fair-share.ts'
import { ShadowWorld, accepted, expectNoDifference } from './_shadow-world.ts'

const open: ShadowWorld[] = []
afterEach(async () => {
  for (const world of open.splice(0)) await world.close()
})

async function opened(): Promise<ShadowWorld> {
  const world = await ShadowWorld.open()
  open.push(world)
  return world
}

interface Parts {
  readonly rules?: readonly object[]
  /** A reducer that hears every request, and a plan that starts before the one that asks: what that emits has another place, and so another hash. */
  readonly listens?: boolean
  readonly isGranted?: boolean
  /** What a nap waits for. */
  readonly heard?: string
  /** Added to what is asked. */
  readonly plus?: number
}

const schema = (name: string, type: object | string): object => ({ $kind: 'defschema', name, type })
const GRANT = { name: 'testing', cap: 'test/cap@1', params: {} }
const ALLOW = [{ when: {}, decision: 'allow' }]

/** An instance that waits for what never comes. */
const NAP = {
  $kind: 'defplan',
  name: 'test/nap@1',
  input: 'test/Nap@1',
  steps: [{ id: 'nap', op: 'await_event', event: 'test/Heard@1', deadline: { op: 'add', args: [{ ref: '@now' }, { duration_ns: 5_000_000 }] }, bind: { as: 'never' } }], // prettier-ignore
  edges: [],
}

const ASIDE = { $kind: 'defplan', name: 'test/aside@1', input: 'test/Do@1', steps: [{ id: 'done', op: 'end' }], edges: [] } // prettier-ignore

const plan = (plus: number): object => ({
  $kind: 'defplan',
  name: 'test/ask@1',
  input: 'test/Do@1',
  output: 'test/Receipt@1',
  steps: [
    { id: 'ask', op: 'emit_effect', kind: 'test.once', params: { record: { n: { op: 'add', args: [{ ref: '@plan.input.n' }, { nat: plus }] } } }, cap: 'testing', bind: { effect_id_as: 'asked' } }, // prettier-ignore
    { id: 'wait', op: 'await_receipt', for: { ref: '@var:asked' }, bind: { as: 'answer' } },
    { id: 'finish', op: 'end', result: { record: { answer: { ref: '@var:answer.answer' } } } },
  ],
  edges: [
    { from: 'ask', to: 'wait' },
    { from: 'wait', to: 'finish' },
  ],
})

/** An event asks for an effect through a plan, waits for what comes of it, and says so in its result. */
function asking({
  rules = ALLOW,
  listens = false,
  isGranted = true,
  heard = 'nat',
  plus = 0,
}: Parts = {}): readonly object[] {
  const schemas = ['Params', 'Receipt', 'Do', 'Heard', 'Nap'].map((name) => `test/${name}@1`)
  return [
    schema('test/Params@1', { record: { n: 'nat' } }),
    schema('test/Receipt@1', { record: { answer: 'text' } }),
    schema('test/Do@1', { record: { n: 'nat' } }),
    schema('test/Heard@1', { record: { n: heard } }),
    schema('test/Nap@1', { record: { n: 'nat' } }),
    { $kind: 'defeffect', name: 'test/once@1', kind: 'test.once', params_schema: 'test/Params@1', receipt_schema: 'test/Receipt@1', cap_type: 'test', origin_scope: 'plan' }, // prettier-ignore
    { $kind: 'defcap', name: 'test/cap@1', cap_type: 'test', schema: { record: {} }, enforcer: { module: 'sys/CapAllowAll@1' } }, // prettier-ignore
    { $kind: 'defpolicy', name: 'test/policy@1', rules },
    ...(listens ? [{ $kind: 'defmodule', name: 'test/listen@1', module_kind: 'reducer', wasm_hash: '', abi: { reducer: { state: 'test/Heard@1', event: 'test/Do@1', effects_emitted: [], cap_slots: {} } } }] : []), // prettier-ignore
    NAP,
    ...(listens ? [ASIDE] : []),
    ...(isGranted ? [plan(plus)] : []),
    {
      $kind: 'manifest',
      air_version: '1',
      schemas,
      modules: listens ? ['test/listen@1'] : [],
      plans: ['test/nap@1', ...(listens ? ['test/aside@1'] : []), ...(isGranted ? ['test/ask@1'] : [])],
      effects: ['test/once@1'],
      caps: ['test/cap@1'],
      policies: ['test/policy@1'],
      defaults: { policy: 'test/policy@1', cap_grants: isGranted ? [GRANT] : [] },
      triggers: [
        { event: 'test/Nap@1', plan: 'test/nap@1' },
        ...(listens ? [{ event: 'test/Do@1', plan: 'test/aside@1' }] : []),
        ...(isGranted ? [{ event: 'test/Do@1', plan: 'test/ask@1' }] : []),
      ],
      bindings: [{ pattern: 'test.once', adapter: 'test' }],
      ...(listens ? { routing: { events: [{ event: 'test/Do@1', reducer: 'test/listen@1' }] } } : {}),
    },
  ]
}

const ref = (name: string): object => ({ ref: name })
const op = (name: string, ...args: readonly object[]): object => ({ op: name, args })

describe('the shadow run of a policy', () => {
  test('lists exactly the requests whose verdict flips', async () => {
    const world = await opened()
    const base = [
      { when: { where: op('eq', ref('@params.n'), { nat: 3 }) }, decision: 'deny' },
      { when: { principal: 'local:carol' }, decision: 'require_approval' },
      { when: {}, decision: 'allow' },
    ]
    const candidate = [
      { when: { principal: 'local:b*', where: op('ge', ref('@params.n'), { nat: 5 }) }, decision: 'deny' },
      { when: { where: op('eq', ref('@params.n'), { nat: 8 }) }, decision: 'require_approval' },
      { when: {}, decision: 'allow' },
    ]
    await world.push(asking({ rules: base }))
    const people = ['local:ann', 'local:bob', 'local:carol']
    const asked: { readonly height: number; readonly n: number; readonly by: string }[] = []
    for (let at = 0; at < 60; at += 1) {
      const by = people[at % 3] ?? ''
      const n = (at * 7) % 10
      asked.push({ height: world.event('test/Do@1', { n }, by).height, n, by })
      // Every other one that may be answered is, some entries later.
      const answerable = world.intents().filter(({ status }) => status === 'open')
      const [first] = answerable
      if (at % 2 === 1 && first !== undefined) world.answer(first, { answer: 'yes' })
    }
    const report = await world.shadow(await world.propose(asking({ rules: candidate })))
    // By hand, from nothing but the events and the two lists above.
    const before = (n: number, by: string): string => (n === 3 ? 'deny' : by === 'local:carol' ? 'park' : 'allow')
    const after = (n: number, by: string): string => (by === 'local:bob' && n >= 5 ? 'deny' : n === 8 ? 'park' : 'allow') // prettier-ignore
    const flips = asked
      .map(({ height, n, by }) => ({ height, from: before(n, by), to: after(n, by) }))
      .filter(({ from, to }) => from !== to)
    expect(flips.length).toBeGreaterThan(20)
    expect(new Set(flips.map(({ from, to }) => `${from} ${to}`)).size).toBe(4)
    expect(report.decisions.items.map(({ height, from, to }) => ({ height, from: from.outcome, to: to.outcome }))).toEqual(flips) // prettier-ignore
    expect(report.decisions.total).toBe(flips.length)
    // What was denied has no intent, and what is denied now has none any more.
    expect(report.vanishing.items.map(({ height }) => height)).toEqual(flips.filter(({ to }) => to === 'deny').map(({ height }) => height)) // prettier-ignore
    expect(report.appearing.items.map(({ height }) => height)).toEqual(flips.filter(({ from }) => from === 'deny').map(({ height }) => height)) // prettier-ignore
    for (const { from, intent } of report.decisions.items) expect(intent === undefined).toBe(from.outcome === 'deny')
    expect(report.authority.verdict).toBe('widens')
  })

  test('says what becomes of what is in flight', async () => {
    const world = await opened()
    await world.push(asking())
    for (let n = 0; n < 5; n += 1) world.event('test/Do@1', { n })
    const hashes = world.intents().map(({ hash }) => hash)
    const report = await world.shadow(await world.propose(asking({ isGranted: false })))
    expect(report.inFlight.items.map(({ intent, to, code }) => [intent, to, code])).toEqual(hashes.map((hash) => [hash, 'denied', 'cap.revoked'])) // prettier-ignore
    expect(report.endings.items.map(({ code }) => code)).toEqual(hashes.map(() => 'cap.revoked'))
    expect(report.authority.verdict).toBe('narrows')
    expect(report.findings.map(({ code }) => code)).toContain('in_flight_denied')
    expect(report.plans.items.map(({ to }) => to.status)).toEqual(hashes.map(() => 'absent'))
  })
})

describe('a change that changes nothing', () => {
  test('shows no difference, whatever places things have in their entries', async () => {
    const world = await opened()
    world.script('test/listen@1', ({ value }) => ({ state: value }))
    const rules = [{ when: { where: op('ge', ref('@params.n'), { nat: 20 }) }, decision: 'require_approval' }, ...ALLOW] // prettier-ignore
    await world.push(asking({ rules }))
    const ofStatus = (status: string): readonly IntentReport[] => world.intents().filter((each) => each.status === status) // prettier-ignore
    for (let n = 0; n < 30; n += 1) {
      world.event('test/Do@1', { n })
      if (n % 10 === 0) world.event('test/Nap@1', { n })
      const [first, second] = ofStatus('open')
      if (n % 3 === 2 && first !== undefined) world.answer(first, { answer: `to ${n}` })
      if (n === 15) await world.host.createSnapshot()
      if (n === 16 && second !== undefined) {
        accepted(world.send({ kind: 'signal', principal: 'host:test', intent: second.hash, code: 'attempts' }))
      }
      const [dead] = ofStatus('dead')
      if (n === 18 && dead !== undefined) accepted(world.send({ kind: 'requeue', principal: 'local:test', intent: dead.hash })) // prettier-ignore
      if (n === 19) world.tick()
    }
    for (const [at, intent] of ofStatus('parked').entries()) {
      world.decide(intent, at % 2 === 0 ? 'approve' : 'reject')
      const released = world.intents().find(({ hash }) => hash === intent.hash)
      if (at === 4 && released !== undefined) world.answer(released, { answer: 'approved' })
    }
    const [running] = world.host.kernel.listInstances()
    accepted(world.send({ kind: 'cancel', principal: 'local:test', instance: running?.id ?? '' }))
    const report = await world.shadow(await world.propose(asking({ rules, listens: true })))
    expect(report.entries).toMatchObject({ refused: 0, passed: [{ why: 'governance', count: 1 }, { why: 'snapshot' }] })
    const added = report.plans.items.filter(({ instance, from }) => instance.endsWith('/test/aside@1') && from.status === 'absent') // prettier-ignore
    expect(added.length).toBe(30)
    expectNoDifference({
      ...report,
      cells: { total: report.cells.total - 1, items: [] },
      plans: { total: report.plans.total - added.length, items: [] },
    })
    expect(report.cells.items).toMatchObject([{ reducer: 'test/listen@1' }])
    expect(report.findings).toEqual([])
  })

  test('is run without writing anything, gives the same bytes again, and lets others on', async () => {
    const world = await opened()
    await world.push(asking())
    for (let n = 0; n < 40; n += 1) world.event('test/Do@1', { n })
    const proposal = await world.propose(asking({ rules: [{ when: {}, decision: 'deny' }] }))
    await world.settle()
    const { head } = world.host.store.journal
    const stored = world.host.leases
    const before = JSON.stringify(stored)
    let passes = 0
    const nothing = (): number => 0
    // A slice of no time is over after every step.
    const pass = (): Promise<void> => Promise.resolve(void (passes += 1))
    const slice = new FairSlice({ enter: nothing, leave: nothing, sliceMs: nothing, pass })
    const [first, second] = [await world.shadow(proposal, { slice }), await world.shadow(proposal)]
    // 40 events behind the manifest, on both sides.
    expect(passes).toBeGreaterThanOrEqual(40)
    expect(Buffer.from(encodeShadowReport(first)).toString()).toBe(Buffer.from(encodeShadowReport(second)).toString())
    expect(world.host.store.journal.head).toEqual(head)
    expect(JSON.stringify(stored)).toBe(before)
    expect(world.host.kernel.readProposal(proposal)?.report).toBeUndefined()
    expect(shadowReportText(first)).toContain('decisions that flip: 40')
  })
})

describe('a change that could not have come into force at the beginning', () => {
  test('is a finding, and the rest of the report is about the head', async () => {
    const world = await opened()
    await world.push(asking())
    const { height } = world.event('test/Nap@1', { n: 0 })
    for (let n = 0; n < 6; n += 1) world.event('test/Do@1', { n })
    const proposing = asking({ heard: 'text' })
    await expect(world.propose(proposing)).rejects.toMatchObject({ code: 'gov.live_schema' })
    world.tick()
    const proposal = await world.propose(proposing)
    const report = await world.shadow(proposal, { from: height + 1 })
    expect(report.findings).toMatchObject([{ code: 'cannot_fork', severity: 'warning' }])
    expect(report.findings[0]?.message).toContain('gov.live_schema')
    const { head } = report
    expect(report.stretch).toEqual({ from: head + 1, to: head, reason: 'blocked', seeds: 0, reached: head })
    // From before the nap it can be run.
    const whole = await world.shadow(proposal)
    expect([whole.stretch.from, whole.stretch.reached, whole.findings]).toEqual([2, head, []])
    expectNoDifference(whole)
  })
})

describe('receipts', () => {
  const script = parseScript(JSON.stringify({ steps: [{ match: { kind: 'test.once' }, repeat: 'always', result: { payload: { answer: 'by script' } } }] })) // prettier-ignore

  test('of the script answer what the candidate asks otherwise; without one it stays open', async () => {
    const world = await opened()
    await world.push(asking())
    for (let n = 0; n < 4; n += 1) {
      world.event('test/Do@1', { n })
      const [first] = world.intents()
      if (first !== undefined) world.answer(first, { answer: 'real' })
    }
    const proposal = await world.propose(asking({ plus: 100 }))
    const bare = await world.shadow(proposal)
    expect([bare.appearing.total, bare.vanishing.total, bare.unanswered.total]).toEqual([4, 4, 4])
    expect(bare.plans.items.map(({ from, to }) => [from.status, to.status])).toEqual(Array(4).fill(['ok', 'running']))
    expect(bare.entries.passed).toEqual([{ why: 'governance', count: 1 }, { why: 'not_there', count: 4 }]) // prettier-ignore
    const answered = await world.shadow(proposal, { script })
    expect([answered.unanswered.total, answered.entries.scripted]).toEqual([0, 4])
    expect(answered.plans.items.map(({ to }) => to)).toMatchObject(
      Array(4).fill({ status: 'ok', result: `sha256:${toHex(sha256(nodeSha256, encodeNode({ answer: 'by script' })))}` }), // prettier-ignore
    )
  })

  test('come to seeds in both forks', async () => {
    const world = await opened()
    await world.push(asking())
    const proposal = await world.propose(asking({ rules: [{ when: { where: op('ge', ref('@params.n'), { nat: 2 }) }, decision: 'deny' }, ...ALLOW] })) // prettier-ignore
    const seeds = [1, 2].map((n) => ({ schema: 'test/Do@1', value: encodeNode({ n }) }))
    const report = await world.shadow(proposal, { seeds, script })
    expect(report.stretch).toMatchObject({ seeds: 2 })
    expect(report.decisions.items).toMatchObject([{ from: { outcome: 'allow' }, to: { outcome: 'deny', rule: 0 } }])
    expect(report.plans.items).toMatchObject([{ from: { status: 'ok' }, to: { status: 'failed' } }])
    expect(report.unanswered.total).toBe(0)
  })
})
