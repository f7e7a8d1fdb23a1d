/** Requests before the gate in a turn: the decision, and the intent of what passed (spec/11-gate.md, "Order"). */
import { formatHash, hashWritten, isAosError, sha256 } from '@aos/cbor'
import type { CborWriter, HashBytes } from '@aos/cbor'
import { hashIntent, hashRequest } from '@aos/effects'
import type { EffectOrigin } from '@aos/effects'
import type { EffectsReport } from './api.ts'
import type { Catalog } from './catalog.ts'
import type { EmittedEffect } from './delivery.ts'
import { PROPOSE_KIND, withSummary } from './governance/governance-effects.ts'
import { judge } from './gate/judge.ts'
import type { Judgement } from './gate/judge.ts'
import type { EffectRecord, GrantRecord } from './gate/gate-catalog.ts'
import { writeDecision, writeIntent } from './intents/effect-items.ts'
import type { DecisionItem } from './intents/effect-items.ts'
import { withOne } from './intents/turn-changes.ts'
import { isInternal } from './internal/internal-effects.ts'
import { KERNEL_ADAPTER, TIMER_KIND } from './intents/intent.ts'
import type { Intent } from './intents/intent.ts'
import type { Delivery, Requester } from './routing.ts'
import type { Turn } from './turn.ts'

/** A report that grows while the turn runs. */
export type GrowingReport = { -readonly [Part in keyof EffectsReport]: EffectsReport[Part][number][] }

/** A request that passed the gate and has no item of its own yet. */
export interface Passed {
  readonly judgement: Judgement
  readonly effect: EffectRecord
  readonly grant: GrantRecord
  readonly requestHash: HashBytes
  readonly decisionHash: HashBytes
  readonly decision: number
  readonly origin: EffectOrigin
  readonly authorKey: HashBytes | undefined
  readonly by: Requester
}

/** What the gate said to a request. */
export type Judged =
  | { readonly kind: 'denied'; readonly code: string; readonly note: string }
  | { readonly kind: 'passed'; readonly passed: Passed }

/** A request as a plan or a reducer makes it. */
export interface Asking {
  readonly effectKind: string
  readonly params: Uint8Array
  readonly grant: string | undefined
  readonly authorKey: HashBytes | undefined
  readonly origin: EffectOrigin
  readonly originName: string
  readonly cause: number
  readonly by: Requester
  /** It passed once and is judged again; a grant that is missing was taken away. */
  readonly isAgain?: boolean
}

/** Judges what plans and reducers ask for in one turn. */
export class GateTurn {
  readonly #turn: Turn
  readonly #report: GrowingReport
  /** Requests of each cell in this turn. */
  #ordinals: Map<string, number> | undefined

  constructor(turn: Turn, report: GrowingReport) {
    this.#turn = turn
    this.#report = report
  }

  /** The gate's answer to the effect of a delivery, with its decision item written. */
  judgeReducer(delivery: Delivery, effect: EmittedEffect): Judged {
    const { reducer, key } = delivery
    const by = delivery.by ?? this.#turn.input.by
    const authorKey = effect.idempotencyKey?.length === 32 ? effect.idempotencyKey : undefined
    return this.judge({
      effectKind: effect.kind,
      params: effect.params,
      grant: this.#grantOfSlot(reducer.name, effect),
      authorKey,
      origin: { kind: 'reducer', reducer: reducer.name, key },
      originName: reducer.name,
      cause: delivery.cause,
      by,
    })
  }

