/** SHA-256 of the host (spec/02-encoding.md, "Hashes"): OpenSSL, and for short messages a WebAssembly module of ours. */
import { hash } from 'node:crypto'
import type { Sha256Port } from '@aos/cbor'
import { ONE_BYTES_MAX } from './sha256/places.ts'
import { ShortSha256 } from './sha256/short-sha256.ts'

/** So many short messages go to OpenSSL first: most commands hash few and should not pay for the module. */
const SHORT_CALLS_BEFORE_MODULE = 1024

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

/** Which of the two hashes is decided by length alone; both give the same bytes. */
export class NodeSha256 implements Sha256Port {
  #short: ShortSha256 | undefined
  #shortCalls = 0

  sha256Into(input: Uint8Array, output: Uint8Array, offset: number): void {
    if (input.length > ONE_BYTES_MAX) {
      writeLatin1(output, sha256Latin1(input), offset)
      return
    }
    if (this.#short !== undefined) {
      this.#short.hashInto(input, output, offset)
      return
    }
    writeLatin1(output, sha256Latin1(input), offset)
    this.#shortCalls += 1
    if (this.#shortCalls === SHORT_CALLS_BEFORE_MODULE) this.#short = ShortSha256.make()
  }

  /** What hashes short messages, once there have been enough of them to pay for it. */
  get short(): ShortSha256 | undefined {
    return this.#short
  }
}

/** The port of the host; portable implementations are proven equal by the vectors in spec/vectors/hash. */
export const nodeSha256: NodeSha256 = new NodeSha256()
