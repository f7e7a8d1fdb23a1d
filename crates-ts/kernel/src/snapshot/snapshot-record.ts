/**
 * The record of a snapshot: a fixed number of fields and the roots of the collections (K29; spec/16-snapshots.md, "Snapshot record"). Its hash is
 * the state root.
 */
import { HASH_BYTES, decode, encodeNode, formatHash, hashBytes, isAosError } from '@aos/cbor'
import type { AosError, CanonicalBytes, Data, Hash, HashBytes } from '@aos/cbor'
import { bytesOfText, textOfBytes } from '../collections/key-text.ts'
import type { TrieRoot } from '../collections/trie-update.ts'
import { kernelError } from '../errors.ts'
import type { Watch } from '../governance/watch.ts'
import { Fields } from './fields.ts'
import { readWatch, watchData } from './governance-records.ts'

/** Layout of the record and of what hangs on it. */
export const SNAPSHOT_FORMAT = 1

/** Everything that is state at the end of the entry of a cut. */
export interface SnapshotRecord {
  readonly world: Hash
  /** Of the entry of the cut. */
  readonly height: number
  readonly leaf: HashBytes
  readonly nowNs: bigint
  readonly logicalNowNs: bigint
  readonly clock: 'real' | 'virtual'
  readonly entropy: 'os' | 'seeded'
  readonly manifest: Hash
  readonly manifestHeight: number
  readonly engine: Hash
  readonly keysHeight: number
  /** Number of the next proposal. */
  readonly nextProposal: number
  /** Open intents have to be judged again. */
  readonly needsReview: boolean
  /** The change that is on probation. */
  readonly watch: Watch | undefined
  /** By name; those without entries are left out. */
  readonly collections: ReadonlyMap<string, TrieRoot>
  /** By reducer. */
  readonly cells: ReadonlyMap<string, TrieRoot>
  /** By event schema. */
  readonly waits: ReadonlyMap<string, TrieRoot>
}

/** Prefixed canonical bytes. */
export function encodeSnapshot(record: SnapshotRecord): CanonicalBytes {
  return encodeNode(
    new Map<Data, Data>([
      [0, SNAPSHOT_FORMAT],
      [1, hashBytes(record.world)],
      [2, record.height],
      [3, record.leaf],
      [4, record.nowNs],
      [5, record.logicalNowNs],
      [6, record.clock === 'real' ? 0 : 1],
      [7, record.entropy === 'os' ? 0 : 1],
      [8, hashBytes(record.manifest)],
      [9, record.manifestHeight],
      [10, hashBytes(record.engine)],
      [11, record.keysHeight],
      [12, rootsData(record.collections)],
      [13, rootsData(record.cells)],
      [14, rootsData(record.waits)],
      [15, [record.nextProposal, record.needsReview, watchData(record.watch)]],
    ]),
  )
}

function rootsData(roots: ReadonlyMap<string, TrieRoot>): Data {
  return new Map(
    [...roots].flatMap(([name, { count, ref }]) => (ref === undefined ? [] : [[name, [count, bytesOfText(ref)]]])),
  )
}

const FIELDS = 16

/** Strict. Throws `kernel.bad_snapshot`. */
export function decodeSnapshot(bytes: Uint8Array): SnapshotRecord {
  let data: Data
  try {
    data = decode(bytes, { prefix: 'required' })
  } catch (error) {
    if (!isAosError(error)) throw error
    throw bad(`it is not canonical: ${error.message}`)
  }
  if (!(data instanceof Map)) throw bad('it is no map')
  const fields: ReadonlyMap<Data, Data> = data
  if (fields.get(0) !== SNAPSHOT_FORMAT) throw bad('it is of another format')
  if (fields.size !== FIELDS) throw bad(`it has ${fields.size} fields`)
  return {
    world: hashAt(fields, 1),
    height: countAt(fields, 2),
    leaf: bytesAt(fields, 3),
    nowNs: uintAt(fields, 4),
    logicalNowNs: uintAt(fields, 5),
    clock: countAt(fields, 6) === 0 ? 'real' : 'virtual',
    entropy: countAt(fields, 7) === 0 ? 'os' : 'seeded',
    manifest: hashAt(fields, 8),
    manifestHeight: countAt(fields, 9),
    engine: hashAt(fields, 10),
    keysHeight: countAt(fields, 11),
    ...governanceAt(fields, 15),
    collections: rootsAt(fields, 12),
    cells: rootsAt(fields, 13),
    waits: rootsAt(fields, 14),
  }
}

function governanceAt(
  fields: ReadonlyMap<Data, Data>,
  number: number,
): Pick<SnapshotRecord, 'nextProposal' | 'needsReview' | 'watch'> {
  const value = fields.get(number)
  if (!Array.isArray(value)) throw bad(`field ${number} is no array`)
  const parts = new Fields(value as readonly Data[]) // narrowed to any[]
  const governance = { nextProposal: parts.count(), needsReview: parts.bool(), watch: readWatch(parts) }
  parts.end()
  return governance
}

function bytesAt(fields: ReadonlyMap<Data, Data>, number: number): HashBytes {
  const value = fields.get(number)
  if (value instanceof Uint8Array && value.length === HASH_BYTES) return value
  throw bad(`field ${number} is no hash`)
}

function hashAt(fields: ReadonlyMap<Data, Data>, number: number): Hash {
  return formatHash(bytesAt(fields, number))
}

function uintAt(fields: ReadonlyMap<Data, Data>, number: number): bigint {
  const value = fields.get(number)
  if ((typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))) && value >= 0) {
    return BigInt(value)
  }
  throw bad(`field ${number} is no whole number`)
}

function countAt(fields: ReadonlyMap<Data, Data>, number: number): number {
  const value = Number(uintAt(fields, number))
  if (Number.isSafeInteger(value)) return value
  throw bad(`field ${number} is too large`)
}

function rootsAt(fields: ReadonlyMap<Data, Data>, number: number): ReadonlyMap<string, TrieRoot> {
  const value = fields.get(number)
  if (!(value instanceof Map)) throw bad(`field ${number} is no map`)
  const roots = new Map<string, TrieRoot>()
  const entries: ReadonlyMap<Data, Data> = value
  for (const [name, root] of entries) {
    if (typeof name !== 'string') throw bad(`field ${number} has a key that is no text`)
    roots.set(name, rootOf(root))
  }
  return roots
}

function rootOf(data: Data): TrieRoot {
  if (!Array.isArray(data)) throw bad('a root is no array')
  const [count, hash, ...more] = data as readonly Data[] // an array, as just checked
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1 || more.length > 0)
    throw bad('a root is not in its form')
  if (!(hash instanceof Uint8Array) || hash.length !== HASH_BYTES) throw bad('a root is no hash')
  return { count, ref: textOfBytes(hash) }
}

function bad(what: string): AosError {
  return kernelError('kernel.bad_snapshot', `the record of a snapshot is not in its form: ${what}`)
}
