/** How one character or byte of a secret may be written (spec/25-secrets.md, "Scrubbing"). */

const PERCENT = 0x25
const AMPERSAND = 0x26
const PLUS = 0x2b
const SEMICOLON = 0x3b
const BACKSLASH = 0x5c
const LOWER_U = 0x75
const LOWER_X = 0x78

/** Bytes with which an escape begins. */
export const ESCAPE_STARTS: readonly number[] = [PERCENT, AMPERSAND, PLUS, BACKSLASH]

/** So many backslashes may stand before an escape: two are JSON in JSON, four JSON in that. */
const BACKSLASHES_MAX = 4
/** `%2541` and `%252541` are what was percent-encoded again. */
const PERCENTS_MAX = 2
/** `&amp;#38;` and `&amp;amp;#38;` likewise. */
const AMPS_MAX = 2
const REFERENCE_ZEROS_MAX = 5

/** Letters of the short escapes of JSON, and what may be escaped by itself. */
const SHORT_ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x08, 0x62],
  [0x09, 0x74],
  [0x0a, 0x6e],
  [0x0c, 0x66],
  [0x0d, 0x72],
  [0x22, 0x22],
  [0x27, 0x27],
  [0x2f, 0x2f],
])

/** Names of ASCII characters in HTML. */
const HTML_NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  ['\t', ['Tab']],
  ['\n', ['NewLine']],
  ['!', ['excl']],
  ['"', ['quot', 'QUOT']],
  ['#', ['num']],
  ['$', ['dollar']],
  ['%', ['percnt']],
  ['&', ['amp', 'AMP']],
  ["'", ['apos']],
  ['(', ['lpar']],
  [')', ['rpar']],
  ['*', ['ast', 'midast']],
  ['+', ['plus']],
  [',', ['comma']],
  ['.', ['period']],
  ['/', ['sol']],
  [':', ['colon']],
  [';', ['semi']],
  ['<', ['lt', 'LT']],
  ['=', ['equals']],
  ['>', ['gt', 'GT']],
  ['?', ['quest']],
  ['@', ['commat']],
  ['[', ['lbrack', 'lsqb']],
  ['\\', ['bsol']],
  [']', ['rbrack', 'rsqb']],
  ['^', ['Hat']],
  ['_', ['lowbar', 'UnderBar']],
  ['`', ['grave', 'DiacriticalGrave']],
  ['{', ['lbrace', 'lcub']],
  ['|', ['verbar', 'vert', 'VerticalLine']],
  ['}', ['rbrace', 'rcub']],
])

/** The longest way to write one byte: an ampersand as `\\\\u0026`, `amp;` twice, and a name. */
const WRITTEN_BYTES_MAX = 40

/** One character of a secret that is text, or one byte of one that is none. Backslashes in a row are one unit. */
export interface Unit {
  readonly bytes: Uint8Array
  /** How many of it stand in a row; 1 for anything but a backslash. */
  readonly count: number
  /** Absent for a byte that is no text. */
  readonly text: CharacterForms | undefined
}

interface CharacterForms {
  /** UTF-16. */
  readonly codeUnits: readonly number[]
  readonly codePoint: number
  readonly shortEscape: number | undefined
  readonly names: readonly Uint8Array[]
}

/** Units of a secret: its characters when it is UTF-8, else its bytes. */
export function unitsOf(secret: Uint8Array): readonly Unit[] {
  const text = textOf(secret)
  if (text === undefined) return [...secret].map((byte) => ({ bytes: Uint8Array.of(byte), count: 1, text: undefined }))
  const parts = text.match(/\\+|[^]/gu) ?? []
  return parts.map((part) => {
    const isRow = part.startsWith('\\')
    const character = isRow ? '\\' : part
    return { bytes: new TextEncoder().encode(character), count: isRow ? part.length : 1, text: formsOf(character) }
  })
}

/** Undefined for bytes that are not UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function formsOf(character: string): CharacterForms {
  const codePoint = character.codePointAt(0) ?? 0
  return {
    codeUnits: Array.from({ length: character.length }, (_, at) => character.charCodeAt(at)),
    codePoint,
    shortEscape: SHORT_ESCAPES.get(codePoint),
    names: (HTML_NAMES.get(character) ?? []).map((name) => Buffer.from(name, 'latin1')),
  }
}

/** What the longest way to write it takes. */
export function unitBytesMax({ bytes, count }: Unit): number {
  return bytes.length * WRITTEN_BYTES_MAX * (bytes[0] === BACKSLASH ? 2 * BACKSLASHES_MAX * count : 1)
}

/** Bytes with which a written unit may begin. */
export function firstBytes({ bytes, text }: Unit): readonly number[] {
  const plus = text?.codePoint === 0x20 ? [PLUS] : []
  return [bytes[0] ?? 0, PERCENT, BACKSLASH, ...(text === undefined ? [] : [AMPERSAND]), ...plus]
}

