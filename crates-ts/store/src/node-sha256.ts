/** SHA-256 by OpenSSL (spec/02-encoding.md, "Hashes"). */
import { hash } from 'node:crypto'
import type { Sha256Port } from '@aos/cbor'

/** The digest as 32 latin1 characters: half the cost of a Buffer at the size of an entry. */
export function sha256Latin1(input: Uint8Array): string {
  // The types know only the printable encodings; Node takes every Buffer encoding here.
  return hash('sha256', input, 'latin1' as 'hex')
}

interface Latin1Writer {
  latin1Write(this: Uint8Array, text: string, offset: number, length: number): number
}

// Every Buffer has this method, and it works on any byte view; the types do not list it.
const { latin1Write } = Buffer.prototype as unknown as Latin1Writer

/** Writes a latin1 digest as bytes. */
export function writeLatin1(output: Uint8Array, digest: string, offset: number): void {
  latin1Write.call(output, digest, offset, digest.length)
}

/** The port of the host; portable implementations are proven equal by the vectors in spec/vectors/hash. */
export const nodeSha256: Sha256Port = {
  sha256Into(input, output, offset): void {
    writeLatin1(output, sha256Latin1(input), offset)
  },
}
