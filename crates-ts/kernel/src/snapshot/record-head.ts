/** What the record of a snapshot or of a checkpoint says of a state beside its collections (spec/16-snapshots.md, "Snapshot record"). */
import { kernelError } from '../errors.ts'
import type { WorldState } from '../state.ts'
import type { SnapshotRecord } from './snapshot-record.ts'

/** What a record says beside its roots. */
export type RecordHead = Omit<SnapshotRecord, 'collections' | 'cells' | 'waits'>

/** Of the state as it is. Throws `kernel.no_genesis`. */
export function takeDown(state: WorldState): RecordHead {
  const { id, height, leaf, nowNs, logicalNowNs, clock, entropy, manifestHash, manifestHeight, engine, keysHeight } =
    state
  if (
    id === undefined ||
    clock === undefined ||
    entropy === undefined ||
    manifestHash === undefined ||
    engine === undefined
  ) {
    throw kernelError('kernel.no_genesis', 'a world without genesis has no snapshot')
  }
  return {
    world: id,
    height,
    leaf,
    nowNs,
    logicalNowNs,
    clock,
    entropy,
    manifest: manifestHash,
    manifestHeight,
    engine,
    keysHeight,
    nextProposal: state.governance.nextProposal,
    needsReview: state.governance.needsReview,
    watch: state.governance.watch,
  }
}
