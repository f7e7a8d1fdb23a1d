/** Decisions on proposals: what an approver signs (G2; spec/17-governance.md, "Commands"). */
import { AosError, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { governanceStatement, signingBytes } from '@aos/effects'
import type { DecideCommand, VerifiedSignature } from '@aos/kernel'
import { nodeSha256 } from '../sha256.ts'
import { verifySignature } from './key-pair.ts'
import type { KeyPair } from './key-pair.ts'

/** A command `decide`, whose fields are signed as a statement with the id of the world, so that it holds nowhere else. */
export interface SignedDecision {
  readonly world: Hash
  readonly command: DecideCommand
}

/** Signs, and checks the signature before it is handed on (the kernel takes it as verified). */
export function signDecision(key: KeyPair, decision: SignedDecision): VerifiedSignature {
  return checkDecision(key.publicKey, decision, { keyId: key.keyId, signature: key.sign(messageOf(decision)) })
}

/** Gives the signature back when it holds for the decision. Throws `host.signature`. */
export function checkDecision(
  publicKey: Uint8Array,
  decision: SignedDecision,
  given: VerifiedSignature,
): VerifiedSignature {
  if (verifySignature(publicKey, messageOf(decision), given.signature)) return given
  throw new AosError('host.signature', `the signature of ${toHex(given.keyId)} does not verify`)
}

function messageOf({ world, command }: SignedDecision): Uint8Array {
  return signingBytes(nodeSha256, 'gov-approval', governanceStatement({ world, ...command }))
}
