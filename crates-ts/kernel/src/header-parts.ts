/** What stands in the header of an entry, and how long it is (K4; spec/journal.cddl). */
import { HASH_BYTES } from '@aos/cbor'
import type { HashBytes } from '@aos/cbor'

/** The fields of a header that are known before the parts are hashed. */
export interface HeaderParts {
  readonly height: number
  readonly kindNumber: number
  readonly nowNs: bigint
  readonly logicalNowNs: bigint
  readonly manifest: HashBytes | undefined
  readonly engine: HashBytes | undefined
  readonly fuel: number
  readonly prev: HashBytes
}

const DIGEST_ITEM_BYTES = 2 + HASH_BYTES

/** Bytes of the header with these fields, as the writer of entries writes it. */
export function headerSize(header: HeaderParts): number {
  const digests = 3 + (header.manifest === undefined ? 0 : 1) + (header.engine === undefined ? 0 : 1)
  const { height, kindNumber, nowNs, logicalNowNs, fuel } = header
  const numbers = uintSize(height) + uintSize(kindNumber) + uintSize(nowNs) + uintSize(logicalNowNs) + uintSize(fuel)
  // The head of the map and a key for every field are one byte each.
  return 1 + 5 + digests + numbers + digests * DIGEST_ITEM_BYTES
}

function uintSize(value: number | bigint): number {
  // Times are always long.
  if (value >= 0x1_0000_0000) return 9
  if (value >= 0x1_0000) return 5
  if (value >= 0x100) return 3
  return value < 24 ? 1 : 2
}
