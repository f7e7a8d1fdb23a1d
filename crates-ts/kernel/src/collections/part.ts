/**
 * What every collection of the state can do at a cut (K28; spec/16-snapshots.md, "Cut and root"): take down what has changed, make the
 * nodes of it in slices while turns go on, and then count the new root as its ground.
 */
import type { CborReader, CborWriter } from '@aos/cbor'
import type { FreshBlob } from './fresh-nodes.ts'
import type { TrieRoot } from './trie-update.ts'

/** Which changes a checkpoint takes down: all since the last root, or those since the checkpoint before, where that had no other root. */
export type ChangesSince = 'root' | 'checkpoint'

/** Changes as they were when they were taken down (spec/16-snapshots.md, "Checkpoints"). */
export interface TakenChanges {
  readonly size: number
  /** Appends the items of one of them. */
  write(into: CborWriter, index: number): void
}

/** A collection as a part of snapshots. */
export interface SnapshotPart {
  /** As of the last root. */
  readonly root: TrieRoot
  /** Changes since the newest cut. */
  readonly dirtyCount: number
  /** Takes down what has changed since the last root; later changes are kept apart. An earlier cut that came to no root is taken back first. */
  freeze(): void
  /** Makes the nodes of what was taken down, some at a time. To be run to its end once. */
  flush(): Generator<readonly FreshBlob[], TrieRoot, undefined>
  /** What `flush` came to counts. `isStored`: all of it can be read from content, so memory need not hold it any more. */
  adopt(isStored: boolean): void
  /** Takes down changes and leaves everything as it is. Costs a little for each change; writing them costs more, and has time. */
  takeChanges(since: ChangesSince): TakenChanges
  /** Makes a change that `write` wrote; to be called in that order, before any turn. */
  restoreChange(from: CborReader): void
}
