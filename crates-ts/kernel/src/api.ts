/**
 * The kernel's face to the host (spec/06-kernel.md, "Turn" and "Ingress").
 *
 * Everything is synchronous. The kernel returns entries; appending, syncing and acknowledging are the host's.
 */
import type { AosError, CanonicalBytes, Hash, HashBytes } from '@aos/cbor'
import type { EffectOrigin, ReceiptStatus } from '@aos/effects'
import type { AheadBlob } from './cells/read-ahead.ts'
import type { FreshBlob } from './collections/fresh-nodes.ts'
import type { Proposal } from './governance/proposal.ts'
import type { Watch } from './governance/watch.ts'
import type { GovernanceChange } from './governance/governance-item.ts'
import type { Ingress, Stamp } from './ingress.ts'
import type { IntentChange } from './intents/effect-items.ts'
import type { IntentReport } from './intents/intent.ts'
import type { StepStatus } from './plans/instance.ts'
import type { CallOutcome } from './ports.ts'
import type { ChangesSince } from './collections/part.ts'
import type { CheckpointWork } from './snapshot/checkpoint.ts'
import type { CheckpointSize, RecoveryAmounts, TailAmounts } from './snapshot/tail-cost.ts'

/**
 * How a delivery ended. A closed list that stands in entries: no host message becomes one (spec/06-kernel.md,
 * "Delivery").
 */
export type DeliveryOutcome =
  | 'ok'
  | 'out_of_fuel'
  | 'stack_overflow'
  | 'trap'
  | 'bad_output'
  | 'effect_undeclared'
  | 'effect_denied'
  | 'too_many_effects'
  | 'migration_failed'

/** One delivery of the turn, for reports. */
export interface StepReport {
  readonly reducer: string
  /** Prefixed canonical key bytes; undefined for a reducer that is not keyed. */
  readonly key: Uint8Array | undefined
  readonly outcome: DeliveryOutcome
  readonly fuel: number
  /** For people: what was wrong (trap location, code and path of a bad output). Not journaled. */
  readonly note: string | undefined
}

/** One cell that was brought on to another generation in the turn, or could not be. */
export interface MigrationReport {
  readonly reducer: string
  /** Prefixed canonical key bytes; undefined for a reducer that is not keyed. */
  readonly key: Uint8Array | undefined
  /** Generations. */
  readonly from: number
  /** Generations. */
  readonly to: number
  readonly outcome: CallOutcome
  readonly fuel: number
  /** For people; not journaled. */
  readonly note: string | undefined
}

/** What happened to a proposal in the turn. */
export interface GovernanceReport {
  readonly proposal: number
  readonly change: GovernanceChange
  /** Of the patch, the report or the manifest. */
  readonly hash: Hash | undefined
  readonly text: string | undefined
}

/** An event that a reducer raised in the turn, whether or not anybody was routed to it. */
export interface RaisedReport {
  readonly schema: string
  /** Index in the entry: the event id is `<world>:<height>.<index>`. */
  readonly index: number
}

/** One decision of the gate. */
export interface DecisionReport {
  /** Index of its item. */
  readonly index: number
  readonly effectKind: string
  /** The same for the same request of the same origin, whatever is decided (spec/12-receipts.md, "Requests and intents"). */
  readonly requestHash: HashBytes
  readonly origin: EffectOrigin
  readonly outcome: 'allow' | 'deny' | 'park'
  readonly code: string | undefined
  readonly grant: string | undefined
  readonly policy: string | undefined
  readonly rule: number | undefined
  /** For people; not journaled. */
  readonly reason: string | undefined
}

/** What a turn did to plans and intents, in order. */
export interface EffectsReport {
  readonly decisions: readonly DecisionReport[]
  readonly emitted: readonly IntentReport[]
  readonly settled: readonly {
    readonly intent: Hash
    readonly status: ReceiptStatus
    readonly code: string | undefined
  }[]
  readonly changed: readonly { readonly intent: Hash; readonly change: IntentChange }[]
  readonly started: readonly string[]
  readonly ended: readonly {
    readonly instance: string
    readonly code: string | undefined
    readonly step: string | undefined
    /** Prefixed canonical bytes by the output schema of the plan. */
    readonly result: Uint8Array | undefined
  }[]
}

/** A running plan, for reports. */
export interface InstanceReport {
  readonly id: string
  readonly plan: string
  /** In force when it started: plan and schemas are those of this manifest (K26). */
  readonly manifest: Hash
  readonly principal: string
  readonly steps: readonly {
    readonly id: string
    readonly op: string
    readonly status: StepStatus
    readonly deadlineNs: bigint | undefined
  }[]
}

