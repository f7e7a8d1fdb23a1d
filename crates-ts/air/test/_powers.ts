/** Small worlds of powers, made up, for the comparison of authority. */
import { formatHash } from '@aos/cbor'
import fc from 'fast-check'
import {
  ALLOW_ALL,
  BUILTIN_EFFECTS,
  BUILTIN_MODULES,
  EMPTY_MANIFEST,
  type CapGrant,
  type DefinitionSet,
  type DefModule,
  type DefPlan,
  type Expr,
  type Literal,
  type Manifest,
  type NamedDefinition,
  type PolicyRule,
  type TypeExpr,
} from '../src/index.ts'
import { makeSet } from './_sets.ts'

/** Kinds of effects. */
export type Kind = 'http.request' | 'mail.send' | 'timer.set'
type Cap = 'http' | 'mail' | 'timer'

const KINDS: readonly Kind[] = ['http.request', 'mail.send', 'timer.set']
const CAPS: readonly Cap[] = ['http', 'mail', 'timer']
const GRANTS = ['g1', 'g2', 'g3'] as const
const PLANS = ['demo/P@1', 'demo/Q@1'] as const
export const REDUCER = 'demo/R@1'
export const EVENTS = ['demo/A@1', 'demo/B@1', 'demo/C@1'] as const
export const TYPE_OF_CAP = { http: 'http.out', mail: 'mail', timer: 'timer' } as const
export const CAP_OF_KIND = { 'http.request': 'http', 'mail.send': 'mail', 'timer.set': 'timer' } as const

/** What a grant says. */
export interface Grant {
  readonly name: string
  readonly cap: Cap
  readonly hosts: readonly string[] | null
  readonly methods: readonly string[] | null
  readonly prefixes: readonly string[] | null
  readonly expiry: number | null
  readonly limit: number | null
  readonly window: number | null
  readonly literal: boolean
}

/** A rule of the policy; null matches everything. */
export interface Rule {
  readonly kind: Kind | null
  readonly grant: string | null
  readonly capType: string | null
  readonly originKind: 'plan' | 'reducer' | null
  readonly originName: string | null
  readonly principal: string | null
  /** Numbers of conditions, all of which must hold. */
  readonly where: readonly number[]
  readonly decision: 'allow' | 'deny' | 'require_approval'
}

/** What a plan asks for. */
export interface Use {
  readonly kind: Kind
  readonly grant: string
}

interface Secret {
  readonly name: string
  readonly caps: readonly string[] | null
  readonly plans: readonly string[] | null
}

/** What a world lets pass depends on these, and on nothing else. */
export interface Powers {
  readonly kinds: readonly Kind[]
  readonly mailScope: 'plan' | 'reducer' | 'both'
  readonly judge: 'nobody' | 'for ada' | 'for bob'
  readonly grants: readonly Grant[]
  readonly rules: readonly Rule[]
  readonly hasPolicy: boolean
  readonly uses: readonly { readonly plan: string; readonly use: Use }[]
  readonly raised: readonly { readonly plan: string; readonly event: string }[]
  readonly declared: readonly Kind[]
  readonly slots: readonly { readonly slot: string; readonly grant: string }[]
  readonly triggers: readonly { readonly event: string; readonly plan: string }[]
  readonly routes: readonly string[]
  readonly secrets: readonly Secret[]
  readonly approvers: readonly { readonly key: string; readonly roles: readonly string[] }[]
  readonly approvals: readonly {
    readonly authority: 'narrows' | 'keeps' | 'widens'
    readonly role: string | null
    readonly count: number
  }[]
}

const some = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 1 })
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, arbitrary)
const few = (...items: readonly string[]): fc.Arbitrary<readonly string[] | null> =>
  seldom(fc.uniqueArray(fc.constantFrom(...items), { maxLength: 2 }))
const grantName = fc.constantFrom(...GRANTS)
/** Grants have a capability by their name, mostly, so that what asks by them is mostly in order. */
const USUAL = { g1: 'http', g2: 'mail', g3: 'timer' } as const
const USUAL_USES: readonly Use[] = [{ kind: 'http.request', grant: 'g1' }, { kind: 'mail.send', grant: 'g2' }] // prettier-ignore
const use: fc.Arbitrary<Use> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...USUAL_USES) },
  fc.record({ kind: fc.constantFrom(...KINDS), grant: grantName }),
)

