/** Hashes that stand in bytes, wherever that is (spec/16-snapshots.md, "Retention"): no schema is asked, so rather one too many is found. */
import { CborReader, HASH_BYTES, fromHex } from '@aos/cbor'
import { KIND_NUMBER } from '@aos/kernel'
import { entryKind } from '../journal-scan.ts'

/** Called with each hash; the bytes may be a view. */
export type OnHash = (hash: Uint8Array) => void

const TEXT = 'sha256:'
const DIGITS = 64
const BYTES_HEAD = { short: 0x58, two: 0x59, four: 0x5a } as const

/** Byte strings of 32 bytes, with a head of any length, and texts `sha256:` with 64 digits. */
export function findHashes(bytes: Uint8Array, onHash: OnHash): void {
  for (let at = bytes.indexOf(HASH_BYTES, 1); at > 0; at = bytes.indexOf(HASH_BYTES, at + 1)) {
    if (at + HASH_BYTES < bytes.length && endsHead(bytes, at)) onHash(bytes.subarray(at + 1, at + 1 + HASH_BYTES))
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = buffer.indexOf(TEXT); at >= 0; at = buffer.indexOf(TEXT, at + 1)) {
    const digits = buffer.toString('latin1', at + TEXT.length, at + TEXT.length + DIGITS).toLowerCase()
    if (/^[0-9a-f]{64}$/.test(digits)) onHash(fromHex(digits))
  }
}

/** Whether the byte, which is 32, is the last one of the head of a byte string. */
function endsHead(bytes: Uint8Array, at: number): boolean {
  const before = bytes[at - 1]
  if (before === BYTES_HEAD.short) return true
  if (before !== 0) return false
  return (
    bytes[at - 2] === BYTES_HEAD.two ||
    (bytes[at - 2] === 0 && bytes[at - 3] === 0 && bytes[at - 4] === BYTES_HEAD.four)
  )
}

const INGRESS_BLOBS = 6
const INGRESS_COMMAND = 10

/**
 * Of a whole entry: what its ingress lists and its command names, and what stands in its values. Other hashes in it are of its own parts,
 * or of states, which a replay derives again. A claim of a snapshot root keeps nothing.
 */
export function findHashesOfEntry(entry: Uint8Array, onHash: OnHash): void {
  if (entryKind(entry) === KIND_NUMBER.snapshot_root) return
  const reader = new CborReader(entry)
  reader.array()
  reader.skip()
  for (let left = reader.map(); left > 0; left -= 1) {
    const field = reader.uint()
    const from = reader.offset
    reader.skip()
    if (field === INGRESS_BLOBS || field === INGRESS_COMMAND) findHashes(entry.subarray(from, reader.offset), onHash)
  }
  reader.skip()
  findHashes(entry.subarray(reader.offset), onHash)
}
