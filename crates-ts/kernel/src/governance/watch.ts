/**
 * The time after a change was applied (spec/17-governance.md, "Probation"): what happens is counted, and when the invariant of the patch fails at
 * the end of a turn, the manifest before comes back.
 */
import { integerValue, recordValue } from '@aos/expr'
import type { CompiledExpr, ExprValue } from '@aos/expr'
import { isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'

/** What is counted, in the order in which it stands in the state. */
export const WATCHED = [
  'entries',
  'deliveries',
  'failed',
  'denied',
  'plans_ended',
  'plans_failed',
  'migrations_failed',
] as const

/** The name of a count: a field of `@world`. */
export type WatchedCount = (typeof WATCHED)[number]

/** One change that is on probation; a later one takes its place. */
export interface Watch {
  readonly proposal: number
  /** In force before. */
  readonly back: Hash
  /** Has the invariant. */
  readonly patch: Hash
  /** Logical time. */
  readonly untilNs: bigint
  readonly counts: readonly number[]
}

/** With nothing counted yet. */
export function beginWatch(change: Omit<Watch, 'counts'>): Watch {
  return { ...change, counts: WATCHED.map(() => 0) }
}

/** The counts with one turn added. */
export function addCounts(watch: Watch, turn: Readonly<Partial<Record<WatchedCount, number>>>): Watch {
  return { ...watch, counts: WATCHED.map((name, at) => (watch.counts[at] ?? 0) + (turn[name] ?? 0)) }
}

/** False also when it cannot be evaluated, or is no bool. */
export function isHolding(invariant: CompiledExpr, watch: Watch): boolean {
  const world: ExprValue = recordValue(
    new Map(WATCHED.map((name, at) => [name, integerValue('nat', BigInt(watch.counts[at] ?? 0))])),
  )
  try {
    const value = invariant.evaluate({ lookUp: (root) => (root.kind === 'world' ? world : undefined) })
    return value.sort === 'bool' && value.value
  } catch (error) {
    if (!isAosError(error)) throw error
    return false
  }
}
