/** Definitions for property tests, with every member that there can be. */
import fc from 'fast-check'
import {
  EMPTY_MANIFEST,
  type DefCap,
  type DefEffect,
  type DefModule,
  type Definition,
  type DefPlan,
  type DefPolicy,
  type DefSchema,
  type DefSecret,
  type Manifest,
  type NamedRef,
  type PlanStep,
} from '../src/index.ts'
import { entries, expr, hash, literal, name, slot, type, word } from './arbitrary-parts.ts'

const schema = fc.record({ kind: fc.constant('defschema' as const), name, type }) satisfies fc.Arbitrary<DefSchema>

const reducerAbi = fc.record(
  {
    state: name,
    event: name,
    context: name,
    annotations: name,
    effectsEmitted: fc.array(word, { maxLength: 3 }),
    capSlots: entries(word),
  },
  { requiredKeys: ['state', 'event', 'effectsEmitted', 'capSlots'] },
)

const reducerModule = fc.record(
  {
    kind: fc.constant('defmodule' as const),
    name,
    moduleKind: fc.constant('reducer' as const),
    wasmHash: hash,
    keySchema: name,
    reducer: reducerAbi,
  },
  { requiredKeys: ['kind', 'name', 'moduleKind', 'wasmHash', 'reducer'] },
) satisfies fc.Arbitrary<DefModule>

const pureModule = fc.record({
  kind: fc.constant('defmodule' as const),
  name,
  moduleKind: fc.constant('pure' as const),
  wasmHash: hash,
  pure: fc.record({ input: name, output: name, context: name }, { requiredKeys: ['input', 'output'] }),
}) satisfies fc.Arbitrary<DefModule>

const statuses = fc.subarray(['ok', 'error', 'timeout', 'denied', 'unknown'] as const, { minLength: 1 })

const step: fc.Arbitrary<PlanStep> = fc.oneof(
  fc.record({ op: fc.constant('raise_event' as const), id: word, event: name, value: slot }),
  fc.record(
    {
      op: fc.constant('emit_effect' as const),
      id: word,
      effectKind: word,
      params: slot,
      cap: word,
      idempotencyKey: slot,
      handle: word,
    },
    { requiredKeys: ['op', 'id', 'effectKind', 'params', 'cap', 'handle'] },
  ),
  fc.record(
    { op: fc.constant('await_receipt' as const), id: word, for: expr, bind: word, accept: statuses, deadline: slot },
    { requiredKeys: ['op', 'id', 'for', 'bind'] },
  ),
  fc.record(
    { op: fc.constant('await_event' as const), id: word, event: name, where: expr, bind: word, deadline: slot },
    { requiredKeys: ['op', 'id', 'event', 'bind'] },
  ),
  fc.record({ op: fc.constant('assign' as const), id: word, expr: slot, bind: word }),
  fc.record({ op: fc.constant('end' as const), id: word, result: slot }, { requiredKeys: ['op', 'id'] }),
)

const sortedWords = fc.uniqueArray(word, { maxLength: 3 }).map((words): readonly string[] => words.toSorted(byUnit))

function byUnit(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}

/** The lists that follow from the steps when they are empty. */
function derived(listed: readonly string[], used: readonly string[]): readonly string[] {
  return listed.length > 0 ? listed : [...new Set(used)].toSorted(byUnit)
}

const plan: fc.Arbitrary<DefPlan> = fc
  .record(
    {
      kind: fc.constant('defplan' as const),
      name,
      input: name,
      output: name,
      locals: fc.dictionary(word, name, { maxKeys: 2 }).map((members) => new Map(Object.entries(members))),
      steps: fc.array(step, { maxLength: 4 }),
      edges: fc.array(fc.record({ from: word, to: word, when: expr }, { requiredKeys: ['from', 'to'] }), {
        maxLength: 2,
      }),
      requiredCaps: sortedWords,
      allowedEffects: sortedWords,
      invariants: fc.array(expr, { maxLength: 2 }),
    },
    {
      requiredKeys: [
        'kind',
        'name',
        'input',
        'locals',
        'steps',
        'edges',
        'requiredCaps',
        'allowedEffects',
        'invariants',
      ],
    },
  )
  .map((each) => {
    const emits = each.steps.flatMap((item) => (item.op === 'emit_effect' ? [item] : []))
    return {
      ...each,
      requiredCaps: derived(
        each.requiredCaps,
        emits.map(({ cap }) => cap),
      ),
      allowedEffects: derived(
        each.allowedEffects,
        emits.map(({ effectKind }) => effectKind),
      ),
    }
  })

const effect = fc.record({
  kind: fc.constant('defeffect' as const),
  name,
  effectKind: word,
  paramsSchema: name,
  receiptSchema: name,
  capType: word,
  originScope: fc.constantFrom('reducer', 'plan', 'both'),
}) satisfies fc.Arbitrary<DefEffect>

const cap = fc.record({
  kind: fc.constant('defcap' as const),
  name,
  capType: word,
  schema: type,
  enforcer: name,
}) satisfies fc.Arbitrary<DefCap>

