/** A world of one plan, in AIR JSON. */
import { accepted } from './_effects.ts'
import type { EffectBench } from './_effects.ts'

export const schema = (name: string, type: unknown): object => ({ $kind: 'defschema', name, type })
export const SCHEMAS = [
  schema('demo/Order@1', { record: { id: 'text', total: 'nat' } }),
  schema('demo/Ask@1', { record: { id: 'text', amount: 'nat' } }),
  schema('demo/Answer@1', { record: { code: 'int' } }),
  schema('demo/Done@1', { record: { id: 'text', code: 'int' } }),
  schema('demo/Paid@1', { record: { id: 'text' } }),
]
export const EFFECT = { $kind: 'defeffect', name: 'demo/ask@1', kind: 'demo.ask', params_schema: 'demo/Ask@1', receipt_schema: 'demo/Answer@1', cap_type: 'demo', origin_scope: 'both' } // prettier-ignore
export const CAP = { $kind: 'defcap', name: 'demo/cap@1', cap_type: 'demo', schema: { record: { most: 'nat' } } }
export const POLICY = (rules: readonly object[]): object => ({ $kind: 'defpolicy', name: 'demo/policy@1', rules })
export const ALLOW = [{ when: {}, decision: 'allow' }]
export const GRANT = { name: 'asking', cap: 'demo/cap@1', params: { record: { most: { nat: 10 } } } }
export const PLAN = {
  $kind: 'defplan',
  name: 'demo/order_plan@1',
  input: 'demo/Order@1',
  steps: [
    { id: 'ask', op: 'emit_effect', kind: 'demo.ask', params: { record: { id: { ref: '@plan.input.id' }, amount: { ref: '@plan.input.total' } } }, cap: 'asking', bind: { effect_id_as: 'asked' } }, // prettier-ignore
    { id: 'got', op: 'await_receipt', for: { ref: '@var:asked' }, bind: { as: 'answer' } },
    { id: 'tell', op: 'raise_event', event: 'demo/Done@1', value: { record: { id: { ref: '@plan.input.id' }, code: { ref: '@var:answer.code' } } } }, // prettier-ignore
    { id: 'end', op: 'end' },
  ],
  edges: [{ from: 'ask', to: 'got' }, { from: 'got', to: 'tell' }, { from: 'tell', to: 'end' }], // prettier-ignore
}

/** Every order starts a plan that asks for one effect, waits for its receipt and tells of it. */
export function world(
  more: { readonly rules?: readonly object[]; readonly grants?: readonly object[]; readonly plan?: object } = {},
): readonly object[] {
  // prettier-ignore
  return [
    ...SCHEMAS,
    EFFECT,
    CAP,
    POLICY(more.rules ?? ALLOW),
    more.plan ?? PLAN,
    {
      $kind: 'manifest',
      air_version: '1',
      schemas: ['demo/Order@1', 'demo/Ask@1', 'demo/Answer@1', 'demo/Done@1', 'demo/Paid@1'],
      modules: [],
      plans: ['demo/order_plan@1'],
      effects: ['demo/ask@1'],
      caps: ['demo/cap@1'],
      policies: ['demo/policy@1'],
      defaults: { policy: 'demo/policy@1', cap_grants: more.grants ?? [GRANT] },
      triggers: [{ event: 'demo/Order@1', plan: 'demo/order_plan@1' }],
    },
  ]
}

/** Starts the plan. */
export function order(bench: EffectBench, id: string, total = 5): ReturnType<typeof accepted> {
  return accepted(bench.event('demo/Order@1', { id, total }))
}
