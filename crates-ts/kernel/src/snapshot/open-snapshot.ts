/** From a state root to a state: the record is read, the catalog loaded, collections wait until they are asked for (K29, K30). */
import { equalBytes, hashBytes, sha256 } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { EMPTY_MANIFEST, hashDefinition } from '@aos/air'
import { putEngine, unsupportedEngine } from '../admission-control.ts'
import type { AdmissionPorts } from '../admission-common.ts'
import { loadCatalog } from '../catalog.ts'
import { kernelError } from '../errors.ts'
import { makeState } from '../state.ts'
import type { WorldState } from '../state.ts'
import type { PinnedDefinitions } from './pinned.ts'
import { decodeSnapshot } from './snapshot-record.ts'
import type { SnapshotRecord } from './snapshot-record.ts'

/** Throws `kernel.bad_snapshot`, `engine.unsupported`, what content throws for a miss, and what loading the manifest throws. */
export function openSnapshot(ports: AdmissionPorts, pinned: PinnedDefinitions, root: Hash): WorldState {
  const bytes = ports.content.get(root)
  if (!equalBytes(sha256(ports.sha256, bytes), hashBytes(root))) {
    throw kernelError('kernel.bad_snapshot', `the content of ${root} has another hash`)
  }
  return stateOfRecord(ports, pinned, decodeSnapshot(bytes))
}

/** The state that a record tells of. Throws `engine.unsupported`, and what loading the manifest throws. */
export function stateOfRecord(ports: AdmissionPorts, pinned: PinnedDefinitions, record: SnapshotRecord): WorldState {
  if (!ports.engines.has(record.engine)) throw unsupportedEngine(record.engine, ports.engineDigest)
  const { collections, cells, waits } = record
  const state = makeState(ports, pinned, { collection: (name) => collections.get(name), cells, waits })
  state.id = record.world
  state.height = record.height
  state.leaf = record.leaf.slice()
  state.nowNs = record.nowNs
  state.logicalNowNs = record.logicalNowNs
  state.clock = record.clock
  state.entropy = record.entropy
  state.manifestHash = record.manifest
  state.manifestHeight = record.manifestHeight
  state.keysHeight = record.keysHeight
  state.lastCut = record.height
  state.governance.nextProposal = record.nextProposal
  state.governance.needsReview = record.needsReview
  state.governance.watch = record.watch
  putEngine(ports, state, record.engine)
  if (record.manifest !== hashDefinition(ports.sha256, EMPTY_MANIFEST)) {
    const get = (hash: Hash): Uint8Array => ports.content.get(hash)
    state.catalog = loadCatalog(ports, record.manifest, get, state)
  }
  return state
}