  /** Writes the intent of a request that passed, and puts it into the state. */
  emit(passed: Passed): Intent {
    const { ports, state, facts, writer } = this.#turn.input
    const { judgement, effect, grant, requestHash, decisionHash, origin, authorKey, by } = passed
    const index = this.#turn.nextItem()
    const { height } = facts
    const world = state.id ?? formatHash(state.leaf)
    const hash = hashIntent(ports.sha256, { world, height, index, requestHash })
    const isTimer = effect.kind === TIMER_KIND
    const isOwn = isTimer || (state.hasGovernance && isInternal(effect, judgement.params))
    const adapter = isOwn ? KERNEL_ADAPTER : effect.adapter
    const idempotencyKey = authorKey ?? hash
    const isParked = judgement.outcome === 'park'
    const intent: Intent = {
      hash: formatHash(hash),
      hashBytes: hash,
      height,
      index,
      manifest: this.#turn.inForce.manifest,
      effectKind: effect.kind,
      params: judgement.params,
      paramsHash: sha256(ports.sha256, judgement.params),
      requestHash,
      decisionHash,
      grant: grant.name,
      adapter,
      origin,
      idempotencyKey,
      principal: by.principal,
      trace: by.trace,
      status: isParked ? 'parked' : 'open',
      isOrphan: false,
      reserved: judgement.reserved,
      receipt: effect.receipt,
      paramsSchema: effect.params,
      dueNs: isTimer ? dueOf(effect, judgement.params) : undefined,
    }
    if (judgement.ledger !== undefined) this.#turn.overlay.effects.putLedger(grant.name, judgement.ledger)
    this.#turn.overlay.effects.addIntent(intent)
    this.#report.emitted = withOne(this.#report.emitted, intent)
    this.#turn.bytes += judgement.params.length
    const item = {
      hash,
      decision: passed.decision,
      params: judgement.params,
      idempotencyKey,
      adapter,
      origin,
      isParked,
    }
    writer?.item((target, salted) => writeIntent(target, salted, item))
    return intent
  }

