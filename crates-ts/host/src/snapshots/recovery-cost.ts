/**
 * How long opening would take to derive again what lies behind the newest snapshot (spec/16-snapshots.md, "When to cut"). Reckoned from
 * what is recorded, not measured: where cuts lie does not depend on what else the machine was doing.
 */
import type { World } from '@aos/kernel'

/** When a snapshot is due. */
export interface SnapshotBounds {
  /** Cost of what would have to be derived again. */
  readonly recoveryMs: number
  /** States and nodes that a snapshot would write. */
  readonly dirtyBytes: number
  /** Entries behind the newest snapshot. */
  readonly tailBytes: number
}

/** What a host has to spend that is given no settings. */
export const DEFAULT_BOUNDS: SnapshotBounds = {
  recoveryMs: 150,
  dirtyBytes: 64 * 1024 * 1024,
  tailBytes: 64 * 1024 * 1024,
}

/** Cautious figures of a slow machine. */
const MS_PER_ENTRY = 0.008
const MS_PER_FUEL = 1e-6
const MS_PER_BYTE = 2e-6
/** A node or a state that is found in content, checked and read. */
const MS_PER_READ = 0.03

/** Milliseconds that an opening would take beside what each takes, on a slow machine. */
export function recoveryCost({ tail, coldReads }: Pick<World, 'tail' | 'coldReads'>): number {
  const { entries, fuel, bytes } = tail
  return entries * MS_PER_ENTRY + fuel * MS_PER_FUEL + bytes * MS_PER_BYTE + coldReads * MS_PER_READ
}

/** Of a bound: while a snapshot is being made the world goes on, and it counts only when it is whole. */
const DUE_SHARE = 0.6

/** True when any bound is nearly reached. */
export function isSnapshotDue(kernel: World, bounds: SnapshotBounds): boolean {
  return isPast(kernel, bounds, DUE_SHARE)
}

/** True when any bound is passed. */
export function isPastBounds(kernel: World, bounds: SnapshotBounds): boolean {
  return isPast(kernel, bounds, 1)
}

function isPast(kernel: World, { recoveryMs, dirtyBytes, tailBytes }: SnapshotBounds, share: number): boolean {
  return (
    recoveryCost(kernel) > recoveryMs * share ||
    kernel.memory.dirty > dirtyBytes * share ||
    kernel.tail.bytes > tailBytes * share
  )
}
