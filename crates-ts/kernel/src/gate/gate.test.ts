import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BUILTIN_SCHEMAS, compileSchema } from '@aos/air'
import type { Budget, Expr, SchemaTable, TypeExpr, Value } from '@aos/air'
import { CborWriter, formatHash } from '@aos/cbor'
import type { Sha256Port } from '@aos/cbor'
import { compileExpr, exprFromValue } from '@aos/expr'
import type { CallOutcome, LoadedModule } from '../ports.ts'
import { EMPTY_LEDGER, reserve, settle } from './budgets.ts'
import type { Ledger } from './budgets.ts'
import type { EffectRecord, Enforcer, GateCatalog, GateSchema, GrantRecord, RuleRecord } from './gate-catalog.ts'
import { judge } from './judge.ts'
import { RuleIndex } from './rule-index.ts'
import type { GateFacts, GateRequest, Judgement } from './judge.ts'

const port: Sha256Port = {
  sha256Into(input, output, offset) {
    output.set(createHash('sha256').update(input).digest(), offset)
  },
}
const record = (fields: Readonly<Record<string, TypeExpr>>): TypeExpr => ({ kind: 'record', fields: new Map(Object.entries(fields)) }) // prettier-ignore
const table: SchemaTable = new Map<string, TypeExpr>([
  ...[...BUILTIN_SCHEMAS].map(([name, schema]) => [name, schema.type] as const),
  ['demo/Ask@1', record({ amount: { kind: 'nat' }, max_tokens: { kind: 'nat' }, key: { kind: 'option', inner: { kind: 'ref', name: 'sys/TextOrSecretRef@1' } } })], // prettier-ignore
])
const schema = (type: TypeExpr): GateSchema => ({ type, codec: compileSchema(type, table) })
const ask = schema({ kind: 'ref', name: 'demo/Ask@1' })
const effect: EffectRecord = { kind: 'demo.ask', capType: 'demo', originScope: 'plan', params: ask, paramsName: 'demo/Ask@1', takesSecrets: true, receipt: schema({ kind: 'unit' }), adapter: 'demo' } // prettier-ignore
const grant: GrantRecord = {
  name: 'asking',
  capName: 'demo/ask_cap@1',
  capType: 'demo',
  params: Uint8Array.of(0xd9, 0xd9, 0xf7, 0xa0),
  value: exprFromValue({ limit: 10 } as Value, record({ limit: { kind: 'nat' } }), table),
  expiryNs: undefined,
  budgets: new Map(),
  allowsLiteralSecrets: false,
  trees: undefined,
  enforcer: { kind: 'allow' },
}
const rule: RuleRecord = {
  effectKind: undefined,
  capName: undefined,
  capType: undefined,
  originKind: undefined,
  originName: undefined,
  principal: undefined,
  where: undefined,
  decision: 'allow',
}

interface Setup {
  readonly grant?: Partial<GrantRecord>
  readonly rules?: readonly Partial<RuleRecord>[]
  readonly request?: Partial<GateRequest>
  readonly facts?: Partial<GateFacts>
  readonly effect?: Partial<EffectRecord>
  readonly value?: Value
}

function catalogOf(setup: Setup): GateCatalog {
  return {
    table,
    effects: new Map([['demo.ask', { ...effect, ...setup.effect }]]),
    grants: new Map([['asking', { ...grant, ...setup.grant }]]),
    policy: {
      name: 'demo/policy@1',
      rules: new RuleIndex((setup.rules ?? [{}]).map((given) => ({ ...rule, ...given }))),
    },
    secrets: new Map([
      ['llm/key@1', { allowedCaps: undefined, allowedPlans: undefined }],
      ['other/key@1', { allowedCaps: new Set(['somewhere']), allowedPlans: undefined }],
      ['plan/key@1', { allowedCaps: undefined, allowedPlans: new Set(['demo/other@1']) }],
    ]),
  }
}