/** Every place at which the unit, written at one of `places`, may end. */
export function endsOf(input: Uint8Array, places: readonly number[], unit: Unit): readonly number[] {
  const [place, ...others] = places
  if (place !== undefined && others.length === 0 && isPlain(input[place], unit)) return [place + 1]
  const ends = new Set<number>()
  for (const at of places) {
    if (unit.bytes[0] === BACKSLASH) addRowEnds(input, at, unit, ends)
    else addEnds(input, at, unit, ends)
  }
  return [...ends]
}

/** The one byte that the unit is, where that can be nothing else. */
function isPlain(found: number | undefined, { bytes }: Unit): boolean {
  return bytes.length === 1 && found === bytes[0] && found !== PERCENT && found !== AMPERSAND && found !== BACKSLASH
}

/** How many stand for each backslash is not told by where they stand: from one to eight. */
function addRowEnds(input: Uint8Array, at: number, unit: Unit, ends: Set<number>): void {
  const most = 2 * BACKSLASHES_MAX * unit.count
  let row = at
  while (row <= at + most + BACKSLASHES_MAX && input[row] === BACKSLASH) row += 1
  if (row > at + most + BACKSLASHES_MAX) {
    // In the midst of a longer row no escape begins, so nothing else of the secret does.
    ends.add(at + most)
    return
  }
  let places: ReadonlySet<number> = new Set([at])
  for (let written = 1; written <= most; written += 1) {
    const next = new Set<number>()
    for (const place of places) addEnds(input, place, unit, next)
    if (next.size === 0) return
    if (written >= unit.count) for (const place of next) ends.add(place)
    places = next
  }
}

function addEnds(input: Uint8Array, at: number, { bytes, text }: Unit, ends: Set<number>): void {
  const first = input[at]
  if (first === undefined) return
  addByteEnds(input, at, bytes, ends)
  if (text === undefined) return
  if (first === BACKSLASH) addEscapes(input, at, text, ends)
  if (first === AMPERSAND || first === BACKSLASH) addReference(input, at, text, ends)
  if (first === PLUS && text.codePoint === 0x20) ends.add(at + 1)
}

/** Each byte as it is, percent-encoded, or as `\xHH`. */
function addByteEnds(input: Uint8Array, at: number, bytes: Uint8Array, ends: Set<number>): void {
  let places: ReadonlySet<number> = new Set([at])
  for (const byte of bytes) {
    const next = bytes.length === 1 ? ends : new Set<number>()
    for (const place of places) {
      if (input[place] === byte) next.add(place + 1)
      if (input[place] === PERCENT) addPercent(input, place, byte, next)
      if (input[place] === BACKSLASH) addHexEscape(input, place, byte, next)
    }
    places = next
  }
  if (bytes.length > 1) for (const place of places) ends.add(place)
}

function addPercent(input: Uint8Array, at: number, byte: number, ends: Set<number>): void {
  let place = at + 1
  for (let again = 0; again <= PERCENTS_MAX; again += 1) {
    if (readHex(input, place, 2) === byte) ends.add(place + 2)
    if (input[place] !== 0x32 || input[place + 1] !== 0x35) return
    place += 2
  }
}

function addHexEscape(input: Uint8Array, at: number, byte: number, ends: Set<number>): void {
  const place = skipBackslashes(input, at)
  if (input[place] === LOWER_X && readHex(input, place + 1, 2) === byte) ends.add(place + 3)
}

/** `\uXXXX` for each UTF-16 unit, or the short escape. */
function addEscapes(input: Uint8Array, at: number, text: CharacterForms, ends: Set<number>): void {
  const place = skipBackslashes(input, at)
  if (text.shortEscape !== undefined && input[place] === text.shortEscape) ends.add(place + 1)
  let unitAt = at
  for (const unit of text.codeUnits) {
    const behind = skipBackslashes(input, unitAt)
    if (behind === unitAt || input[behind] !== LOWER_U || readHex(input, behind + 1, 4) !== unit) return
    unitAt = behind + 5
  }
  ends.add(unitAt)
}

/** A character reference of HTML, numeric or named. */
function addReference(input: Uint8Array, at: number, text: CharacterForms, ends: Set<number>): void {
  let place = readAmpersand(input, at)
  if (place === undefined) return
  for (let again = 0; again <= AMPS_MAX; again += 1) {
    const end = input[place] === 0x23 ? readNumber(input, place + 1, text) : readName(input, place, text)
    if (end !== undefined && input[end] === SEMICOLON) ends.add(end + 1)
    if (!isAt(input, place, AMP)) return
    place += AMP.length
  }
}

const AMP: Uint8Array = Buffer.from('amp;', 'latin1')

/**
 * Calls with the first UTF-8 byte of every character that an escape at the place may stand for. A filter: it may name too many,
 * never too few.
 */
