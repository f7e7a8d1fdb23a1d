/** SHA-256 by OpenSSL (spec/02-encoding.md, "Hashes"). */
import { hash } from 'node:crypto'
import type { Sha256Port } from '@aos/cbor'

/** The digest as 32 latin1 characters: half the cost of a Buffer at the size of an entry. */
export function sha256Latin1(input: Uint8Array): string {
  // The types know only the printable encodings; Node takes every Buffer encoding here.
  return hash('sha256', input, 'latin1' as 'hex')
}

/**
 * Writes a latin1 digest as bytes. A loop, not a native call: a small fresh array lives inside the JavaScript heap, and
 * handing it to native code would first move it out, which costs twice the hash.
 */
export function writeLatin1(output: Uint8Array, digest: string, offset: number): void {
  for (let at = 0; at < digest.length; at += 1) output[offset + at] = digest.charCodeAt(at)
}

/** The port of the host; portable implementations are proven equal by the vectors in spec/vectors/hash. */
export const nodeSha256: Sha256Port = {
  sha256Into(input, output, offset): void {
    writeLatin1(output, sha256Latin1(input), offset)
  },
}