const grant: fc.Arbitrary<Grant> = grantName.chain((name) =>
  fc.record({
    name: fc.constant(name),
    cap: fc.constantFrom(USUAL[name], USUAL[name], USUAL[name], ...CAPS),
    hosts: few('a', 'A', 'b'),
    methods: few('GET', 'POST'),
    prefixes: few('', '/x', '/x/', '/x/y', '/z'),
    expiry: seldom(fc.constantFrom(10, 20)),
    limit: seldom(fc.nat(4)),
    window: some(fc.constantFrom(3, 12, 20)),
    literal: fc.boolean(),
  }),
)

const rule: fc.Arbitrary<Rule> = fc.record({
  kind: some(fc.constantFrom(...KINDS)),
  grant: seldom(grantName),
  capType: seldom(fc.constantFrom(...Object.values(TYPE_OF_CAP))),
  originKind: seldom(fc.constantFrom('plan', 'reducer')),
  originName: seldom(fc.constantFrom(...PLANS, REDUCER)),
  principal: seldom(fc.constantFrom('key:a', 'key:a*', 'key:*', '*', 'host:b')),
  where: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.uniqueArray(fc.nat(7), { maxLength: 2 })),
  decision: fc.constantFrom('allow', 'allow', 'require_approval', 'deny'),
})

/** Rules that are much alike, so that order, patterns and conditions decide. */
export const denseRules: fc.Arbitrary<readonly Rule[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(null, null, 'http.request'),
    grant: fc.constant(null),
    capType: fc.constantFrom(null, null, 'mail'),
    originKind: fc.constantFrom(null, null, 'plan'),
    originName: fc.constant(null),
    principal: fc.constantFrom(null, 'key:a', 'key:a', 'key:a*', 'key:a*', 'key:*', '*', 'host:b'),
    where: fc.constantFrom([], [], [], [0], [1], [0, 2], [2, 0]),
    decision: fc.constantFrom('allow', 'require_approval', 'deny'),
  }),
  { minLength: 1, maxLength: 4, size: 'max' },
)

/** Grants, secrets and approvers by name once. */
function onceBy<T>(arbitrary: fc.Arbitrary<T>, key: (item: T) => string, maxLength = 3): fc.Arbitrary<readonly T[]> {
  return fc.uniqueArray(arbitrary, { selector: key, maxLength })
}

/** Any world of powers. */
export const powers: fc.Arbitrary<Powers> = fc.record({
  kinds: fc.shuffledSubarray([...KINDS], { minLength: 2 }),
  mailScope: fc.constantFrom('plan', 'reducer', 'both', 'both'),
  judge: fc.constantFrom('nobody', 'nobody', 'for ada', 'for bob'),
  grants: fc.uniqueArray(grant, { selector: ({ name }) => name, minLength: 1, maxLength: 3, size: 'max' }),
  rules: fc.array(rule, { minLength: 1, maxLength: 4, size: 'max' }),
  hasPolicy: fc.constantFrom(true, true, true, true, false),
  uses: onceBy(fc.record({ plan: fc.constantFrom(...PLANS), use }), (item) => JSON.stringify(item), 4),
  raised: onceBy(fc.record({ plan: fc.constantFrom(...PLANS), event: fc.constantFrom(...EVENTS) }), (item) => JSON.stringify(item), 2), // prettier-ignore
  declared: fc.shuffledSubarray([...KINDS]),
  slots: onceBy(fc.record({ slot: fc.constantFrom('default', 'other'), grant: grantName }), ({ slot }) => slot),
  triggers: onceBy(fc.record({ event: fc.constantFrom(...EVENTS), plan: fc.constantFrom(...PLANS) }), (item) => JSON.stringify(item)), // prettier-ignore
  routes: fc.shuffledSubarray([...EVENTS], { maxLength: 1 }),
  secrets: onceBy(fc.record({ name: fc.constantFrom('s@1', 't@1'), caps: few(...GRANTS), plans: few(...PLANS) }), ({ name }) => name), // prettier-ignore
  approvers: onceBy(fc.record({ key: fc.constantFrom('a', 'b', 'c'), roles: fc.shuffledSubarray(['x', 'y']) }), ({ key }) => key), // prettier-ignore
  approvals: onceBy(fc.record({ authority: fc.constantFrom('narrows', 'keeps', 'widens'), role: some(fc.constantFrom('x', 'y')), count: fc.integer({ min: 1, max: 2 }) }), ({ authority, role }) => `${authority} ${role}`), // prettier-ignore
})

const text = (value: string): Expr => ({ kind: 'constant', sort: 'text', value })
const ref = (name: string): Expr => ({ kind: 'reference', text: name })
const operation = (operator: 'eq' | 'has' | 'not' | 'or' | 'and' | 'contains' | 'starts_with', ...operands: readonly Expr[]): Expr => ({ kind: 'operation', operator, operands }) // prettier-ignore

