/** What a compiled schema can do (spec/03-values.md). */
import type { CanonicalBytes, Issue } from '@aos/cbor'
import type { Value } from '../model.ts'

/** A value, or everything that is wrong with it in the order of paths; never both. */
export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issues: readonly Issue[] }

/** Where a field stands inside the bytes of a value; filled by a `FieldLocator`. */
export interface FieldRange {
  /** Offset of its first byte. */
  start: number
  /** Offset after its last byte. */
  end: number
}

/** Fills `range` with the field's bytes; false when the value's variant arm or option has no such field. */
export type FieldLocator = (bytes: Uint8Array, range: FieldRange) => boolean

/**
 * A codec compiled once per schema. All byte forms carry the self-describe prefix d9d9f7 unless said otherwise.
 */
export interface SchemaCodec {
  /**
   * Strict check of one value in canonical form at `start`, without the prefix. Returns the offset after it.
   * Allocates nothing on success. Throws AosError (`air.*` or `cbor.*`) with path and details.offset.
   */
  readonly validateAt: (bytes: Uint8Array, start: number) => number
  /** Strict check of a whole prefixed value; throws like validateAt, also on a missing prefix and on trailing bytes. */
  readonly validate: (bytes: Uint8Array) => void
  /**
   * Canonical prefixed bytes of a decoded value; sets and maps may be in any order. Throws `air.type_mismatch` and kin
   * with path. The bytes may be a view into a buffer that holds other values too: never use their `buffer` alone.
   */
  readonly encode: (value: Value) => CanonicalBytes
  /** Strict decode of prefixed canonical bytes. */
  readonly decode: (bytes: Uint8Array) => Value
  /**
   * Foreign CBOR (prefix optional, any key order and head lengths, one-key or bare-text variants, missing options) to
   * canonical prefixed bytes (K20). Duplicate keys are refused. Bytes that are prefixed and canonical already are given
   * back as they are, the same array. Throws `air.*` or `cbor.*`.
   */
  readonly normalize: (foreign: Uint8Array) => CanonicalBytes
  /**
   * Throws as `normalize` does when the foreign bytes are not a value of the type, and makes nothing: for state, which is
   * checked and stored byte for byte. Costs one validation when the bytes are strict, with or without the prefix.
   */
  readonly accepts: (foreign: Uint8Array) => void
  /** A compiled finder for a dotted path (`a.b`, `$value.airport`) in prefixed canonical bytes; undefined when the type has no such path. */
  readonly locate: (path: string) => FieldLocator | undefined
}
