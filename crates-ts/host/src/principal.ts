/** Principals (G1): who an ingress is from. */
import { toHex } from '@aos/cbor'
import { userInfo } from 'node:os'
import type { KeyPair } from './keys/key-pair.ts'

/** The person at this machine. */
export function localPrincipal(): string {
  return `local:${userName()}`
}

/** A request that is signed with this key. */
export function ownerPrincipal(key: KeyPair): string {
  return `key:${toHex(key.keyId)}`
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A user id without an entry in the user database, as in some containers.
    return typeof process.getuid === 'function' ? `uid-${process.getuid()}` : 'unknown'
  }
}
