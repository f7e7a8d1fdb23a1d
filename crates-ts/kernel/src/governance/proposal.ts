/**
 * A change of the manifest on its way (spec/17-governance.md, "Proposals"). Part of the world's state, by number:
 *
 *   number            from 1, in the order of proposing; never used again
 *   status            open | rejected | withdrawn | applied | reverted (by its probation)
 *   patch, manifest   what is changed, and what it leads to; both by hash
 *   base              the manifest it starts from, and the height that put that in force
 *   proposer          who proposed it, with the key when it was signed
 *   authority         whether it narrows, keeps or widens what the world may do
 *   report            of the newest shadow run on this base
 *   approvals         by key; each names the report it was given for, and expires
 *   applied           height of the entry that put it in force
 *   reverts           the proposal that it takes back
 */
import type { Authority } from '@aos/air'
import type { Hash } from '@aos/cbor'

/** An open proposal can be decided on; the others are only history. */
export type ProposalStatus = 'open' | 'rejected' | 'withdrawn' | 'applied' | 'reverted'

/** The signed yes of one approver (G2). */
export interface GivenApproval {
  /** Key id, hexadecimal. */
  readonly keyId: string
  readonly report: Hash
  /** Logical time. */
  readonly expiresNs: bigint
  /** Of the entry that brought it. */
  readonly height: number
}

/** A proposal; a change makes another one. */
export interface Proposal {
  readonly number: number
  readonly status: ProposalStatus
  readonly patch: Hash
  readonly manifest: Hash
  readonly base: Hash
  readonly baseHeight: number
  readonly proposer: string
  /** Key id, hexadecimal, of who signed the proposing. */
  readonly proposerKey: string | undefined
  /** Of the entry that proposed it. */
  readonly height: number
  readonly description: string | undefined
  readonly authority: Authority
  readonly report: { readonly hash: Hash; readonly height: number } | undefined
  readonly approvals: readonly GivenApproval[]
  readonly appliedHeight: number | undefined
  readonly reverts: number | undefined
}
