/** Float widths (spec/02-encoding.md, "Canonical form"): the shortest of 16, 32 and 64 bits that is exact. */

/** Scratch for bit patterns: written and read back within one call, so it carries nothing between calls. */
const BITS = new DataView(new ArrayBuffer(8))

/** The 16-bit pattern that is exactly `value` (never NaN), or −1. */
export function halfBits(value: number): number {
  if (Math.fround(value) !== value) return -1
  BITS.setFloat32(0, value)
  const bits = BITS.getUint32(0)
  const sign = (bits >>> 16) & 0x8000
  const exponent = ((bits >>> 23) & 0xff) - 127
  const fraction = bits & 0x7fffff
  if (exponent === 128) return sign | 0x7c00
  if (value === 0) return sign
  if (exponent >= -14 && exponent <= 15) {
    return (fraction & 0x1fff) === 0 ? sign | ((exponent + 15) << 10) | (fraction >> 13) : -1
  }
  if (exponent < -24 || exponent > 15) return -1
  const shift = -1 - exponent // 14 for the largest subnormal exponent, −15
  const whole = fraction | 0x800000
  return (whole & ((1 << shift) - 1)) === 0 ? sign | (whole >> shift) : -1
}

/** The value of a 16-bit pattern. */
export function halfValue(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** The value of a 32-bit or 64-bit pattern in `bytes`. */
export function readFloat(bytes: Uint8Array, at: number, width: 4 | 8): number {
  for (let index = 0; index < width; index += 1) BITS.setUint8(index, bytes[at + index] ?? 0)
  return width === 4 ? BITS.getFloat32(0) : BITS.getFloat64(0)
}

const TWO_TO_64 = 2 ** 64

/**
 * True for a float whose value an integer item can hold; such floats are not canonical, because a number cannot
 * tell 1 from 1.0. Minus zero is not one of them: no integer item holds it.
 */
export function isIntegral(value: number): boolean {
  return Number.isInteger(value) && value >= -TWO_TO_64 && value < TWO_TO_64 && !Object.is(value, -0)
}
