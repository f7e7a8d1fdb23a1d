/** Which ed25519 public keys may be registered (G2). */
import { AosError, fromHex, toHex } from '@aos/cbor'

/** Length of a raw ed25519 public key. */
export const PUBLIC_KEY_BYTES = 32

const P = 2n ** 255n - 19n
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n

/** The y coordinates of the eight points whose order divides 8. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  P - 1n,
  littleEndian(fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')),
  littleEndian(fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')),
])

/** Raw bytes from 64 hexadecimal digits. Throws `key.bad_public_key` and what `checkPublicKey` throws. */
export function parsePublicKey(text: string): Uint8Array {
  if (!/^[0-9a-fA-F]{64}$/.test(text)) {
    throw new AosError(
      'key.bad_public_key',
      `expected 64 hexadecimal digits, found ${JSON.stringify(text.slice(0, 80))}`,
    )
  }
  const key = fromHex(text)
  checkPublicKey(key)
  return key
}

/**
 * Refuses keys under which a signature proves nothing: points of small order, encodings of y that are not reduced, and
 * bytes that are no point. Throws `key.small_order`.
 */
export function checkPublicKey(key: Uint8Array): void {
  if (key.length !== PUBLIC_KEY_BYTES) {
    throw new AosError('key.bad_public_key', `expected ${PUBLIC_KEY_BYTES} bytes, found ${key.length}`)
  }
  const y = littleEndian(key) & (2n ** 255n - 1n)
  if (y >= P) throw refused(key, 'is not in canonical form')
  if (SMALL_ORDER_Y.has(y)) throw refused(key, 'has small order')
  if (!isOnCurve(y)) throw refused(key, 'is not a point of the curve')
}

/** -x² + y² = 1 + d·x²·y² has a solution when (y² - 1) / (d·y² + 1) is a square (Euler's criterion). */
function isOnCurve(y: bigint): boolean {
  const square = (y * y) % P
  const numerator = (square - 1n + P) % P
  const denominator = (D * square + 1n) % P
  const quotient = (numerator * power(denominator, P - 2n)) % P
  return power(quotient, (P - 1n) / 2n) === 1n
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let factor = base % P
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * factor) % P
    factor = (factor * factor) % P
  }
  return result
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let at = bytes.length - 1; at >= 0; at -= 1) value = (value << 8n) | BigInt(bytes[at] ?? 0)
  return value
}

function refused(key: Uint8Array, reason: string): AosError {
  return new AosError('key.small_order', `the public key ${toHex(key)} ${reason}`, {
    hint: 'make a key with `aos init` or an ed25519 tool',
  })
}
