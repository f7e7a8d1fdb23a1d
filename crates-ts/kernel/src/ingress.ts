/** What may come into a world: the kinds of ingress (K13, K14; spec/06-kernel.md, "Ingress"). */
import type { Hash } from '@aos/cbor'
import type { GovernanceCommand } from './governance/command.ts'
import type { Approval, BatchPlace, Receipt, SigningKeyId } from '@aos/effects'

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
  | 'snapshot_cut'
  | 'snapshot_root'
  | 'governance'

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

/** What is done about proposals (spec/17-governance.md, "Commands"). The host has verified the signatures over the command. */
export interface GovernanceIngress extends IngressBase {
  readonly kind: 'governance'
  readonly command: GovernanceCommand
  /** With `propose`: the patch, its nodes and modules. Durable before the append. */
  readonly blobs: readonly Hash[]
  readonly auth: readonly VerifiedSignature[]
}

/** Freezes what has changed: the state at the end of this entry is what the snapshot holds (K28). */
export interface SnapshotCutIngress extends IngressBase {
  readonly kind: 'snapshot_cut'
}

/** What the newest cut came to (K28). A claim: verification makes the root again and compares, plain replay does not. */
export interface SnapshotRootIngress extends IngressBase {
  readonly kind: 'snapshot_root'
  /** Height of the cut. */
  readonly cut: number
  /** Hash of the snapshot's record. */
  readonly root: Hash
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
  | SnapshotCutIngress
  | SnapshotRootIngress
  | GovernanceIngress
