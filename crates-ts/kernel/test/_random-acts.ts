/** A world of plans, intents, timers and approvals, and everything that may happen to it, chosen by numbers. */
import { refusal } from './_effects.ts'
import type { EffectBench } from './_effects.ts'

const schema = (name: string, type: unknown): object => ({ $kind: 'defschema', name, type })

/** A plan that asks twice, waits for an event with a deadline, branches on an answer, and raises the event that others wait for. */
const PLAN = {
  $kind: 'defplan',
  name: 'demo/p@1',
  input: 'demo/Go@1',
  steps: [
    { id: 'one', op: 'emit_effect', kind: 'demo.ask', params: { record: { n: { ref: '@plan.input.n' } } }, cap: 'g', bind: { effect_id_as: 'h1' } }, // prettier-ignore
    { id: 'got', op: 'await_receipt', for: { ref: '@var:h1' }, accept: ['ok', 'error', 'denied', 'timeout'], deadline: { op: 'add', args: [{ ref: '@now' }, { duration_ns: 40_000_000 }] }, bind: { as: 'a1' } }, // prettier-ignore
    { id: 'two', op: 'emit_effect', kind: 'demo.ask', params: { record: { n: { nat: 7 } } }, cap: 'g', bind: { effect_id_as: 'h2' } }, // prettier-ignore
    { id: 'rest', op: 'await_receipt', for: { ref: '@var:h2' }, bind: { as: 'a2' } },
    { id: 'sing', op: 'raise_event', event: 'demo/Song@1', value: { record: { n: { ref: '@plan.input.n' } } } },
    { id: 'hear', op: 'await_event', event: 'demo/Song@1', where: { op: 'ge', args: [{ ref: '@event.n' }, { ref: '@plan.input.n' }] }, bind: { as: 's' } }, // prettier-ignore
    { id: 'end', op: 'end' },
  ],
  edges: [
    { from: 'one', to: 'got' },
    { from: 'got', to: 'two', when: { op: 'eq', args: [{ ref: '@receipt:got.status' }, { text: 'ok' }] } },
    { from: 'got', to: 'sing', when: { op: 'ne', args: [{ ref: '@receipt:got.status' }, { text: 'ok' }] } },
    { from: 'two', to: 'rest' },
    { from: 'rest', to: 'hear' },
    { from: 'sing', to: 'hear' },
    { from: 'hear', to: 'end' },
  ],
}

export const world = (decision: string, calls: number): readonly object[] => [
  schema('demo/Go@1', { record: { n: 'nat' } }),
  schema('demo/Song@1', { record: { n: 'nat' } }),
  schema('demo/Ask@1', { record: { n: 'nat' } }),
  schema('demo/Answer@1', { record: { code: 'int' } }),
  { $kind: 'defeffect', name: 'demo/ask@1', kind: 'demo.ask', params_schema: 'demo/Ask@1', receipt_schema: 'demo/Answer@1', cap_type: 'demo', origin_scope: 'plan' }, // prettier-ignore
  { $kind: 'defcap', name: 'demo/cap@1', cap_type: 'demo', schema: { record: {} } },
  { $kind: 'defpolicy', name: 'demo/policy@1', rules: [{ when: {}, decision }] },
  PLAN,
  {
    $kind: 'manifest',
    air_version: '1',
    schemas: ['demo/Go@1', 'demo/Song@1', 'demo/Ask@1', 'demo/Answer@1'],
    modules: [],
    plans: ['demo/p@1'],
    effects: ['demo/ask@1'],
    caps: ['demo/cap@1'],
    policies: ['demo/policy@1'],
    defaults: {
      policy: 'demo/policy@1',
      cap_grants: [{ name: 'g', cap: 'demo/cap@1', params: { record: {} }, budgets: { calls: { limit: calls, window_ns: 30_000_000 } } }], // prettier-ignore
    },
    triggers: [{ event: 'demo/Go@1', plan: 'demo/p@1' }],
  },
]

/** What, and to which. */
export type Act = readonly [number, number]

/** Does something that the state allows, chosen by two numbers. */
export function act(bench: EffectBench, [what, which]: Act): string {
  const intents = bench.intents()
  const intent = intents[which % Math.max(1, intents.length)]
  const instances = [...bench.world.listInstances()]
  switch (what) {
    case 0:
    case 1:
      return refusal(bench.event('demo/Go@1', { n: which }))
    case 2:
      return refusal(bench.event('demo/Song@1', { n: which }))
    case 3:
    case 4:
      return intent === undefined ? 'nothing' : refusal(bench.receipt(intent, { code: which }))
    case 5:
      return intent === undefined ? 'nothing' : refusal(bench.receipt(intent, { code: 'ill' }))
    case 6:
      return intent === undefined ? 'nothing' : refusal(bench.receipt(intent, { code: 'c', message: 'm' }, { status: 'error' })) // prettier-ignore
    case 7:
      bench.skip(BigInt(which) * 5_000_000n)
      return refusal(bench.submit({ kind: 'tick', principal: 'host:clock' }))
    case 8:
      return intent === undefined ? 'nothing' : refusal(bench.approve(intent, which % 3 === 0 ? { decision: 'reject' } : {})) // prettier-ignore
    case 9: {
      const instance = instances[which % Math.max(1, instances.length)]
      return instance === undefined ? 'nothing' : refusal(bench.submit({ kind: 'cancel', principal: 'local:me', instance: instance.id })) // prettier-ignore
    }
    case 10:
      return intent === undefined ? 'nothing' : refusal(bench.submit({ kind: 'signal', principal: 'host:d', intent: intent.hash, code: 'attempts' })) // prettier-ignore
    case 11:
      return intent === undefined ? 'nothing' : refusal(bench.submit({ kind: 'requeue', principal: 'local:me', intent: intent.hash })) // prettier-ignore
    default: {
      bench.air(world(['allow', 'deny', 'require_approval'][which % 3] ?? 'allow', 2 + which))
      return 'accepted'
    }
  }
}
