/** Plans and effects in a turn (spec/10-plans.md; spec/11-gate.md): what the turn's queue and the ingress do to them. */
import { formatHash, hashBytes, isAosError } from '@aos/cbor'
import type { CborWriter, Hash } from '@aos/cbor'
import type { EffectOrigin, ReceiptStatus } from '@aos/effects'
import { encodeHashForm } from '@aos/expr'
import type { ExprValue } from '@aos/expr'
import type { EffectsReport } from './api.ts'
import type { GovernanceTurn } from './governance/governance-turn.ts'
import type { Catalog } from './catalog.ts'
import { EMPTY_LEDGER, settle as settleLedger } from './gate/budgets.ts'
import {
  writeIntentChange,
  writePlanEnded,
  writePlanStarted,
  writePlanStep,
  writeSettled,
} from './intents/effect-items.ts'
import type { IntentChange, WriteSalted } from './intents/effect-items.ts'
import { performInternal } from './internal/internal-effects.ts'
import type { Releaser } from './internal/internal-effect.ts'
import { bringEventOn } from './governance/upcast.ts'
import { KERNEL_ADAPTER } from './intents/intent.ts'
import type { Intent } from './intents/intent.ts'
import { failurePayload, payloadValue } from './intents/payload.ts'
import type { SettledPayload } from './intents/payload.ts'
import { encodeReceiptEvent } from './intents/receipt-event.ts'
import { withOne } from './intents/turn-changes.ts'
import { advance } from './plans/advance.ts'
import type { EmitOutcome, PlanActions, PlanEnding } from './plans/advance.ts'
import type { PlanInstance } from './plans/instance.ts'
import { startByTrigger } from './plans/triggers.ts'
import { OfferedEvent, concerns, giveReceipt, offerEvent } from './plans/waits.ts'
import { directDelivery } from './routing.ts'
import type { Requester, RoutedEvent } from './routing.ts'
import { GateTurn, askingAgain } from './turn-gate.ts'
import type { GrowingReport, Passed } from './turn-gate.ts'
import type { Turn } from './turn.ts'

/** An instance that can run on. */
export interface PlanWork {
  readonly instance: string
}

/** An intent that the kernel performs itself. */
export interface InternalWork {
  readonly intent: Hash
  readonly releasedBy: Releaser | undefined
}

/** What came of an intent. */
export interface Settlement {
  readonly status: ReceiptStatus
  readonly payload: SettledPayload
  /** undefined: it was never performed, so it costs nothing. */
  readonly cost: ReadonlyMap<string, number> | undefined
  readonly adapterId: string
  /** Empty for what the kernel settles itself. */
  readonly signature: Uint8Array
  readonly code: string | undefined
}

const NO_SIGNATURE: Uint8Array = new Uint8Array(0)

/** What a raised event may fail by: the author's business, not the machine's. */
const UNROUTABLE: ReadonlySet<string> = new Set([
  'kernel.key_missing',
  'kernel.key_unexpected',
  'kernel.key_mismatch',
  'kernel.bad_key',
  'kernel.too_large',
  'kernel.upcast',
])

/** Of a turn that touched no plan and no intent. */
export const NOTHING_DONE: EffectsReport = {
  decisions: [],
  emitted: [],
  settled: [],
  changed: [],
  started: [],
  ended: [],
}

