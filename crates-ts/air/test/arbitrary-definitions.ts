/** Definitions for property tests: every type, every member, names of any script. */
import { formatHash } from '@aos/cbor'
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
  type Expr,
  type Literal,
  type Manifest,
  type NamedRef,
  type PlanSlot,
  type PlanStep,
  type TypeExpr,
} from '../src/index.ts'

const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/)
const name = fc
  .tuple(word, fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}$/), fc.integer({ min: 1, max: 300 }))
  .map(([space, local, version]) => `${space}/${local}@${version}`)
  .filter((text) => !text.startsWith('sys/'))
const field = fc.oneof(
  word,
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((text) => text.isWellFormed()),
)
const hash = fc.oneof(
  fc.constant(formatHash(new Uint8Array(32))),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => formatHash(bytes)),
)

const primitive = fc
  .constantFrom('bool', 'int', 'nat', 'dec128', 'bytes', 'text', 'time', 'duration', 'hash', 'uuid', 'unit')
  .map((kind): TypeExpr => ({ kind }) as TypeExpr) // each of the words is a primitive

const { type } = fc.letrec<{ type: TypeExpr }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', maxDepth: 6 },
    primitive,
    name.map((target): TypeExpr => ({ kind: 'ref', name: target })),
    entries(tie('type')).map((fields): TypeExpr => ({ kind: 'record', fields })),
    entries(tie('type')).map((arms): TypeExpr => ({ kind: 'variant', arms })),
    tie('type').map((item): TypeExpr => ({ kind: 'list', item })),
    tie('type').map((item): TypeExpr => ({ kind: 'set', item })),
    tie('type').map((inner): TypeExpr => ({ kind: 'option', inner })),
    fc
      .tuple(fc.constantFrom('int', 'nat', 'text', 'uuid', 'hash'), tie('type'))
      .map(([key, value]): TypeExpr => ({ kind: 'map', key, value })),
  ),
}))

function entries<T>(member: fc.Arbitrary<T>): fc.Arbitrary<ReadonlyMap<string, T>> {
  return fc
    .uniqueArray(fc.tuple(field, member), { selector: ([key]) => key, maxLength: 4 })
    .map((pairs) => new Map(pairs))
}

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

const constant: fc.Arbitrary<Extract<Literal, { kind: 'constant' }>> = fc.oneof(
  fc.constant({ kind: 'constant', sort: 'null', value: null } as const),
  fc.boolean().map((value) => ({ kind: 'constant', sort: 'bool', value }) as const),
  fc.constantFrom(0, -1, 300, 2n ** 62n).map((value) => ({ kind: 'constant', sort: 'int', value }) as const),
  fc.constantFrom(0, 24, 2n ** 63n).map((value) => ({ kind: 'constant', sort: 'nat', value }) as const),
  fc.constantFrom(0, 2n ** 63n).map((value) => ({ kind: 'constant', sort: 'time', value }) as const),
  fc.constantFrom(-5, 2n ** 60n).map((value) => ({ kind: 'constant', sort: 'duration', value }) as const),
  field.map((value) => ({ kind: 'constant', sort: 'text', value }) as const),
  fc.constantFrom('0', '-1.50').map((value) => ({ kind: 'constant', sort: 'dec128', value }) as const),
  hash.map((value) => ({ kind: 'constant', sort: 'hash', value }) as const),
  fc.uuid().map((value) => ({ kind: 'constant', sort: 'uuid', value }) as const),
  fc.uint8Array({ maxLength: 3 }).map((value) => ({ kind: 'constant', sort: 'bytes', value }) as const),
)

const { literal } = fc.letrec<{ literal: Literal }>((tie) => ({
  literal: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    constant,
    entries(tie('literal')).map((fields): Literal => ({ kind: 'record', fields })),
    fc.array(tie('literal'), { maxLength: 3 }).map((items): Literal => ({ kind: 'list', items })),
    fc.array(tie('literal'), { maxLength: 3 }).map((items): Literal => ({ kind: 'set', items })),
    fc
      .array(fc.record({ key: tie('literal'), value: tie('literal') }), { maxLength: 2 })
      .map((parts): Literal => ({ kind: 'map', entries: parts })),
    fc.record({ kind: fc.constant('variant' as const), tag: field }),
    fc.record({ kind: fc.constant('variant' as const), tag: field, value: tie('literal') }),
    fc.record({ kind: fc.constant('secret' as const), alias: word, version: fc.integer({ min: 1, max: 9 }) }),
  ),
}))

const { expr } = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    constant,
    fc.constantFrom('@plan.input', '@var:a.b', 'anything').map((text): Expr => ({ kind: 'reference', text })),
    fc
      .tuple(fc.constantFrom('len', 'eq', 'hash_bytes', 'contains'), fc.array(tie('expr'), { maxLength: 3 }))
      .map(([operator, operands]): Expr => ({ kind: 'operation', operator, operands })),
    entries(tie('expr')).map((fields): Expr => ({ kind: 'record', fields })),
    fc.array(tie('expr'), { maxLength: 3 }).map((items): Expr => ({ kind: 'list', items })),
    fc.array(tie('expr'), { maxLength: 3 }).map((items): Expr => ({ kind: 'set', items })),
    fc
      .array(fc.record({ key: tie('expr'), value: tie('expr') }), { maxLength: 2 })
      .map((parts): Expr => ({ kind: 'map', entries: parts })),
    fc.record({ kind: fc.constant('variant' as const), tag: field }),
    fc.record({ kind: fc.constant('variant' as const), tag: field, value: tie('expr') }),
  ),
}))

/** Normal forms: an expression computes something. */
const slot: fc.Arbitrary<PlanSlot> = fc.oneof(
  literal.map((value): PlanSlot => ({ kind: 'literal', literal: value })),
  expr.map((value): PlanSlot => {
    return { kind: 'expression', expr: { kind: 'operation', operator: 'not', operands: [value] } }
  }),
)

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

const manifest: fc.Arbitrary<Manifest> = fc
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
