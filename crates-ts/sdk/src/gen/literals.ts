/** Fixed bytes of an encoding (map heads, keys, tags) as constants that the guest stores and compares in words. */

const MAJOR_TEXT = 3
const MAJOR_MAP = 5
const WORD_BYTES = 8
/** Longest key that is compared in words; longer ones are compared with static memory. */
const WORDS_MAX_BYTES = 16

const UTF8 = new TextEncoder()

function encodeHead(major: number, size: number): readonly number[] {
  if (size < 24) return [(major << 5) | size]
  if (size < 0x100) return [(major << 5) | 24, size]
  return [(major << 5) | 25, size >> 8, size & 0xff]
}

/** The canonical encoding of a text. */
export function textBytes(text: string): readonly number[] {
  const content = UTF8.encode(text)
  return [...encodeHead(MAJOR_TEXT, content.length), ...content]
}

/** The head of a map of so many pairs. */
export function mapHead(pairs: number): readonly number[] {
  return encodeHead(MAJOR_MAP, pairs)
}

/** The order of encoded keys: bytewise, which puts shorter texts first. */
export function compareEncoded(left: readonly number[], right: readonly number[]): number {
  for (let at = 0; at < left.length && at < right.length; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

function wordText(bytes: readonly number[]): string {
  return `0x${[...bytes]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')}`
}

function maskText(bytes: readonly number[]): string {
  return `0x${'ff'.repeat(bytes.length)}`
}

function wordsOf(bytes: readonly number[]): readonly (readonly number[])[] {
  const words: number[][] = []
  for (let at = 0; at < bytes.length; at += WORD_BYTES) words.push(bytes.slice(at, at + WORD_BYTES))
  return words
}

/** Statements that write the bytes. */
export function writeLiteral(bytes: readonly number[]): readonly string[] {
  return wordsOf(bytes).map((word) => `writeWord(${wordText(word)}, ${word.length})`)
}

/** A condition that consumes the bytes when they stand at the cursor. */
export function matchLiteral(bytes: readonly number[]): string {
  if (bytes.length > WORDS_MAX_BYTES) {
    return `matchLiteral(memory.data<u8>([${bytes.join(', ')}]), ${bytes.length})`
  }
  const [first = [], second] = wordsOf(bytes)
  if (second === undefined) return `matchWord(${wordText(first)}, ${maskText(first)}, ${first.length})`
  return `matchWords(${wordText(first)}, ${wordText(second)}, ${maskText(second)}, ${bytes.length})`
}
