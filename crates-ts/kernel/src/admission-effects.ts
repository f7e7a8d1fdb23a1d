/** What plans and effects are told from outside, and what each of it does (K13, K14, G7, G9; spec/06-kernel.md, "Ingress"). */
import { equalBytes, hashBytes, toHex } from '@aos/cbor'
import type { CanonicalBytes, Hash } from '@aos/cbor'
import { RECEIPT_STATUSES } from '@aos/effects'
import type {
  ApprovalIngress,
  CancelIngress,
  ReceiptIngress,
  RequeueIngress,
  SignalIngress,
  StartIngress,
  VerifiedSignature,
} from './ingress.ts'
import { encodeApproval, encodeIntentCommand, encodeName, encodeReceipt } from './effect-commands.ts'
import { kernelError } from './errors.ts'
import { mayDecide } from './governance/quorum.ts'
import { parseDueWait } from './intents/effects-state.ts'
import { KERNEL_ADAPTER } from './intents/intent.ts'
import type { Intent } from './intents/intent.ts'
import { countReceipt, findReceiptIntent } from './intents/judge-receipt.ts'
import { EFFECT_LIMITS, LIMITS } from './limits.ts'
import { startByHand } from './plans/triggers.ts'
import { passDeadline } from './plans/waits.ts'
import type { KernelPorts } from './ports.ts'
import type { WorldState } from './state.ts'
import type { EffectTurn } from './turn-effects.ts'

/** What an effect ingress adds to the parts that every ingress has. */
export interface EffectAdmission {
  readonly schema?: string
  readonly value?: Uint8Array
  readonly auth?: readonly VerifiedSignature[]
  readonly command?: CanonicalBytes
  readonly prepare: (effects: EffectTurn) => void
}

/** Ingress that only an engine with a gate admits. */
export type EffectIngress =
  ReceiptIngress | StartIngress | CancelIngress | RequeueIngress | SignalIngress | ApprovalIngress

/** Throws the AosError of the refusal; changes nothing. */
export function admitEffect(ports: KernelPorts, state: WorldState, ingress: EffectIngress): EffectAdmission {
  if (!state.hasGate) {
    throw kernelError('kernel.no_gate', 'the engine of this world has no plans and no gate', { path: ['kind'] })
  }
  switch (ingress.kind) {
    case 'receipt':
      return admitReceipt(ports, state, ingress)
    case 'start':
      return admitStart(state, ingress)
    case 'cancel':
      return admitCancel(state, ingress)
    case 'requeue':
      return admitRequeue(state, ingress)
    case 'signal':
      return admitSignal(state, ingress)
    case 'approval':
      return admitApproval(state, ingress)
  }
}

function admitReceipt(ports: KernelPorts, state: WorldState, ingress: ReceiptIngress): EffectAdmission {
  const { receipt, payload, signature } = ingress
  const { id, effects, keys } = state
  if (id === undefined) throw kernelError('kernel.no_genesis', 'the world has no genesis')
  if (!RECEIPT_STATUSES.includes(receipt.status)) throw badReceipt('status')
  for (const [dimension, amount] of receipt.cost) {
    if (!Number.isSafeInteger(amount) || amount < 0) throw badReceipt(`cost.${dimension}`)
  }
  if (payload.length > LIMITS.eventBytesMax) {
    throw kernelError('kernel.too_large', `a payload may have ${LIMITS.eventBytesMax} bytes, found ${payload.length}`, {
      path: ['payload'],
    })
  }
  const ground = { world: id, intents: effects.intents, settled: effects.settled, keys }
  const intent = findReceiptIntent(ports.sha256, ground, { receipt, payload, keyId: signature.keyId })
  const counted = countReceipt(intent, receipt.status, payload)
  return {
    value: payload,
    auth: [signature],
    command: encodeReceipt(receipt),
    prepare(turn) {
      turn.settle(intent, {
        status: counted.status,
        payload: { form: counted.form, bytes: payload },
        cost: receipt.cost,
        adapterId: receipt.adapterId,
        signature: signature.signature,
        code: counted.code,
      })
    },
  }
}

function badReceipt(field: string): Error {
  return kernelError('kernel.bad_ingress', `the receipt's ${field} is not well-formed`, { path: ['receipt', field] })
}

function admitStart(state: WorldState, ingress: StartIngress): EffectAdmission {
  const plan = state.catalog.actions.plans.get(ingress.plan)
  if (plan === undefined) {
    throw kernelError('kernel.unknown_plan', `the manifest in force lists no plan ${ingress.plan}`, { path: ['plan'] })
  }
  plan.input.codec.validate(ingress.input)
  const { principal, trace } = ingress
  return {
    value: ingress.input,
    command: encodeName(ingress.plan),
    prepare(turn) {
      turn.start(startByHand(plan, ingress.input, { eventId: `${state.height + 1}.0`, principal, trace }), 0)
    },
  }
}

function admitCancel(state: WorldState, ingress: CancelIngress): EffectAdmission {
  if (!state.effects.instances.has(ingress.instance)) {
    throw kernelError('kernel.unknown_instance', `no instance is named ${ingress.instance}`, { path: ['instance'] })
  }
  return {
    command: encodeName(ingress.instance),
    prepare(turn) {
      turn.endById(ingress.instance, 'cancelled')
    },
  }
}

