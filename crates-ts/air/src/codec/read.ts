/** Reading single values for the generated decoders, from bytes that a validator accepted: nothing is checked again. */
import { compactInteger } from './scalar.ts'

declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean })
  decode(input: Uint8Array): string
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Up to here a loop beats the call into the platform. */
const SHORT_TEXT_MAX = 24

/** A place in bytes, moved by every read. */
export interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

/** A length or an unsigned argument up to 2^53-1; larger ones lose precision and are read by `readInteger`. */
function readArgument(cursor: Cursor): number {
  const { bytes } = cursor
  const info = (bytes[cursor.at] ?? 0) & 0x1f
  cursor.at += 1
  if (info < 24) return info
  const end = cursor.at + (1 << (info - 24))
  let value = 0
  for (; cursor.at < end; cursor.at += 1) value = value * 256 + (bytes[cursor.at] ?? 0)
  return value
}

/** A number within ±(2^53-1), else a bigint. */
export function readInteger(cursor: Cursor): number | bigint {
  const { bytes, at } = cursor
  const head = bytes[at] ?? 0
  const argument = readArgument(cursor)
  if (argument < Number.MAX_SAFE_INTEGER) return head < 0x20 ? argument : -1 - argument
  let exact = 0n
  for (let index = 1; index < 9; index += 1) exact = (exact << 8n) | BigInt(bytes[at + index] ?? 0)
  return compactInteger(head < 0x20 ? exact : -1n - exact)
}

export function readBool(cursor: Cursor): boolean {
  const value = cursor.bytes[cursor.at] === 0xf5
  cursor.at += 1
  return value
}

export function readNull(cursor: Cursor): null {
  cursor.at += 1
  return null
}

/** A copy, so that a decoded value does not change with the bytes it came from. */
export function readBytes(cursor: Cursor): Uint8Array {
  const length = readArgument(cursor)
  const start = cursor.at
  cursor.at = start + length
  return Uint8Array.prototype.slice.call(cursor.bytes, start, cursor.at)
}

export function readText(cursor: Cursor): string {
  const length = readArgument(cursor)
  const start = cursor.at
  const end = start + length
  cursor.at = end
  if (length > SHORT_TEXT_MAX) return DECODER.decode(cursor.bytes.subarray(start, end))
  let text = ''
  for (let at = start; at < end; at += 1) {
    const byte = cursor.bytes[at] ?? 0
    if (byte >= 0x80) return DECODER.decode(cursor.bytes.subarray(start, end))
    text += String.fromCharCode(byte)
  }
  return text
}

/** The number of items or entries of the array or map whose head is next. */
export function readCount(cursor: Cursor): number {
  return readArgument(cursor)
}
