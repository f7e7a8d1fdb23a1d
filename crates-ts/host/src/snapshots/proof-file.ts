/**
 * A proof about one cell as a file (spec/16-snapshots.md, "Proofs"): what a state root says of the cell, and that the journal claims this
 * root. It is checked without a world.
 */
import { formatJson, isJsonArray, isJsonNumber, isJsonObject, parseJson } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { AosError, CborReader, decode, equalBytes, formatHash, hashBytes, isAosError, isHash, sha256 } from '@aos/cbor'
import type { Data, Hash, HashBytes } from '@aos/cbor'
import { KIND_NUMBER, checkCellProof, proveCell } from '@aos/kernel'
import type { CellProof } from '@aos/kernel'
import { placeInLog, rootOfPlace } from '@aos/store'
import type { LogPlace, SnapshotNote } from '@aos/store'
import type { OpenedFolder } from '../open-world.ts'
import { nodeSha256 } from '../sha256.ts'

/** What stands in a proof file. */
export interface StateProof {
  readonly world: Hash
  readonly cell: CellProof
  readonly claim: RootClaim
}

/** That a journal claims a state root: the entry that does, and its place in the log. */
export interface RootClaim {
  /** Canonical bytes of [header, ingress]. */
  readonly entry: Uint8Array
  readonly place: LogPlace
  readonly logRoot: Hash
}

/** What a proof shows when it holds. */
export interface ShownState {
  readonly world: Hash
  readonly reducer: string
  readonly key: Uint8Array | undefined
  /** Height of the cut: the state is as of its end. */
  readonly height: number
  readonly root: Hash
  /** undefined: there is no such cell. */
  readonly state: Uint8Array | undefined
  /** The log in which the root is claimed. */
  readonly logRoot: Hash
  readonly logSize: number
}

const FORM = 'aos/cell/v1'

/** Reads the headers of the journal once: of compacted entries there is no more. Throws what content throws for a miss, and `kernel.bad_snapshot`. */
export function makeStateProof(
  opened: Pick<OpenedFolder, 'store' | 'readContent'>,
  asked: { readonly note: SnapshotNote; readonly reducer: string; readonly key: Uint8Array | undefined },
): StateProof {
  const { note, reducer, key } = asked
  const { journal } = opened.store
  const content = { get: opened.readContent }
  const cell = proveCell({ sha256: nodeSha256, content }, { root: note.root, reducer, key })
  const leaves: Uint8Array[] = []
  let entry: Uint8Array | undefined
  for (const batch of journal.readHeaders({ from: 0 })) {
    for (const record of batch) {
      leaves.push(record.leaf)
      if (record.height === note.rootHeight && !record.isCompacted) entry = headAndIngress(record.bytes)
    }
  }
  if (entry === undefined) throw badProof(['claim'], `the journal has no height ${note.rootHeight}`)
  const place = placeInLog(new Uint8Array(Buffer.concat(leaves)), note.rootHeight)
  const leaf = leaves[note.rootHeight] ?? new Uint8Array(0)
  const { record } = checkCellProof(nodeSha256, cell)
  return { world: record.world, cell, claim: { entry, place, logRoot: formatHash(rootOfPlace(leaf, place)) } }
}

/** The two parts as an array of their own. */
function headAndIngress(entry: Uint8Array): Uint8Array {
  const reader = new CborReader(entry)
  reader.array()
  const from = reader.offset
  reader.skip()
  reader.skip()
  return Uint8Array.of(ARRAY_OF_TWO, ...entry.subarray(from, reader.offset))
}

const ARRAY_OF_TWO = 0x82

/** Needs no world. Throws `host.bad_proof`, `kernel.bad_proof`, `store.bad_proof`. */
export function checkStateProof(proof: StateProof): ShownState {
  const { cell, claim } = proof
  const { root, record } = checkCellProof(nodeSha256, cell)
  if (record.world !== proof.world) throw badProof(['world'], `the record is of the world ${record.world}`)
  const { leaf, height, claimed, cut } = readClaim(claim.entry)
  if (claimed !== root) throw badProof(['claim', 'entry'], `it claims the root ${claimed}, and the record has ${root}`)
  if (cut !== record.height)
    throw badProof(['claim', 'entry'], `it is of the cut ${cut}, and the record of ${record.height}`)
  if (height !== claim.place.index) throw badProof(['claim', 'index'], `the entry is of height ${height}`)
  const logRoot = formatHash(rootOfPlace(leaf, claim.place))
  if (logRoot !== claim.logRoot) throw badProof(['claim', 'log_root'], `the path leads to ${logRoot}`)
  const { reducer, key, state } = cell
  return { world: proof.world, reducer, key, height: record.height, root, state, logRoot, logSize: claim.place.size }
}

interface Claim {
  readonly leaf: HashBytes
  readonly height: number
  readonly cut: number
  readonly claimed: Hash
}

