/** `aos approve|reject`: an approver's answer to a parked intent (G7). */
import { AosError, hashBytes } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { Approval } from '@aos/effects'
import type { SigningWorld } from '../daemon/signing-world.ts'
import { ownerPrincipal } from '../principal.ts'
import { signApproval } from './approval.ts'
import { readOwnerKey } from './key-ring.ts'

/** What a person says of an intent. */
export interface IntentAnswer {
  readonly intent: Hash
  readonly decision: 'approve' | 'reject'
  /** How long the answer is good, from now on. */
  readonly goodForNs: bigint
}

/**
 * Signs with this person's key and returns the height. The answer is bound to the manifest in force. Throws `key.missing`,
 * `host.no_genesis`, and the kernel's refusals.
 */
export async function answerIntent(
  world: SigningWorld,
  { intent, decision, goodForNs }: IntentAnswer,
): Promise<number> {
  const key = readOwnerKey(world.keyFolder)
  const { id, manifestHash, nowNs } = await world.facts()
  if (id === undefined || manifestHash === undefined) {
    throw new AosError('host.no_genesis', 'the world has no genesis yet', { hint: 'run `aos push`' })
  }
  const approval: Approval = {
    world: id,
    intentHash: hashBytes(intent),
    manifest: hashBytes(manifestHash),
    decision,
    expiresNs: nowNs + goodForNs,
  }
  return world.submit({
    kind: 'approval',
    principal: ownerPrincipal(key),
    approval,
    auth: [signApproval(key, approval)],
  })
}
