import { describe, expect, test } from 'vitest'
import { BUILTIN_MODULES, encodeDefinition, hashDefinition } from '@aos/air'
import type { DefModule } from '@aos/air'
import { encode, encodeNode, hashText } from '@aos/cbor'
import { EffectBench, accepted, refusal } from './_effects.ts'
import { ALLOW, CAP, EFFECT, GRANT, PLAN, POLICY, SCHEMAS, order, schema, world } from './_order-world.ts'
import { asMap, nodeSha256 } from './_util.ts'
import type { Script } from './_util.ts'

const WITHOUT_GRANTS = [
  ...SCHEMAS,
  EFFECT,
  CAP,
  POLICY(ALLOW),
  {
    $kind: 'manifest',
    air_version: '1',
    schemas: ['demo/Order@1', 'demo/Ask@1', 'demo/Answer@1', 'demo/Done@1'],
    modules: [],
    effects: ['demo/ask@1'],
    caps: ['demo/cap@1'],
    policies: ['demo/policy@1'],
    defaults: { policy: 'demo/policy@1' },
  },
]

const codes = (bench: EffectBench): readonly (string | undefined)[] => bench.intents().map(({ status }) => status)

describe('a plan', () => {
  test('asks, is answered by a signed receipt, raises its event and ends; replay agrees', () => {
    const bench = new EffectBench()
    bench.air(world())
    const started = order(bench, 'a')
    expect(started.effects.started).toEqual(['3.0/demo/order_plan@1'])
    expect(started.effects.decisions).toMatchObject([{ outcome: 'allow', grant: 'asking', rule: 0 }])
    const [intent] = bench.intents()
    if (intent === undefined) throw new Error('no intent')
    expect(intent).toMatchObject({ effectKind: 'demo.ask', adapter: 'demo', status: 'open', height: 3 })
    bench.checkReplay()
    const told = accepted(bench.receipt(intent, { code: 200 }))
    expect(told.effects.settled).toEqual([{ intent: intent.hash, status: 'ok', code: undefined }])
    expect(told.raised.map((event) => event.schema)).toEqual(['demo/Done@1'])
    expect(told.effects.ended).toEqual([{ instance: '3.0/demo/order_plan@1', code: undefined, step: 'end' }])
    expect([bench.intents().length, [...bench.world.listInstances()].length]).toEqual([0, 0])
    bench.checkReplay()
  })

  test('two instances with equal parameters have intents of their own, and both finish', () => {
    const bench = new EffectBench()
    bench.air(world())
    order(bench, 'a')
    order(bench, 'a')
    const intents = bench.intents()
    expect(new Set(intents.map(({ hash }) => hash)).size).toBe(2)
    const ended = intents.map((intent) => accepted(bench.receipt(intent, { code: 1 })).effects.ended[0]?.code)
    expect(ended).toEqual([undefined, undefined])
    bench.checkReplay()
  })

  test('a denied effect ends it with the code, and the entry names grant and rule', () => {
    const bench = new EffectBench()
    bench.air(world({ rules: [{ when: { effect_kind: 'demo.ask' }, decision: 'deny' }] }))
    const denied = order(bench, 'a')
    expect(denied.effects.decisions).toMatchObject([{ outcome: 'deny', code: 'policy.denied', grant: 'asking', rule: 0, policy: 'demo/policy@1' }]) // prettier-ignore
    expect(denied.effects.ended).toMatchObject([{ code: 'effect_denied/policy.denied', step: 'ask' }])
    bench.checkReplay()
  })
})

describe('receipts', () => {
  test('that do not count are refused and the right one still completes the plan', () => {
    const bench = new EffectBench()
    bench.air(world())
    order(bench, 'a')
    const [intent] = bench.intents()
    if (intent === undefined) throw new Error('no intent')
    const other = new Uint8Array(32).fill(5)
    expect(refusal(bench.receipt(intent, { code: 1 }, { keyId: other }))).toBe('kernel.receipt_key')
    expect(refusal(bench.receipt(intent, { code: 1 }, { change: { intentHash: other } }))).toBe('kernel.intent_unknown')
    expect(refusal(bench.receipt(intent, { code: 1 }, { change: { paramsHash: other } }))).toBe('kernel.receipt_altered') // prettier-ignore
    expect(refusal(bench.receipt(intent, { code: 1 }, { change: { payloadHash: other } }))).toBe('kernel.receipt_altered') // prettier-ignore
    expect(codes(bench)).toEqual(['open'])
    accepted(bench.receipt(intent, { code: 1 }))
    expect(refusal(bench.receipt(intent, { code: 1 }))).toBe('kernel.intent_settled')
    bench.checkReplay()
  })

  test('an authentic one of the wrong type settles the intent as an error', () => {
    const bench = new EffectBench()
    bench.air(world())
    order(bench, 'a')
    const [intent] = bench.intents()
    if (intent === undefined) throw new Error('no intent')
    const told = accepted(bench.receipt(intent, { code: 'text' }))
    expect(told.effects.settled).toEqual([{ intent: intent.hash, status: 'error', code: 'receipt_schema' }])
    expect(told.effects.ended).toMatchObject([{ code: 'effect_failed/error' }])
    bench.checkReplay()
  })

  test('by a revoked key are refused', () => {
    const bench = new EffectBench()
    bench.air(world())
    order(bench, 'a')
    bench.key('revoke', 'demo')
    const [intent] = bench.intents()
    if (intent === undefined) throw new Error('no intent')
    expect(refusal(bench.receipt(intent, { code: 1 }))).toBe('kernel.receipt_key')
  })
})

