/** SHA-256 of the host (spec/02-encoding.md, "Hashes"): OpenSSL, and for short messages a WebAssembly module of ours. */
import { hash } from 'node:crypto'
import { HASH_BYTES } from '@aos/cbor'
import type { Sha256Port } from '@aos/cbor'
import { ONE_BLOCK_BYTES_MAX, ONE_BYTES_MAX } from './sha256/places.ts'
import { ShortSha256 } from './sha256/short-sha256.ts'

/** So many short messages go to OpenSSL first: most commands hash few and should not pay for the module. */
const SHORT_CALLS_BEFORE_MODULE = 1024
/** So many, and it is tried which of the two is quicker at two blocks: half a millisecond. */
const SHORT_CALLS_BEFORE_TRIAL = 65_536
const TRIAL_ROUNDS = 5
const TRIAL_CALLS = 128

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

/** Which of the two hashes is decided by length; both give the same bytes. */
export class NodeSha256 implements Sha256Port {
  #short: ShortSha256 | undefined
  #shortCalls = 0
  /** Up to here the module is quicker. */
  #shortBytesMax = ONE_BYTES_MAX

  sha256Into(input: Uint8Array, output: Uint8Array, offset: number): void {
    if (input.length > this.#shortBytesMax) {
      writeLatin1(output, sha256Latin1(input), offset)
      return
    }
    if (this.#shortCalls < SHORT_CALLS_BEFORE_TRIAL) this.#countShort()
    if (this.#short === undefined) writeLatin1(output, sha256Latin1(input), offset)
    else this.#short.hashInto(input, output, offset)
  }

  /** What hashes short messages, once there have been enough of them to pay for it. */
  get short(): ShortSha256 | undefined {
    return this.#short
  }

  #countShort(): void {
    this.#shortCalls += 1
    if (this.#shortCalls === SHORT_CALLS_BEFORE_MODULE) this.#short = ShortSha256.make()
    // By then the engine has compiled the module for good.
    if (this.#shortCalls === SHORT_CALLS_BEFORE_TRIAL && this.#short !== undefined) {
      if (!isQuickerAtTwoBlocks(this.#short)) this.#shortBytesMax = ONE_BLOCK_BYTES_MAX
    }
  }
}

/** Where OpenSSL has instructions for SHA, it is ahead from two blocks on. */
function isQuickerAtTwoBlocks(short: ShortSha256): boolean {
  const message = new Uint8Array(ONE_BYTES_MAX)
  const digest = new Uint8Array(HASH_BYTES)
  const byModule = leastTime(() => {
    short.hashInto(message, digest, 0)
  })
  const byOpenSsl = leastTime(() => {
    writeLatin1(digest, sha256Latin1(message), 0)
  })
  return byModule <= byOpenSsl
}

/** Milliseconds of many calls, as if nothing else had run. */
function leastTime(call: () => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < TRIAL_ROUNDS; round += 1) {
    const started = performance.now()
    for (let count = 0; count < TRIAL_CALLS; count += 1) call()
    least = Math.min(least, performance.now() - started)
  }
  return least
}

/** The port of the host; portable implementations are proven equal by the vectors in spec/vectors/hash. */
export const nodeSha256: NodeSha256 = new NodeSha256()
