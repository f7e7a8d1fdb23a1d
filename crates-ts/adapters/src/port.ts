/**
 * What performs effects (spec/13-adapters.md, "Adapters"). An adapter sees one call at a time and nothing of the world:
 * no state, no keys, no journal.
 */
import type { Value } from '@aos/air'
import type { Hash } from '@aos/cbor'
import type { ReceiptStatus } from '@aos/effects'

/** Content that parameters refer to and payloads leave behind. */
export interface BlobAccess {
  /** undefined on a miss. */
  get(hash: Hash): Uint8Array | undefined
  /** Durable when it resolves. */
  put(bytes: Uint8Array): Promise<Hash>
}

/** The grant that let the effect pass, for what can only be checked while it is performed (redirects, addresses). */
export interface GrantView {
  readonly name: string
  readonly capType: string
  /** Decoded by the capability's schema. */
  readonly params: Value
}

/**
 * One try at an effect that the gate let pass, with all that its performer may know (spec/13-adapters.md, "Adapters"). Fields may be made
 * when they are asked for: pass the call on as it is, a spread copy may lack some.
 */
export interface AdapterCall {
  readonly effectKind: string
  /** Decoded by the parameter schema of the kind; secrets stand resolved in their slots. */
  readonly params: Value
  readonly intentHash: Hash
  /** The same for every try: 64 hexadecimal digits. */
  readonly idempotencyKey: string
  /** 1 for the first try. */
  readonly attempt: number
  readonly grant: GrantView
  readonly blobs: BlobAccess
  /** Aborted when the binding's timeout is over or the host stops. */
  readonly signal: AbortSignal
}

/** What came of a try, before it is checked against its schema and signed as a receipt. */
export interface AdapterResult {
  readonly status: ReceiptStatus
  /** `ok`: by the receipt schema of the kind. Otherwise by that or by `sys/EffectFailure@1`. */
  readonly payload: Value
  /** By dimension, non-negative integers. */
  readonly cost: ReadonlyMap<string, number>
  /** True when the same call may succeed later (a lost connection, 429, 503): retried if the binding says that the kind is idempotent. */
  readonly retryable?: boolean
}

/** Performs effects of its kinds; calls of one instance may overlap, and each knows nothing of the others. */
export interface Adapter {
  readonly id: string
  readonly kinds: readonly string[]
  /** Resolves always; what throws is a fault of the adapter and becomes `error adapter_fault`. */
  perform(call: AdapterCall): Promise<AdapterResult>
  /** What came of an earlier call with this key; undefined when it cannot be told. */
  lookup?(idempotencyKey: string, call: AdapterCall): Promise<AdapterResult | undefined>
  close(): Promise<void>
}
