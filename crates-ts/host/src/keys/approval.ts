/** Answers to parked intents: what an approver signs (G7; spec/12-receipts.md, "Approval statement"). */
import { AosError, toHex } from '@aos/cbor'
import { approvalStatement, signingBytes } from '@aos/effects'
import type { Approval } from '@aos/effects'
import type { VerifiedSignature } from '@aos/kernel'
import { nodeSha256 } from '../sha256.ts'
import { verifySignature } from './key-pair.ts'
import type { KeyPair } from './key-pair.ts'

/** Signs, and checks the signature before it is handed on (the kernel takes it as verified). */
export function signApproval(key: KeyPair, approval: Approval): VerifiedSignature {
  return checkApproval(key.publicKey, approval, { keyId: key.keyId, signature: key.sign(messageOf(approval)) })
}

/** Gives the signature back when it holds for the approval. Throws `host.signature`. */
export function checkApproval(publicKey: Uint8Array, approval: Approval, given: VerifiedSignature): VerifiedSignature {
  if (verifySignature(publicKey, messageOf(approval), given.signature)) return given
  throw new AosError('host.signature', `the signature of ${toHex(given.keyId)} does not verify`)
}

function messageOf(approval: Approval): Uint8Array {
  return signingBytes(nodeSha256, 'approval', approvalStatement(approval))
}
