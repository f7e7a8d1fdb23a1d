/**
 * Effects that the kernel performs itself, in the turn that asks for them (G11; spec/11-gate.md, "Internal effects"): pure functions of state and of content
 * that the world knows. They pass the gate like any other, and are settled at once, by the kernel.
 */
import type { Value } from '@aos/air'
import type { Hash } from '@aos/cbor'
import type { Overlay } from '../overlay.ts'
import type { KernelPorts } from '../ports.ts'
import type { TurnFacts } from '../delivery.ts'
import type { Intent } from '../intents/intent.ts'
import type { WorldState } from '../state.ts'
import type { EffectTurn } from '../turn-effects.ts'
import type { TurnBlobs } from './turn-blobs.ts'

/** The approver of an intent. */
export interface Releaser {
  /** Key id, hexadecimal. */
  readonly keyId: string
  /** Of the approval, in logical time. */
  readonly expiresNs: bigint
}

/** What an internal effect may look at and change. */
export interface InternalGround {
  readonly ports: KernelPorts
  readonly state: WorldState
  readonly overlay: Overlay
  readonly effects: EffectTurn
  readonly facts: TurnFacts
  readonly intent: Intent
  readonly blobs: TurnBlobs
  /** Who released the intent from its approval; undefined: the policy asked for none. */
  readonly releasedBy: Releaser | undefined
  /** Of the world; its genesis has an id already when this runs. */
  readonly world: Hash
}

/** `value` is of the receipt schema. A failure tells code and message to whoever asked (sys/EffectFailure@1). */
export type InternalResult =
  | { readonly status: 'ok'; readonly value: Value }
  | { readonly status: 'error'; readonly code: string; readonly message: string }

/** One kind. */
export interface InternalEffect {
  /** False for parameters that the host answers instead; absent: the kernel answers all of them. */
  readonly isInternal?: (params: Value) => boolean
  /** `params` are of the params schema. An AosError that it throws is a failure of that code. */
  readonly perform: (params: Value, ground: InternalGround) => InternalResult
}
