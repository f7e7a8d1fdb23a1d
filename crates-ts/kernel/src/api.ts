/**
 * The kernel's face to the host (spec/06-kernel.md, "Turn" and "Ingress").
 *
 * Everything is synchronous. The kernel returns entries; appending, syncing and acknowledging are the host's.
 */
import type { AosError, CanonicalBytes, Hash, HashBytes } from '@aos/cbor'
import type { Approval, BatchPlace, Receipt, ReceiptStatus, SigningKeyId } from '@aos/effects'
import type { IntentChange } from './intents/effect-items.ts'
import type { IntentReport } from './intents/intent.ts'
import type { StepStatus } from './plans/instance.ts'

/** K4: the numbers stand in spec/journal.cddl. */
export type IngressKind =
  | 'event'
  | 'tick'
  | 'genesis'
  | 'manifest'
  | 'key'
  | 'clock'
  | 'engine'
  | 'receipt'
  | 'start'
  | 'cancel'
  | 'requeue'
  | 'approval'
  | 'signal'

/** A signature over the command's statement that the host has verified; the kernel checks that the key may. */
export interface VerifiedSignature {
  readonly keyId: SigningKeyId
  readonly signature: Uint8Array
  /** Set when the signature is over a batch: it stands for this place in it. */
  readonly place?: BatchPlace
}

/** What the host samples for one ingress. Replay reads it from the entry. */
export interface Stamp {
  /** Wall clock, nanoseconds since 1970. */
  readonly nowNs: bigint
  /** 16 fresh bytes. */
  readonly entropy: Uint8Array
}

interface IngressBase {
  /** `method:id` (G1). */
  readonly principal: string
  /** 16 bytes; absent: the ingress starts its own trace. */
  readonly trace?: Uint8Array
  readonly idempotencyKey?: string
}

/** An event from outside, of a schema that the manifest in force has (spec/06-kernel.md, "Ingress"). */
export interface EventIngress extends IngressBase {
  readonly kind: 'event'
  readonly schema: string
  /** Prefixed canonical bytes. The kernel validates them; foreign bytes are canonicalised by the host first. */
  readonly value: Uint8Array
  /** Prefixed canonical bytes of the key, by the key schema of the routed reducers. */
  readonly key?: Uint8Array
  /** Content the event refers to; durable before the append. */
  readonly blobs?: readonly Hash[]
}

/** The first ingress of a world; the leaf of its entry is the world id (spec/06-kernel.md, "Genesis and identity"). */
export interface GenesisIngress extends IngressBase {
  readonly kind: 'genesis'
  /** The engine of the world; the newest of this release unless given. */
  readonly engine?: Hash
  readonly nonce: Uint8Array
  readonly clock: 'real' | 'virtual'
  readonly entropy: 'os' | 'seeded'
  /** Raw ed25519 public keys. */
  readonly ownerKeys: readonly Uint8Array[]
  readonly hostKeys: readonly Uint8Array[]
}

/** Puts a manifest in force from the next height on. Needs an owner's signature over `request` (G2). */
export interface ManifestIngress extends IngressBase {
  readonly kind: 'manifest'
  readonly manifest: Hash
  /** The manifest it replaces and the height that put that in force; otherwise `kernel.stale_base`. */
  readonly base: Hash
  readonly baseHeight: number
  readonly message?: string
  /** Every node and module the manifest names, and the manifest itself. Durable before the append. */
  readonly blobs: readonly Hash[]
  readonly auth: readonly VerifiedSignature[]
}

/** Registers or revokes a key. Needs an owner's signature. */
export interface KeyIngress extends IngressBase {
  readonly kind: 'key'
  readonly change: 'register' | 'revoke'
  readonly publicKey: Uint8Array
  /** `owner`, or an adapter id. */
  readonly role: string
  readonly kinds?: readonly string[]
  /** Height of the newest change of keys that the signer saw (0: genesis); otherwise `kernel.stale_base`. */
  readonly baseHeight: number
  readonly auth: readonly VerifiedSignature[]
}

/**
 * Names the engine digest that replays from here on depend on. Needs an owner's signature (spec/06-kernel.md,
 * "Engine").
 */
export interface EngineIngress extends IngressBase {
  readonly kind: 'engine'
  readonly engine: Hash
  readonly auth: readonly VerifiedSignature[]
}

/** Carries nothing but its stamp: moves logical time on (spec/06-kernel.md, "Time"). */
export interface TickIngress extends IngressBase {
  readonly kind: 'tick'
}

/**
 * Sets the time on purpose: the only way in which it moves in a virtual world, and the end of a hold in a real one. The stamp
 * must carry the same time (spec/06-kernel.md, "Time").
 */
export interface ClockIngress extends IngressBase {
  readonly kind: 'clock'
  /** Not before logical now (`kernel.clock_backwards`). */
  readonly nowNs: bigint
}

/** What an adapter reports (G9). The host has verified the signature over the statement. */
export interface ReceiptIngress extends IngressBase {
  readonly kind: 'receipt'
  readonly receipt: Receipt
  /** The bytes behind `payloadHash`. */
  readonly payload: Uint8Array
  readonly signature: VerifiedSignature
}

/** Starts a plan by hand. */
export interface StartIngress extends IngressBase {
  readonly kind: 'start'
  readonly plan: string
  /** Prefixed canonical bytes by the plan's input schema. */
  readonly input: Uint8Array
}

/** Ends an instance with the code `cancelled`. */
export interface CancelIngress extends IngressBase {
  readonly kind: 'cancel'
  readonly instance: string
}

/** Opens a dead intent again. */
export interface RequeueIngress extends IngressBase {
  readonly kind: 'requeue'
  readonly intent: Hash
}

/** The dispatcher gives an intent up: it is dead until it is requeued (K18). Only a principal of the method `host`. */
export interface SignalIngress extends IngressBase {
  readonly kind: 'signal'
  readonly intent: Hash
  readonly code: string
}

/** A person's answer to a parked intent (G7), with the signature of an approver over it. */
export interface ApprovalIngress extends IngressBase {
  readonly kind: 'approval'
  readonly approval: Approval
  readonly auth: readonly VerifiedSignature[]
}

/** The one way into a world: whatever changes it is one of these. Another kind is a change of format. */
export type Ingress =
  | EventIngress
  | GenesisIngress
  | ManifestIngress
  | KeyIngress
  | EngineIngress
  | TickIngress
  | ClockIngress
  | ReceiptIngress
  | StartIngress
  | CancelIngress
  | RequeueIngress
  | SignalIngress
  | ApprovalIngress

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
  }[]
}

/** A running plan, for reports. */
export interface InstanceReport {
  readonly id: string
  readonly plan: string
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
      readonly raised: readonly RaisedReport[]
      readonly effects: EffectsReport
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
  readonly state: Uint8Array
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

/** How an entry is replayed. */
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
  /** State bytes of a cell as the reducer returned them. `key` are prefixed canonical bytes; undefined for the one cell of a reducer that is not keyed. */
  readCell(reducer: string, key: Uint8Array | undefined): Uint8Array | undefined
  /** Open, parked and dead intents, in the order of emission. */
  listIntents(): Iterable<IntentReport>
  readIntent(hash: Hash): IntentReport | undefined
  /** Running plans in the order of their start. */
  listInstances(): Iterable<InstanceReport>
  /** Logical time of the next timer or deadline; a tick at or after it has work. */
  readonly nextDueNs: bigint | undefined
  /** Cells of a reducer in ascending order of key bytes. */
  listCells(reducer: string): Iterable<CellReport>
}
