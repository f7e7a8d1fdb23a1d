/** The shapes of the envelopes (spec/04-abi.md, "Input"). */

/** The version that every input envelope carries. */
export const ABI_VERSION = 1

export interface EventEnvelope {
  readonly schema: string
  /** On the way in: canonical bytes with the prefix. On the way out: foreign CBOR, not looked into. */
  readonly value: Uint8Array
  readonly key?: Uint8Array | undefined
}

export interface ReducerInput {
  /** The state as the reducer returned it last; null when the cell does not exist. */
  readonly state: Uint8Array | null
  readonly event: EventEnvelope
  /** From `encodeReducerContext`; only for a reducer that declares a context. */
  readonly ctx?: Uint8Array | undefined
}

export interface EffectEnvelope {
  readonly kind: string
  /** Foreign CBOR, not looked into. */
  readonly params: Uint8Array
  readonly capSlot?: string | undefined
  readonly idempotencyKey?: Uint8Array | undefined
}

export interface ReducerOutput {
  /** The new state byte for byte; null deletes the cell. */
  readonly state: Uint8Array | null
  readonly domainEvents: readonly EventEnvelope[]
  readonly effects: readonly EffectEnvelope[]
  readonly ann: Uint8Array | null
}

export interface PureInput {
  readonly input: Uint8Array
  /** From `encodePureContext`; only for a module that declares a context. */
  readonly ctx?: Uint8Array | undefined
}

export interface PureOutput {
  readonly output: Uint8Array
}
