/** Hashes and branded bytes (spec/02-encoding.md, "Hashes"). */
import { AosError } from './error.ts'

declare const brand: unique symbol

/** 32 raw bytes of SHA-256. */
export type HashBytes = Uint8Array & { readonly [brand]?: 'HashBytes' }

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Hash = string & { readonly [brand]: 'Hash' }

/** Bytes that are one canonical CBOR item; nodes and values start with the prefix d9d9f7. */
export type CanonicalBytes = Uint8Array & { readonly [brand]: 'CanonicalBytes' }

/**
 * SHA-256 as a port: writes 32 bytes at `offset` of `output`.
 * It is synchronous and pure; the host gives OpenSSL's, tests may give another.
 */
export interface Sha256Port {
  sha256Into(input: Uint8Array, output: Uint8Array, offset: number): void
}

/** Length of a SHA-256, the one hash function of AgentOS. */
export const HASH_BYTES = 32

/** The digest in a fresh array. */
export function sha256(port: Sha256Port, input: Uint8Array): HashBytes {
  const output = new Uint8Array(HASH_BYTES)
  port.sha256Into(input, output, 0)
  return output
}

/** The digest as `sha256:<hex>`. */
export function hashText(port: Sha256Port, input: Uint8Array): Hash {
  return formatHash(sha256(port, input))
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Writes two lower-case hexadecimal digits for each byte, without a prefix. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX[byte] ?? ''
  return text
}

/** Bytes of an even number of hexadecimal digits in either case. Throws `cbor.bad_hex`. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new AosError(
      'cbor.bad_hex',
      `expected hexadecimal digits in pairs, found ${JSON.stringify(text.slice(0, 40))}`,
    )
  }
  const bytes = new Uint8Array(text.length / 2)
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16)
  return bytes
}

/** Spells a digest as `sha256:` and 64 hexadecimal digits. The length is not checked. */
export function formatHash(bytes: Uint8Array): Hash {
  return `sha256:${toHex(bytes)}` as Hash // the one maker of the brand beside parseHash
}

const HASH_TEXT = /^sha256:[0-9a-f]{64}$/

/** True for `sha256:` and 64 lower-case hexadecimal digits; whether anything has that hash is another question. */
export function isHash(text: unknown): text is Hash {
  return typeof text === 'string' && HASH_TEXT.test(text)
}

/** Checks the spelling. Throws `cbor.bad_hash`. */
export function parseHash(text: string): Hash {
  if (!isHash(text)) {
    throw new AosError(
      'cbor.bad_hash',
      `expected sha256: and 64 lower-case hex digits, found ${JSON.stringify(text.slice(0, 80))}`,
    )
  }
  return text
}

/** The 32 bytes that a hash text names. */
export function hashBytes(hash: Hash): HashBytes {
  return fromHex(hash.slice(7))
}

/** From here on, comparing words pays for the two views that it needs. */
const LONG_BYTES = 64

/** Compares by content, by words when long. It stops at the first difference: not for secrets. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  const length = left.length
  if (length !== right.length) return false
  let at = 0
  if (length >= LONG_BYTES) {
    const leftWords = new DataView(left.buffer, left.byteOffset, length)
    const rightWords = new DataView(right.buffer, right.byteOffset, length)
    for (; at + 4 <= length; at += 4) if (leftWords.getInt32(at) !== rightWords.getInt32(at)) return false
  }
  for (; at < length; at += 1) if (left[at] !== right[at]) return false
  return true
}

/** Bytewise order; a prefix sorts first. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shorter = Math.min(left.length, right.length)
  for (let at = 0; at < shorter; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}
