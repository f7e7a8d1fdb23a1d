/** Commands about proposals, each signed for its purpose (spec/17-governance.md, "Commands"). */
import type { Hash } from '@aos/cbor'
import { encodeGovernance } from '@aos/kernel'
import type { GovernanceCommand, GovernanceIngress, VerifiedSignature } from '@aos/kernel'
import { ownerPrincipal } from '../principal.ts'
import { checkDecision, signDecision } from './decision.ts'
import type { KeyPair } from './key-pair.ts'
import { checkRequest, signRequest } from './request.ts'

/** What is signed, and what it relies on. */
export interface SignGovernanceOptions {
  readonly world: Hash
  readonly command: GovernanceCommand
  /** Content that the command relies on; in any order. */
  readonly blobs?: readonly Hash[]
}

/** Ingress in the name of the key, with its signature. */
export function signGovernance(key: KeyPair, options: SignGovernanceOptions): GovernanceIngress {
  const { world, command, blobs = [] } = options
  const auth =
    command.op === 'decide'
      ? signDecision(key, { world, command })
      : signRequest(key, { world, command: encodeGovernance(command) })
  return { kind: 'governance', principal: ownerPrincipal(key), command, blobs, auth: [auth] }
}

/** Gives the signature back when it holds for the command. Throws `host.signature`. */
export function checkGovernance(
  publicKey: Uint8Array,
  { world, command }: Pick<SignGovernanceOptions, 'world' | 'command'>,
  given: VerifiedSignature,
): VerifiedSignature {
  if (command.op === 'decide') return checkDecision(publicKey, { world, command }, given)
  return checkRequest(publicKey, { world, command: encodeGovernance(command) }, given)
}
