/** Texts as the bytes of blobs and bodies, for scripts, which have no TextEncoder. */
import { decodeUtf8 } from './reader.ts'
import { encodeWide } from './writer.ts'

/** The UTF-8 of a text. Throws a TypeError when it holds half of a surrogate pair. */
export function bytesOfText(text: string): Uint8Array {
  return Uint8Array.from(encodeWide(text))
}

/** The text of UTF-8. Throws a TypeError when the bytes are something else. */
export function textOfBytes(bytes: Uint8Array): string {
  return decodeUtf8(bytes, 0, bytes.length)
}