function ruled(setup: Setup = {}): Judgement {
  const params = ask.codec.encode(setup.value ?? { amount: 5, max_tokens: 100, key: null }).slice()
  const request: GateRequest = {
    effectKind: 'demo.ask',
    params,
    grant: 'asking',
    origin: { kind: 'plan', name: 'demo/plan@1' },
    principal: 'local:me',
    wasGranted: false,
    ...setup.request,
  }
  const facts: GateFacts = {
    logicalNowNs: 1_000n,
    height: 7,
    manifestHash: formatHash(new Uint8Array(32)),
    fuelLimit: 1_000,
    ledgerOf: () => undefined,
    trees: undefined,
    ...setup.facts,
  }
  return judge(catalogOf(setup), request, facts)
}

function verdict(setup: Setup = {}): string {
  const { outcome, code } = ruled(setup)
  return code ?? outcome
}

describe('in order', () => {
  test.each<readonly [string, Setup, string]>([
    ['everything in place', {}, 'allow'],
    ['a kind that nobody declared', { request: { effectKind: 'demo.other' } }, 'effect.unknown_kind'],
    ['a reducer, where only plans may', { request: { origin: { kind: 'reducer', name: 'demo/R@1' } } }, 'effect.origin_scope'], // prettier-ignore
    ['parameters of another type', { request: { params: Uint8Array.of(1) } }, 'effect.params'],
    ['a grant that is gone', { request: { grant: 'gone' } }, 'cap.revoked'],
    ['a reducer without a slot', { effect: { originScope: 'both' }, request: { grant: undefined, origin: { kind: 'reducer', name: 'demo/R@1' } } }, 'cap.missing'], // prettier-ignore
    ['a grant of another type', { grant: { capType: 'other' } }, 'cap.type'],
    ['a grant at its expiry', { grant: { expiryNs: 1_000n } }, 'cap.expired'],
    ['a grant before its expiry', { grant: { expiryNs: 1_001n } }, 'allow'],
    ['an enforcer that is not there', { grant: { enforcer: { kind: 'missing' } } }, 'cap.enforcer'],
    ['a policy without a rule for it', { rules: [] }, 'policy.denied'],
    ['a rule that says no', { rules: [{ decision: 'deny' }] }, 'policy.denied'],
    ['a rule that asks a person', { rules: [{ decision: 'require_approval' }] }, 'park'],
  ])('%s', (_name, setup, expected) => {
    expect(verdict(setup)).toBe(expected)
  })

  test('without a policy everything is denied', () => {
    const catalog = { ...catalogOf({}), policy: undefined }
    const params = ask.codec.encode({ amount: 5, max_tokens: 100, key: null }).slice()
    const request: GateRequest = { effectKind: 'demo.ask', params, grant: 'asking', origin: { kind: 'plan', name: 'p' }, principal: 'local:me', wasGranted: false } // prettier-ignore
    const facts: GateFacts = { logicalNowNs: 0n, height: 1, manifestHash: formatHash(new Uint8Array(32)), fuelLimit: 1, ledgerOf: () => undefined, trees: undefined } // prettier-ignore
    expect(judge(catalog, request, facts).code).toBe('policy.none')
  })
})