describe('authority', () => {
  test('a grant that is taken away while instances wait: their next effect is revoked', () => {
    const twice = {
      ...PLAN,
      steps: [
        ...PLAN.steps.slice(0, 2),
        { ...PLAN.steps[0], id: 'again', bind: { effect_id_as: 'asked_again' } },
        { id: 'end', op: 'end' },
      ],
      edges: [{ from: 'ask', to: 'got' }, { from: 'got', to: 'again' }, { from: 'again', to: 'end' }], // prettier-ignore
    }
    const bench = new EffectBench()
    bench.air(world({ plan: twice }))
    order(bench, 'a')
    const [intent] = bench.intents()
    if (intent === undefined) throw new Error('no intent')
    bench.air(WITHOUT_GRANTS)
    const told = accepted(bench.receipt(intent, { code: 1 }))
    expect(told.effects.ended).toMatchObject([{ code: 'cap.revoked', step: 'again' }])
    bench.checkReplay()
  })

  test('what waits for an approval is judged again in the entry that changes the manifest', () => {
    const bench = new EffectBench()
    bench.air(world({ rules: [{ when: {}, decision: 'require_approval' }] }))
    order(bench, 'a')
    order(bench, 'b')
    const changed = bench.air(WITHOUT_GRANTS)
    expect(changed.effects.decisions.map(({ code }) => code)).toEqual(['cap.revoked', 'cap.revoked'])
    expect(changed.effects.settled.map(({ status, code }) => [status, code])).toEqual([['denied', 'cap.revoked'], ['denied', 'cap.revoked']]) // prettier-ignore
    expect(changed.effects.ended.map(({ code }) => code)).toEqual(['cap.revoked', 'cap.revoked'])
    expect(bench.intents()).toEqual([])
    bench.checkReplay()
  })

  test('a budget runs out, and a receipt books what was spent', () => {
    const bench = new EffectBench()
    bench.air(world({ grants: [{ ...GRANT, budgets: { calls: { limit: 2 } } }] }))
    expect(order(bench, 'a').effects.decisions[0]?.outcome).toBe('allow')
    expect(order(bench, 'b').effects.decisions[0]?.outcome).toBe('allow')
    expect(order(bench, 'c').effects.decisions[0]).toMatchObject({ outcome: 'deny', code: 'budget.exceeded' })
    for (const intent of bench.intents()) accepted(bench.receipt(intent, { code: 1 }))
    expect(order(bench, 'd').effects.decisions[0]).toMatchObject({ outcome: 'deny', code: 'budget.exceeded' })
    bench.checkReplay()
  })
})

describe('built-in enforcers', () => {
  test('are those that the manifest names by hash, also when this release builds them otherwise', () => {
    const name = 'sys/CapEnforceHttpOut@1'
    const builtin = BUILTIN_MODULES.get(name)
    if (builtin === undefined) throw new Error('no such module')
    const wasm = new TextEncoder().encode('an older build')
    const older: DefModule = { ...builtin, wasmHash: hashText(nodeSha256, wasm) }
    const capability = { ...CAP, enforcer: { module: name } }
    const definitions = world().map((definition) => {
      if ('cap_type' in definition && !('kind' in definition)) return capability
      if (!('air_version' in definition)) return definition
      return { ...definition, modules: [{ name, hash: hashDefinition(nodeSha256, older) }] }
    })
    const bench = new EffectBench()
    const deny: Script = () => ({ raw: encode({ output: encodeNode({ constraints_ok: false, deny: { code: 'older', message: '' } }) }) }) // prettier-ignore
    bench.air(definitions, { 'an older build': deny }, [wasm, encodeDefinition(older)])
    expect(order(bench, 'a').effects.decisions).toMatchObject([{ outcome: 'deny', code: 'cap.denied/older' }])
  })
})

