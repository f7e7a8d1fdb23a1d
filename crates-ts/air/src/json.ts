/**
 * Strict JSON for AIR files and values (spec/03-air.md, "JSON text").
 *
 * Differs from JSON.parse in what it keeps and what it refuses: the text of a number is kept (so that integers above
 * 2^53 and decimals survive), duplicate keys and lone surrogates are refused, nesting is bounded, objects are Maps in
 * the author's order, and every error says where.
 */
import { AosError, type ErrorPath } from '@aos/cbor'
import { AIR_LIMITS } from './limits.ts'

/** A number as written; it always matches the JSON grammar. */
export interface JsonNumber {
  readonly kind: 'number'
  readonly text: string
}

/** Members in the order of the text; a map, because keys are chosen by whoever wrote it. No key stands twice. */
export type JsonObject = ReadonlyMap<string, JsonNode>

/** A JSON value. Objects are Maps, so a key such as `__proto__` is only a key. */
export type JsonNode = null | boolean | string | JsonNumber | readonly JsonNode[] | JsonObject

/** What a reader of JSON text accepts beyond the grammar: how deep it may nest. */
export interface ParseJsonOptions {
  /** Nested arrays and objects that are accepted; `AIR_LIMITS.jsonDepthMax` unless given. */
  readonly depthMax?: number
}

/** Where something stands in a text: UTF-8 bytes before it, line and column (in code points) counted from one. */
export interface JsonPosition {
  readonly offset: number
  readonly line: number
  readonly column: number
}

/**
 * Reads one JSON value and nothing after it. Throws `air.bad_json`, `air.duplicate_key` (with the path of the key) or
 * `air.too_deep`; `details` of each holds a `JsonPosition`.
 */
export function parseJson(text: string, options: ParseJsonOptions = {}): JsonNode {
  const cursor: Cursor = { text, at: 0, path: [], depthLeft: options.depthMax ?? AIR_LIMITS.jsonDepthMax }
  if (!text.isWellFormed()) {
    cursor.at = loneSurrogateAt(text)
    throw badJson(cursor, 'the text has a lone surrogate')
  }
  skipSpace(cursor)
  const node = parseNode(cursor)
  skipSpace(cursor)
  if (cursor.at < text.length) throw badJson(cursor, 'expected the end of the text')
  return node
}

/** A number node of an integer. */
export function jsonInteger(value: number | bigint): JsonNumber {
  return { kind: 'number', text: value.toString() }
}

/** True for an object (a Map). */
export function isJsonObject(node: JsonNode | undefined): node is JsonObject {
  return node instanceof Map
}

/** True for an array; a map of members is an object. */
export function isJsonArray(node: JsonNode | undefined): node is readonly JsonNode[] {
  return Array.isArray(node)
}

/** True for a number node. */
export function isJsonNumber(node: JsonNode | undefined): node is JsonNumber {
  return typeof node === 'object' && node !== null && !isJsonArray(node) && !isJsonObject(node)
}

interface Cursor {
  readonly text: string
  at: number
  readonly path: (string | number)[]
  depthLeft: number
}

function parseNode(cursor: Cursor): JsonNode {
  switch (cursor.text.charCodeAt(cursor.at)) {
    case 0x7b: // {
      return parseObject(cursor)
    case 0x5b: // [
      return parseArray(cursor)
    case 0x22: // "
      return parseString(cursor)
    case 0x74:
      return parseWord(cursor, 'true', true)
    case 0x66:
      return parseWord(cursor, 'false', false)
    case 0x6e:
      return parseWord(cursor, 'null', null)
    default:
      return parseNumber(cursor)
  }
}

