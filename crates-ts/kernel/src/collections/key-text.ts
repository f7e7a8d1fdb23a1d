/** Keys as maps in memory have them, and their bytes. */
import { CborReader, CborWriter } from '@aos/cbor'

/** Bytes that become text with one call. */
const PIECE_BYTES = 4096

/** Bytes as text with one character a byte. In one piece: an engine takes long to find a key that is joined of many. */
export function textOfBytes(bytes: Uint8Array): string {
  if (bytes.length <= PIECE_BYTES) return pieceOf(bytes)
  let text = ''
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) text += pieceOf(bytes.subarray(at, at + PIECE_BYTES))
  return text
}

function pieceOf(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]) // what is like an array will do
}

/** The bytes of such a text. */
export function bytesOfText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at)
  return bytes
}

/** The UTF-8 bytes of a text. Throws `cbor.lone_surrogate`. */
export function utf8Bytes(text: string): Uint8Array {
  return asciiBytes(text) ?? wideBytes(text)
}

/** undefined for a text with other characters. */
function asciiBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit >= ASCII_END) return undefined
    bytes[at] = unit
  }
  return bytes
}

function wideBytes(text: string): Uint8Array {
  const writer = new CborWriter(text.length + HEAD_BYTES_MAX)
  writer.text(text)
  return new CborReader(asByteString(writer.take())).bytes()
}

/** The text whose UTF-8 bytes are given. Throws `cbor.*`. */
export function utf8Text(bytes: Uint8Array): string {
  const writer = new CborWriter(bytes.length + HEAD_BYTES_MAX)
  writer.bytes(bytes)
  return new CborReader(asText(writer.take())).text()
}

const HEAD_BYTES_MAX = 9
const ASCII_END = 0x80
const TEXT_TO_BYTES = 0x20

/** Bytes and texts differ in one bit of their head. */
function asByteString(item: Uint8Array): Uint8Array {
  item[0] = (item[0] ?? 0) & ~TEXT_TO_BYTES
  return item
}

function asText(item: Uint8Array): Uint8Array {
  item[0] = (item[0] ?? 0) | TEXT_TO_BYTES
  return item
}

/** Eight bytes of a number, in the order of numbers, as text with one character a byte. */
export function orderedNumber(value: bigint): string {
  let text = ''
  for (let shift = 56n; shift >= 0n; shift -= 8n) text += String.fromCharCode(Number((value >> shift) & 255n))
  return text
}

/** The number that such a text begins with. */
export function numberOf(text: string): bigint {
  let value = 0n
  for (let at = 0; at < NUMBER_CHARACTERS; at += 1) value = (value << 8n) | BigInt(text.charCodeAt(at))
  return value
}

/** Characters that `orderedNumber` gives. */
export const NUMBER_CHARACTERS = 8

/** A text as the end of an ordered key: in the order of UTF-8, and never the beginning of another. */
export function orderedText(text: string): string {
  const bytes = textOfBytes(utf8Bytes(text))
  return `${bytes.replaceAll('\u0000', '\u0000\u00ff')}\u0000\u0000`
}

/** The text behind `from` in an ordered key. */
export function textBehind(key: string, from: number): string {
  const bytes = key.slice(from, -2).replaceAll('\u0000\u00ff', '\u0000')
  return utf8Text(bytesOfText(bytes))
}
