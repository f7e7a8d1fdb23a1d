/** What an approver's key signs about a proposal (G2; spec/17-governance.md, "Commands"). */
import type { Data, Hash } from '@aos/cbor'

/** Good for one proposal with one patch on one base, as one report describes it, until it expires. */
export interface GovernanceDecision {
  readonly world: Hash
  readonly proposal: number
  readonly decision: 'approve' | 'reject'
  readonly patch: Hash
  readonly base: Hash
  readonly baseHeight: number
  readonly report: Hash
  /** Logical time, nanoseconds since 1970. */
  readonly expiresNs: bigint
  readonly reason?: string | undefined
}

/** What an approver signs for the purpose `gov-approval`. */
export function governanceStatement(decision: GovernanceDecision): Data {
  const { world, proposal, patch, base, baseHeight, report, expiresNs, reason } = decision
  return {
    world,
    proposal,
    decision: decision.decision,
    patch_hash: patch,
    base_manifest_hash: base,
    base_height: baseHeight,
    report_hash: report,
    expires_ns: expiresNs,
    ...(reason === undefined ? {} : { reason }),
  }
}
