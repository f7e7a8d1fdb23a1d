import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { compileSchema } from '@aos/air'
import type { DefPlan, Expr, PlanEdge, PlanSlot, PlanStep, SchemaTable, TypeExpr } from '@aos/air'
import { formatHash, hashText, toHex } from '@aos/cbor'
import type { Sha256Port } from '@aos/cbor'
import { exprFromValue, integerValue } from '@aos/expr'
import type { ExprValue } from '@aos/expr'
import { advance } from './advance.ts'
import type { PlanActions, PlanEnding } from './advance.ts'
import { compilePlan } from './compile-plan.ts'
import type { CompiledPlan } from './compiled-plan.ts'
import { copyInstance } from './instance.ts'
import type { PlanInstance } from './instance.ts'
import { startByHand, startByTrigger } from './triggers.ts'
import {
  OfferedEvent,
  concerns,
  deadlinesOf,
  giveReceipt,
  makeReceiptValue,
  offerEvent,
  passDeadline,
} from './waits.ts'

const port: Sha256Port = {
  sha256Into(input, output, offset) {
    output.set(createHash('sha256').update(input).digest(), offset)
  },
}
const record = (fields: Readonly<Record<string, TypeExpr>>): TypeExpr => ({ kind: 'record', fields: new Map(Object.entries(fields)) }) // prettier-ignore
const table: SchemaTable = new Map<string, TypeExpr>([
  ['demo/Order@1', record({ id: { kind: 'text' }, total: { kind: 'nat' } })],
  ['demo/Paid@1', record({ id: { kind: 'text' }, amount: { kind: 'int' } })],
  ['demo/Ask@1', record({ url: { kind: 'text' } })],
  ['demo/Answer@1', record({ status: { kind: 'int' } })],
])
const ref = (text: string): Expr => ({ kind: 'reference', text })
const slot = (expr: Expr): PlanSlot => ({ kind: 'expression', expr })
const recordOf = (fields: Readonly<Record<string, Expr>>): Expr => ({ kind: 'record', fields: new Map(Object.entries(fields)) }) // prettier-ignore
const op = (operator: 'lt' | 'ge' | 'eq' | 'and', ...operands: readonly Expr[]): Expr => ({ kind: 'operation', operator, operands }) // prettier-ignore
const nat = (value: number): Expr => ({ kind: 'constant', sort: 'nat', value })
const text = (value: string): Expr => ({ kind: 'constant', sort: 'text', value })
const ask = (id: string): PlanStep => ({
  op: 'emit_effect',
  id,
  effectKind: 'demo.ask',
  params: slot(recordOf({ url: text(`http://${id}`) })),
  cap: 'asking',
  handle: `${id}_handle`,
})
const answer = (id: string, of: string, more: object = {}): PlanStep => ({
  op: 'await_receipt',
  id,
  for: ref(`@var:${of}_handle`),
  bind: `${id}_var`,
  ...more,
})
const assign = (id: string, expr: Expr): PlanStep => ({ op: 'assign', id, expr: slot(expr), bind: id })

function planOf(
  steps: readonly PlanStep[],
  edges: readonly (readonly [string, string, Expr?])[],
  more: Partial<DefPlan> = {},
): CompiledPlan {
  // prettier-ignore
  const definition: DefPlan = {
    kind: 'defplan',
    name: 'demo/plan@1',
    input: 'demo/Order@1',
    locals: new Map(),
    steps,
    edges: edges.map(([from, to, when]): PlanEdge => (when === undefined ? { from, to } : { from, to, when })),
    requiredCaps: [],
    allowedEffects: [],
    invariants: [],
    ...more,
  }
  return compilePlan(definition, { sha256: port, hash: NO_HASH, manifest: NO_HASH, table, fingerprint: () => NO_HASH, paramsSchema: () => 'demo/Ask@1' }) // prettier-ignore
}

const NO_HASH = formatHash(new Uint8Array(32))
const starter = { eventId: '7.0', principal: 'local:me', trace: undefined }

function start(plan: CompiledPlan, total = 5): PlanInstance {
  const input = compileSchema({ kind: 'ref', name: 'demo/Order@1' }, table).encode({ id: 'a', total })
  return startByHand(plan, input, starter)
}

