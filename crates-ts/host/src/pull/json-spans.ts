/** Where the parts of a JSON text stand in it. */

/** A value by the places of its text; a text from `start` to `end`. */
export interface JsonSpan {
  readonly start: number
  readonly end: number
  /** Of an object, in the order of the text. */
  readonly members?: readonly MemberSpan[]
  /** Of an array. */
  readonly items?: readonly JsonSpan[]
}

/** From the key to the end of the value. */
export interface MemberSpan {
  readonly key: string
  readonly start: number
  readonly value: JsonSpan
}

/** Of a text that `parseJson` has read: nothing is checked again. */
export function spansOfJson(text: string): JsonSpan {
  return scanValue(text, skipSpace(text, 0))
}

/** What `parseJson` lets pass between values. */
function skipSpace(text: string, from: number): number {
  let at = from
  while (/[ \t\r\n]/.test(text.charAt(at))) at += 1
  return at
}

/** A number, or one of the three words. */
const SCALAR = /[^,\]}\s]*/y

function scanValue(text: string, start: number): JsonSpan {
  switch (text.charAt(start)) {
    case '{':
      return scanObject(text, start)
    case '[':
      return scanArray(text, start)
    case '"':
      return { start, end: endOfString(text, start) }
    default:
      SCALAR.lastIndex = start
      return { start, end: start + (SCALAR.exec(text)?.[0].length ?? 0) }
  }
}

function scanObject(text: string, start: number): JsonSpan {
  const members: MemberSpan[] = []
  let at = skipSpace(text, start + 1)
  while (text.charAt(at) === '"') {
    const keyEnd = endOfString(text, at)
    const key = String(JSON.parse(text.slice(at, keyEnd)))
    const value = scanValue(text, skipSpace(text, skipSpace(text, keyEnd) + 1))
    members.push({ key, start: at, value })
    at = skipSpace(text, value.end)
    if (text.charAt(at) === ',') at = skipSpace(text, at + 1)
  }
  return { start, end: at + 1, members }
}

function scanArray(text: string, start: number): JsonSpan {
  const items: JsonSpan[] = []
  let at = skipSpace(text, start + 1)
  while (text.charAt(at) !== ']') {
    const item = scanValue(text, at)
    items.push(item)
    at = skipSpace(text, item.end)
    if (text.charAt(at) === ',') at = skipSpace(text, at + 1)
  }
  return { start, end: at + 1, items }
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1
  return at + 1
}
