/** Every code that @aos/cbor can produce (spec/02-encoding.md, spec/08-errors.md). */
import { AosError } from './error.ts'

/** Code → meaning. Codes are stable; a new refusal gets a new code. */
export const CBOR_ERRORS = {
  'cbor.bad_bignum': 'a bignum tag holds no byte string, a leading zero byte, or an integer that fits in 64 bits',
  'cbor.bad_chunk': 'a string of indefinite length holds a chunk that is not a definite string of its own kind',
  'cbor.bad_float': 'a float is not in its shortest exact width, or a NaN is not f97e00',
  'cbor.bad_hash': 'a hash text is not sha256: and 64 lower-case hexadecimal digits',
  'cbor.bad_head': 'the head of an item uses a reserved or impossible additional information value',
  'cbor.bad_hex': 'a text is not an even number of hexadecimal digits',
  'cbor.bad_key': 'a map key is minus zero, which no map can keep apart from zero',
  'cbor.bad_simple': 'a simple value other than false, true and null',
  'cbor.bad_utf8': 'the bytes of a text are not valid UTF-8',
  'cbor.depth': 'arrays, maps and tags are nested deeper than the bound',
  'cbor.duplicate_key': 'a map holds the same key twice',
  'cbor.indefinite_length': 'an item of indefinite length where only definite lengths are canonical',
  'cbor.integer_range': 'an integer outside -2^64 to 2^64-1',
  'cbor.integral_float': 'a float whose value is an integer that an integer item can hold',
  'cbor.lone_surrogate': 'a text to encode holds a surrogate without its partner',
  'cbor.missing_prefix': 'the self-describe prefix d9d9f7 is required and absent',
  'cbor.not_shortest': 'an integer, length or tag number is not in its shortest head',
  'cbor.trailing_bytes': 'bytes follow the one item that was expected',
  'cbor.truncated': 'the bytes end before the item does',
  'cbor.unexpected_break': 'a break stands where no item of indefinite length is open',
  'cbor.unexpected_prefix': 'the self-describe tag stands where it is not allowed',
  'cbor.unexpected_type': 'the item is well-formed but not of the type that was asked for',
  'cbor.unsafe_integer':
    'a number beyond 2^53-1 in magnitude stands for a 64-bit integer; only a bigint is exact there',
  'cbor.unsorted_keys': 'the keys of a map are not in the order of their encoded bytes',
  'cbor.unsupported_value': 'a value that the data model does not have, such as undefined, a hole or a class instance',
} as const

/** Codes that encoding, decoding and hashes can end with (spec/02-encoding.md, "Canonical form"). */
export type CborErrorCode = keyof typeof CBOR_ERRORS

/** A refusal of bytes: `offset` is where the refused item (for a map: the refused key) starts. */
export function bytesError(code: CborErrorCode, offset: number, message: string): AosError {
  return new AosError(code, `${message} at byte ${offset}`, { details: { offset } })
}
