/** The shapes of the envelopes (spec/04-abi.md, "Input"). */

/** The version that every input envelope carries. */
export const ABI_VERSION = 1

/** An event in an envelope: given to a module, or raised by one. `key` is there for keyed reducers only. */
export interface EventEnvelope {
  readonly schema: string
  /** On the way in: canonical bytes with the prefix. On the way out: foreign CBOR, not looked into. */
  readonly value: Uint8Array
  readonly key?: Uint8Array | undefined
}

/** What a reducer is called with for one delivery (spec/04-abi.md, "Input"). */
export interface ReducerInput {
  /** The state as the reducer returned it last; null when the cell does not exist. */
  readonly state: Uint8Array | null
  readonly event: EventEnvelope
  /** From `encodeReducerContext`; only for a reducer that declares a context. */
  readonly ctx?: Uint8Array | undefined
}

/** An effect that a reducer asks for (spec/04-abi.md, "Output"). Its kind is not yet compared with what is declared. */
export interface EffectEnvelope {
  readonly kind: string
  /** Foreign CBOR, not looked into. */
  readonly params: Uint8Array
  readonly capSlot?: string | undefined
  readonly idempotencyKey?: Uint8Array | undefined
}

/**
 * What a reducer returned for one delivery, in its own order. Only its form has been checked (spec/04-abi.md,
 * "Output").
 */
export interface ReducerOutput {
  /** The new state byte for byte; null deletes the cell. */
  readonly state: Uint8Array | null
  readonly domainEvents: readonly EventEnvelope[]
  readonly effects: readonly EffectEnvelope[]
  readonly ann: Uint8Array | null
}

/** What a pure module is called with: canonical bytes of its input schema (spec/04-abi.md, "Input"). */
export interface PureInput {
  readonly input: Uint8Array
  /** From `encodePureContext`; only for a module that declares a context. */
  readonly ctx?: Uint8Array | undefined
}

/** What a pure module returned: foreign CBOR, not yet held to its output schema. */
export interface PureOutput {
  readonly output: Uint8Array
}
