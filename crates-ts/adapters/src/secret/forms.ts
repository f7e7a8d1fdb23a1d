/** Every form in which a secret is looked for (spec/25-secrets.md, "Scrubbing"). */
import { endsOf, firstBytes, hexDigit, skipBackslashes, textOf, unitBytesMax, unitsOf } from './unit.ts'
import type { Unit } from './unit.ts'

/** One way to write one secret. */
export interface Form {
  /** Pairs of bytes with which it may begin, the first of them as it is. */
  readonly starts: readonly StartPair[]
  /** The first byte, when that may also be written as an escape. */
  readonly escaped: number | undefined
  /** What the longest occurrence takes. */
  readonly bytesMax: number
  /** The end of the longest occurrence that begins at the place; undefined for none. */
  readonly endOf: (input: Uint8Array, at: number) => number | undefined
}

/** The first two bytes; a second may be ANY. */
export interface StartPair {
  readonly first: number
  readonly second: number
}

/** Any second byte. */
export const ANY: number = -1

const PERCENT = 0x25
const BACKSLASH = 0x5c
const LETTER_N = 0x6e
const LETTER_R = 0x72
const CR = 0x0d
const LF = 0x0a
const BREAKS_MAX = 2
/** Two escaped breaks, and `+` or `/` in the longest of their forms. */
const BASE64_BYTES_MAX: number = 10 + unitBytesMax({ bytes: new Uint8Array(1), count: 1, text: undefined })

/** Of one secret, all. */
export function formsOf(secret: Uint8Array): readonly Form[] {
  const text = textOf(secret)
  return [
    spelled(secret),
    hex(secret),
    ...[0, 1, 2].map((shift) => base64(secret, shift)),
    ...(text === undefined ? [] : wide(text)),
  ]
}

/** As it is, with any of its characters escaped in some way. */
function spelled(secret: Uint8Array): Form {
  const units = unitsOf(secret)
  const endOf = (input: Uint8Array, at: number): number | undefined => {
    let places: readonly number[] = [at]
    for (const unit of units) {
      places = endsOf(input, places, unit)
      if (places.length === 0) return undefined
    }
    return Math.max(...places)
  }
  const bytesMax = units.reduce((sum, unit) => sum + unitBytesMax(unit), 0)
  return { starts: spelledStarts(units), escaped: secret[0], bytesMax, endOf }
}

function spelledStarts([unit, next]: readonly Unit[]): readonly StartPair[] {
  const first = unit?.bytes[0]
  if (unit === undefined || first === undefined) return []
  if (unit.bytes.length > 1) return [unit.bytes[1] ?? 0, PERCENT, BACKSLASH].map((second) => ({ first, second }))
  // Another backslash of the row, or the one of an escape, is among the first bytes of what comes next.
  return (next === undefined ? [ANY] : firstBytes(next)).map((second) => ({ first, second }))
}

function bothCases(byte: number): readonly number[] {
  return byte >= 0x61 && byte <= 0x7a ? [byte, byte - 0x20] : [byte]
}

/** Hexadecimal digits in either case. */
function hex(secret: Uint8Array): Form {
  const digits = Buffer.from(Buffer.from(secret).toString('hex'), 'latin1')
  const values = [...digits].map(hexDigit)
  const [first = 0, second = 0] = digits
  const starts = bothCases(first).flatMap((one) => bothCases(second).map((two) => ({ first: one, second: two })))
  const endOf = (input: Uint8Array, at: number): number | undefined => {
    for (let index = 0; index < values.length; index += 1) {
      if (hexDigit(input[at + index]) !== values[index]) return undefined
    }
    return at + values.length
  }
  return { starts, escaped: undefined, bytesMax: values.length, endOf }
}

/** UTF-16 in both byte orders. */
function wide(text: string): readonly Form[] {
  const little = Buffer.from(text, 'utf16le')
  return [little, Buffer.from(little).swap16()].map((bytes) => ({
    starts: [{ first: bytes[0] ?? 0, second: bytes[1] ?? 0 }],
    escaped: undefined,
    bytesMax: bytes.length,
    endOf: (input, at) => {
      for (let index = 0; index < bytes.length; index += 1) if (input[at + index] !== bytes[index]) return undefined
      return at + bytes.length
    },
  }))
}

/** The characters that depend on the secret alone when `shift` bytes of the group stand before it, in either alphabet. */
function base64(secret: Uint8Array, shift: number): Form {
  const padded = Buffer.concat([new Uint8Array(shift), secret])
  const encoded = padded.toString('base64').replace(/=+$/, '')
  const own = encoded.slice(Math.ceil((shift * 8) / 6), Math.floor((padded.length * 8) / 6))
  const characters = [...own].map(base64Character)
  const endOf = (input: Uint8Array, at: number): number | undefined => {
    let place = at
    for (const [index, character] of characters.entries()) {
      const behind = readBase64(input, index === 0 ? place : skipBreaks(input, place), character)
      if (behind === undefined) return undefined
      place = behind
    }
    return place
  }
  const escaped = characters[0]?.unit?.bytes[0]
  return { starts: base64Starts(characters), escaped, bytesMax: own.length * BASE64_BYTES_MAX, endOf }
}

interface Base64Character {
  readonly byte: number
  /** In the other alphabet. */
  readonly other: number
  /** For the two that are often escaped. */
  readonly unit: Unit | undefined
}

function base64Character(character: string): Base64Character {
  const byte = character.charCodeAt(0)
  if (character === '+') return { byte, other: 0x2d, unit: unitsOf(Uint8Array.of(byte))[0] }
  if (character === '/') return { byte, other: 0x5f, unit: unitsOf(Uint8Array.of(byte))[0] }
  return { byte, other: byte, unit: undefined }
}

function base64Starts([first, second]: readonly Base64Character[]): readonly StartPair[] {
  if (first === undefined) return []
  const own = second === undefined ? [ANY] : [second.byte, second.other, CR, LF, BACKSLASH]
  const behind = second?.unit === undefined ? own : [...own, ...firstBytes(second.unit)]
  return [first.byte, first.other].flatMap((byte) => behind.map((next) => ({ first: byte, second: next })))
}

function readBase64(input: Uint8Array, at: number, { byte, other, unit }: Base64Character): number | undefined {
  const found = input[at]
  if (found === byte || found === other) return at + 1
  if (unit === undefined) return undefined
  const ends = endsOf(input, [at], unit)
  return ends.length === 0 ? undefined : Math.max(...ends)
}

/** Ends of lines between characters, as they are or as JSON writes them. */
function skipBreaks(input: Uint8Array, at: number): number {
  let place = at
  for (let count = 0; count < BREAKS_MAX; count += 1) {
    const found = input[place]
    if (found === CR || found === LF) {
      place += 1
    } else if (found === BACKSLASH) {
      const behind = skipBackslashes(input, place)
      if (input[behind] !== LETTER_N && input[behind] !== LETTER_R) return place
      place = behind + 1
    } else return place
  }
  return place
}