function needIntent(state: WorldState, hash: Hash, status: Intent['status']): Intent {
  const intent = state.effects.intents.get(hash)
  if (intent === undefined) {
    throw kernelError(
      state.effects.settled.has({ hashBytes: hashBytes(hash), height: undefined })
        ? 'kernel.intent_settled'
        : 'kernel.intent_unknown',
      `no open intent is named ${hash}`,
      {
        path: ['intent'],
      },
    )
  }
  if (intent.status === status) return intent
  throw kernelError('kernel.intent_status', `${hash} is ${intent.status}, not ${status}`, { path: ['intent'] })
}

function admitRequeue(state: WorldState, ingress: RequeueIngress): EffectAdmission {
  const intent = needIntent(state, ingress.intent, 'dead')
  return {
    command: encodeIntentCommand(ingress.intent),
    prepare(turn) {
      turn.restate(intent, 'open', 'requeued', undefined)
      if (state.hasGovernance) turn.review({ ...intent, status: 'open' }, state.catalog)
    },
  }
}

function admitSignal(state: WorldState, ingress: SignalIngress): EffectAdmission {
  if (!ingress.principal.startsWith('host:')) {
    throw kernelError('kernel.not_authorized', 'only the host gives an intent up', { path: ['principal'] })
  }
  if (!/^[a-z][a-z0-9_.]{0,63}$/.test(ingress.code)) {
    throw kernelError('kernel.bad_ingress', 'expected a code', { path: ['code'] })
  }
  const intent = needIntent(state, ingress.intent, 'open')
  return {
    command: encodeIntentCommand(ingress.intent, ingress.code),
    prepare(turn) {
      turn.restate(intent, 'dead', 'dead', ingress.code)
    },
  }
}

function admitApproval(state: WorldState, ingress: ApprovalIngress): EffectAdmission {
  const { approval, auth } = ingress
  if (approval.world !== state.id) {
    throw kernelError('kernel.other_world', `the approval is for the world ${approval.world}`, { path: ['world'] })
  }
  const intent = needIntent(state, `sha256:${toHex(approval.intentHash)}` as Hash, 'parked') // as formatHash spells it
  if (state.manifestHash === undefined || !equalBytes(approval.manifest, hashBytes(state.manifestHash))) {
    throw kernelError('kernel.stale_base', 'the approval was given under another manifest', { path: ['manifest'] })
  }
  const keyId = needApprover(state, auth)
  const isLate = approval.expiresNs <= state.logicalNowNs
  if (isLate) throw kernelError('kernel.approval_expired', 'the approval has expired', { path: ['expires_ns'] })
  return {
    auth,
    command: encodeApproval(approval),
    prepare(turn) {
      if (approval.decision !== 'approve') turn.deny(intent, 'approval.rejected')
      else turn.rejudge(intent, state.catalog, { isApproved: true, by: { keyId, expiresNs: approval.expiresNs } })
    },
  }
}

/** The key id, hexadecimal, of an approver of the manifest; where it names none, of an owner. */
function needApprover(state: WorldState, auth: readonly VerifiedSignature[]): string {
  const { keys, logicalNowNs, catalog } = state
  const ground = { keys, logicalNowNs, actions: catalog.actions }
  const found = auth.map(({ keyId }) => toHex(keyId)).find((keyId) => mayDecide(ground, keyId))
  if (found !== undefined) return found
  throw kernelError('kernel.not_authorized', 'expected the signature of an approver', { path: ['auth'] })
}

/** What a tick does: timers that go off and deadlines that pass, first things first (spec/06-kernel.md, "Time"). */
export function doDueWork(state: WorldState, turn: EffectTurn): void {
  for (const { id } of state.effects.due.due(turn.logicalNowNs, EFFECT_LIMITS.duePerTickMax)) {
    const wait = parseDueWait(id)
    if (wait !== undefined) passWait(turn, wait.instance, wait.step)
    else fireTimer(state, turn, id as Hash) // ids without a mark are intents
  }
}

function passWait(turn: EffectTurn, id: string, step: string): void {
  const instance = turn.instance(id)
  if (instance === undefined) return
  const passed = passDeadline(instance, step, turn.logicalNowNs)
  if (passed === 'matched') turn.resume(id)
  if (passed === 'ended') turn.end(instance, { code: 'deadline', step, result: undefined })
}

function fireTimer(state: WorldState, turn: EffectTurn, hash: Hash): void {
  const intent = state.effects.intents.get(hash)
  if (intent === undefined) return
  // sys/TimerSetParams@1, checked when it was emitted.
  const params = intent.paramsSchema.codec.decode(intent.params) as { readonly key: string | null }
  const bytes = intent.receipt.codec.encode({ delivered_at_ns: turn.logicalNowNs, key: params.key }).slice()
  turn.settle(intent, {
    status: 'ok',
    payload: { form: 'receipt', bytes },
    cost: new Map(),
    adapterId: KERNEL_ADAPTER,
    signature: new Uint8Array(0),
    code: undefined,
  })
}
