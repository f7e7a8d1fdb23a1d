/**
 * World state. What is authoritative (spec/06-kernel.md, "State"; how it stands in a snapshot: spec/16-snapshots.md):
 *
 *   world id        hash     of the genesis leaf
 *   head            uint height, hash leaf
 *   clock, entropy  how genesis says that they come about
 *   now             uint ns, of the newest entry
 *   logical now     uint ns
 *   manifest        hash, uint height of the entry that put it in force
 *   engine          hash
 *   keys            key_id -> {public key, role, kinds, from: uint, revoked?: uint}; uint height of the last change
 *   idempotency     (principal, key) -> {hash of the body, height, logical ns}, ascending by height
 *   cells           (reducer, key bytes) -> {generation: uint, state: bytes}
 *   generations     reducer -> what leads on from each generation of its states
 *   modules used    wasm hash -> hash of the rewritten bytes
 *   blobs           hashes of content that entries list or turns made
 *   effects         plan instances, intents, budgets (intents/effects-state.ts)
 *   trees           root hash -> [* workspace] that the tree is of, ascending; "": of none yet
 *   governance      proposals and what changes have left behind (governance/governance-state.ts)
 *   last cut        uint height of the newest snapshot_cut
 *
 * Derived and rebuilt: the catalog (compiled codecs and routes of the manifest).
 */
import type { Hash, HashBytes } from '@aos/cbor'
import { EMPTY_CATALOG } from './catalog.ts'
import type { Catalog } from './catalog.ts'
import { CellStore } from './cells/cell-store.ts'
import type { Generations } from './cells/migrate.ts'
import { GENERATION_RECORDS } from './snapshot/governance-records.ts'
import { BYTE_KEYS, Collection, HASH_KEYS, HEX_KEYS, TEXT_KEYS } from './collections/collection.ts'
import { NodeStore } from './collections/node-store.ts'
import { OrderedSet } from './collections/ordered-set.ts'
import type { TrieRoot } from './collections/trie-update.ts'
import { makeGovernanceState } from './governance/governance-state.ts'
import type { GovernanceState } from './governance/governance-state.ts'
import { IdempotencyTable } from './idempotency.ts'
import type { IdempotencyRecord } from './idempotency.ts'
import { makeEffectsState } from './intents/effects-state.ts'
import type { EffectsState } from './intents/effects-state.ts'
import type { KernelPorts } from './ports.ts'
import type { PinnedDefinitions } from './snapshot/pinned.ts'
import {
  IDEMPOTENCY_RECORDS,
  KEY_RECORDS,
  MODULE_RECORDS,
  PRESENCE_RECORDS,
  TREE_RECORDS,
} from './snapshot/small-records.ts'

/** A key that the world knows (G2). */
export interface RegisteredKey {
  readonly publicKey: Uint8Array
  readonly role: string
  readonly kinds: readonly string[]
  readonly from: number
  readonly revoked: number | undefined
}

/** Everything that entries decide, and nothing else: a replay comes to the same. */
export interface WorldState {
  id: Hash | undefined
  height: number
  /** Leaf of the newest entry; 32 zero bytes before genesis. */
  leaf: HashBytes
  clock: 'real' | 'virtual' | undefined
  entropy: 'os' | 'seeded' | undefined
  /** Stamp of the newest entry. */
  nowNs: bigint
  logicalNowNs: bigint
  manifestHash: Hash | undefined
  manifestHeight: number
  engine: Hash | undefined
  keysHeight: number
  lastCut: number | undefined
  /** By key id, hexadecimal. */
  readonly keys: Collection<RegisteredKey>
  readonly idempotency: IdempotencyTable
  readonly idempotencyRecords: Collection<IdempotencyRecord>
  readonly idempotencyOrder: OrderedSet
  readonly cells: CellStore
  /** By reducer; absent: the first one. */
  readonly generations: Collection<Generations>
  /** By wasm hash. */
  readonly modulesUsed: Collection<Hash>
  readonly blobs: Collection<true>
  /** The workspaces that a tree is of, by its root (spec/19-workspaces.md, "Trees and grants"). */
  readonly trees: Collection<readonly string[]>
  catalog: Catalog
  /** The engine in force judges effects and runs plans (kernel semantics 2). */
  hasGate: boolean
  /** The engine in force has snapshots (kernel semantics 3). */
  hasSnapshots: boolean
  /** The engine in force has internal effects and governance (kernel semantics 3). */
  hasGovernance: boolean
  readonly effects: EffectsState
  readonly governance: GovernanceState
  /** Where everything above that is not in memory is read. */
  readonly nodes: NodeStore
}

/** Roots that a state starts from; without any it is that of no world yet. */
export interface StateRoots {
  readonly collection: (name: string) => TrieRoot | undefined
  readonly cells: ReadonlyMap<string, TrieRoot>
  readonly waits: ReadonlyMap<string, TrieRoot>
}

const NO_ROOTS: StateRoots = { collection: () => undefined, cells: new Map(), waits: new Map() }

/** Nodes that are read stay in memory up to this, until somebody sets another limit. */
const NODE_BYTES_DEFAULT: number = 16 * 1024 * 1024

/** The state of no entry, or the collections of a snapshot; the rest is filled in by whoever has read its record. */
export function makeState(ports: KernelPorts, pinned: PinnedDefinitions, roots: StateRoots = NO_ROOTS): WorldState {
  const nodes = new NodeStore(ports, NODE_BYTES_DEFAULT)
  const { collection } = roots
  const records = new Collection(nodes, { keys: BYTE_KEYS, records: IDEMPOTENCY_RECORDS }, collection('idempotency'))
  const order = new OrderedSet(nodes, collection('idempotency_order'))
  const generations = new Collection(nodes, { keys: TEXT_KEYS, records: GENERATION_RECORDS }, collection('generations'))
  const cells = new CellStore(nodes, (reducer) => generations.get(reducer)?.modules.length ?? 0)
  for (const [reducer, root] of roots.cells) cells.open(reducer, root)
  return {
    id: undefined,
    height: -1,
    leaf: new Uint8Array(32),
    clock: undefined,
    entropy: undefined,
    nowNs: 0n,
    logicalNowNs: 0n,
    manifestHash: undefined,
    manifestHeight: 0,
    engine: undefined,
    keysHeight: 0,
    lastCut: undefined,
    keys: new Collection(nodes, { keys: HEX_KEYS, records: KEY_RECORDS }, collection('keys')),
    idempotency: new IdempotencyTable({ records, order }),
    idempotencyRecords: records,
    idempotencyOrder: order,
    cells,
    generations,
    modulesUsed: new Collection(nodes, { keys: HASH_KEYS, records: MODULE_RECORDS }, collection('modules')),
    blobs: new Collection(nodes, { keys: HASH_KEYS, records: PRESENCE_RECORDS }, collection('blobs')),
    trees: new Collection(nodes, { keys: HASH_KEYS, records: TREE_RECORDS }, collection('trees')),
    catalog: EMPTY_CATALOG,
    hasGate: false,
    hasSnapshots: false,
    hasGovernance: false,
    effects: makeEffectsState(nodes, pinned, roots),
    governance: makeGovernanceState(nodes, roots),
    nodes,
  }
}