describe('rules', () => {
  const where = (expr: Expr): Partial<RuleRecord> => ({ where: compileExpr(port, expr) })
  const small: Expr = { kind: 'operation', operator: 'le', operands: [{ kind: 'reference', text: '@params.amount' }, { kind: 'reference', text: '@grant.limit' }] } // prettier-ignore
  test('the first that matches decides', () => {
    const judged = ruled({ rules: [{ principal: 'key:*' }, { originName: 'demo/plan@1', decision: 'require_approval' }, {}] }) // prettier-ignore
    expect([judged.outcome, judged.rule, judged.policy]).toEqual(['park', 1, 'demo/policy@1'])
    expect(ruled({ rules: [{ principal: 'local:*', decision: 'deny' }, {}] }).rule).toBe(0)
    expect(ruled({ rules: [{ principal: 'local:m', decision: 'deny' }, {}] }).rule).toBe(1)
    expect(ruled({ rules: [{ capType: 'other' }, { capName: 'asking' }] }).rule).toBe(1)
    expect(ruled({ rules: [{ effectKind: 'x' }, { originKind: 'reducer' }, {}] }).rule).toBe(2)
  })

  test('of many rules the first that matches is found, whatever they are about', () => {
    const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
    const any = fc.record({
      effectKind: some(fc.constantFrom('demo.ask', 'demo.other')),
      capName: some(fc.constantFrom('asking', 'other')),
      capType: some(fc.constantFrom('demo', 'other')),
      originKind: some(fc.constantFrom<'plan' | 'reducer'>('plan', 'reducer')),
      principal: some(fc.constantFrom('local:me', 'local:*', 'key:*')),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (rules) => {
        const first = rules.findIndex(
          ({ effectKind, capName, capType, originKind, principal }) =>
            effectKind !== 'demo.other' &&
            capName !== 'other' &&
            capType !== 'other' &&
            originKind !== 'reducer' &&
            principal !== 'key:*',
        )
        expect(ruled({ rules }).rule).toBe(first < 0 ? undefined : first)
      }),
      { seed: Number(process.env['AOS_SEED'] ?? 20_250_707) },
    )
  })

  test('conditions see parameters, grant and principal', () => {
    expect(verdict({ rules: [where(small)] })).toBe('allow')
    expect(verdict({ rules: [where(small)], value: { amount: 11, max_tokens: 0, key: null } })).toBe('policy.denied')
    const me: Expr = { kind: 'operation', operator: 'eq', operands: [{ kind: 'reference', text: '@principal' }, { kind: 'constant', sort: 'text', value: 'local:me' }] } // prettier-ignore
    expect(verdict({ rules: [where(me)] })).toBe('allow')
  })

  test('a condition that cannot be judged denies, also in a rule that would deny nothing', () => {
    const broken: Expr = { kind: 'reference', text: '@params.none' }
    expect(verdict({ rules: [where(broken), {}] })).toBe('policy.condition')
    expect(verdict({ rules: [{ ...where(broken), decision: 'deny' }, {}] })).toBe('policy.condition')
  })
})

describe('secrets', () => {
  const withKey = (key: Value): Value => ({ amount: 5, max_tokens: 100, key })
  const reference = (alias: string): Value => withKey({ $tag: 'secret', $value: { alias, version: 1 } })
  test.each<readonly [string, Value, string]>([
    ['one that is declared', reference('llm/key'), 'allow'],
    ['one that is not', reference('none'), 'secret.unknown'],
    ['one for another grant', reference('other/key'), 'secret.denied'],
    ['one for another plan', reference('plan/key'), 'secret.denied'],
    ['a literal', withKey({ $tag: 'literal', $value: 'sk-1' }), 'secret.literal'],
  ])('%s', (_name, value, expected) => {
    expect(verdict({ value })).toBe(expected)
  })

  test('a literal where the grant allows it', () => {
    expect(verdict({ value: withKey({ $tag: 'literal', $value: 'sk-1' }), grant: { allowsLiteralSecrets: true } })).toBe('allow') // prettier-ignore
  })
})

describe('enforcers', () => {
  const answering = (write: (writer: CborWriter) => void, outcome: CallOutcome = 'ok'): Enforcer => {
    const inner = new CborWriter()
    write(inner)
    const output = new CborWriter()
    output.map(1)
    output.text('output')
    output.bytes(inner.take())
    const bytes = output.take()
    const module: LoadedModule = {
      wasmHash: formatHash(new Uint8Array(32)),
      rewrittenHash: formatHash(new Uint8Array(32)),
      rewritten: new Uint8Array(0),
      call: () => ({ outcome, fuel: 77, output: bytes, note: undefined }),
    }
    return { kind: 'module', name: 'demo/Enforce@1', module, wantsContext: true }
  }
  const says = (code: string): Enforcer =>
    answering((writer) => {
      writer.map(2)
      writer.text('constraints_ok')
      writer.bool(false)
      writer.text('deny')
      writer.map(2)
      writer.text('code')
      writer.text(code)
      writer.text('message')
      writer.text('because')
    })

  test('yes, no with a code, and no answer', () => {
    const yes = answering((writer) => {
      writer.map(1)
      writer.text('constraints_ok')
      writer.bool(true)
    })
    expect(ruled({ grant: { enforcer: yes } })).toMatchObject({ outcome: 'allow', fuel: 77 })
    const no = ruled({ grant: { enforcer: says('host_not_allowed') } })
    expect([no.code, no.reason, no.fuel]).toEqual(['cap.denied/host_not_allowed', 'because', 77])
    expect(verdict({ grant: { enforcer: says('A very long text that is no code') } })).toBe('cap.denied/denied')
    expect(verdict({ grant: { enforcer: answering((writer) => writer.null()) } })).toBe('cap.enforcer')
    expect(verdict({ grant: { enforcer: answering((writer) => writer.null(), 'trap') } })).toBe('cap.enforcer')
  })
})