/** The part of one turn that knows plans and the gate. */
export class EffectTurn implements PlanActions {
  readonly #turn: Turn
  readonly gate: GateTurn
  readonly #report: GrowingReport = {
    decisions: [],
    emitted: [],
    settled: [],
    changed: [],
    started: [],
    ended: [],
  }

  constructor(turn: Turn) {
    this.#turn = turn
    this.gate = new GateTurn(turn, this.#report)
  }

  /** K8: an accepted event resumes instances that wait for it, in their order, then starts plans, by name. */
  accept(event: RoutedEvent, index: number, by: Requester): void {
    const { overlay, input } = this.#turn
    const { logicalNowNs, height } = input.facts
    const offered = new OfferedEvent(event)
    for (const id of overlay.effects.waitingFor(event.schema)) {
      const known = overlay.effects.look(id)
      if (known === undefined || !concerns(known, offered, logicalNowNs)) continue
      const instance = overlay.effects.instance(id)
      if (instance === undefined) continue
      const offer = offerEvent(instance, offered, logicalNowNs)
      if (offer.kind === 'matched') this.resume(id)
      if (offer.kind === 'failed') this.end(instance, { code: offer.code, step: offer.step, result: undefined })
    }
    for (const trigger of input.state.catalog.actions.triggers.get(event.schema) ?? []) {
      const starter = { eventId: `${height}.${index}`, principal: by.principal, trace: by.trace }
      try {
        this.start(startByTrigger(trigger, event, starter), index)
      } catch (error) {
        if (!isAosError(error) || !error.code.startsWith('expr.')) throw error
        const instance = `${starter.eventId}/${trigger.plan.name}`
        const ended = { instance, code: `value/${error.code}`, step: undefined, result: undefined }
        this.#item((writer, salted) => writePlanEnded(writer, salted, ended))
      }
    }
  }

  start(instance: PlanInstance, cause: number): void {
    const { plan } = instance
    this.#turn.overlay.effects.startInstance(instance)
    this.#report.started = withOne(this.#report.started, instance.id)
    this.#item((writer) => {
      writePlanStarted(writer, { instance: instance.id, plan: plan.name, planHash: hashBytes(plan.hash), cause })
    })
    this.resume(instance.id)
  }

  get governance(): GovernanceTurn {
    return this.#turn.governance
  }

  get report(): EffectsReport {
    return this.#report
  }

  get hasGovernance(): boolean {
    return this.#turn.input.state.hasGovernance
  }

  get logicalNowNs(): bigint {
    return this.#turn.input.facts.logicalNowNs
  }

  /** The turn's own copy of a running plan. */
  instance(id: string): PlanInstance | undefined {
    return this.#turn.overlay.effects.instance(id)
  }

  /** Ends a running plan from outside. */
  endById(id: string, code: string): void {
    const instance = this.instance(id)
    if (instance !== undefined) this.end(instance, { code, step: undefined, result: undefined })
  }

  /** Puts an intent into another state of K18. */
  restate(intent: Intent, status: Intent['status'], change: IntentChange, code: string | undefined): void {
    this.#turn.overlay.effects.putIntent({ ...intent, status })
    this.change(intent, change, code)
  }

  resume(instance: string): void {
    this.#turn.queue.push({ instance })
  }

  /** One step of an instance (K8). */
  advance(work: PlanWork): void {
    const instance = this.#turn.overlay.effects.instance(work.instance)
    if (instance === undefined) return
    const result = advance(instance, this)
    if (result.kind === 'more') this.resume(work.instance)
    if (result.kind === 'ended') this.end(instance, result.ending)
  }

  /** Performs an internal effect that has passed the gate, and tells whoever asked. */
  perform(work: InternalWork): void {
    const { overlay, input } = this.#turn
    const intent = overlay.effects.intent(work.intent)
    if (intent?.status !== 'open') return
    const blobs = this.#turn.blobs()
    const { ports, state, facts } = input
    const world = state.id ?? formatHash(state.leaf)
    const { releasedBy } = work
    const ground = { ports, state, overlay, effects: this, facts, intent, blobs, world, releasedBy }
    const settlement = performInternal(intent, ground)
    this.#turn.fuel += blobs.fuel
    this.#turn.bytes += blobs.written + settlement.payload.bytes.length
    this.settle(intent, settlement)
  }

  /** Ends an instance: what it still waits for goes to nobody. */
  end(instance: PlanInstance, ending: PlanEnding): void {
    const { effects } = this.#turn.overlay
    effects.endInstance(instance.id)
    this.#report.ended = withOne(this.#report.ended, { instance: instance.id, ...ending })
    this.#turn.bytes += ending.result?.length ?? 0
    this.#item((writer, salted) => writePlanEnded(writer, salted, { instance: instance.id, ...ending }))
    for (const hash of instance.intents.values()) {
      const intent = effects.intent(hash)
      if (intent === undefined) continue
      if (intent.status === 'parked' || intent.dueNs !== undefined) this.cancel(intent, 'cancelled', undefined)
      else effects.putIntent({ ...intent, isOrphan: true })
    }
  }

  /** Settles an intent and tells whoever asked. */
  settle(intent: Intent, settlement: Settlement): void {
    const { overlay } = this.#turn
    overlay.effects.settleIntent(intent)
    this.#release(intent, settlement.cost)
    const { status, code } = settlement
    this.#report.settled = withOne(this.#report.settled, { intent: intent.hash, status, code })
    const isOwn = settlement.adapterId === KERNEL_ADAPTER
    const payload = isOwn ? settlement.payload.bytes : undefined
    const item = { intentHash: intent.hashBytes, status, payload, code }
    const index = this.#item((writer, salted) => writeSettled(writer, salted, item))
    if (intent.isOrphan) return
    if (intent.origin.kind === 'plan') this.#tellPlan(intent, intent.origin.instance, settlement)
    else this.#tellReducer(intent, intent.origin, settlement, index)
  }

  /** A refusal that comes after the emission: a rejected approval, a grant that was taken away. */
  deny(intent: Intent, code: string): void {
    const payload = failurePayload(code, 'the effect was not performed')
    this.settle(intent, {
      status: 'denied',
      payload,
      cost: undefined,
      adapterId: KERNEL_ADAPTER,
      signature: NO_SIGNATURE,
      code,
    })
  }

  /** Takes an intent out of the world without telling anybody. */
  cancel(intent: Intent, change: IntentChange, code: string | undefined): void {
    this.#turn.overlay.effects.settleIntent(intent)
    this.#release(intent, undefined)
    this.change(intent, change, code)
  }

  /** Writes what became of an intent that stays. */
  change(intent: Intent, change: IntentChange, code: string | undefined): void {
    this.#report.changed = withOne(this.#report.changed, { intent: intent.hash, change })
    this.#item((writer) => writeIntentChange(writer, { intentHash: intent.hashBytes, change, code }))
  }

  /**
   * The whole gate again for a parked intent, by what is in force now (G7, G8). `approved`: a person has released it, so a rule that asks for
   * one lets it pass.
   */
  rejudge(intent: Intent, catalog: Catalog, given: { readonly isApproved: boolean; readonly by?: Releaser }): void {
    this.#release(intent, undefined)
    const asking = askingAgain(intent)
    const judgement = this.gate.ask(asking, catalog)
    const isAllowed = judgement.outcome === 'allow' || (given.isApproved && judgement.outcome === 'park')
    const outcome = judgement.outcome === 'park' && given.isApproved ? 'allow' : judgement.outcome
    const { decisionHash } = this.gate.decide({ ...judgement, outcome }, { requestHash: intent.requestHash, asking })
    if (judgement.outcome === 'deny') return this.deny(intent, judgement.code ?? 'policy.denied')
    if (judgement.ledger !== undefined) this.#turn.overlay.effects.putLedger(intent.grant, judgement.ledger)
    const released: Intent = { ...intent, reserved: judgement.reserved, decisionHash }
    this.#turn.overlay.effects.putIntent(isAllowed ? { ...released, status: 'open' } : released)
    if (!isAllowed) return
    this.change(intent, 'released', undefined)
    this.#queueOwn(intent, given.by)
  }

  /** The whole gate again for an open intent that nobody has begun to perform (G8). One that passes stays as it is, with its decision. */
  review(intent: Intent, catalog: Catalog): void {
    const { effects } = this.#turn.overlay
    const ledger = effects.ledger(intent.grant)
    this.#release(intent, undefined)
    const asking = askingAgain(intent)
    const judgement = this.gate.ask(asking, catalog)
    if (judgement.outcome === 'allow') {
      if (ledger !== undefined) effects.putLedger(intent.grant, ledger)
      return
    }
    const { decisionHash } = this.gate.decide(judgement, { requestHash: intent.requestHash, asking })
    const { reserved } = judgement
    if (judgement.outcome === 'deny') return this.deny({ ...intent, reserved }, judgement.code ?? 'policy.denied')
    if (judgement.ledger !== undefined) effects.putLedger(intent.grant, judgement.ledger)
    effects.putIntent({ ...intent, status: 'parked', reserved, decisionHash })
    this.change(intent, 'parked', undefined)
  }

  /** Writes an item; gives its index. */
  #item(write: (writer: CborWriter, salted: WriteSalted) => void): number {
    this.#turn.input.writer?.item(write)
    return this.#turn.nextItem()
  }

  /** For plans: passes the gate and writes decision and intent. */
  emit(request: Parameters<PlanActions['emit']>[0]): EmitOutcome {
    const { effectKind, params, grant, authorKey, instance, step } = request
    const judged = this.gate.judge({
      effectKind,
      params,
      grant,
      authorKey,
      origin: { kind: 'plan', instance: instance.id, step },
      originName: instance.plan.name,
      cause: 0,
      by: instance,
    })
    if (judged.kind === 'denied') return judged
    return { kind: 'open', intentHash: this.open(judged.passed).hash }
  }

  /** Writes the intent of a request that has passed; what the kernel performs itself is next in the queue. */
  open(passed: Passed): Intent {
    const intent = this.gate.emit(passed)
    if (intent.status === 'open') this.#queueOwn(intent, undefined)
    return intent
  }

  /** A timer is the kernel's, too, but goes off later. */
  #queueOwn(intent: Intent, releasedBy: Releaser | undefined): void {
    if (intent.adapter !== KERNEL_ADAPTER || intent.dueNs !== undefined) return
    this.#turn.queue.push({ intent: intent.hash, releasedBy })
  }

  /** For plans: the code of the failure when the event cannot be routed. */
  raise({ schema, value, instance }: Parameters<PlanActions['raise']>[0]): string | undefined {
    try {
      const { fuelLimit, input } = this.#turn
      const known = { schema, value, plan: instance.plan }
      const { value: now, fuel } = bringEventOn({ ...input, fuelLimit }, known)
      this.#turn.fuel += fuel
      this.#turn.raise({ schema, value: now, key: undefined }, 0, instance)
      return undefined
    } catch (error) {
      if (isAosError(error) && (UNROUTABLE.has(error.code) || error.code.startsWith('air.'))) return error.code
      throw error
    }
  }

  /** For plans: writes how far a step is. */
  stepped(
    instance: PlanInstance,
    step: string,
    status: 'done' | 'skipped' | 'waiting',
    value: ExprValue | undefined,
  ): void {
    const bytes = value === undefined ? undefined : encodeHashForm(value)
    this.#turn.bytes += bytes?.length ?? 0
    const item = { instance: instance.id, step, status, value: bytes }
    this.#item((writer, salted) => writePlanStep(writer, salted, item))
  }

  #release(intent: Intent, cost: ReadonlyMap<string, number> | undefined): void {
    if (intent.reserved.size === 0) return
    const { effects } = this.#turn.overlay
    const { logicalNowNs } = this.#turn.input.facts
    const ledger = effects.ledger(intent.grant) ?? EMPTY_LEDGER
    effects.putLedger(intent.grant, settleLedger(ledger, { reserved: intent.reserved, cost, logicalNowNs }))
  }

  #tellPlan(intent: Intent, id: string, settlement: Settlement): void {
    const instance = this.#turn.overlay.effects.instance(id)
    if (instance === undefined) return
    if (giveReceipt(instance, intent.hash, payloadValue(intent, settlement, instance.plan.table))) this.resume(id)
  }

  #tellReducer(
    intent: Intent,
    origin: Extract<EffectOrigin, { readonly kind: 'reducer' }>,
    settlement: Settlement,
    cause: number,
  ): void {
    const { status, adapterId, signature } = settlement
    const payload = settlement.payload.form === 'receipt' ? settlement.payload.bytes : undefined
    const cost = settlement.cost ?? new Map<string, number>()
    const event = encodeReceiptEvent(intent, origin.reducer, { status, adapterId, payload, cost, signature })
    // The reducer may be gone, or take the event no longer: the intent is settled all the same.
    const reducer = this.#turn.input.state.catalog.reducers.get(origin.reducer)
    if (event === undefined || reducer === undefined) return
    const delivery = directDelivery(reducer, { ...event, key: origin.key }, cause, intent)
    if (delivery !== undefined) this.#turn.queue.push(delivery)
  }
}
