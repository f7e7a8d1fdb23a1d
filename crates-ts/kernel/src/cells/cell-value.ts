/** How a cell stands in the trie of its reducer: [generation, bytes of the state, hash of the state] (spec/16-snapshots.md, "Cells"). */
import { CborReader, CborWriter, HASH_BYTES } from '@aos/cbor'
import type { HashBytes } from '@aos/cbor'
import { kernelError } from '../errors.ts'

/** What the index says of a cell. */
export interface CellValue {
  readonly generation: number
  /** Bytes of the state. */
  readonly size: number
  readonly stateHash: HashBytes
}

const FIELDS = 3

/** Canonical, without the prefix. */
export function encodeCellValue(value: CellValue): Uint8Array {
  const writer = new CborWriter(48)
  writer.array(FIELDS)
  writer.uint(value.generation)
  writer.uint(value.size)
  writer.bytes(value.stateHash)
  return writer.take()
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