describe('approvals', () => {
  const ASK_FIRST = [{ when: { effect_kind: 'demo.ask' }, decision: 'require_approval' }]

  test('an intent is parked, released by a signed approval once, and then performed', () => {
    const bench = new EffectBench()
    bench.air(world({ rules: ASK_FIRST }))
    expect(order(bench, 'a').effects.decisions[0]?.outcome).toBe('park')
    const [parked] = bench.intents()
    if (parked === undefined) throw new Error('no intent')
    expect(parked.status).toBe('parked')
    expect(refusal(bench.receipt(parked, { code: 1 }))).toBe('kernel.intent_parked')
    expect(refusal(bench.approve(parked, { manifest: new Uint8Array(32) }))).toBe('kernel.stale_base')
    expect(refusal(bench.approve(parked, { expiresNs: 1n }))).toBe('kernel.approval_expired')
    const stranger = [{ keyId: new Uint8Array(32), signature: new Uint8Array(64) }]
    expect(refusal(bench.approve(parked, {}, stranger))).toBe('kernel.not_authorized')
    expect(accepted(bench.approve(parked)).effects.changed).toEqual([{ intent: parked.hash, change: 'released' }])
    expect(refusal(bench.approve(parked))).toBe('kernel.intent_status')
    const [open] = bench.intents()
    if (open === undefined) throw new Error('no intent')
    expect(accepted(bench.receipt(open, { code: 1 })).effects.ended[0]?.code).toBeUndefined()
    bench.checkReplay()
  })

  test('a rejected one is told as denied', () => {
    const bench = new EffectBench()
    bench.air(world({ rules: ASK_FIRST }))
    order(bench, 'a')
    const [parked] = bench.intents()
    if (parked === undefined) throw new Error('no intent')
    const rejected = accepted(bench.approve(parked, { decision: 'reject' }))
    expect(rejected.effects.settled).toEqual([{ intent: parked.hash, status: 'denied', code: 'approval.rejected' }])
    expect(rejected.effects.ended).toMatchObject([{ code: 'effect_failed/denied' }])
    bench.checkReplay()
  })
})

describe('commands', () => {
  test('start, cancel, give up and requeue', () => {
    const bench = new EffectBench()
    bench.air(world())
    order(bench, 'a')
    const [intent] = bench.intents()
    if (intent === undefined) throw new Error('no intent')
    const signal = (principal: string): string =>
      refusal(bench.submit({ kind: 'signal', principal, intent: intent.hash, code: 'attempts' }))
    expect(signal('local:me')).toBe('kernel.not_authorized')
    expect(signal('host:dispatch')).toBe('accepted')
    expect(codes(bench)).toEqual(['dead'])
    expect(refusal(bench.submit({ kind: 'requeue', principal: 'local:me', intent: intent.hash }))).toBe('accepted')
    expect(codes(bench)).toEqual(['open'])
    const cancelled = accepted(bench.submit({ kind: 'cancel', principal: 'local:me', instance: '3.0/demo/order_plan@1' })) // prettier-ignore
    expect(cancelled.effects.ended).toMatchObject([{ code: 'cancelled' }])
    expect(bench.intents()).toMatchObject([{ isOrphan: true }])
    expect(accepted(bench.receipt(intent, { code: 1 })).effects.ended).toEqual([])
    bench.checkReplay()
  })
})

