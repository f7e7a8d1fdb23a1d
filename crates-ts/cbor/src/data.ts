/** The data model of the dynamic codec (spec/02-encoding.md, "Data model"). */

/**
 * A tag and its content. A class, so that no record made by someone else can pass for one: a plain object with the same
 * three fields is encoded as a map.
 */
export class Tagged {
  readonly kind = 'tag' as const
  readonly tag: number | bigint
  readonly value: Data

  constructor(tag: number | bigint, value: Data) {
    this.tag = tag
    this.value = value
  }
}

/**
 * What can be encoded. Decoding yields a `Map` for every map, a number for integers within ±(2^53−1) and for floats,
 * a bigint for the other integers of −2^64…2^64−1, and views into the input for byte strings.
 * Records are an input convenience: plain objects, own enumerable keys.
 */
export type Data =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Tagged
  | readonly Data[]
  | ReadonlyMap<Data, Data>
  | { readonly [key: string]: Data }

/** How many arrays, maps and tags may be open around an item, unless the caller says otherwise. */
export const DEPTH_MAX_DEFAULT = 128

/** Tag 55799, "self-described CBOR": the prefix of nodes, values, keys and events. */
export const PREFIX: Uint8Array = Uint8Array.of(0xd9, 0xd9, 0xf7)

/** Tag 55799 of RFC 8949, which marks bytes as CBOR and says nothing about them. */
export const PREFIX_TAG = 55799

/** True when `bytes` holds the prefix at `at`. */
export function hasPrefix(bytes: Uint8Array, at = 0): boolean {
  return bytes[at] === 0xd9 && bytes[at + 1] === 0xd9 && bytes[at + 2] === 0xf7
}
