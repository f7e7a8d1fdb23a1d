/** One step of one instance (K23 to K26; spec/10-plans.md, "Steps"). */
import { exprFromValue, recordValue, textValue, valueFromExpr } from '@aos/expr'
import type { CompiledExpr, ExprScope, ExprValue } from '@aos/expr'
import type { SchemaTable } from '@aos/air'
import { AosError, fromHex, isAosError } from '@aos/cbor'
import type { Hash, HashBytes } from '@aos/cbor'
import type {
  AssignStep,
  AwaitEventStep,
  AwaitReceiptStep,
  CompiledStep,
  EmitStep,
  EndStep,
  RaiseStep,
} from './compiled-plan.ts'
import type { PlanInstance, StepState } from './instance.ts'
import { LaterValue } from './later-value.ts'
import { makeScope } from './plan-scope.ts'

/** What became of an effect that a step asked for. */
export type EmitOutcome =
  { readonly kind: 'open'; readonly intentHash: Hash } | { readonly kind: 'denied'; readonly code: string }

/** What a step may do to the world; given by the turn. */
export interface PlanActions {
  readonly logicalNowNs: bigint
  /** A power that was taken away from an open intent says so itself, too (kernel semantics 3). */
  readonly hasGovernance: boolean
  /** Passes the gate and writes decision and intent. */
  emit(request: {
    readonly effectKind: string
    readonly params: Uint8Array
    readonly grant: string
    readonly authorKey: HashBytes | undefined
    readonly instance: PlanInstance
    readonly step: string
  }): EmitOutcome
  /** The code of the failure when the event cannot be routed. */
  raise(event: {
    readonly schema: string
    readonly value: Uint8Array
    readonly instance: PlanInstance
  }): string | undefined
  /** A step was completed, skipped or left waiting; `value` when the item is to hold it. */
  stepped(
    instance: PlanInstance,
    step: string,
    status: 'done' | 'skipped' | 'waiting',
    value: ExprValue | undefined,
  ): void
}

/** How an instance ended. */
export interface PlanEnding {
  /** undefined: it went well. */
  readonly code: string | undefined
  readonly step: string | undefined
  /** Prefixed canonical bytes by the output schema. */
  readonly result: Uint8Array | undefined
}

/** `more`: another step can run. `quiet`: nothing can before something comes from outside. */
export type Advance = { readonly kind: 'more' | 'quiet' } | { readonly kind: 'ended'; readonly ending: PlanEnding }

const MORE: Advance = { kind: 'more' }
const QUIET: Advance = { kind: 'quiet' }

/** Runs the first step, in the order of the definition, that can run. The instance is changed; failures end it with a code. */
export function advance(instance: PlanInstance, actions: PlanActions): Advance {
  const index = findRunnable(instance)
  const step = instance.plan.steps[index]
  const state = instance.steps[index]
  if (step === undefined || state === undefined) return restOf(instance)
  const scope = makeScope(instance, actions.logicalNowNs)
  try {
    const ended = runStep({ instance, index, state, scope, actions }, step)
    if (ended !== undefined) return { kind: 'ended', ending: ended }
    if (state.status === 'done') decide(instance, step, scope, actions)
    if (!areInvariantsKept(instance, scope)) return failed('invariant_violation', step.id)
  } catch (error) {
    if (!isAosError(error)) throw error
    return failed(codeOf(error), step.id)
  }
  return findRunnable(instance) < 0 ? restOf(instance) : MORE
}

/** The first step that can run; −1 when none can. */
function findRunnable(instance: PlanInstance): number {
  const { steps } = instance.plan
  for (let index = 0; index < steps.length; index += 1) {
    const step = steps[index]
    if (step !== undefined && canRun(step, instance.steps[index])) return index
  }
  return -1
}

function areInvariantsKept(instance: PlanInstance, scope: ExprScope): boolean {
  for (const invariant of instance.plan.invariants) if (!holds(invariant, scope)) return false
  return true
}

/** A failed evaluation is `expression/…`; a value that does not fit its schema is `value/…`. */
function codeOf(error: AosError): string {
  if (error.code.startsWith('expr.')) return `expression/${error.code}`
  if (error.code.startsWith('air.') || error.code.startsWith('cbor.')) return `value/${error.code}`
  throw error
}

