/**
 * An effect that passed the gate and waits for what comes of it (K18; spec/11-gate.md, "Intents"). Part of the world's state:
 *
 *   hash, height, index, decision hash, request hash
 *   manifest                        in force when it was emitted
 *   kind, params, grant, adapter    fixed when it was emitted
 *   origin                          the plan instance and step, or the reducer and cell
 *   status                          open | parked | dead; settled and cancelled ones leave only their hash
 *   orphan                          its instance has ended: the receipt settles the budget and goes to nobody
 *   reserved                        what its grant's budgets hold for it
 */
import type { Hash, HashBytes } from '@aos/cbor'
import type { EffectOrigin } from '@aos/effects'
import type { Reservations } from '../gate/budgets.ts'
import type { GateSchema } from '../gate/gate-catalog.ts'

/** Released to dispatch, waiting for an approval, or given up until it is requeued. */
export type IntentStatus = 'open' | 'parked' | 'dead'

/** An intent in the state of the world. */
export interface Intent {
  readonly hash: Hash
  readonly hashBytes: HashBytes
  readonly height: number
  /** Of its item in the entry (K2). */
  readonly index: number
  /** In force when it was emitted: its schemas are those of this manifest (K26). */
  readonly manifest: Hash
  readonly effectKind: string
  /** Prefixed canonical bytes. */
  readonly params: Uint8Array
  readonly paramsHash: HashBytes
  readonly requestHash: HashBytes
  readonly decisionHash: HashBytes
  readonly grant: string
  readonly adapter: string
  readonly origin: EffectOrigin
  /** 32 bytes: what the adapter is given. */
  readonly idempotencyKey: HashBytes
  readonly principal: string
  readonly trace: Uint8Array | undefined
  readonly status: IntentStatus
  readonly isOrphan: boolean
  readonly reserved: Reservations
  /** What a receipt's payload is checked by; pinned to the emission (K26). */
  readonly receipt: GateSchema
  readonly paramsSchema: GateSchema
  /** A timer goes off at this logical time, without an adapter. */
  readonly dueNs: bigint | undefined
}

/** How the host sees an intent: what dispatch and reports need. The schemas are those of the emission. */
export type IntentReport = Omit<Intent, 'reserved'>

/** Adapter id of what the kernel settles itself. */
export const KERNEL_ADAPTER = 'kernel'

/** Adapter id of what the host answers itself, with its own key (G11). */
export const HOST_ADAPTER = 'host'

/** Kinds that are settled by a tick. */
export const TIMER_KIND = 'timer.set'
