/** What an approver's key signs about a parked intent (G7; spec/12-receipts.md, "Approval statement"). */
import type { Data, Hash, HashBytes } from '@aos/cbor'

/** Good once, for one intent, under one manifest, until it expires. */
export interface Approval {
  readonly world: Hash
  readonly intentHash: HashBytes
  readonly manifest: HashBytes
  readonly decision: 'approve' | 'reject'
  /** Logical time, nanoseconds since 1970. */
  readonly expiresNs: bigint
}

/** What an approver signs for the purpose `approval`; good for one intent under one manifest, until it expires. */
export function approvalStatement(approval: Approval): Data {
  return {
    world: approval.world,
    intent_hash: approval.intentHash,
    manifest_hash: approval.manifest,
    decision: approval.decision,
    expires_ns: approval.expiresNs,
  }
}