function canRun(step: CompiledStep, state: StepState | undefined): boolean {
  if (state === undefined) return false
  if (state.status === 'waiting') return state.matched !== undefined
  return state.status === 'pending' && state.decided === step.incoming && (step.incoming === 0 || state.isLive)
}

function restOf(instance: PlanInstance): Advance {
  if (instance.steps.some(({ status }) => status === 'waiting')) return QUIET
  // No step is left that could run: those that are still pending would wait for ever, which a finite graph does not have.
  if (instance.plan.output === undefined)
    return { kind: 'ended', ending: { code: undefined, step: undefined, result: undefined } }
  return { kind: 'ended', ending: { code: 'no_result', step: undefined, result: undefined } }
}

function failed(code: string, step: string): Advance {
  return { kind: 'ended', ending: { code, step, result: undefined } }
}

/** The step that runs, and what it works with. */
interface Running {
  readonly instance: PlanInstance
  readonly index: number
  readonly state: StepState
  readonly scope: ExprScope
  readonly actions: PlanActions
}

/** Gives the ending when the step ends the instance. */
function runStep(running: Running, step: CompiledStep): PlanEnding | undefined {
  switch (step.op) {
    case 'assign':
      return assign(running, step)
    case 'raise_event':
      return raise(running, step)
    case 'emit_effect':
      return emit(running, step)
    case 'await_receipt':
      return awaitReceipt(running, step)
    case 'await_event':
      return awaitEvent(running, step)
    case 'end':
      return end(running, step)
  }
}

function assign(running: Running, step: AssignStep): undefined {
  const { instance, scope } = running
  const given = step.value.evaluate(scope)
  const { table } = instance.plan
  const value =
    step.local === undefined ? given : exprFromValue(valueFromExpr(given, step.local, table), step.local, table)
  instance.variables.set(step.bind, value)
  complete(running, step, value)
  return undefined
}

function raise(running: Running, step: RaiseStep): PlanEnding | undefined {
  const { instance, state, scope, actions } = running
  const bytes = step.value(scope)
  const code = actions.raise({ schema: step.event, value: bytes, instance })
  if (code !== undefined) return { code: `value/${code}`, step: step.id, result: undefined }
  const value = exprFromValue(step.schema.codec.decode(bytes), step.schema.type, instance.plan.table)
  state.value = recordValue(new Map([['schema', textValue('text', step.event)], ['value', value]])) // prettier-ignore
  finish(running, step)
  return undefined
}

function emit(running: Running, step: EmitStep): PlanEnding | undefined {
  const { instance, index, state, scope, actions } = running
  const params = step.params(scope)
  const authorKey = step.authorKey === undefined ? undefined : keyBytes(step.authorKey.evaluate(scope))
  const { effectKind, grant } = step
  const outcome = actions.emit({ effectKind, params, grant, authorKey, instance, step: step.id })
  // A power that was taken away says so itself (G8); any other refusal is the author's business.
  if (outcome.kind === 'denied') {
    const code = outcome.code === 'cap.revoked' ? outcome.code : `effect_denied/${outcome.code}`
    return { code, step: step.id, result: undefined }
  }
  const { intentHash } = outcome
  instance.intents.set(index, intentHash)
  instance.variables.set(step.handle, textValue('text', step.handle))
  const made = new LaterValue(() => askedValue(step, intentHash, params, instance.plan.table))
  state.value = params.length > SMALL_BYTES_MAX ? made.value : made
  finish(running, step)
  return undefined
}

/** A value of so many bytes is far from every bound of expressions: making a record around it cannot fail. */
const SMALL_BYTES_MAX = 65_536

/** What `@step` of a request is. */
function askedValue(step: EmitStep, intentHash: Hash, params: Uint8Array, table: SchemaTable): ExprValue {
  const { type, codec } = step.paramsSchema
  const fields = new Map<string, ExprValue>()
  fields.set('handle', textValue('text', step.handle))
  fields.set('intent_hash', textValue('hash', intentHash))
  fields.set('params', exprFromValue(codec.decode(params), type, table))
  return recordValue(fields)
}

/** An author's key is a hash, the text of one, or 32 bytes. */
function keyBytes(value: ExprValue): HashBytes {
  if (value.sort === 'bytes' && value.value.length === 32) return value.value
  if ((value.sort === 'hash' || value.sort === 'text') && /^sha256:[0-9a-f]{64}$/.test(value.value)) {
    return fromHex(value.value.slice('sha256:'.length))
  }
  throw new AosError('expr.type_mismatch', `an idempotency key is a hash or 32 bytes, found a ${value.sort}`)
}