function parseWord<T extends JsonNode>(cursor: Cursor, word: string, value: T): T {
  if (!cursor.text.startsWith(word, cursor.at)) throw badJson(cursor, 'expected a value')
  cursor.at += word.length
  return value
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

function parseNumber(cursor: Cursor): JsonNumber {
  NUMBER.lastIndex = cursor.at
  const text = NUMBER.exec(cursor.text)?.[0]
  if (text === undefined) throw badJson(cursor, 'expected a value')
  cursor.at += text.length
  if (/[0-9.]/.test(cursor.text.charAt(cursor.at))) throw badJson(cursor, 'a number is spelled wrongly')
  return { kind: 'number', text }
}

function parseObject(cursor: Cursor): JsonObject {
  enter(cursor)
  const members = new Map<string, JsonNode>()
  cursor.at += 1
  skipSpace(cursor)
  if (take(cursor, '}')) return leave(cursor, members)
  for (;;) {
    if (cursor.text.charAt(cursor.at) !== '"') throw badJson(cursor, 'expected a key')
    const keyAt = cursor.at
    const key = parseString(cursor)
    cursor.path.push(key)
    if (members.has(key)) throw duplicateKey(cursor, key, keyAt)
    skipSpace(cursor)
    if (!take(cursor, ':')) throw badJson(cursor, 'expected a colon after a key')
    skipSpace(cursor)
    members.set(key, parseNode(cursor))
    cursor.path.pop()
    skipSpace(cursor)
    if (take(cursor, '}')) return leave(cursor, members)
    if (!take(cursor, ',')) throw badJson(cursor, 'expected a comma or a closing brace')
    skipSpace(cursor)
  }
}

function parseArray(cursor: Cursor): readonly JsonNode[] {
  enter(cursor)
  const items: JsonNode[] = []
  cursor.at += 1
  skipSpace(cursor)
  if (take(cursor, ']')) return leave(cursor, items)
  for (;;) {
    cursor.path.push(items.length)
    items.push(parseNode(cursor))
    cursor.path.pop()
    skipSpace(cursor)
    if (take(cursor, ']')) return leave(cursor, items)
    if (!take(cursor, ',')) throw badJson(cursor, 'expected a comma or a closing bracket')
    skipSpace(cursor)
  }
}

function enter(cursor: Cursor): void {
  if (cursor.depthLeft === 0) {
    throw new AosError('air.too_deep', 'expected JSON nested less deeply', {
      path: [...cursor.path],
      details: { ...positionAt(cursor.text, cursor.at) },
    })
  }
  cursor.depthLeft -= 1
}

function leave<T>(cursor: Cursor, node: T): T {
  cursor.depthLeft += 1
  return node
}

function take(cursor: Cursor, char: string): boolean {
  if (cursor.text.charAt(cursor.at) !== char) return false
  cursor.at += 1
  return true
}

function skipSpace(cursor: Cursor): void {
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
    cursor.at += 1
  }
}

function parseString(cursor: Cursor): string {
  const { text } = cursor
  const start = cursor.at
  let value = ''
  cursor.at += 1
  let runAt = cursor.at
  for (;;) {
    const code = text.charCodeAt(cursor.at)
    if (code === 0x22) break
    if (code === 0x5c) {
      value += text.slice(runAt, cursor.at) + parseEscape(cursor)
      runAt = cursor.at
    } else if (code >= 0x20) {
      cursor.at += 1
    } else {
      throw badJson(cursor, Number.isNaN(code) ? 'a string is not closed' : 'a control character is not escaped')
    }
  }
  value += text.slice(runAt, cursor.at)
  cursor.at += 1
  if (!value.isWellFormed()) {
    cursor.at = start
    throw badJson(cursor, 'a string has a lone surrogate')
  }
  return value
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

function parseEscape(cursor: Cursor): string {
  const letter = cursor.text.charAt(cursor.at + 1)
  if (letter === 'u') {
    const digits = cursor.text.slice(cursor.at + 2, cursor.at + 6)
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw badJson(cursor, 'expected four hexadecimal digits after \\u')
    cursor.at += 6
    return String.fromCharCode(Number.parseInt(digits, 16))
  }
  const char = ESCAPES.get(letter)
  if (char === undefined) throw badJson(cursor, 'an escape is not one of JSON')
  cursor.at += 2
  return char
}

function badJson(cursor: Cursor, problem: string): AosError {
  const position = positionAt(cursor.text, cursor.at)
  const found =
    cursor.at >= cursor.text.length ? 'the end' : JSON.stringify(cursor.text.slice(cursor.at, cursor.at + 20))
  return new AosError('air.bad_json', `line ${position.line}, column ${position.column}: ${problem}, found ${found}`, {
    path: [...cursor.path],
    details: { ...position },
  })
}

function duplicateKey(cursor: Cursor, key: string, keyAt: number): AosError {
  const path: ErrorPath = [...cursor.path]
  const position = positionAt(cursor.text, keyAt)
  return new AosError(
    'air.duplicate_key',
    `line ${position.line}, column ${position.column}: the key ${JSON.stringify(key.slice(0, 40))} occurs twice`,
    { path, details: { ...position } },
  )
}

function positionAt(text: string, at: number): JsonPosition {
  let [offset, line, column] = [0, 1, 1]
  for (let index = 0; index < at; index += 1) {
    const code = text.charCodeAt(index)
    const isLowHalf = code >= 0xdc00 && code <= 0xdfff
    offset += code < 0x80 ? 1 : code < 0x800 ? 2 : isLowHalf ? 1 : 3
    if (!isLowHalf) column += 1
    if (code === 0x0a) {
      line += 1
      column = 1
    }
  }
  return { offset, line, column }
}

function loneSurrogateAt(text: string): number {
  let at = 0
  while (at < text.length) {
    const point = text.codePointAt(at) ?? 0
    if (point >= 0xd800 && point <= 0xdfff) return at
    at += point > 0xffff ? 2 : 1
  }
  return at
}