/** What became of an ingress. Only `accepted` has an entry, and only when that is durable may anybody be told. */
export type TurnResult =
  | {
      readonly kind: 'accepted'
      readonly height: number
      readonly leaf: HashBytes
      /** The encoded entry; owned by the caller. */
      readonly entry: Uint8Array
      readonly outcome: 'ok' | 'turn_limit'
      readonly steps: readonly StepReport[]
      readonly migrations: readonly MigrationReport[]
      readonly raised: readonly RaisedReport[]
      readonly effects: EffectsReport
      readonly governance: readonly GovernanceReport[]
    }
  /** Same idempotency key and same body as an earlier ingress: its height. */
  | { readonly kind: 'duplicate'; readonly height: number }
  /** K13: no entry, no state. `error` has code and path. */
  | { readonly kind: 'refused'; readonly error: AosError }

/**
 * One cell: prefixed canonical key bytes, and the state as the reducer returned it. The one cell of a reducer that is
 * not keyed has an empty key.
 */
export interface CellReport {
  readonly key: CanonicalBytes
  /** Bytes of the state. */
  readonly size: number
  readonly stateHash: HashBytes
  /** Read from content when it is asked for. */
  readonly state: Uint8Array
}

/** Memory that a world takes beside its catalog, in bytes, roughly. */
export interface MemoryReport {
  readonly cells: number
  /** States and nodes that the next snapshot will write. */
  readonly dirty: number
  readonly nodes: number
}

/** How much a world may keep in memory of what lies in content anyway. Changes no outcome. */
export interface MemoryLimits {
  readonly cells: number
  readonly nodes: number
}

/** The first thing in which an entry and its re-derivation disagree. */
export interface Difference {
  readonly height: number
  /** For example `derived[0].state`, `header.leaf`, `ingress.value`. */
  readonly path: string
  readonly expected: string
  readonly found: string
  /** Set when the difference lies in a delivery. */
  readonly reducer?: string
  /** Prefixed canonical key bytes. */
  readonly key?: Uint8Array
}

/** A key the world knows (G2). */
export interface KeyReport {
  readonly publicKey: Uint8Array
  readonly role: string
  readonly kinds: readonly string[]
  /** Height that registered it. */
  readonly from: number
  /** Height that revoked it. */
  readonly revoked: number | undefined
}

/** What a world knows of time (spec/06-kernel.md, "Time"). */
export interface WorldTime {
  /** How genesis says that time and entropy come about; undefined before genesis. */
  readonly clock: 'real' | 'virtual' | undefined
  readonly entropy: 'os' | 'seeded' | undefined
  /** The stamp of the newest entry. */
  readonly nowNs: bigint
  readonly logicalNowNs: bigint
}

/**
 * SHA-256 of parts of one recorded entry, by whoever read it ahead: of the entropy, of the first value with its salt, of
 * ingress, of derived, and the leaf. They must have been computed from the very bytes that are replayed; a part that is derived
 * to the same bytes then need not be hashed again, and any other part is.
 */
export interface PartDigests {
  /** Five digests in this order, from `at`. That of the value counts only for an entry whose ingress has a value. */
  readonly bytes: Uint8Array
  /** Offset in `bytes`. */
  readonly at: number
  /** Offsets in the entry where the hashed parts begin. */
  readonly ingressAt: number
  readonly derivedAt: number
  readonly bodiesAt: number
}

/** How an entry is replayed. Who verifies derives snapshots, too, and holds all nodes in memory that are not in content any more. */
export interface ReplayOptions {
  readonly verify: boolean
  /** Used only with `verify`. */
  readonly digests?: PartDigests | undefined
}

