/** Who asked for an effect, and the two hashes that name the asking (K17; spec/12-receipts.md, "Requests and intents"). */
import { hashBytes, hashWritten } from '@aos/cbor'
import type { CborWriter, Hash, HashBytes, Sha256Port } from '@aos/cbor'

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

/** Equal for the same asking in a replay, a shadow or a what-if of the same history; never names the world. */
export function hashRequest(port: Sha256Port, request: EffectRequest): HashBytes {
  return hashWritten(port, (writer) => {
    writer.array(7)
    writer.text('aos/effect-request/v1')
    writer.text(request.effectKind)
    writer.bytes(request.params)
    writer.text(request.grant)
    if (request.authorKey === undefined) writer.null()
    else writer.bytes(request.authorKey)
    writeOrigin(writer, request.origin)
    writer.uint(request.ordinal)
  })
}

function writeOrigin(writer: CborWriter, origin: EffectOrigin): void {
  if (origin.kind === 'plan') {
    writer.array(3)
    writer.uint(0)
    writer.text(origin.instance)
    writer.text(origin.step)
    return
  }
  writer.array(origin.key === undefined ? 2 : 3)
  writer.uint(1)
  writer.text(origin.reducer)
  if (origin.key !== undefined) writer.bytes(origin.key)
}

/** Names one intent in all worlds: receipts, approvals and dispatch are bound to it. `index` is its item's (K2). */
export function hashIntent(
  port: Sha256Port,
  intent: { readonly world: Hash; readonly height: number; readonly index: number; readonly requestHash: HashBytes },
): HashBytes {
  return hashWritten(port, (writer) => {
    writer.array(5)
    writer.text('aos/intent/v1')
    writer.bytes(hashBytes(intent.world))
    writer.uint(intent.height)
    writer.uint(intent.index)
    writer.bytes(intent.requestHash)
  })
}
