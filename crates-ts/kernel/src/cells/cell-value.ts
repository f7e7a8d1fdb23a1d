/** How a cell stands in the trie of its reducer: [generation, bytes of the state, hash of the state] (spec/16-snapshots.md, "Cells"). */
import { CborReader, HASH_BYTES } from '@aos/cbor'
import type { HashBytes } from '@aos/cbor'
import { headBytes, writeHead } from '../collections/branch-draft.ts'
import { kernelError } from '../errors.ts'

/** What the index says of a cell. */
export interface CellValue {
  readonly generation: number
  /** Bytes of the state. */
  readonly size: number
  readonly stateHash: HashBytes
}

const FIELDS = 3
const ARRAY = 0x80
const HASH_HEAD = [0x58, HASH_BYTES] as const

/** Canonical, without the prefix. */
export function encodeCellValue(value: CellValue): Uint8Array {
  const { generation, size, stateHash } = value
  const bytes = new Uint8Array(1 + headBytes(generation) + headBytes(size) + HASH_HEAD.length + HASH_BYTES)
  bytes[0] = ARRAY | FIELDS
  let at = writeHead(bytes, 1, 0, generation)
  at = writeHead(bytes, at, 0, size)
  for (const byte of HASH_HEAD) bytes[at++] = byte
  for (let index = 0; index < HASH_BYTES; index += 1) bytes[at + index] = stateHash[index] ?? 0
  return bytes
}

/** Throws `kernel.bad_snapshot`. */
export function decodeCellValue(bytes: Uint8Array): CellValue {
  const reader = new CborReader(bytes)
  const fields = reader.array()
  const generation = Number(reader.uint())
  const size = Number(reader.uint())
  const stateHash = reader.bytes()
  if (fields !== FIELDS || stateHash.length !== HASH_BYTES) {
    throw kernelError('kernel.bad_snapshot', 'the index has a cell that is not in its form')
  }
  return { generation, size, stateHash }
}