  judge(given: Asking): Judged {
    const { catalog } = this.#turn.inForce
    const asking = given.effectKind === PROPOSE_KIND ? this.#withSummary(given, catalog) : given
    const judgement = this.ask(asking, catalog)
    const { origin, authorKey, by } = asking
    const requestHash = hashRequest(this.#turn.input.ports.sha256, {
      effectKind: asking.effectKind,
      params: judgement.params,
      grant: asking.grant ?? '',
      authorKey,
      origin,
      ordinal: this.#ordinalOf(origin),
    })
    const { decision, decisionHash } = this.decide(judgement, { requestHash, asking })
    const { effect, grant } = judgement
    if (judgement.outcome === 'deny' || effect === undefined || grant === undefined) {
      const code = judgement.code ?? 'policy.denied'
      const reason = judgement.reason === undefined ? '' : ` (${judgement.reason})`
      return { kind: 'denied', code, note: `${asking.effectKind}: ${code}${reason}` }
    }
    const passed: Passed = {
      judgement,
      effect,
      grant,
      requestHash,
      decisionHash,
      decision,
      origin,
      authorKey,
      by,
    }
    return { kind: 'passed', passed }
  }

  /** What a patch changes is found out here, not told by who proposes it. */
  #withSummary(asking: Asking, catalog: Catalog): Asking {
    const effect = catalog.actions.gate.effects.get(asking.effectKind)
    const { ports, state } = this.#turn.input
    if (effect === undefined || !state.hasGovernance) return asking
    const blobs = this.#turn.blobs()
    try {
      const { codec } = effect.params
      const params = codec.decode(codec.normalize(asking.params))
      return { ...asking, params: codec.encode(withSummary(params, { ports, state, blobs })).slice() }
    } catch (error) {
      // Parameters of another type: the gate says so.
      if (!isAosError(error) || error.code.startsWith('store.')) throw error
      return asking
    } finally {
      this.#turn.fuel += blobs.fuel
    }
  }

  ask(asking: Asking, catalog: Catalog): Judgement {
    const { facts } = this.#turn.input
    const judgement = judge(
      catalog.actions.gate,
      {
        effectKind: asking.effectKind,
        params: asking.params,
        grant: asking.grant,
        origin: { kind: asking.origin.kind, name: asking.originName },
        principal: asking.by.principal,
        wasGranted: asking.isAgain === true && this.#turn.input.state.hasGovernance,
      },
      {
        logicalNowNs: facts.logicalNowNs,
        height: facts.height,
        manifestHash: this.#turn.inForce.manifest,
        fuelLimit: Math.max(0, this.#turn.fuelLimit),
        ledgerOf: (name) => this.#turn.overlay.effects.ledger(name),
        trees: this.#turn.input.state.hasGovernance ? this.#turn.overlay : undefined,
      },
    )
    this.#turn.fuel += judgement.fuel
    return judgement
  }

  /** Writes the decision; its hash is that of its bytes, which hold nothing that is salted. */
  decide(
    judgement: Judgement,
    { requestHash, asking }: { readonly requestHash: HashBytes; readonly asking: Asking },
  ): { readonly decision: number; readonly decisionHash: HashBytes } {
    const { ports, writer, state } = this.#turn.input
    // Before kernel semantics 3, who was judged again for a grant that was gone was not told which.
    const named = asking.isAgain === true && !state.hasGovernance ? undefined : asking
    const item: DecisionItem = {
      effectKind: judgement.effect?.kind ?? named?.effectKind ?? '',
      outcome: judgement.outcome,
      requestHash,
      grant: judgement.grant?.name ?? named?.grant,
      policy: judgement.policy,
      rule: judgement.rule,
      code: judgement.code,
      cause: asking.cause,
    }
    const write = (target: CborWriter): void => {
      writeDecision(target, item)
    }
    const decisionHash = writer === undefined ? hashWritten(ports.sha256, write) : writer.hashedItem(write)
    const decision = this.#turn.nextItem()
    const { effectKind, outcome, grant, policy, rule, code } = item
    const { reason } = judgement
    const { origin } = asking
    const made = { index: decision, effectKind, requestHash, origin, outcome, code, grant, policy, rule, reason }
    this.#report.decisions = withOne(this.#report.decisions, made)
    return { decision, decisionHash }
  }

  /** A step of an instance asks once at most; a cell may be delivered to again. */
  #ordinalOf(origin: EffectOrigin): number {
    if (origin.kind === 'plan') return 0
    const name = `${origin.reducer} ${String(origin.key)}`
    this.#ordinals ??= new Map()
    const ordinal = this.#ordinals.get(name) ?? 0
    this.#ordinals.set(name, ordinal + 1)
    return ordinal
  }

  /** The slot's grant; without a binding, for the slot `default`, the only grant of the type that the effect needs. */
  #grantOfSlot(reducer: string, effect: EmittedEffect): string | undefined {
    const { gate, slots } = this.#turn.inForce.catalog.actions
    const slot = effect.slot ?? 'default'
    const bound = slots.get(reducer)?.get(slot)
    if (bound !== undefined || slot !== 'default') return bound
    const wanted = gate.effects.get(effect.kind)?.capType
    const fitting = [...gate.grants.values()].filter(({ capType }) => capType === wanted)
    return fitting.length === 1 ? fitting[0]?.name : undefined
  }
}

/** When a timer goes off. */
function dueOf(effect: EffectRecord, bytes: Uint8Array): bigint {
  const params = effect.params.codec.decode(bytes) as { readonly deliver_at_ns?: number | bigint } // sys/TimerSetParams@1
  return BigInt(params.deliver_at_ns ?? 0)
}

/** The request that an intent came from. */
export function askingAgain(intent: Intent): Asking {
  const { effectKind, params, grant, origin } = intent
  const originName = origin.kind === 'plan' ? planOf(origin.instance) : origin.reducer
  return { effectKind, params, grant, authorKey: undefined, origin, originName, cause: 0, by: intent, isAgain: true }
}

/** `<event id>/<plan>`. */
function planOf(instance: string): string {
  return instance.slice(instance.indexOf('/') + 1)
}
