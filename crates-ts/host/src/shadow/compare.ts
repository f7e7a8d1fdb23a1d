/** What differs between the forks of a shadow run (spec/24-shadow-report.md, "Differences"). */
import { formatHash } from '@aos/cbor'
import type { DecisionReport, DeliveryOutcome } from '@aos/kernel'
import type { ForkLog, LoggedIntent, TurnEnding } from './fork-log.ts'
import type {
  ChangedDelivery,
  ChangedPlan,
  ChangedTurn,
  FlippedDecision,
  Listed,
  PlanState,
  ShadowEffect,
  Verdict,
} from './report.ts'

/** What both forks did. */
export interface ForkLogs {
  readonly base: ForkLog
  readonly candidate: ForkLog
}

/** The first so many. */
export function listed<T>(items: readonly T[], listedMax: number): Listed<T> {
  return { total: items.length, items: items.slice(0, listedMax) }
}

/** Requests of both that are answered otherwise, in the order in which the base asked. */
export function flippedDecisions({ base, candidate }: ForkLogs): readonly FlippedDecision[] {
  const flipped: FlippedDecision[] = []
  for (const [name, { height, decision, origin }] of base.decisions) {
    const now = candidate.decisions.get(name)?.decision
    if (now === undefined || (now.outcome === decision.outcome && now.code === decision.code)) continue
    const intent = base.intentOf(height, decision.requestHash)
    flipped.push({
      height,
      effectKind: decision.effectKind,
      origin,
      request: formatHash(decision.requestHash),
      ...(intent === undefined ? {} : { intent }),
      from: verdictOf(decision),
      to: verdictOf(now),
    })
  }
  return flipped
}

function verdictOf({ outcome, code, grant, policy, rule }: DecisionReport): Verdict {
  return {
    outcome,
    ...(code === undefined ? {} : { code }),
    ...(grant === undefined ? {} : { grant }),
    ...(policy === undefined ? {} : { policy }),
    ...(rule === undefined ? {} : { rule }),
  }
}

/** Effects of the one that the other does not ask for. */
export function effectsOnlyIn(one: ForkLog, other: ForkLog): readonly ShadowEffect[] {
  return [...one.intents].filter(([name]) => !other.intents.has(name)).map(([, logged]) => effectOf(logged))
}

/** An intent as it is listed. */
export function effectOf({ intent, origin }: LoggedIntent): ShadowEffect {
  const { height, effectKind, hash, paramsHash } = intent
  return { height, effectKind, origin, intent: hash, params: formatHash(paramsHash) }
}

const ABSENT: PlanState = { status: 'absent' }

/** Instances of either that end otherwise: those of the base in the order of starting, then those that only the candidate has. */
export function changedPlans({ base, candidate }: ForkLogs): readonly ChangedPlan[] {
  return namesOf(base.plans, candidate.plans).flatMap((instance) => {
    const from = base.plans.get(instance) ?? ABSENT
    const to = candidate.plans.get(instance) ?? ABSENT
    const isSame = from.status === to.status && from.code === to.code && from.result === to.result
    return isSame ? [] : [{ instance, from, to }]
  })
}

/** A delivery that one of the two does not have at all matters only when it fails. */
const FINE: readonly string[] = ['ok', 'none']

/** Deliveries that fail in one of the two, and do not, or fail otherwise, in the other. */
export function changedDeliveries(
  { base, candidate }: ForkLogs,
  showKey: (place: { readonly reducer: string; readonly key: Uint8Array }) => string,
): readonly ChangedDelivery[] {
  return namesOf(base.steps, candidate.steps).flatMap((name) => {
    const [before, after] = [base.steps.get(name), candidate.steps.get(name)]
    const logged = after ?? before
    if (logged === undefined || !isRun(candidate, logged.height) || !isRun(base, logged.height)) return []
    const from: DeliveryOutcome | 'none' = before?.step.outcome ?? 'none'
    const to: DeliveryOutcome | 'none' = after?.step.outcome ?? 'none'
    if (from === to || (FINE.includes(from) && FINE.includes(to))) return []
    const { reducer, key } = logged.step
    const note = after?.step.note
    const shown = key === undefined ? {} : { key: showKey({ reducer, key }) }
    return [{ height: logged.height, reducer, ...shown, from, to, ...(note === undefined ? {} : { note }) }]
  })
}

function isRun(log: ForkLog, height: number): boolean {
  const ending = log.turns.get(height)
  return ending === 'ok' || ending === 'turn_limit'
}

/** Turns that only one of the two could finish. */
export function changedTurns({ base, candidate }: ForkLogs): readonly ChangedTurn[] {
  const changed: ChangedTurn[] = []
  for (const [height, from] of base.turns) {
    const to = candidate.turns.get(height)
    if (isEnding(from) && isEnding(to) && from !== to) changed.push({ height, from, to })
  }
  return changed
}

function isEnding(ending: TurnEnding | undefined): ending is Exclude<TurnEnding, 'passed'> {
  return ending !== undefined && ending !== 'passed'
}

/** What receipts cost, by dimension. */
export function changedCosts({
  base,
  candidate,
}: ForkLogs): readonly { readonly dimension: string; readonly from: number; readonly to: number }[] {
  return namesOf(base.costs, candidate.costs)
    .sort((left, right) => (left < right ? -1 : left > right ? 1 : 0))
    .map((dimension) => ({
      dimension,
      from: base.costs.get(dimension) ?? 0,
      to: candidate.costs.get(dimension) ?? 0,
    }))
}

function namesOf(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...one.keys(), ...other.keys()])]
}