interface Run {
  readonly log: string[]
  ending: PlanEnding | undefined
}

/** Runs until nothing more can; logs what the steps did. */
function run(instance: PlanInstance, options: { readonly deny?: string; readonly now?: bigint } = {}): Run {
  const made: Run = { log: [], ending: undefined }
  const actions: PlanActions = {
    logicalNowNs: options.now ?? 1_000n,
    hasGovernance: true,
    emit({ effectKind, params, step }) {
      made.log.push(`emit ${step} ${effectKind}`)
      if (options.deny !== undefined) return { kind: 'denied', code: options.deny }
      return { kind: 'open', intentHash: hashText(port, params) }
    },
    raise({ schema, value }) {
      made.log.push(`raise ${schema} ${toHex(value)}`)
      return undefined
    },
    stepped(_instance, step, status) {
      made.log.push(`${step} ${status}`)
    },
  }
  for (let turns = 0; turns < 1_000; turns += 1) {
    const result = advance(instance, actions)
    if (result.kind === 'ended') made.ending = result.ending
    if (result.kind !== 'more') return made
  }
  throw new Error('the plan does not end')
}

function receiptFor(instance: PlanInstance, step: string, status: 'ok' | 'error', code: number): boolean {
  const hash = instance.intents.get(instance.plan.indexes.get(step) ?? -1) ?? ''
  const payload: ExprValue = exprFromValue({ status: code }, table.get('demo/Answer@1') ?? { kind: 'unit' }, table)
  return giveReceipt(instance, hash, makeReceiptValue({ status, payload, adapterId: 'demo', cost: new Map(), intentHash: hash })) // prettier-ignore
}

test('a plan asks, waits, computes and ends with a result of its output schema', () => {
  const plan = planOf(
    [
      ask('get'),
      answer('got', 'get'),
      assign('again', ref('@receipt:got.payload.status')),
      { op: 'raise_event', id: 'tell', event: 'demo/Paid@1', value: slot(recordOf({ id: ref('@plan.input.id'), amount: ref('@var:again') })) }, // prettier-ignore
      { op: 'end', id: 'end', result: slot(recordOf({ id: ref('@plan.input.id'), amount: ref('@step:tell.value.amount') })) }, // prettier-ignore
    ],
    [['get', 'got'], ['got', 'again'], ['again', 'tell'], ['tell', 'end']], // prettier-ignore
    { output: 'demo/Paid@1' },
  )
  const instance = start(plan)
  expect(instance.id).toBe('7.0/demo/plan@1')
  expect(run(instance)).toEqual({ log: ['emit get demo.ask', 'get done', 'got waiting'], ending: undefined })
  expect(receiptFor(instance, 'get', 'ok', 200)).toBe(true)
  const rest = run(instance)
  const paid = 'd9d9f7a262696461616661 6d6f756e7418c8'.replace(' ', '')
  expect(rest.log).toEqual(['got done', 'again done', `raise demo/Paid@1 ${paid}`, 'tell done', 'end done'])
  expect(rest.ending).toEqual({ code: undefined, step: 'end', result: expect.any(Uint8Array) })
  expect(toHex(rest.ending?.result ?? new Uint8Array(0))).toBe(paid)
})

test('a false guard skips the whole branch, and the join runs when one way there was live', () => {
  const big = op('ge', ref('@plan.input.total'), nat(100))
  const small = op('lt', ref('@plan.input.total'), nat(100))
  const plan = planOf(
    [assign('first', nat(1)), assign('big1', nat(1)), assign('big2', nat(1)), assign('small', nat(1)), assign('join', nat(2))], // prettier-ignore
    [['first', 'big1', big], ['big1', 'big2'], ['big2', 'join'], ['first', 'small', small], ['small', 'join']], // prettier-ignore
  )
  expect(run(start(plan, 5)).log).toEqual(['first done', 'big1 skipped', 'big2 skipped', 'small done', 'join done'])
  expect(run(start(plan, 500)).log).toEqual(['first done', 'small skipped', 'big1 done', 'big2 done', 'join done'])
})