describe('budgets', () => {
  const budgets = (limits: Readonly<Record<string, Budget>>): { readonly grant: Partial<GrantRecord> } => ({
    grant: { budgets: new Map(Object.entries(limits)) },
  })

  test('what is reserved counts until it is settled, and then what it cost', () => {
    const setup = budgets({ calls: { limit: 2n }, tokens: { limit: 250n } })
    let ledger: Ledger = EMPTY_LEDGER
    const next = (): Judgement => {
      const judged = ruled({ ...setup, facts: { ledgerOf: () => ledger } })
      ledger = judged.ledger ?? ledger
      return judged
    }
    const first = next()
    expect([...first.reserved]).toEqual([['calls', 1n], ['tokens', 100n]]) // prettier-ignore
    expect(next().outcome).toBe('allow')
    expect(next()).toMatchObject({ code: 'budget.exceeded', reason: 'calls' })
    ledger = settle(ledger, { reserved: first.reserved, cost: undefined, logicalNowNs: 1n })
    expect(next().outcome).toBe('allow')
    ledger = settle(ledger, { reserved: first.reserved, cost: new Map([['tokens', 249]]), logicalNowNs: 1n })
    expect(next()).toMatchObject({ code: 'budget.exceeded' })
  })

  test('a window forgets what is older than itself, exactly', () => {
    const limits = new Map<string, Budget>([['calls', { limit: 1n, windowNs: 100n }]])
    const amounts = new Map([['calls', 1n]])
    const spent = settle(EMPTY_LEDGER, { reserved: amounts, cost: new Map(), logicalNowNs: 1_000n })
    expect('exceeded' in reserve(spent, { budgets: limits, amounts, logicalNowNs: 1_099n })).toBe(true)
    expect('exceeded' in reserve(spent, { budgets: limits, amounts, logicalNowNs: 1_100n })).toBe(false)
  })

  test('a dimension that nothing is announced in must have something left', () => {
    const limits = new Map<string, Budget>([['cents', { limit: 10n }]])
    const none = new Map<string, bigint>()
    const spent = settle(EMPTY_LEDGER, { reserved: new Map([['cents', 0n]]), cost: new Map([['cents', 10]]), logicalNowNs: 1n }) // prettier-ignore
    expect('exceeded' in reserve(EMPTY_LEDGER, { budgets: limits, amounts: none, logicalNowNs: 2n })).toBe(false)
    expect('exceeded' in reserve(spent, { budgets: limits, amounts: none, logicalNowNs: 2n })).toBe(true)
  })

  test('thousands of spendings keep their sum', () => {
    let ledger: Ledger = EMPTY_LEDGER
    for (let at = 1; at <= 5_000; at += 1) {
      ledger = settle(ledger, { reserved: new Map([['calls', 1n]]), cost: new Map(), logicalNowNs: BigInt(at) })
    }
    const limits = (limit: bigint): Map<string, Budget> => new Map([['calls', { limit }]])
    const amounts = new Map([['calls', 1n]])
    expect('exceeded' in reserve(ledger, { budgets: limits(5_000n), amounts, logicalNowNs: 9_999n })).toBe(true)
    expect('exceeded' in reserve(ledger, { budgets: limits(5_001n), amounts, logicalNowNs: 9_999n })).toBe(false)
  })
})
