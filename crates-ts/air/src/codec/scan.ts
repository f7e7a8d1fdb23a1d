/**
 * Strict checks of single items in place, for the generated validators: no allocation, -1 for failure. What exactly is
 * wrong is found out by `check.ts`, which reads the same bytes again, slowly.
 */

/** The offset after a canonical unsigned integer below 2^64, or -1. */
export function scanNat(bytes: Uint8Array, at: number): number {
  const head = bytes[at] ?? 0xff
  return head < 24 ? at + 1 : head <= 0x1b ? scanArgument(bytes, at, head) : -1
}

/** The offset after a canonical integer within a signed 64-bit word, or -1. */
export function scanInt(bytes: Uint8Array, at: number): number {
  const head = bytes[at] ?? 0xff
  if (head >= 0x40) return -1
  const info = head & 0x1f
  if (info < 24) return at + 1
  if (info > 27) return -1
  if (info === 27 && (bytes[at + 1] ?? 0xff) >= 0x80) return -1
  return scanArgument(bytes, at, info)
}

/** The offset after true or false, or -1. */
export function scanBool(bytes: Uint8Array, at: number): number {
  const head = bytes[at] ?? 0xff
  return head === 0xf4 || head === 0xf5 ? at + 1 : -1
}

/** The offset after null, or -1. */
export function scanNull(bytes: Uint8Array, at: number): number {
  return bytes[at] === 0xf6 ? at + 1 : -1
}

/** The length in the canonical head of an item of `major`, or -1. The head itself ends at `headEnd`. */
export function scanLength(bytes: Uint8Array, at: number, major: number): number {
  const head = bytes[at] ?? 0xff
  if (head >> 5 !== major) return -1
  const info = head & 0x1f
  if (info < 24) return info
  if (info === 24) {
    const value = bytes[at + 1] ?? 0
    return value >= 24 ? value : -1
  }
  if (info === 25) {
    if (at + 3 > bytes.length) return -1
    const value = ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    return value >= 0x100 ? value : -1
  }
  if (info !== 26 || at + 5 > bytes.length) return -1
  const high = ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
  return high === 0 ? -1 : high * 0x10000 + (((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0))
}

/** Where the head at `at` ends; meaningful after `scanLength` found it right. */
export function headEnd(bytes: Uint8Array, at: number): number {
  const info = (bytes[at] ?? 0) & 0x1f
  return info < 24 ? at + 1 : info === 24 ? at + 2 : info === 25 ? at + 3 : at + 5
}

/** The offset after a canonical byte string, or -1. */
export function scanBytes(bytes: Uint8Array, at: number): number {
  const length = scanLength(bytes, at, 2)
  if (length < 0) return -1
  const end = headEnd(bytes, at) + length
  return end <= bytes.length ? end : -1
}

/** The offset after a canonical text of valid UTF-8, or -1. */
export function scanText(bytes: Uint8Array, at: number): number {
  const length = scanLength(bytes, at, 3)
  if (length < 0) return -1
  let next = headEnd(bytes, at)
  const end = next + length
  if (end > bytes.length) return -1
  while (next < end) {
    if ((bytes[next] ?? 0) >= 0x80) return scanUtf8(bytes, next, end)
    next += 1
  }
  return end
}

/** The offset after a canonical dec128, or -1. */
export function scanDec128(bytes: Uint8Array, at: number): number {
  const length = scanLength(bytes, at, 3)
  if (length <= 0) return -1
  let next = headEnd(bytes, at)
  const end = next + length
  if (end > bytes.length) return -1
  const negative = bytes[next] === 0x2d
  if (negative) next += 1
  const leadingZero = bytes[next] === 0x30
  const wholeEnd = digitsEnd(bytes, next, end)
  const wholeDigits = wholeEnd - next
  if (wholeDigits === 0 || (leadingZero && wholeDigits > 1)) return -1
  let fractionDigits = 0
  if (wholeEnd < end) {
    if (bytes[wholeEnd] !== 0x2e) return -1
    fractionDigits = digitsEnd(bytes, wholeEnd + 1, end) - wholeEnd - 1
    if (fractionDigits === 0 || wholeEnd + 1 + fractionDigits !== end) return -1
  }
  if ((leadingZero && fractionDigits > 0 ? 0 : wholeDigits) + fractionDigits > 34) return -1
  return negative && isZero(bytes, next, end) ? -1 : end
}

/** The offset after a canonical UUID text, or -1. */
export function scanUuid(bytes: Uint8Array, at: number): number {
  const end = at + 38
  if (end > bytes.length || bytes[at] !== 0x78 || bytes[at + 1] !== 36) return -1
  for (let index = 0; index < 36; index += 1) {
    const byte = bytes[at + 2 + index] ?? 0
    const dash = index === 8 || index === 13 || index === 18 || index === 23
    if (dash ? byte !== 0x2d : !isLowerHex(byte)) return -1
  }
  return end
}

/** The offset after a canonical hash text, or -1. */
export function scanHash(bytes: Uint8Array, at: number): number {
  const end = at + 73
  if (end > bytes.length || bytes[at] !== 0x78 || bytes[at + 1] !== 71) return -1
  for (let index = 0; index < 7; index += 1) if (bytes[at + 2 + index] !== 'sha256:'.charCodeAt(index)) return -1
  for (let next = at + 9; next < end; next += 1) if (!isLowerHex(bytes[next] ?? 0)) return -1
  return end
}

/** Bytewise order of two items of one array; a prefix sorts first. */
export function compareItems(
  bytes: Uint8Array,
  left: number,
  leftEnd: number,
  right: number,
  rightEnd: number,
): number {
  const length = Math.min(leftEnd - left, rightEnd - right)
  for (let index = 0; index < length; index += 1) {
    const difference = (bytes[left + index] ?? 0) - (bytes[right + index] ?? 0)
    if (difference !== 0) return difference
  }
  return leftEnd - left - (rightEnd - right)
}

/** Checks that a head with additional information 24..27 is the shortest one. */
function scanArgument(bytes: Uint8Array, at: number, head: number): number {
  const info = head & 0x1f
  if (info === 24) return (bytes[at + 1] ?? 0) >= 24 ? at + 2 : -1
  if (info === 25) return at + 3 <= bytes.length && bytes[at + 1] !== 0 ? at + 3 : -1
  if (info === 26) {
    return at + 5 <= bytes.length && ((bytes[at + 1] ?? 0) | (bytes[at + 2] ?? 0)) !== 0 ? at + 5 : -1
  }
  if (at + 9 > bytes.length) return -1
  const high = (bytes[at + 1] ?? 0) | (bytes[at + 2] ?? 0) | (bytes[at + 3] ?? 0) | (bytes[at + 4] ?? 0)
  return high === 0 ? -1 : at + 9
}

/** RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
function scanUtf8(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end) {
    const lead = bytes[at] ?? 0
    if (lead < 0x80) {
      at += 1
      continue
    }
    const more = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0
    if (more === 0 || at + more >= end) return -1
    const second = bytes[at + 1] ?? 0
    const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
    const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
    if (second < least || second > most) return -1
    for (let index = 2; index <= more; index += 1) if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return -1
    at += more + 1
  }
  return end
}

function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && (bytes[at] ?? 0) >= 0x30 && (bytes[at] ?? 0) <= 0x39) at += 1
  return at
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if ((bytes[at] ?? 0) > 0x30) return false
  return true
}

function isLowerHex(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66)
}