test('when every way to a step is dead it is skipped, and the plan still ends', () => {
  const never = op('lt', nat(1), nat(0))
  const plan = planOf([assign('a', nat(1)), assign('b', nat(1)), assign('c', nat(1))], [['a', 'b', never], ['b', 'c']]) // prettier-ignore
  const made = run(start(plan))
  expect(made.log).toEqual(['a done', 'b skipped', 'c skipped'])
  expect(made.ending).toEqual({ code: undefined, step: undefined, result: undefined })
})

test('branches wait side by side and take their receipts in any order', () => {
  const plan = planOf(
    [ask('a'), ask('b'), answer('ra', 'a'), answer('rb', 'b'), assign('both', op('eq', ref('@var:ra_var.status'), ref('@var:rb_var.status')))], // prettier-ignore
    [['a', 'ra'], ['b', 'rb'], ['ra', 'both'], ['rb', 'both']], // prettier-ignore
  )
  const instance = start(plan)
  expect(run(instance).log.slice(-2)).toEqual(['ra waiting', 'rb waiting'])
  receiptFor(instance, 'b', 'ok', 1)
  expect(run(instance)).toEqual({ log: ['rb done'], ending: undefined })
  receiptFor(instance, 'a', 'ok', 1)
  expect(run(instance).log).toEqual(['ra done', 'both done'])
})

test.each([
  ['a denied effect', 'policy.denied', 'effect_denied/policy.denied'],
  ['a power that was taken away', 'cap.revoked', 'cap.revoked'],
])('%s ends the instance with its code', (_name, deny, code) => {
  const made = run(start(planOf([ask('a'), answer('ra', 'a')], [['a', 'ra']])), { deny })
  expect(made.ending).toEqual({ code, step: 'a', result: undefined })
})

test('a status that the step does not accept ends the instance; one that it accepts goes on', () => {
  const failing = start(planOf([ask('a'), answer('ra', 'a')], [['a', 'ra']]))
  run(failing)
  receiptFor(failing, 'a', 'error', 500)
  expect(run(failing).ending?.code).toBe('effect_failed/error')
  const accepting = start(
    planOf([ask('a'), answer('ra', 'a', { accept: ['ok', 'error'] }), assign('s', ref('@receipt:ra.status'))], [['a', 'ra'], ['ra', 's']]), // prettier-ignore
  )
  run(accepting)
  receiptFor(accepting, 'a', 'error', 500)
  expect(run(accepting).log).toEqual(['ra done', 's done'])
  expect(accepting.variables.get('s')).toMatchObject({ sort: 'text', value: 'error' })
})

test('failures of expressions, invariants and missing results are coded endings', () => {
  const missing = run(start(planOf([assign('a', ref('@plan.input.none'))], [])))
  expect(missing.ending).toEqual({ code: 'expression/expr.missing_field', step: 'a', result: undefined })
  const invariant = { invariants: [op('lt', ref('@plan.input.total'), nat(3))] }
  expect(run(start(planOf([assign('a', nat(1)), assign('b', nat(1))], [['a', 'b']], invariant))).ending).toEqual({
    code: 'invariant_violation',
    step: 'a',
    result: undefined,
  })
  expect(run(start(planOf([assign('a', nat(1))], [], { output: 'demo/Paid@1' }))).ending?.code).toBe('no_result')
  const wrong = planOf([{ op: 'raise_event', id: 'r', event: 'demo/Paid@1', value: slot(text('x')) }], [])
  expect(run(start(wrong)).ending?.code).toBe('expression/expr.type_mismatch')
})

