/** SHA-256 of bytes as a hash. */
import { hashText } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { nodeSha256 } from '../sha256.ts'

/** By this process's SHA-256. */
export function hashOf(bytes: Uint8Array): Hash {
  return hashText(nodeSha256, bytes)
}
