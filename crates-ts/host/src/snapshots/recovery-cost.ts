/**
 * How long opening would take to derive again what lies behind the newest snapshot or checkpoint (spec/16-snapshots.md, "When to cut"). Reckoned from
 * what is recorded, not measured: where cuts lie does not depend on what else the machine was doing.
 */
import type { RecoveryAmounts, TailAmounts, World } from '@aos/kernel'

/** When a snapshot or a checkpoint is due. */
export interface SnapshotBounds {
  /** Cost of what would have to be derived again. */
  readonly recoveryMs: number
  /** States and nodes that a snapshot would write. */
  readonly dirtyBytes: number
  /** Entries behind the newest snapshot. */
  readonly tailBytes: number
  /** Checkpoints in one file: an opening has all of them in memory. */
  readonly checkpointBytes: number
}

/** What a host has to spend that is given no settings. */
export const DEFAULT_BOUNDS: SnapshotBounds = {
  recoveryMs: 150,
  dirtyBytes: 64 * 1024 * 1024,
  tailBytes: 128 * 1024 * 1024,
  checkpointBytes: 64 * 1024 * 1024,
}

/** Cautious figures of a slow machine. */
const MS_PER_ENTRY = 0.008
const MS_PER_FUEL = 1e-6
const MS_PER_BYTE = 2e-6
/** A node or a state that is found in content, checked and read. */
const MS_PER_READ = 0.03
/** A change of a checkpoint that is put in its place. */
const MS_PER_CHANGE = 0.0015

function replayCost({ entries, fuel, bytes }: TailAmounts): number {
  return entries * MS_PER_ENTRY + fuel * MS_PER_FUEL + bytes * MS_PER_BYTE
}

/** Milliseconds that reading a checkpoint takes. */
export function checkpointCost({ changes, changeBytes }: Pick<RecoveryAmounts, 'changes' | 'changeBytes'>): number {
  return changes * MS_PER_CHANGE + changeBytes * MS_PER_BYTE
}

/** Milliseconds that an opening would take beside what each takes, on a slow machine. */
export function recoveryCost({ recovery }: Pick<World, 'recovery'>): number {
  return replayCost(recovery) + recovery.reads * MS_PER_READ + checkpointCost(recovery)
}

/** Of a bound: while a snapshot is being made the world goes on, and it counts only when it is whole. */
const DUE_SHARE = 0.6
/** Of what is due: what reading a checkpoint may take. */
const CHECKPOINT_SHARE = 0.6
/** How much longer an opening may take that finds no checkpoint. */
const FALLBACK_FACTOR = 10

/** True when what opening costs is nearly at its bound. */
export function isRecoveryDue(kernel: World, { recoveryMs }: SnapshotBounds): boolean {
  return recoveryCost(kernel) > recoveryMs * DUE_SHARE
}

/** True when a snapshot is due whether or not checkpoints can be taken. */
export function isSnapshotDue(kernel: World, { recoveryMs, dirtyBytes, tailBytes }: SnapshotBounds): boolean {
  const { tail } = kernel
  return (
    kernel.memory.dirty > dirtyBytes * DUE_SHARE ||
    tail.bytes > tailBytes * DUE_SHARE ||
    replayCost(tail) > recoveryMs * FALLBACK_FACTOR
  )
}

/** True when any bound is passed. */
export function isPastBounds(kernel: World, { recoveryMs, dirtyBytes, tailBytes }: SnapshotBounds): boolean {
  return recoveryCost(kernel) > recoveryMs || kernel.memory.dirty > dirtyBytes || kernel.tail.bytes > tailBytes
}

/** What reading a checkpoint may take before a snapshot takes its place. */
export function checkpointCostMax({ recoveryMs }: SnapshotBounds): number {
  return recoveryMs * DUE_SHARE * CHECKPOINT_SHARE
}
