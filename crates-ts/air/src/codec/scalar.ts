/** Ranges and spellings of the scalar types (spec/03-values.md, "Canonical bytes"). */
import { AosError, type ErrorPath } from '@aos/cbor'

/** The least value of the sort `int`: 64 bits, two's complement. */
export const INT_MIN: bigint = -(2n ** 63n)
/** The greatest value of the sort `int`: 64 bits, two's complement. */
export const INT_MAX: bigint = 2n ** 63n - 1n
/** The greatest value of the sort `nat`: 64 bits without a sign. */
export const NAT_MAX: bigint = 2n ** 64n - 1n

/** Digits of a dec128, the zero before the point of `0.5` not counted. */
export const DEC128_DIGITS_MAX = 34

export type IntegerKind = 'int' | 'nat' | 'time' | 'duration'
/** Sorts that are texts of one permitted spelling. */
export type SpelledKind = 'dec128' | 'uuid' | 'hash'

/** The bounds of an integer type. */
export function integerRange(kind: IntegerKind): { readonly least: bigint; readonly most: bigint } {
  return kind === 'int' || kind === 'duration' ? { least: INT_MIN, most: INT_MAX } : { least: 0n, most: NAT_MAX }
}

/** The one in-memory form of an integer: number within ±(2^53-1), else bigint. */
export function compactInteger(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
}

/** The canonical spelling of a text that means a value of the type; undefined when it means none. */
export function canonicalSpelling(kind: SpelledKind, text: string): string | undefined {
  if (kind === 'dec128') return canonicalDec128(text)
  if (kind === 'uuid') return UUID.test(text) ? text.toLowerCase() : undefined
  return HASH.test(text) ? text.toLowerCase() : undefined
}

/** True when the text is the canonical spelling of a value of the type. */
export function isCanonicalSpelling(kind: SpelledKind, text: string): boolean {
  return canonicalSpelling(kind, text) === text
}

/** The error for a text that is not a value of the type. */
export function badSpelling(kind: SpelledKind, text: string, path: ErrorPath): AosError {
  return new AosError(`air.bad_${kind}`, `expected ${SPELLINGS[kind]}, found ${JSON.stringify(text.slice(0, 80))}`, {
    path,
  })
}

const SPELLINGS: Readonly<Record<SpelledKind, string>> = {
  dec128: 'a decimal number without an exponent, of at most 34 digits',
  uuid: 'a UUID (8-4-4-4-12 hexadecimal digits)',
  hash: 'sha256: and 64 hexadecimal digits',
}

const UUID = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/
const HASH = /^sha256:[0-9a-fA-F]{64}$/
const DEC128 = /^([+-]?)([0-9]+)(?:\.([0-9]+))?$/

/** Drops a plus sign, leading zeros and the sign of zero; keeps trailing zeros, which are significant. */
function canonicalDec128(text: string): string | undefined {
  if (text.length > 128) return undefined
  const match = DEC128.exec(text)
  if (match === null) return undefined
  const [, sign = '', digits = '', fraction] = match
  const whole = digits.replace(/^0+(?=[0-9])/, '')
  const count = (whole === '0' && fraction !== undefined ? 0 : whole.length) + (fraction?.length ?? 0)
  if (count > DEC128_DIGITS_MAX) return undefined
  const number = fraction === undefined ? whole : `${whole}.${fraction}`
  return sign === '-' && /[1-9]/.test(number) ? `-${number}` : number
}