/** A world in memory. One thread of execution; not re-entrant. */
export interface World {
  /** World id: hash of the genesis leaf; undefined before genesis. */
  readonly id: Hash | undefined
  readonly head: { readonly height: number; readonly leaf: HashBytes } | undefined
  readonly manifestHash: Hash | undefined
  /** Height of the entry that put the manifest in force. */
  readonly manifestHeight: number
  /** Height of the newest entry that registered or revoked a key; 0: genesis. */
  readonly keysHeight: number
  readonly keys: readonly KeyReport[]
  /** In force; before genesis the newest of this release. */
  readonly engineDigest: Hash
  readonly time: WorldTime
  /** Runs one turn. Throws only for a fault (K11) or an invariant: the world must then be discarded and reopened. */
  submit(ingress: Ingress, stamp: Stamp): TurnResult
  /**
   * Feeds one journaled entry back and re-derives the rest. With `verify` everything is compared with what was written (hashes of parts, salted values,
   * deliveries, states); without it only the chain position is. Returns the first difference, after which the world must be discarded.
   */
  replay(entry: Uint8Array, options: ReplayOptions): Difference | undefined
  /** State bytes of a cell as its reducer would be given them; throws `kernel.migration_failed` for one of an older generation that cannot be brought on. `key` are prefixed canonical bytes; undefined for the one cell of a reducer that is not keyed. */
  readCell(reducer: string, key: Uint8Array | undefined): Uint8Array | undefined
  /** Open, parked and dead intents, in the order of emission. */
  listIntents(): Iterable<IntentReport>
  readIntent(hash: Hash): IntentReport | undefined
  /** Running plans in the order of their start. */
  listInstances(): Iterable<InstanceReport>
  /** Logical time of the next timer or deadline; a tick at or after it has work. */
  readonly nextDueNs: bigint | undefined
  /** Cells of a reducer in ascending order of key bytes. Costs a walk through all their keys. */
  listCells(reducer: string): Iterable<CellReport>
  countCells(reducer: string): number
  /** What bringing on each cell of an older generation comes to; nothing is written (spec/17-governance.md, "Migrations"). Costs a walk through all of them. */
  rehearse(reducer: string): Iterable<MigrationReport>
  /** In the order of their numbers. */
  listProposals(): Iterable<Proposal>
  readProposal(number: number): Proposal | undefined
  /** What is in force changed without naming what is in flight: a `review` command is due (spec/17-governance.md, "Change"). */
  readonly needsReview: boolean
  /** The change that is on probation. */
  readonly probation: Watch | undefined
  /** The cut whose nodes are being made; `root` once all have been given out. */
  readonly snapshot: { readonly cut: number; readonly root: Hash | undefined } | undefined
  /** The engine in force has snapshots. */
  readonly hasSnapshots: boolean
  /** Height of the newest cut. */
  readonly lastCut: number | undefined
  /**
   * The next nodes of the snapshot under way, about so many bytes. All of them have to be stored before `snapshot_root` is submitted; from then
   * on the world relies on reading them from content, and writes others to the same memory.
   */
  sliceSnapshot(bytesMax: number): readonly FreshBlob[]
  /**
   * Content that turns have made since the last call. The kernel reads it from memory until it is released; whoever replays makes it again. It has
   * to be stored, and released, before a snapshot root is submitted.
   */
  takeMadeBlobs(): readonly FreshBlob[]
  /** They are stored: read from content from now on. */
  releaseMadeBlobs(blobs: readonly FreshBlob[]): void
  /** What lies behind the newest root; the object goes on changing as the world goes on, as that of `recovery` does. */
  readonly tail: TailAmounts
  /** What opening would have to do from the newest root or the newest checkpoint that was kept (spec/16-snapshots.md, "When to cut"). */
  readonly recovery: RecoveryAmounts
  /** The snapshot on which the state rests; undefined: none. */
  readonly base: Hash | undefined
  /** Cells that changed since the newest root. */
  readonly dirtyCells: number
  /** Changes since the newest cut. Costs a look at each collection. */
  readonly changes: number
  /**
   * Takes down what has changed, between two turns; what the world does meanwhile changes nothing about it. With `checkpoint` only what has since
   * the one before, which has to have the same base. Costs a little for each change.
   */
  takeCheckpoint(since: ChangesSince): CheckpointWork
  /** What was taken down last can be opened from: with all before it that it needs, so many changes and bytes. */
  keepCheckpoint(size: CheckpointSize): void
  /**
   * Starts an empty world from the bodies of checkpoints on one base, in their order; entries behind the last one are then replayed. Throws
   * `kernel.bad_checkpoint`, `engine.unsupported`, and what content throws for a miss.
   */
  openCheckpoint(bodies: readonly Uint8Array[]): void
  /**
   * Starts an empty world from a snapshot; entries behind its cut are then replayed. Collections are read when they are asked for. Throws
   * `kernel.bad_snapshot`, `engine.unsupported`, and what content throws for a miss.
   */
  open(root: Hash): void
  /**
   * Content that replaying the next entries will ask for, found in an order in which content is quick: who keeps it until then, and answers from it,
   * need not find it twice. Costs the reading; leaves the world as it is. Throws what content throws, `kernel.bad_entry`, `kernel.bad_snapshot`.
   */
  readAhead(entries: Iterable<Uint8Array>): Iterable<AheadBlob>
  /**
   * Puts a manifest in force without an entry: for forks, which have no journal (spec/17-governance.md, "Shadow"). Throws what proposing it would throw.
   */
  force(manifest: Hash): void
  /** For forks: an entry that changes nothing but time. */
  pass(stamp: Stamp): void
  /** Replays a journaled entry without verification, and says what it came to. Throws `kernel.bad_entry` when it does not follow. */
  reenact(entry: Uint8Array): Extract<TurnResult, { readonly kind: 'accepted' }>
  readonly memory: MemoryReport
  limitMemory(limits: MemoryLimits): void
}
