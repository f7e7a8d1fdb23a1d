/** Who asked for an effect, and the two hashes that name the asking (K17; spec/12-receipts.md, "Requests and intents"). */
import { encode, hashBytes, sha256 } from '@aos/cbor'
import type { Data, Hash, HashBytes, Sha256Port } from '@aos/cbor'

/** What emitted an effect. */
export type EffectOrigin =
  /** `instance` is `<event id>/<plan>`, world-relative. */
  | { readonly kind: 'plan'; readonly instance: string; readonly step: string }
  /** `key` are prefixed canonical bytes; undefined for a reducer that is not keyed. */
  | { readonly kind: 'reducer'; readonly reducer: string; readonly key: Uint8Array | undefined }

/** What is asked for, without where in the journal it was asked. */
export interface EffectRequest {
  readonly effectKind: string
  /** Prefixed canonical bytes by the params schema of the kind. */
  readonly params: Uint8Array
  /** Name of the grant. */
  readonly grant: string
  /** The author's own idempotency key, 32 bytes; undefined: the intent hash serves. */
  readonly authorKey: Uint8Array | undefined
  readonly origin: EffectOrigin
  /** Counts the effects of the origin that are otherwise alike, from 0. */
  readonly ordinal: number
}

/** The origin as it stands in journal items and in hashes. */
export function originData(origin: EffectOrigin): readonly Data[] {
  return origin.kind === 'plan'
    ? [0, origin.instance, origin.step]
    : [1, origin.reducer, ...(origin.key === undefined ? [] : [origin.key])]
}

/** Equal for the same asking in a replay, a shadow or a what-if of the same history; never names the world. */
export function hashRequest(port: Sha256Port, request: EffectRequest): HashBytes {
  return sha256(
    port,
    encode([
      'aos/effect-request/v1',
      request.effectKind,
      request.params,
      request.grant,
      request.authorKey ?? null,
      originData(request.origin),
      request.ordinal,
    ]),
  )
}

/** Names one intent in all worlds: receipts, approvals and dispatch are bound to it. `index` is its item's (K2). */
export function hashIntent(
  port: Sha256Port,
  intent: { readonly world: Hash; readonly height: number; readonly index: number; readonly requestHash: HashBytes },
): HashBytes {
  return sha256(
    port,
    encode(['aos/intent/v1', hashBytes(intent.world), intent.height, intent.index, intent.requestHash]),
  )
}