const policy = fc.record({
  kind: fc.constant('defpolicy' as const),
  name,
  rules: fc.array(
    fc.record({
      when: fc.record(
        {
          effectKind: word,
          capName: word,
          capType: word,
          originKind: fc.constantFrom('plan', 'reducer'),
          originName: name,
          principal: word,
          where: expr,
        },
        { requiredKeys: [] },
      ),
      decision: fc.constantFrom('allow', 'deny', 'require_approval'),
    }),
    { maxLength: 3 },
  ),
}) satisfies fc.Arbitrary<DefPolicy>

const words = fc.uniqueArray(word, { minLength: 1, maxLength: 3 })
const secret = fc.record(
  {
    kind: fc.constant('defsecret' as const),
    name: fc.tuple(word, fc.integer({ min: 1, max: 99 })).map(([alias, version]) => `${alias}/key@${version}`),
    bindingId: word,
    expectedDigest: hash,
    allowedCaps: words,
    allowedPlans: words,
  },
  { requiredKeys: ['kind', 'name', 'bindingId'] },
) satisfies fc.Arbitrary<DefSecret>

const refs: fc.Arbitrary<readonly NamedRef[]> = fc.array(fc.record({ name, hash }), { maxLength: 4 })

const nats = fc.constantFrom(0n, 24n, 2n ** 63n)
const counts = fc.integer({ min: 1, max: 100_000 })

export const manifest: fc.Arbitrary<Manifest> = fc
  .record(
    {
      schemas: refs,
      modules: refs,
      plans: refs,
      effects: refs,
      caps: refs,
      policies: refs,
      secrets: fc.array(fc.record({ name: secret.map((each) => each.name), hash }), { maxLength: 2 }),
      policy: name,
      grants: fc.array(
        fc.record(
          {
            name: word,
            cap: name,
            params: literal,
            expiryNs: nats,
            budgets: fc
              .dictionary(word, fc.record({ limit: nats, windowNs: nats }, { requiredKeys: ['limit'] }), {
                minKeys: 1,
                maxKeys: 2,
              })
              .map((budgets) => new Map(Object.entries(budgets))),
            literalSecrets: fc.constant(true),
          },
          { requiredKeys: ['name', 'cap', 'params'] },
        ),
        { maxLength: 2 },
      ),
      moduleBindings: fc
        .dictionary(name, entries(word), { maxKeys: 2 })
        .map((bindings) => new Map(Object.entries(bindings))),
      routes: fc.array(
        fc.record({ event: name, reducer: name, keyField: word }, { requiredKeys: ['event', 'reducer'] }),
        { maxLength: 3 },
      ),
      hasRouting: fc.boolean(),
      triggers: fc.array(
        fc.record({ event: name, plan: name, correlateBy: word }, { requiredKeys: ['event', 'plan'] }),
        { maxLength: 2 },
      ),
      bindings: fc.array(
        fc.record(
          {
            pattern: fc.oneof(
              word,
              word.map((beginning) => `${beginning}.*`),
              fc.constant('*'),
            ),
            adapter: word,
            idempotent: fc.boolean(),
            timeoutMs: counts,
            attemptsMax: counts,
            concurrencyMax: counts,
          },
          { requiredKeys: ['pattern', 'adapter'] },
        ),
        { maxLength: 2 },
      ),
      approvers: fc.array(
        fc.record({ name: word, key: hash.map((text) => text.slice('sha256:'.length)), roles: fc.array(word) }),
        { maxLength: 2 },
      ),
      approvals: fc.array(
        fc.record(
          {
            authority: fc.constantFrom('narrows' as const, 'keeps' as const, 'widens' as const),
            role: word,
            count: counts,
          },
          { requiredKeys: ['authority', 'count'] },
        ),
        { maxLength: 2 },
      ),
      migrations: fc.array(
        fc.oneof(
          fc.record({ kind: fc.constant('state' as const), reducer: name, module: name }),
          fc.record({ kind: fc.constant('event' as const), event: name, module: name }),
        ),
        { maxLength: 2 },
      ),
      limits: fc.dictionary(word, counts, { minKeys: 1 }).map((limits) => new Map(Object.entries(limits))),
    },
    { requiredKeys: ['schemas', 'modules', 'routes', 'hasRouting'] },
  )
  .map((sections) => ({
    ...EMPTY_MANIFEST,
    ...sections,
    hasRouting: sections.hasRouting || sections.routes.length > 0,
  }))

/** Without slots: what a document can say of them is less than what the parser checks. */
export const plainDefinitions: fc.Arbitrary<Definition> = fc.oneof(
  schema,
  reducerModule,
  pureModule,
  effect,
  cap,
  policy,
  secret,
  manifest.map((each) => ({ ...each, grants: [] })),
)

export const definitions: fc.Arbitrary<Definition> = fc.oneof(
  schema,
  reducerModule,
  pureModule,
  plan,
  effect,
  cap,
  policy,
  secret,
  manifest,
)
