/** What the candidate is given of a recorded ingress (spec/24-shadow-report.md, "Ingress"): what names an intent of the base names the same one of the candidate. */
import { hashBytes, parseHash, sha256, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { Receipt } from '@aos/effects'
import type { Ingress, IntentReport, ReceiptIngress, World } from '@aos/kernel'
import { nodeSha256 } from '../sha256.ts'
import type { ForkLog } from './fork-log.ts'
import type { PassReason } from './report.ts'

/** An ingress for the candidate, or why it gets none. */
export type Translated =
  { readonly kind: 'ingress'; readonly ingress: Ingress } | { readonly kind: 'pass'; readonly why: PassReason }

/** The two forks, at one height. */
export interface Sides {
  readonly base: ForkLog
  readonly candidate: ForkLog
  readonly world: World
}

const NOT_THERE: Translated = { kind: 'pass', why: 'not_there' }

/** The recorded ingress with the candidate's hashes in it. */
export function translate(ingress: Ingress, sides: Sides): Translated {
  switch (ingress.kind) {
    case 'snapshot_cut':
    case 'snapshot_root':
      return { kind: 'pass', why: 'snapshot' }
    case 'genesis':
    case 'manifest':
    case 'governance':
      return { kind: 'pass', why: 'governance' }
    case 'receipt': {
      const intent = counterpart(hashText(ingress.receipt.intentHash), sides)
      if (intent === undefined || intent.status === 'parked') return NOT_THERE
      return { kind: 'ingress', ingress: receiptFor(ingress, intent, sides.world) }
    }
    case 'approval': {
      const intent = counterpart(hashText(ingress.approval.intentHash), sides)
      const { manifestHash } = sides.world
      if (intent?.status !== 'parked' || manifestHash === undefined) return NOT_THERE
      const bound = { intentHash: hashBytes(intent.hash), manifest: hashBytes(manifestHash) }
      return { kind: 'ingress', ingress: { ...ingress, approval: { ...ingress.approval, ...bound } } }
    }
    case 'requeue':
    case 'signal': {
      const intent = counterpart(ingress.intent, sides)
      if (intent?.status !== (ingress.kind === 'signal' ? 'open' : 'dead')) return NOT_THERE
      return { kind: 'ingress', ingress: { ...ingress, intent: intent.hash } }
    }
    case 'cancel': {
      const name = sides.base.names.instance(ingress.instance)
      const found = [...sides.world.listInstances()].find(({ id }) => sides.candidate.names.instance(id) === name)
      if (found === undefined) return NOT_THERE
      return { kind: 'ingress', ingress: { ...ingress, instance: found.id } }
    }
    default:
      return { kind: 'ingress', ingress }
  }
}

/** The intent of the candidate that is the same as one of the base; undefined when there is none, or it has been settled. */
function counterpart(hash: Hash, { base, candidate, world }: Sides): IntentReport | undefined {
  const name = base.nameOf(hash)
  // What was there before the fork has the same hash in both.
  const found = name === undefined ? hash : candidate.intents.get(name)?.intent.hash
  return found === undefined ? undefined : world.readIntent(found)
}

function hashText(bytes: Uint8Array): Hash {
  return parseHash(`sha256:${toHex(bytes)}`)
}

/** The kernel takes signatures as verified: a fork needs no keys. */
function receiptFor(ingress: ReceiptIngress, intent: IntentReport, world: World): ReceiptIngress {
  const { receipt, signature } = ingress
  const isSameAdapter = receipt.adapterId === intent.adapter
  const keyId = isSameAdapter ? signature.keyId : hostKeyId(world)
  return {
    ...ingress,
    principal: isSameAdapter ? ingress.principal : `adapter:${intent.adapter}`,
    receipt: { ...receipt, ...boundTo(intent) },
    signature: { ...signature, keyId: keyId ?? signature.keyId },
  }
}

/** The members of a receipt that say which intent it is for. */
export function boundTo(
  intent: IntentReport,
): Pick<Receipt, 'height' | 'intentHash' | 'paramsHash' | 'decisionHash' | 'adapterId'> {
  const { height, hash, paramsHash, decisionHash, adapter } = intent
  return { height, intentHash: hashBytes(hash), paramsHash, decisionHash, adapterId: adapter }
}

/** Of a key that may sign for every adapter; undefined when the world has none. */
export function hostKeyId(world: World): Uint8Array | undefined {
  const key = world.keys.find(({ role, revoked }) => role === 'host' && revoked === undefined)
  return key && sha256(nodeSha256, key.publicKey)
}