describe('reducers and timers', () => {
  const TIMER_WORLD = [
    schema('demo/Start@1', { record: { at: 'nat' } }),
    schema('demo/TimerState@1', { record: { fired: { option: 'text' }, status: 'text' } }),
    schema('demo/TimerEvent@1', { variant: { Start: 'demo/Start@1', Fired: 'sys/TimerFired@1' } }),
    { $kind: 'defmodule', name: 'demo/Timer@1', module_kind: 'reducer', abi: { reducer: { state: 'demo/TimerState@1', event: 'demo/TimerEvent@1', effects_emitted: ['timer.set'] } } }, // prettier-ignore
    POLICY(ALLOW),
    {
      $kind: 'manifest',
      air_version: '1',
      schemas: ['demo/Start@1', 'demo/TimerState@1', 'demo/TimerEvent@1'],
      modules: ['demo/Timer@1'],
      effects: ['sys/timer.set@1'],
      caps: ['sys/timer@1'],
      policies: ['demo/policy@1'],
      defaults: { policy: 'demo/policy@1', cap_grants: [{ name: 'timers', cap: 'sys/timer@1', params: { record: {} } }] }, // prettier-ignore
      routing: { events: [{ event: 'demo/TimerEvent@1', reducer: 'demo/Timer@1' }] },
    },
  ]
  const timer: Script = ({ value }) => {
    const event = asMap(value)
    const body = asMap(event.get('$value'))
    if (event.get('$tag') === 'Start') {
      const params = { deliver_at_ns: body.get('at') ?? 0, key: 'tea' }
      return { state: { fired: null, status: 'waiting' }, effects: [{ kind: 'timer.set', params }] }
    }
    const key = asMap(body.get('receipt')).get('key') ?? null
    return { state: { fired: key, status: body.get('status') ?? null } }
  }

  test('a timer goes off with the tick that finds it due, and its reducer is told', () => {
    const bench = new EffectBench()
    bench.air(TIMER_WORLD, { 'demo/Timer@1': timer })
    const due = 1_700_000_000_000_000_000n + 1_000_000_000n
    const set = accepted(bench.event('demo/Start@1', { at: due }))
    expect(set.steps[0]?.outcome).toBe('ok')
    expect(set.effects.emitted).toMatchObject([{ effectKind: 'timer.set', adapter: 'kernel', grant: 'timers' }])
    expect(bench.world.nextDueNs).toBe(due)
    expect(accepted(bench.submit({ kind: 'tick', principal: 'host:clock' })).effects.settled).toEqual([])
    bench.checkReplay()
    bench.skip(2_000_000_000n)
    const ticked = accepted(bench.submit({ kind: 'tick', principal: 'host:clock' }))
    expect(ticked.effects.settled).toMatchObject([{ status: 'ok' }])
    expect(ticked.steps).toMatchObject([{ reducer: 'demo/Timer@1', outcome: 'ok' }])
    expect(bench.state('demo/Timer@1')).toEqual(new Map([['fired', 'tea'], ['status', 'ok']])) // prettier-ignore
    expect(bench.world.nextDueNs).toBeUndefined()
    bench.checkReplay()
  })

  test('an effect that the gate refuses leaves the cell as it was, with its decision in the entry', () => {
    const bench = new EffectBench()
    const denied = TIMER_WORLD.map((definition) => ('rules' in definition ? POLICY([]) : definition))
    bench.air(denied, { 'demo/Timer@1': timer })
    const set = accepted(bench.event('demo/Start@1', { at: 5 }))
    expect(set.steps).toMatchObject([{ outcome: 'effect_denied' }])
    expect(set.effects.decisions).toMatchObject([{ outcome: 'deny', code: 'policy.denied', grant: 'timers' }])
    expect(bench.state('demo/Timer@1')).toBeUndefined()
    bench.checkReplay()
  })

  test('a thousand timers that are due together take four ticks, in the order of their time', () => {
    const bench = new EffectBench()
    bench.air(TIMER_WORLD, { 'demo/Timer@1': timer })
    for (let at = 0; at < 1_000; at += 1) accepted(bench.event('demo/Start@1', { at: 1_000 - at }))
    const counts: number[] = []
    while (bench.world.nextDueNs !== undefined) {
      counts.push(accepted(bench.submit({ kind: 'tick', principal: 'host:clock' })).effects.settled.length)
    }
    expect(counts).toEqual([256, 256, 256, 232])
    expect(bench.intents()).toEqual([])
  })
})

describe('deadlines', () => {
  test('end a wait that nobody answered, and a late receipt goes to nobody', () => {
    const bench = new EffectBench()
    const steps = PLAN.steps.map((step) => (step.id === 'got' ? { ...step, deadline: { op: 'add', args: [{ ref: '@now' }, { duration_ns: 1_000_000_000 }] } } : step)) // prettier-ignore
    bench.air(world({ plan: { ...PLAN, steps } }))
    order(bench, 'a')
    const [intent] = bench.intents()
    if (intent === undefined) throw new Error('no intent')
    expect(bench.world.nextDueNs).toBeDefined()
    bench.skip(2_000_000_000n)
    const ticked = accepted(bench.submit({ kind: 'tick', principal: 'host:clock' }))
    expect(ticked.effects.ended).toMatchObject([{ code: 'deadline', step: 'got' }])
    expect(bench.intents()).toMatchObject([{ isOrphan: true }])
    expect(accepted(bench.receipt(intent, { code: 1 })).effects.settled).toHaveLength(1)
    bench.checkReplay()
  })
})
