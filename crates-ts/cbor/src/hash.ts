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

const DIGITS = '0123456789abcdef'
/** The codes of both digits of every byte. */
const HEX: Uint8Array = Uint8Array.from({ length: 512 }, (_, at) =>
  DIGITS.charCodeAt(at % 2 === 0 ? at >> 5 : (at >> 1) & 15),
)
/** By the code of a digit in either case; −1 for any other code. */
const DIGIT_VALUES: Int8Array = Int8Array.from({ length: 128 }, (_, code) =>
  DIGITS.indexOf(String.fromCharCode(code).toLowerCase()),
)

const HASH_PREFIX = 'sha256:'
/** Codes of the texts of one hash, written over by every call and read by nobody else. */
const HEX_CODES: number[] = new Array<number>(2 * HASH_BYTES).fill(0)
const HASH_CODES: number[] = [...Array.from(HASH_PREFIX, (character) => character.charCodeAt(0)), ...HEX_CODES]

/** Writes two lower-case hexadecimal digits for each byte, without a prefix. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length === HASH_BYTES) {
    writeHex(bytes, HEX_CODES, 0)
    return textOf(HEX_CODES)
  }
  let text = ''
  let at = 0
  // Few long pieces make a text faster than many short ones.
  for (; at + 4 <= bytes.length; at += 4) text += hexOfFour(bytes, at)
  for (; at < bytes.length; at += 1) text += hexOfOne(bytes[at] ?? 0)
  return text
}

/** The codes of the digits of a hash, from `at` on. */
function writeHex(bytes: HashBytes, codes: number[], at: number): void {
  for (let index = 0; index < HASH_BYTES; index += 1) {
    const two = 2 * (bytes[index] ?? 0)
    codes[at + 2 * index] = code(two)
    codes[at + 2 * index + 1] = code(two + 1)
  }
}

/** In one piece: hashes are keys, and an engine takes long to find a text that is joined of many. */
function textOf(codes: readonly number[]): string {
  return String.fromCharCode.apply(null, codes as number[]) // it only reads
}

function hexOfFour(bytes: Uint8Array, at: number): string {
  const a = 2 * (bytes[at] ?? 0)
  const b = 2 * (bytes[at + 1] ?? 0)
  const c = 2 * (bytes[at + 2] ?? 0)
  const d = 2 * (bytes[at + 3] ?? 0)
  return String.fromCharCode(code(a), code(a + 1), code(b), code(b + 1), code(c), code(c + 1), code(d), code(d + 1))
}

function hexOfOne(byte: number): string {
  return String.fromCharCode(code(2 * byte), code(2 * byte + 1))
}

function code(at: number): number {
  return HEX[at] ?? 0
}

/** Bytes of an even number of hexadecimal digits in either case. Throws `cbor.bad_hex`. */
export function fromHex(text: string): Uint8Array {
  return readHex(text, 0)
}

function readHex(text: string, from: number): Uint8Array {
  const bytes = new Uint8Array((text.length - from) >> 1)
  let isBad = (text.length - from) % 2 !== 0
  for (let at = 0; at < bytes.length; at += 1) {
    const left = DIGIT_VALUES[text.charCodeAt(from + 2 * at)] ?? -1
    const right = DIGIT_VALUES[text.charCodeAt(from + 2 * at + 1)] ?? -1
    if ((left | right) < 0) isBad = true
    bytes[at] = (left << 4) | right
  }
  if (!isBad) return bytes
  const shown = JSON.stringify(text.slice(from, from + 40))
  throw new AosError('cbor.bad_hex', `expected hexadecimal digits in pairs, found ${shown}`)
}

/** Spells a digest as `sha256:` and 64 hexadecimal digits. The length is not checked. */
export function formatHash(bytes: Uint8Array): Hash {
  if (bytes.length !== HASH_BYTES) return (HASH_PREFIX + toHex(bytes)) as Hash // the one maker of the brand beside parseHash
  writeHex(bytes, HASH_CODES, HASH_PREFIX.length)
  return textOf(HASH_CODES) as Hash // likewise
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
  return readHex(hash, HASH_PREFIX.length)
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