test('an event resumes the waits whose condition holds, each once, and never after its deadline', () => {
  const wait: PlanStep = {
    op: 'await_event',
    id: 'w',
    event: 'demo/Paid@1',
    where: op('eq', ref('@event.id'), ref('@plan.input.id')),
    bind: 'paid',
    deadline: slot({ kind: 'constant', sort: 'time', value: 2_000n }),
  }
  const instance = start(planOf([wait, assign('amount', ref('@var:paid.amount'))], [['w', 'amount']]))
  expect(run(instance).log).toEqual(['w waiting'])
  expect(deadlinesOf(instance)).toEqual([{ step: 'w', atNs: 2_000n }])
  const codec = compileSchema({ kind: 'ref', name: 'demo/Paid@1' }, table)
  const paid = (id: string, schema = 'demo/Paid@1'): OfferedEvent => new OfferedEvent({ schema, value: codec.encode({ id, amount: 3 }).slice() }) // prettier-ignore
  expect(concerns(instance, paid('a', 'demo/Order@1'), 1_000n)).toBe(false)
  expect(concerns(instance, paid('other'), 1_000n)).toBe(false)
  expect(concerns(instance, paid('a'), 1_000n)).toBe(true)
  expect(offerEvent(instance, paid('other'), 1_000n)).toEqual({ kind: 'none' })
  expect(offerEvent(copyInstance(instance), paid('a'), 2_000n)).toEqual({ kind: 'none' })
  expect(concerns(instance, paid('a'), 2_000n)).toBe(false)
  const copy = copyInstance(instance)
  expect(offerEvent(copy, paid('a'), 1_999n)).toEqual({ kind: 'matched' })
  expect(offerEvent(copy, paid('a'), 1_999n)).toEqual({ kind: 'none' })
  expect(run(copy).log).toEqual(['w done', 'amount done'])
  expect(copy.variables.get('amount')).toMatchObject({ sort: 'int', value: 3n })
  expect(passDeadline(instance, 'w', 1_999n)).toBe('none')
  expect(passDeadline(instance, 'w', 2_000n)).toBe('ended')
})

test('a condition that cannot be judged is told, and a receipt behind its deadline goes to nobody', () => {
  const wait: PlanStep = { op: 'await_event', id: 'w', event: 'demo/Paid@1', where: ref('@event.id'), bind: 'paid' }
  const waiting = start(planOf([wait], []))
  run(waiting)
  const codec = compileSchema({ kind: 'ref', name: 'demo/Paid@1' }, table)
  const value = codec.encode({ id: 'a', amount: 3 })
  const event = new OfferedEvent({ schema: 'demo/Paid@1', value })
  expect(concerns(waiting, event, 1n)).toBe(true)
  expect(offerEvent(waiting, event, 1n)).toEqual({
    kind: 'failed',
    code: 'expression/expr.type_mismatch',
    step: 'w',
  })
  const late = start(
    planOf(
      [ask('a'), answer('ra', 'a', { accept: ['ok', 'timeout'], deadline: slot(nat(5_000)) }), assign('s', ref('@receipt:ra.status'))], // prettier-ignore
      [['a', 'ra'], ['ra', 's']], // prettier-ignore
    ),
  )
  run(late)
  expect(passDeadline(late, 'ra', 5_000n)).toBe('matched')
  expect(receiptFor(late, 'a', 'ok', 200)).toBe(false)
  run(late)
  expect(late.variables.get('s')).toMatchObject({ value: 'timeout' })
})

test('a trigger gives the input and the correlated value', () => {
  const plan = planOf([assign('c', ref('@var:correlation_id'))], [])
  const type: TypeExpr = { kind: 'ref', name: 'demo/Order@1' }
  const event = { type, codec: compileSchema(type, table) }
  const value = event.codec.encode({ id: 'x', total: 1 })
  const byField = startByTrigger({ event, plan, fits: false, correlateBy: ['id'] }, { value, key: undefined }, starter)
  run(byField)
  expect(byField.variables.get('c')).toMatchObject({ sort: 'text', value: 'x' })
  const byKey = startByTrigger(
    { event, plan, fits: false, correlateBy: undefined },
    { value, key: Uint8Array.of(1) },
    starter,
  )
  run(byKey)
  expect(byKey.variables.get('c')).toMatchObject({ sort: 'bytes' })
  const neither = startByTrigger(
    { event, plan, fits: false, correlateBy: ['no', 'such'] },
    { value, key: undefined },
    starter,
  )
  expect(run(neither).ending?.code).toBe('expression/expr.missing_reference')
})

test('a copy changes nothing in the original', () => {
  const instance = start(planOf([assign('a', nat(1)), assign('b', nat(2))], [['a', 'b']]))
  const copy = copyInstance(instance)
  run(copy)
  expect(instance.variables.size).toBe(0)
  expect(instance.steps.map(({ status }) => status)).toEqual(['pending', 'pending'])
  expect(integerValue('nat', 1n)).toMatchObject(copy.variables.get('a') ?? {})
})
