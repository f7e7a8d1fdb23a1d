/** What a shadow run says (spec/24-shadow-report.md, "Report"). Lists are in the order of that chapter; nothing here names the machine or its clock. */
import type { AuthorityReport } from '@aos/air'
import type { Hash } from '@aos/cbor'
import type { DeliveryOutcome } from '@aos/kernel'

/** At most so many items as were asked for, and how many there are. */
export interface Listed<T> {
  /** Items there are. */
  readonly total: number
  readonly items: readonly T[]
}

/** Why the stretch begins where it does. */
export type StretchReason = 'given' | 'last_entries' | 'since_change' | 'compacted' | 'blocked'

/** What of the history was run again. */
export interface ShadowStretch {
  /** First height; above `to` when nothing was. */
  readonly from: number
  /** Last height. */
  readonly to: number
  readonly reason: StretchReason
  /** Events that were given on top. */
  readonly seeds: number
  /** The last height that both forks reached; that of seeds and of what came of them lies above `to`. */
  readonly reached: number
}

/** Entries of the stretch, by what the candidate was given of them. */
export interface ShadowEntries {
  readonly submitted: number
  readonly refused: number
  /** In the order of the names. */
  readonly passed: readonly { readonly why: PassReason; readonly count: number }[]
  /** Answers from the script. */
  readonly scripted: number
}

/** Why the candidate was not given an entry: its kind, or what it is about is not there. */
export type PassReason = 'governance' | 'not_there' | 'snapshot'

/** What the gate said of one request. */
export interface Verdict {
  readonly outcome: 'allow' | 'deny' | 'park'
  readonly code?: string
  readonly grant?: string
  readonly policy?: string
  readonly rule?: number
}

/** A request that is asked by both, and answered otherwise. */
export interface FlippedDecision {
  readonly height: number
  readonly effectKind: string
  readonly origin: string
  /** Of the base. */
  readonly request: Hash
  /** Of the base; absent when it denied. */
  readonly intent?: Hash
  readonly from: Verdict
  readonly to: Verdict
}

/** An effect that only one of the two asks for. */
export interface ShadowEffect {
  readonly height: number
  readonly effectKind: string
  readonly origin: string
  readonly intent: Hash
  readonly params: Hash
}

/** How a running plan stands at the end: `absent` was never started. */
export interface PlanState {
  readonly status: 'ok' | 'failed' | 'running' | 'absent'
  readonly code?: string
  readonly step?: string
  /** SHA-256 of the canonical bytes. */
  readonly result?: Hash
}

/** An instance that ends otherwise. */
export interface ChangedPlan {
  /** `HEIGHT/PLAN`, and `#N` for all but the first of these. */
  readonly instance: string
  readonly from: PlanState
  readonly to: PlanState
}

/** A cell whose state differs from what the base's comes to once it is brought on. */
export interface ChangedCell {
  readonly reducer: string
  /** In the sugar lens, as JSON text. */
  readonly key?: string
  /** SHA-256 of the state; absent: there is none. */
  readonly from?: Hash
  readonly to?: Hash
}

/** A delivery with another outcome; `none` where there was no such delivery. */
export interface ChangedDelivery {
  readonly height: number
  readonly reducer: string
  readonly key?: string
  readonly from: DeliveryOutcome | 'none'
  readonly to: DeliveryOutcome | 'none'
  readonly note?: string
}

/** Ingress that one of the two refuses. */
export interface ShadowRefusal {
  readonly height: number
  readonly kind: string
  readonly schema?: string
  readonly code: string
}

/** A turn that one of the two drops for passing a bound. */
export interface ChangedTurn {
  readonly height: number
  readonly from: 'ok' | 'turn_limit' | 'refused'
  readonly to: 'ok' | 'turn_limit' | 'refused'
}

/** A cell that its migration does not bring on. */
export interface FailedMigration {
  readonly reducer: string
  readonly key?: string
  /** Generations. */
  readonly from: number
  /** Generations. */
  readonly to: number
  readonly outcome: string
  readonly note?: string
}

/** What bringing on every cell of the head comes to. */
export interface ShadowMigrations {
  readonly cells: number
  readonly fuel: number
  readonly failed: Listed<FailedMigration>
  /** Each was tried. */
  readonly isWhole: boolean
}

/** What applying it at the head would do to an open intent. */
export interface ShadowInFlight {
  readonly intent: Hash
  readonly effectKind: string
  readonly origin: string
  readonly height: number
  readonly to: 'denied' | 'parked'
  readonly code?: string
}

/** How much a finding matters: an `error` is a reason against, a `warning` something to look at. */
export type FindingSeverity = 'error' | 'warning' | 'info'

/** Something that whoever decides should know. */
export interface ShadowFinding {
  readonly code: FindingCode
  readonly severity: FindingSeverity
  readonly message: string
}

/** What was found, in a word that is stable (spec/24-shadow-report.md, "Findings"). */
export type FindingCode =
  | 'authority_widens'
  | 'cannot_apply'
  | 'cannot_fork'
  | 'deliveries_fail'
  | 'entries_limit'
  | 'fuel_limit'
  | 'in_flight_denied'
  | 'migration_failed'
  | 'open_intents'
  | 'plans_fail'
  | 'receipts_unused'
  | 'refusals'
  | 'rehearsal_limit'
  | 'stretch_compacted'
  | 'time_limit'
  | 'turn_limit'

/** Everything that a shadow run found. The same world, proposal and options give the same, unless `time_limit` is among the findings. */
export interface ShadowReport {
  readonly version: 1
  readonly world: Hash
  readonly proposal: number
  readonly patch: Hash
  readonly base: Hash
  readonly baseHeight: number
  readonly candidate: Hash
  /** The height that it was made for. */
  readonly head: number
  readonly stretch: ShadowStretch
  readonly entries: ShadowEntries
  readonly authority: AuthorityReport
  readonly decisions: Listed<FlippedDecision>
  readonly appearing: Listed<ShadowEffect>
  readonly vanishing: Listed<ShadowEffect>
  /** Of what appears: never answered. */
  readonly unanswered: Listed<ShadowEffect>
  readonly plans: Listed<ChangedPlan>
  readonly cellsTouched: number
  readonly cells: Listed<ChangedCell>
  readonly deliveries: Listed<ChangedDelivery>
  readonly refusals: Listed<ShadowRefusal>
  readonly turns: Listed<ChangedTurn>
  readonly fuel: { readonly from: number; readonly to: number }
  /** Of receipts, by dimension. */
  readonly costs: readonly { readonly dimension: string; readonly from: number; readonly to: number }[]
  readonly migrations: ShadowMigrations
  readonly inFlight: Listed<ShadowInFlight>
  /** Ends that applying it at the head would bring at once, by code. */
  readonly endings: Listed<{ readonly instance: string; readonly code: string }>
  readonly findings: readonly ShadowFinding[]
}
