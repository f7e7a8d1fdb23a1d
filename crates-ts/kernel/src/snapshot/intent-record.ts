/**
 * The record of an intent (spec/16-snapshots.md, "Records"). Its schemas are not in it: they are those of the manifest under which it was
 * emitted (K26), which the record names.
 */
import { encode, formatHash, hashBytes } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import type { EffectOrigin } from '@aos/effects'
import type { Intent, IntentStatus } from '../intents/intent.ts'
import { Fields } from './fields.ts'
import type { PinnedDefinitions } from './pinned.ts'

const STATUSES: readonly IntentStatus[] = ['open', 'parked', 'dead']
const PLAN = 0
const REDUCER = 1

/** An array of the fields below, in this order. */
export function encodeIntent(intent: Intent): Uint8Array {
  return encode([
    intent.hashBytes,
    intent.height,
    intent.index,
    hashBytes(intent.manifest),
    intent.effectKind,
    intent.params,
    intent.paramsHash,
    intent.requestHash,
    intent.decisionHash,
    intent.grant,
    intent.adapter,
    originData(intent.origin),
    intent.idempotencyKey,
    intent.principal,
    intent.trace ?? null,
    STATUSES.indexOf(intent.status),
    intent.isOrphan,
    [...intent.reserved].flatMap(([dimension, amount]) => [dimension, amount]),
    intent.dueNs ?? null,
  ])
}

function originData(origin: EffectOrigin): Data {
  if (origin.kind === 'plan') return [PLAN, origin.instance, origin.step]
  return origin.key === undefined ? [REDUCER, origin.reducer] : [REDUCER, origin.reducer, origin.key]
}

/** Throws `kernel.bad_snapshot`, and what loading the manifest of the emission throws. */
export function decodeIntent(bytes: Uint8Array, pinned: PinnedDefinitions): Intent {
  const fields = Fields.of(bytes)
  const hash = fields.bytes().slice()
  const height = fields.count()
  const index = fields.count()
  const manifest = fields.hash()
  const effectKind = fields.text()
  const effect = pinned.effect(manifest, effectKind)
  const intent: Intent = {
    hash: formatHash(hash),
    hashBytes: hash,
    height,
    index,
    manifest,
    effectKind,
    params: fields.bytes().slice(),
    paramsHash: fields.bytes().slice(),
    requestHash: fields.bytes().slice(),
    decisionHash: fields.bytes().slice(),
    grant: fields.text(),
    adapter: fields.text(),
    origin: readOrigin(fields.list()),
    idempotencyKey: fields.bytes().slice(),
    principal: fields.text(),
    trace: fields.optional((each) => each.bytes().slice()),
    status: fields.oneOf(STATUSES),
    isOrphan: fields.bool(),
    reserved: new Map(fields.each((each) => [each.text(), each.uint()] as const)),
    receipt: effect.receipt,
    paramsSchema: effect.params,
    dueNs: fields.optional((each) => each.uint()),
  }
  fields.end()
  return intent
}

function readOrigin(fields: Fields): EffectOrigin {
  const isPlan = fields.oneOf([true, false])
  if (isPlan) return { kind: 'plan', instance: fields.text(), step: fields.text() }
  const reducer = fields.text()
  return { kind: 'reducer', reducer, key: fields.isLeft ? fields.bytes().slice() : undefined }
}