function awaitReceipt(running: Running, step: AwaitReceiptStep): PlanEnding | undefined {
  const { instance, actions } = running
  const receipt = instance.receipts.get(step.emit)
  if (receipt === undefined) {
    wait(running, step)
    return undefined
  }
  if (!step.accept.has(receipt.status)) {
    const isRevoked = actions.hasGovernance && receipt.status === 'denied' && isCode(receipt.payload, 'cap.revoked')
    return { code: isRevoked ? 'cap.revoked' : `effect_failed/${receipt.status}`, step: step.id, result: undefined }
  }
  instance.variables.set(step.bind, receipt.payload)
  complete(running, step, receipt.payload)
  return undefined
}

function isCode(payload: ExprValue, code: string): boolean {
  const found = payload.sort === 'record' ? payload.fields.get('code') : undefined
  return found?.sort === 'text' && found.value === code
}

function awaitEvent(running: Running, step: AwaitEventStep): PlanEnding | undefined {
  const { instance, state } = running
  const { matched } = state
  if (matched === undefined) {
    wait(running, step)
    return undefined
  }
  instance.variables.set(step.bind, matched)
  complete(running, step, matched)
  return undefined
}

function wait({ instance, state, scope, actions }: Running, step: AwaitReceiptStep | AwaitEventStep): void {
  if (step.deadline !== undefined) {
    const deadline = step.deadline.evaluate(scope)
    if (deadline.sort !== 'time' && deadline.sort !== 'nat') {
      throw new AosError('expr.type_mismatch', `a deadline is a time, found a ${deadline.sort}`)
    }
    state.deadlineNs = deadline.value
  }
  state.status = 'waiting'
  actions.stepped(instance, step.id, 'waiting', undefined)
}

function end(running: Running, step: EndStep): PlanEnding {
  const { instance, state, scope, actions } = running
  const result = step.result?.(scope)
  state.status = 'done'
  actions.stepped(instance, step.id, 'done', undefined)
  if (!areInvariantsKept(instance, scope)) return { code: 'invariant_violation', step: step.id, result: undefined }
  if (result === undefined && instance.plan.output !== undefined)
    return { code: 'no_result', step: step.id, result: undefined }
  return { code: undefined, step: step.id, result }
}

function complete({ instance, state, actions }: Running, step: CompiledStep, value: ExprValue): void {
  state.value = value
  state.status = 'done'
  state.matched = undefined
  actions.stepped(instance, step.id, 'done', value)
}

/** Done, with a value that stands in other items already. */
function finish({ instance, state, actions }: Running, step: CompiledStep): void {
  state.status = 'done'
  actions.stepped(instance, step.id, 'done', undefined)
}

/** K23: decides the edges behind a completed step; what is skipped decides its own edges dead, and so on. */
function decide(instance: PlanInstance, step: CompiledStep, scope: ExprScope, actions: PlanActions): void {
  const skipped: number[] = []
  for (const edge of step.outgoing) {
    settleEdge(instance, edge.to, edge.when === undefined || holds(edge.when, scope), skipped)
  }
  for (let at = 0; at < skipped.length; at += 1) {
    const dead = instance.plan.steps[skipped[at] ?? -1]
    if (dead === undefined) continue
    actions.stepped(instance, dead.id, 'skipped', undefined)
    for (const edge of dead.outgoing) settleEdge(instance, edge.to, false, skipped)
  }
}

function settleEdge(instance: PlanInstance, to: number, isLive: boolean, skipped: number[]): void {
  const state = instance.steps[to]
  const step = instance.plan.steps[to]
  if (state === undefined || step === undefined) return
  state.decided += 1
  if (isLive) state.isLive = true
  if (state.decided === step.incoming && !state.isLive) {
    state.status = 'skipped'
    skipped.push(to)
  }
}

/** Guards, invariants and `where` are bools. Throws `expr.type_mismatch`. */
export function holds(condition: CompiledExpr, scope: ExprScope): boolean {
  const value = condition.evaluate(scope)
  if (value.sort === 'bool') return value.value
  throw new AosError('expr.type_mismatch', `a condition is a bool, found a ${value.sort}`)
}