/** Conditions, each with what it comes to: undefined when it fails. */
export const CONDITIONS: readonly { readonly expr: Expr; readonly judge: (request: Request) => boolean | undefined }[] =
  [
    {
      expr: operation('eq', ref('@params.method'), text('GET')),
      judge: ({ params }) => (params.method === undefined ? undefined : params.method === 'GET'),
    },
    { expr: operation('starts_with', ref('@principal'), text('key:')), judge: (r) => r.principal.startsWith('key:') },
    { expr: operation('eq', ref('@principal'), text('key:a')), judge: (r) => r.principal === 'key:a' },
    { expr: operation('has', ref('@params'), text('to')), judge: ({ params }) => params.to !== undefined },
    { expr: ref('@params'), judge: () => undefined },
    {
      expr: operation('contains', ref('@grant.hosts'), text('a')),
      judge: ({ grant: { cap, hosts } }) => (cap === 'http' ? hosts?.includes('a') : undefined),
    },
    { expr: operation('not', operation('starts_with', ref('@principal'), text('key:'))), judge: (r) => !r.principal.startsWith('key:') }, // prettier-ignore
    {
      expr: operation('or', operation('eq', ref('@principal'), text('key:a')), operation('has', ref('@params'), text('to'))), // prettier-ignore
      judge: (r) => r.principal === 'key:a' || r.params.to !== undefined,
    },
  ]

function conditionOf(where: readonly number[]): Expr | undefined {
  const all = where.flatMap((number) => CONDITIONS[number]?.expr ?? [])
  const [first, ...rest] = all
  if (first === undefined) return undefined
  return rest.length === 0 ? first : operation('and', ...all)
}

function ruleOf(rule: Rule): PolicyRule {
  const where = conditionOf(rule.where)
  return {
    decision: rule.decision,
    when: {
      ...(rule.kind === null ? {} : { effectKind: rule.kind }),
      ...(rule.grant === null ? {} : { capName: rule.grant }),
      ...(rule.capType === null ? {} : { capType: rule.capType }),
      ...(rule.originKind === null ? {} : { originKind: rule.originKind }),
      ...(rule.originName === null ? {} : { originName: rule.originName }),
      ...(rule.principal === null ? {} : { principal: rule.principal }),
      ...(where === undefined ? {} : { where }),
    },
  }
}

function literalSet(items: readonly string[] | null): Literal {
  if (items === null) return { kind: 'constant', sort: 'null', value: null }
  return { kind: 'set', items: items.map((value) => ({ kind: 'constant', sort: 'text', value })) }
}

function grantOf({ name, cap, hosts, methods, prefixes, expiry, limit, window, literal }: Grant): CapGrant {
  const open = literalSet(null)
  const http = { hosts: literalSet(hosts), schemes: open, methods: literalSet(methods), ports: open, path_prefixes: literalSet(prefixes) } // prettier-ignore
  const budget = limit === null ? undefined : { limit: BigInt(limit), ...(window === null ? {} : { windowNs: BigInt(window) }) } // prettier-ignore
  return {
    name,
    cap: { http: 'sys/http.out@1', mail: 'demo/mail@1', timer: 'sys/timer@1' }[cap],
    params: { kind: 'record', fields: new Map(Object.entries(cap === 'http' ? http : {})) },
    ...(expiry === null ? {} : { expiryNs: BigInt(expiry) }),
    ...(budget === undefined ? {} : { budgets: new Map([['calls', budget]]) }),
    ...(literal ? { literalSecrets: true } : {}),
  }
}

function planOf(name: string, { uses, raised }: Powers): DefPlan {
  const emits = uses.filter(({ plan }) => plan === name)
  const raises = raised.filter(({ plan }) => plan === name)
  const slot = { kind: 'expression', expr: ref('@var:x') } as const
  return {
    kind: 'defplan',
    name,
    input: 'demo/A@1',
    locals: new Map(),
    edges: [],
    invariants: [],
    requiredCaps: [...new Set(emits.map(({ use }) => use.grant))].toSorted(),
    allowedEffects: [...new Set(emits.map(({ use }) => use.kind))].toSorted(),
    steps: [
      ...emits.map(({ use }, index) => ({ op: 'emit_effect', id: `e${index}`, effectKind: use.kind, cap: use.grant, params: slot, handle: `h${index}` }) as const), // prettier-ignore
      ...raises.map(({ event }, index) => ({ op: 'raise_event', id: `r${index}`, event, value: slot }) as const),
      { op: 'end', id: 'end' },
    ],
  }
}

