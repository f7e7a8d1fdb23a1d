/** Every code that @aos/abi can produce (spec/04-abi.md, spec/08-errors.md). */
import { AosError } from '@aos/cbor'
import type { ErrorPath } from '@aos/cbor'

/** What each code means: what a module returned is not an output envelope (spec/04-abi.md, "Output"). */
export const ABI_ERRORS = {
  'abi.bad_byte': 'an array that stands for bytes holds something else than an integer of 0 to 255',
  'abi.bad_key': 'a field name of an envelope is not a text',
  'abi.duplicate_field': 'an envelope holds the same field twice',
  'abi.malformed':
    'the output is not one well-formed CBOR item; details.cause names the code and details.offset the byte',
  'abi.missing_field': 'an envelope lacks a field that it must have',
  'abi.wrong_type': 'a field of an envelope holds another type than it should',
} as const

/** Codes that reading an output envelope can end with; the kernel makes them the outcome `bad_output`. */
export type AbiErrorCode = keyof typeof ABI_ERRORS

/** A refusal of an envelope at `path`; `offset` is where the refused item starts. */
export function abiError(code: AbiErrorCode, path: ErrorPath, offset: number, message: string): AosError {
  return new AosError(code, message, { path, details: { offset } })
}
