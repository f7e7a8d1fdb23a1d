/** Which effects are internal, and how each is performed (G11; spec/11-gate.md, "Internal effects"). */
import { isAosError } from '@aos/cbor'
import type { EffectRecord } from '../gate/gate-catalog.ts'
import { APPLY, APPROVE, PROPOSE, PROPOSE_KIND } from '../governance/governance-effects.ts'
import type { Intent } from '../intents/intent.ts'
import { failurePayload } from '../intents/payload.ts'
import type { Settlement } from '../turn-effects.ts'
import { KERNEL_ADAPTER } from '../intents/intent.ts'
import type { InternalEffect, InternalGround, InternalResult } from './internal-effect.ts'
import { INTROSPECT_EFFECTS } from './introspect.ts'
import { WORKSPACE_EFFECTS } from './workspace.ts'

/** By kind. They exist from kernel semantics 3 on. */
const INTERNAL_EFFECTS: ReadonlyMap<string, InternalEffect> = new Map([
  [PROPOSE_KIND, PROPOSE],
  ['governance.approve', APPROVE],
  ['governance.apply', APPLY],
  ...INTROSPECT_EFFECTS,
  ...WORKSPACE_EFFECTS,
])

/** True for an effect that the kernel performs itself, given its parameters in canonical bytes. */
export function isInternal(effect: EffectRecord, params: Uint8Array): boolean {
  const internal = INTERNAL_EFFECTS.get(effect.kind)
  if (internal === undefined) return false
  return internal.isInternal?.(effect.params.codec.decode(params)) ?? true
}

/** Performs the effect of an open intent; what cannot be done is a failure with a code, never a fault. */
export function performInternal(intent: Intent, ground: InternalGround): Settlement {
  const result = attempt(intent, ground)
  const isOk = result.status === 'ok'
  return {
    status: result.status,
    payload: isOk
      ? { form: 'receipt', bytes: intent.receipt.codec.encode(result.value).slice() }
      : failurePayload(result.code, result.message),
    cost: new Map(),
    adapterId: KERNEL_ADAPTER,
    signature: NO_SIGNATURE,
    code: isOk ? undefined : result.code,
  }
}

const NO_SIGNATURE: Uint8Array = new Uint8Array(0)

function attempt(intent: Intent, ground: InternalGround): InternalResult {
  const internal = INTERNAL_EFFECTS.get(intent.effectKind)
  if (internal === undefined) return { status: 'error', code: 'internal.unknown_kind', message: intent.effectKind }
  try {
    return internal.perform(intent.paramsSchema.codec.decode(intent.params), ground)
  } catch (error) {
    // Content that is gone although the world knows it is a fault of the store.
    if (!isAosError(error) || error.code.startsWith('store.')) throw error
    return { status: 'error', code: error.code, message: error.message }
  }
}
