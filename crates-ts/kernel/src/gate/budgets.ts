/** Budgets of grants: reserved when an effect is asked for, settled by its receipt (G6; spec/11-gate.md, "Budgets"). */
import type { Budget } from '@aos/air'
import { EFFECT_LIMITS } from '../limits.ts'

/** What was spent, and when in logical time. */
interface Spending {
  readonly atNs: bigint
  readonly amount: bigint
}

interface DimensionLedger {
  /** Ascending by time. */
  readonly spent: readonly Spending[]
  readonly reserved: bigint
}

/** By dimension. Never changed: a turn makes new ones. */
export type Ledger = ReadonlyMap<string, DimensionLedger>

/** Of a grant that nothing was spent under. */
export const EMPTY_LEDGER: Ledger = new Map()

/** What an intent holds until its receipt settles it, by dimension. */
export type Reservations = ReadonlyMap<string, bigint>

const NOTHING_SPENT: DimensionLedger = { spent: [], reserved: 0n }

/** The dimension that ran out, or the ledger with the reservations in it. A dimension that nothing is reserved in must have something left. */
export function reserve(
  ledger: Ledger,
  request: {
    readonly budgets: ReadonlyMap<string, Budget>
    readonly amounts: Reservations
    readonly logicalNowNs: bigint
  },
): { readonly exceeded: string } | { readonly ledger: Ledger; readonly reserved: Reservations } {
  const next = new Map(ledger)
  const reserved = new Map<string, bigint>()
  for (const [dimension, budget] of request.budgets) {
    const known = ledger.get(dimension) ?? NOTHING_SPENT
    const spent = withinWindow(known.spent, budget, request.logicalNowNs)
    const amount = request.amounts.get(dimension) ?? 0n
    const used = total(spent) + known.reserved
    if (used + amount > budget.limit || used >= budget.limit) return { exceeded: dimension }
    next.set(dimension, { spent, reserved: known.reserved + amount })
    reserved.set(dimension, amount)
  }
  return { ledger: next, reserved }
}

/** Gives back what was reserved and books what it really cost. `cost` undefined: it was never performed. */
export function settle(
  ledger: Ledger,
  receipt: {
    readonly reserved: Reservations
    readonly cost: ReadonlyMap<string, number> | undefined
    readonly logicalNowNs: bigint
  },
): Ledger {
  const next = new Map(ledger)
  for (const [dimension, amount] of receipt.reserved) {
    const known = ledger.get(dimension) ?? NOTHING_SPENT
    const reserved = known.reserved > amount ? known.reserved - amount : 0n
    const cost = costOf(dimension, receipt.cost)
    const spent = cost === 0n ? known.spent : append(known.spent, { atNs: receipt.logicalNowNs, amount: cost })
    next.set(dimension, { spent, reserved })
  }
  return next
}

/** A call counts as one, whatever the adapter says. */
function costOf(dimension: string, cost: ReadonlyMap<string, number> | undefined): bigint {
  if (cost === undefined) return 0n
  return dimension === 'calls' ? 1n : BigInt(cost.get(dimension) ?? 0)
}

/** Beyond the bound the two oldest are added up: a window then forgets them later, never earlier. */
function append(spent: readonly Spending[], last: Spending): readonly Spending[] {
  const [first, second, ...rest] = spent
  if (spent.length < EFFECT_LIMITS.spendingsMax || first === undefined || second === undefined) return [...spent, last]
  return [{ atNs: second.atNs, amount: first.amount + second.amount }, ...rest, last]
}

function withinWindow(spent: readonly Spending[], budget: Budget, logicalNowNs: bigint): readonly Spending[] {
  const { windowNs } = budget
  if (windowNs === undefined) return spent
  const kept = spent.filter(({ atNs }) => atNs + windowNs > logicalNowNs)
  return kept.length === spent.length ? spent : kept
}

function total(spent: readonly Spending[]): bigint {
  let sum = 0n
  for (const { amount } of spent) sum += amount
  return sum
}
