/** Well-formed entries for kits, tests and benches: the shape of spec/journal.cddl, without meaning. */
import { CborWriter, HASH_BYTES, formatHash, sha256, type Hash, type HashBytes } from '@aos/cbor'
import { nodeSha256 } from '../node-sha256.ts'
import type { JournalHead, JournalRecord } from '../port.ts'

const KIND_EVENT = 0
const KIND_GENESIS = 3

/** What distinguishes one entry of a test from the next; no kernel made it. */
export interface EntryOptions {
  readonly height: number
  /** Leaf of the entry before; zero at height 0. */
  readonly prev: HashBytes
  /** Goes into ingress, so that entries differ. */
  readonly payload: Uint8Array
  /** Number of the kind: genesis at height 0 and event elsewhere unless given. */
  readonly kind?: number
}

/** What the entries of a test are like. */
export interface EntriesOptions {
  readonly payloadBytes?: number
  /** Text in the payloads, so that two histories differ. */
  readonly mark?: string
  /** The kind at a height, see EntryOptions. */
  readonly kindAt?: (height: number) => number | undefined
}

/** One chained entry with correct part hashes. */
export function makeEntry(options: EntryOptions): JournalRecord {
  const { height, prev, payload, kind = height === 0 ? KIND_GENESIS : KIND_EVENT } = options
  const ingress = encoded((writer) => {
    writer.map(2)
    writer.uint(0)
    writer.uint(kind)
    writer.uint(1)
    writer.bytes(payload)
  })
  const derived = encoded((writer) => {
    writer.array(0)
  })
  const header = encoded((writer) => {
    writer.map(8)
    for (const [key, value] of [height, kind, 1_000 + height, 1_000 + height].entries()) {
      writer.uint(key)
      writer.uint(value)
    }
    writer.uint(6)
    writer.bytes(sha256(nodeSha256, ingress))
    writer.uint(7)
    writer.bytes(sha256(nodeSha256, derived))
    writer.uint(8)
    writer.uint(0)
    writer.uint(9)
    writer.bytes(prev)
  })
  const bytes = encoded((writer) => {
    writer.array(4)
    writer.raw(header)
    writer.raw(ingress)
    writer.raw(derived)
    writer.null()
  })
  return { height, leaf: leafOf(header), bytes }
}

/** `count` chained entries after `head`; the payload of each is its height as text, padded to `payloadBytes`. */
export function makeEntries(
  head: JournalHead | undefined,
  count: number,
  options: EntriesOptions = {},
): readonly JournalRecord[] {
  const records: JournalRecord[] = []
  let prev: HashBytes = head?.leaf ?? new Uint8Array(HASH_BYTES)
  const from = head === undefined ? 0 : head.height + 1
  for (let height = from; height < from + count; height += 1) {
    const text = `${options.mark ?? 'entry'} ${height} `.padEnd(options.payloadBytes ?? 0, '.')
    const kind = options.kindAt?.(height)
    const payload = new TextEncoder().encode(text)
    const record = makeEntry({ height, prev, payload, ...(kind === undefined ? {} : { kind }) })
    records.push(record)
    prev = record.leaf
  }
  return records
}

/** Where the journal stands after these records. */
export function headOf(records: readonly JournalRecord[]): JournalHead {
  const last = records.at(-1)
  if (last === undefined) throw new RangeError('there are no records')
  return { height: last.height, leaf: last.leaf }
}

/** The world id of a journal that starts with these records. */
export function worldOf(records: readonly JournalRecord[]): Hash {
  const first = records[0]
  if (first?.height !== 0) throw new RangeError('the first record must be genesis')
  return formatHash(first.leaf)
}

function encoded(write: (writer: CborWriter) => void): Uint8Array {
  const writer = new CborWriter()
  write(writer)
  return writer.take()
}

function leafOf(header: Uint8Array): HashBytes {
  const input = new Uint8Array(1 + header.length)
  input.set(header, 1)
  return sha256(nodeSha256, input)
}
