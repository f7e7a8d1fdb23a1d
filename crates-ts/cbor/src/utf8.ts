/** UTF-8, strictly: lone surrogates and invalid bytes are refused, nothing is normalised, a BOM is a character. */

declare class TextEncoder {
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number }
}
declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean })
  decode(input: Uint8Array): string
}

const ENCODER = new TextEncoder()
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Up to here a loop in JavaScript beats the call into the platform. */
const SHORT_TEXT_MAX = 48

/** Bytes of the text in UTF-8, or −1 when it holds a lone surrogate. */
export function utf8Length(text: string): number {
  let length = text.length
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) continue
    length += unit < 0x800 ? 1 : 2
    if (unit < 0xd800 || unit > 0xdfff) continue
    const next = unit < 0xdc00 ? text.charCodeAt(at + 1) : 0
    if (!(next >= 0xdc00 && next <= 0xdfff)) return -1
    at += 1 // a pair is two units and four bytes
  }
  return length
}

/** Writes a well-formed text; the caller made room for `utf8Length` bytes. Returns the offset after it. */
export function writeUtf8(text: string, bytes: Uint8Array, at: number): number {
  if (text.length > SHORT_TEXT_MAX) return at + ENCODER.encodeInto(text, bytes.subarray(at)).written
  let offset = at
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) {
      bytes[offset++] = unit
    } else if (unit < 0x800) {
      bytes[offset++] = 0xc0 | (unit >> 6)
      bytes[offset++] = 0x80 | (unit & 0x3f)
    } else if (unit < 0xd800 || unit > 0xdfff) {
      bytes[offset++] = 0xe0 | (unit >> 12)
      bytes[offset++] = 0x80 | ((unit >> 6) & 0x3f)
      bytes[offset++] = 0x80 | (unit & 0x3f)
    } else {
      index += 1
      const point = 0x10000 + ((unit & 0x3ff) << 10) + (text.charCodeAt(index) & 0x3ff)
      bytes[offset++] = 0xf0 | (point >> 18)
      bytes[offset++] = 0x80 | ((point >> 12) & 0x3f)
      bytes[offset++] = 0x80 | ((point >> 6) & 0x3f)
      bytes[offset++] = 0x80 | (point & 0x3f)
    }
  }
  return offset
}

/** The text of a byte range, or undefined when it is not valid UTF-8. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= SHORT_TEXT_MAX) {
    const text = readShortAscii(bytes, start, end)
    if (text !== undefined) return text
  }
  try {
    return DECODER.decode(bytes.subarray(start, end))
  } catch {
    return undefined // fatal: the decoder throws for invalid bytes and for nothing else
  }
}

function readShortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let at = start
  let text = ''
  for (; at + 4 <= end; at += 4) {
    const a = bytes[at] ?? 0
    const b = bytes[at + 1] ?? 0
    const c = bytes[at + 2] ?? 0
    const d = bytes[at + 3] ?? 0
    if ((a | b | c | d) >= 0x80) return undefined
    text += String.fromCharCode(a, b, c, d)
  }
  for (; at < end; at += 1) {
    const unit = bytes[at] ?? 0
    if (unit >= 0x80) return undefined
    text += String.fromCharCode(unit)
  }
  return text
}

/** True when the byte range is valid UTF-8; allocates nothing. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end;) {
    const first = bytes[at] ?? 0
    if (first < 0x80) {
      at += 1
      continue
    }
    const length = sequenceLength(first)
    if (length === 0 || at + length > end || !isSecond(first, bytes[at + 1] ?? 0)) return false
    for (let index = 2; index < length; index += 1) if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return false
    at += length
  }
  return true
}

/** Bytes of the sequence that a first byte beyond ASCII opens; 0 when no sequence starts with it. */
function sequenceLength(first: number): 0 | 2 | 3 | 4 {
  if (first < 0xc2 || first > 0xf4) return 0
  if (first < 0xe0) return 2
  return first < 0xf0 ? 3 : 4
}

/** The second byte, where overlong forms, surrogates and what lies beyond U+10FFFF are told apart. */
function isSecond(first: number, second: number): boolean {
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  return second >= least && second <= most
}
