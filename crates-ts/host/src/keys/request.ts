/** Signed requests: what an owner signs, and how a signature is checked (spec/06-kernel.md, "Signatures"). */
import { AosError, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { makeRequestStatement, signingBytes } from '@aos/effects'
import type { VerifiedSignature } from '@aos/kernel'
import { nodeSha256 } from '../sha256.ts'
import { verifySignature } from './key-pair.ts'
import type { KeyPair } from './key-pair.ts'

/** What an owner signs to change a world (spec/06-kernel.md, "Signatures"). */
export interface Request {
  readonly world: Hash
  /** The command's exact bytes, as they will stand in ingress. */
  readonly command: Uint8Array
}

/** Signs, and checks the signature before it is handed on (the kernel takes it as verified). */
export function signRequest(key: KeyPair, request: Request): VerifiedSignature {
  return checkRequest(key.publicKey, request, { keyId: key.keyId, signature: key.sign(messageOf(request)) })
}

/** Gives the signature back when it holds for the request. Throws `host.signature`. */
export function checkRequest(publicKey: Uint8Array, request: Request, given: VerifiedSignature): VerifiedSignature {
  if (verifySignature(publicKey, messageOf(request), given.signature)) return given
  throw new AosError('host.signature', `the signature of ${toHex(given.keyId)} does not verify`)
}

function messageOf(request: Request): Uint8Array {
  return signingBytes(nodeSha256, 'request', makeRequestStatement(nodeSha256, request))
}