function moduleOf(name: string, byte: number, more: Partial<DefModule>): DefModule {
  const wasmHash = formatHash(new Uint8Array(32).fill(byte))
  return { kind: 'defmodule', name, moduleKind: 'pure', wasmHash, ...more }
}

const JUDGE_BYTES = { nobody: 1, 'for ada': 2, 'for bob': 3 } as const

function definitionsOfPowers(powers: Powers): readonly NamedDefinition[] {
  const text = { kind: 'text' } as const
  const key = { kind: 'ref', name: 'sys/TextOrSecretRef@1' } as const
  const builtins = [BUILTIN_EFFECTS.get('sys/http.request@1'), BUILTIN_EFFECTS.get('sys/timer.set@1')]
  const pure = { input: 'sys/CapCheckInput@1', output: 'sys/CapCheckOutput@1' }
  const http = BUILTIN_MODULES.get('sys/CapEnforceHttpOut@1')
  const reducer = { state: 'demo/A@1', event: 'demo/A@1', effectsEmitted: powers.declared, capSlots: new Map() }
  return [
    ...EVENTS.map((name): NamedDefinition => ({
      kind: 'defschema',
      name,
      type: { kind: 'record', fields: new Map() },
    })),
    { kind: 'defschema', name: 'demo/Mail@1', type: { kind: 'record', fields: new Map<string, TypeExpr>([['to', text], ['key', key]]) } }, // prettier-ignore
    ...(http === undefined ? [] : [http]),
    moduleOf('demo/Judge@1', JUDGE_BYTES[powers.judge], { pure }),
    moduleOf(REDUCER, 9, { moduleKind: 'reducer', reducer }),
    ...PLANS.map((name) => planOf(name, powers)),
    ...builtins.flatMap((each) => (each !== undefined && powers.kinds.includes(each.effectKind as Kind) ? [each] : [])), // one of the kinds
    ...(powers.kinds.includes('mail.send')
      ? [{ kind: 'defeffect', name: 'demo/Send@1', effectKind: 'mail.send', paramsSchema: 'demo/Mail@1', receiptSchema: 'demo/A@1', capType: 'mail', originScope: powers.mailScope } as const] // prettier-ignore
      : []),
    {
      kind: 'defcap',
      name: 'demo/mail@1',
      capType: 'mail',
      schema: { kind: 'record', fields: new Map() },
      enforcer: powers.judge === 'nobody' ? ALLOW_ALL : 'demo/Judge@1',
    },
    { kind: 'defpolicy', name: 'demo/policy@1', rules: powers.rules.map(ruleOf) },
    ...powers.secrets.map(({ name, caps, plans }): NamedDefinition => ({
      kind: 'defsecret',
      name,
      bindingId: `env:${name}`,
      ...(caps === null || caps.length === 0 ? {} : { allowedCaps: caps }),
      ...(plans === null || plans.length === 0 ? {} : { allowedPlans: plans }),
    })),
  ]
}

/** The set of definitions with exactly these powers. */
export function setOfPowers(powers: Powers): DefinitionSet {
  const slots = new Map(powers.slots.map(({ slot, grant: name }) => [slot, name]))
  const manifest: Manifest = {
    ...EMPTY_MANIFEST,
    ...(powers.hasPolicy ? { policy: 'demo/policy@1' } : {}),
    grants: powers.grants.map(grantOf),
    moduleBindings: slots.size === 0 ? new Map() : new Map([[REDUCER, slots]]),
    triggers: powers.triggers,
    routes: powers.routes.map((event) => ({ event, reducer: REDUCER })),
    hasRouting: powers.routes.length > 0,
    approvers: powers.approvers.map(({ key, roles }) => ({ name: `name of ${key}`, key: key.repeat(64), roles })),
    approvals: powers.approvals.map(({ authority, role, count }) => ({ authority, count, ...(role === null ? {} : { role }) })), // prettier-ignore
  }
  return makeSet(manifest, definitionsOfPowers(powers))
}

/** The parameters of a request. */
export interface Params {
  readonly host?: string
  readonly method?: string
  readonly path?: string
  readonly to?: string
  readonly key?: string
}

/** What is asked for, by whom. */
export interface Request {
  readonly kind: Kind
  readonly origin: { readonly kind: 'plan' | 'reducer'; readonly name: string }
  readonly grant: Grant
  readonly principal: string
  readonly params: Params
}