function readClaim(entry: Uint8Array): Claim {
  try {
    const reader = new CborReader(entry)
    if (reader.array() !== 2) throw badProof(['claim', 'entry'], 'it is no pair of header and ingress')
    const headerAt = reader.offset
    reader.skip()
    const ingressAt = reader.offset
    reader.skip()
    reader.end()
    const header = fieldsOf(entry.subarray(headerAt, ingressAt))
    const ingressBytes = entry.subarray(ingressAt)
    const ingress = fieldsOf(ingressBytes)
    const ingressHash = header.get(6)
    const isOf = ingressHash instanceof Uint8Array && equalBytes(ingressHash, sha256(nodeSha256, ingressBytes))
    if (!isOf) throw badProof(['claim', 'entry'], 'the ingress is not the one of the header')
    if (header.get(1) !== KIND_NUMBER.snapshot_root) throw badProof(['claim', 'entry'], 'it is no snapshot_root')
    const command = ingress.get(10)
    const root = command instanceof Map ? (command as ReadonlyMap<Data, Data>).get(1) : undefined
    if (!(command instanceof Map) || !(root instanceof Uint8Array))
      throw badProof(['claim', 'entry'], 'it has no command')
    return {
      leaf: sha256(nodeSha256, Uint8Array.of(0, ...entry.subarray(headerAt, ingressAt))),
      height: Number(header.get(0)),
      cut: Number((command as ReadonlyMap<Data, Data>).get(0)),
      claimed: formatHash(root),
    }
  } catch (error) {
    if (!isAosError(error) || error.code === 'host.bad_proof') throw error
    throw badProof(['claim', 'entry'], error.message)
  }
}

function fieldsOf(bytes: Uint8Array): ReadonlyMap<Data, Data> {
  const data = decode(bytes, { prefix: 'absent' })
  if (data instanceof Map) return data
  throw badProof(['claim', 'entry'], 'header and ingress are maps')
}

/** The file form: what `parseStateProof` reads. */
export function formatStateProof({ world, cell, claim }: StateProof): string {
  const shown = new Map<string, JsonNode>([
    ['proof', FORM],
    ['world', world],
    ['reducer', cell.reducer],
  ])
  if (cell.key !== undefined) shown.set('key', base64(cell.key))
  shown.set('record', base64(cell.record))
  shown.set('nodes', cell.nodes.map(base64))
  if (cell.state !== undefined) shown.set('state', base64(cell.state))
  shown.set(
    'claim',
    new Map<string, JsonNode>([
      ['entry', base64(claim.entry)],
      ['index', { kind: 'number', text: String(claim.place.index) }],
      ['size', { kind: 'number', text: String(claim.place.size) }],
      ['path', claim.place.path.map((hash) => formatHash(hash))],
      ['log_root', claim.logRoot],
    ]),
  )
  return formatJson(shown)
}

/** Throws `host.bad_proof` with the path of what is wrong. Nothing is checked but the form. */
export function parseStateProof(text: string): StateProof {
  const file = objectAt(parse(text), [])
  if (file.get('proof') !== FORM) throw badProof(['proof'], `expected ${FORM}`)
  const claim = objectAt(file.get('claim'), ['claim'])
  return {
    world: hashAt(file.get('world'), ['world']),
    cell: {
      reducer: textAt(file.get('reducer'), ['reducer']),
      key: file.has('key') ? bytesAt(file.get('key'), ['key']) : undefined,
      record: bytesAt(file.get('record'), ['record']),
      nodes: listAt(file.get('nodes'), ['nodes']).map((node, at) => bytesAt(node, ['nodes', at])),
      state: file.has('state') ? bytesAt(file.get('state'), ['state']) : undefined,
    },
    claim: {
      entry: bytesAt(claim.get('entry'), ['claim', 'entry']),
      place: {
        index: countAt(claim.get('index'), ['claim', 'index']),
        size: countAt(claim.get('size'), ['claim', 'size']),
        path: listAt(claim.get('path'), ['claim', 'path']).map((hash, at) =>
          hashBytes(hashAt(hash, ['claim', 'path', at])),
        ),
      },
      logRoot: hashAt(claim.get('log_root'), ['claim', 'log_root']),
    },
  }
}

type Path = readonly (string | number)[]

function parse(text: string): JsonNode {
  try {
    return parseJson(text)
  } catch (error) {
    if (!isAosError(error)) throw error
    throw badProof([], error.message)
  }
}

function objectAt(node: JsonNode | undefined, path: Path): ReadonlyMap<string, JsonNode> {
  if (node !== undefined && isJsonObject(node)) return node
  throw badProof(path, 'expected an object')
}

function listAt(node: JsonNode | undefined, path: Path): readonly JsonNode[] {
  if (node !== undefined && isJsonArray(node)) return node
  throw badProof(path, 'expected a list')
}

function textAt(node: JsonNode | undefined, path: Path): string {
  if (typeof node === 'string') return node
  throw badProof(path, 'expected a text')
}

function hashAt(node: JsonNode | undefined, path: Path): Hash {
  if (isHash(node)) return node
  throw badProof(path, 'expected sha256: and 64 lower-case hexadecimal digits')
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function bytesAt(node: JsonNode | undefined, path: Path): Uint8Array {
  const text = textAt(node, path)
  if (!BASE64.test(text)) throw badProof(path, 'expected base64')
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function countAt(node: JsonNode | undefined, path: Path): number {
  const value = node !== undefined && isJsonNumber(node) ? Number(node.text) : Number.NaN
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw badProof(path, 'expected a whole number from 0')
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function badProof(path: Path, what: string): AosError {
  return new AosError('host.bad_proof', `the proof does not hold: ${what}`, { path })
}