export function eachEscaped(input: Uint8Array, at: number, tell: (firstByte: number) => void): void {
  switch (input[at]) {
    case PLUS:
      tell(0x20)
      return
    case PERCENT:
      eachPercent(input, at, tell)
      return
    case AMPERSAND:
      eachReference(input, at + 1, tell)
      return
    case BACKSLASH: {
      const place = skipBackslashes(input, at)
      const letter = input[place]
      if (letter === LOWER_X) tell(readHex(input, place + 1, 2))
      if (letter === LOWER_U) eachCodeUnit(input, place, tell)
      for (const [character, escape] of SHORT_ESCAPES) if (escape === letter) tell(character)
      return
    }
    default:
  }
}

function eachPercent(input: Uint8Array, at: number, tell: (firstByte: number) => void): void {
  for (let place = at + 1; place <= at + 1 + 2 * PERCENTS_MAX; place += 2) {
    const byte = readHex(input, place, 2)
    if (byte < 0) return
    tell(byte)
  }
}

function eachCodeUnit(input: Uint8Array, at: number, tell: (firstByte: number) => void): void {
  const unit = readHex(input, at + 1, 4)
  if (unit < 0) return
  const isFirstOfPair = unit >= 0xd800 && unit < 0xdc00
  tell(firstByteOf(isFirstOfPair ? 0x10000 + (unit - 0xd800) * 0x400 : unit))
  if (unit === AMPERSAND) eachReference(input, at + 5, tell)
}

function eachReference(input: Uint8Array, at: number, tell: (firstByte: number) => void): void {
  let place = at
  for (let again = 0; again < AMPS_MAX && isAt(input, place, AMP); again += 1) {
    tell(AMPERSAND)
    place += AMP.length
  }
  if (input[place] !== 0x23) {
    for (const { name, byte } of NAMED) if (isAt(input, place, name)) tell(byte)
    return
  }
  const isHex = ((input[place + 1] ?? 0) | 0x20) === LOWER_X
  let code = 0
  for (let index = place + (isHex ? 2 : 1); input[index] !== SEMICOLON; index += 1) {
    const digit = hexDigit(input[index])
    if (digit < 0 || (!isHex && digit > 9) || code > 0x10ffff) return
    code = code * (isHex ? 16 : 10) + digit
  }
  tell(firstByteOf(code))
}

const NAMED: readonly { readonly name: Uint8Array; readonly byte: number }[] = [...HTML_NAMES].flatMap(
  ([character, names]) => names.map((name) => ({ name: Buffer.from(name, 'latin1'), byte: character.charCodeAt(0) })),
)

/** In UTF-8. */
function firstByteOf(codePoint: number): number {
  if (codePoint < 0x80) return codePoint
  if (codePoint < 0x800) return 0xc0 | (codePoint >> 6)
  return codePoint < 0x10000 ? 0xe0 | (codePoint >> 12) : 0xf0 | ((codePoint >> 18) & 7)
}

/** `&`, or as JSON may write it: `\u0026`. */
function readAmpersand(input: Uint8Array, at: number): number | undefined {
  if (input[at] === AMPERSAND) return at + 1
  const place = skipBackslashes(input, at)
  return input[place] === LOWER_U && readHex(input, place + 1, 4) === AMPERSAND ? place + 5 : undefined
}

function readNumber(input: Uint8Array, at: number, { codePoint }: CharacterForms): number | undefined {
  const isHex = ((input[at] ?? 0) | 0x20) === LOWER_X
  let place = isHex ? at + 1 : at
  for (let zeros = 0; zeros < REFERENCE_ZEROS_MAX && input[place] === 0x30; zeros += 1) place += 1
  const digits = codePoint.toString(isHex ? 16 : 10)
  for (let index = 0; index < digits.length; index += 1) {
    const found = input[place + index] ?? 0
    // Bit 5 makes letters lower-case and leaves digits.
    if ((found | 0x20) !== digits.charCodeAt(index)) return undefined
  }
  return place + digits.length
}

function readName(input: Uint8Array, at: number, { names }: CharacterForms): number | undefined {
  for (const name of names) if (isAt(input, at, name) && input[at + name.length] === SEMICOLON) return at + name.length
  return undefined
}

/** The place behind one to four backslashes; the given place when there is none. */
export function skipBackslashes(input: Uint8Array, at: number): number {
  let place = at
  while (place < at + BACKSLASHES_MAX && input[place] === BACKSLASH) place += 1
  return place
}

/** The value of so many hexadecimal digits; -1 for anything else. */
function readHex(input: Uint8Array, at: number, digits: number): number {
  let value = 0
  for (let index = 0; index < digits; index += 1) {
    const digit = hexDigit(input[at + index])
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

/** The value of a digit in either case; -1 for what is none. */
export function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function isAt(input: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index += 1) if (input[at + index] !== expected[index]) return false
  return true
}
