/** Every form in which a secret is looked for, as one expression over bytes written as Latin-1 (spec/13-adapters.md, "Scrubbing"). */

/** Alternatives for one unit of a secret, and the bytes that the longest of them takes. */
interface Unit {
  readonly source: string
  readonly bytesMax: number
}

/** An expression without flags, and the bytes that its longest match takes. */
export interface SecretPattern {
  readonly source: string
  readonly bytesMax: number
}

const BACKSLASHES_MAX = 4

/** All forms of one secret; the longer ones first. */
export function secretPattern(secret: Uint8Array): SecretPattern {
  const forms = [spelled(secret), hex(secret), ...[0, 1, 2].map((shift) => base64(secret, shift))]
  return {
    source: forms.map(({ source }) => source).join('|'),
    bytesMax: Math.max(...forms.map(({ bytesMax }) => bytesMax)),
  }
}

/** As it is, with any of its bytes percent-encoded and any of its characters escaped as in JSON, also JSON in JSON. */
function spelled(secret: Uint8Array): SecretPattern {
  const text = textOf(secret)
  const units = text === undefined ? [...secret].map(byteUnit) : unitsOf(text)
  return joined(units)
}

/** Undefined for bytes that are not UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Backslashes in a row are one unit: how many stand for each is not told by where they stand. */
function unitsOf(text: string): readonly Unit[] {
  const parts = text.match(/\\+|[^]/gu) ?? []
  return parts.map((part) => (part.startsWith('\\') ? backslashUnit(part.length) : characterUnit(part)))
}

function backslashUnit(count: number): Unit {
  const most = count * 2 * BACKSLASHES_MAX
  const one = `\\\\{1,${BACKSLASHES_MAX}}u005[cC]|\\\\|%5[cC]`
  return { source: `(?:${one}){${count},${most}}`, bytesMax: most * (BACKSLASHES_MAX + 5) }
}

function byteUnit(byte: number): Unit {
  return { source: `(?:${exact(byte)}|${percent(byte)})`, bytesMax: 3 }
}

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\b', 'b'],
  ['\f', 'f'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
])

function characterUnit(character: string): Unit {
  const bytes = new TextEncoder().encode(character)
  const raw = [...bytes].map((byte) => `(?:${exact(byte)}|${percent(byte)})`).join('')
  const slashes = `\\\\{1,${BACKSLASHES_MAX}}`
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
  const escaped = units.map((unit) => `${slashes}u${anyCase(unit.toString(16).padStart(4, '0'))}`).join('')
  const short = SHORT_ESCAPES.get(character)
  const others = [
    ...(short === undefined ? [] : [`${slashes}${short}`]),
    ...(character === '"' || character === '/' ? [`${slashes}${character}`] : []),
    ...(character === ' ' ? ['\\+'] : []),
  ]
  // What escapes comes first: where both fit, the longer one is meant.
  const source = `(?:${[escaped, ...others, raw].join('|')})`
  return { source, bytesMax: Math.max(3 * bytes.length, units.length * (BACKSLASHES_MAX + 5)) }
}

function hex(secret: Uint8Array): SecretPattern {
  const units = [...secret].map((byte) => ({ source: anyCase(hexByte(byte)), bytesMax: 2 }))
  return joined(units)
}

/** The characters that depend on the secret alone when `shift` bytes of the group stand before it, in either alphabet. */
function base64(secret: Uint8Array, shift: number): SecretPattern {
  const padded = Buffer.concat([new Uint8Array(shift), secret])
  const encoded = padded.toString('base64').replace(/=+$/, '')
  const first = Math.ceil((shift * 8) / 6)
  const end = Math.floor((padded.length * 8) / 6)
  const units = [...encoded.slice(first, end)].map((character) => {
    const source = character === '+' ? '[+\\-]' : character === '/' ? '[/_]' : character
    return { source, bytesMax: 1 }
  })
  return joined(units)
}

function joined(units: readonly Unit[]): SecretPattern {
  return {
    source: units.map(({ source }) => source).join(''),
    bytesMax: units.reduce((sum, { bytesMax }) => sum + bytesMax, 0),
  }
}

function exact(byte: number): string {
  return `\\x${hexByte(byte)}`
}

function percent(byte: number): string {
  return `%${anyCase(hexByte(byte))}`
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

function anyCase(digits: string): string {
  return digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
}
