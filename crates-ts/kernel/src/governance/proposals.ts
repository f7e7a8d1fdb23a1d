/** What may be done about a proposal, and what it comes to (spec/17-governance.md, "Proposals"). Nothing here changes anything. */
import type { Hash } from '@aos/cbor'
import { kernelError } from '../errors.ts'
import type { WorldState } from '../state.ts'
import type { DecideCommand } from './command.ts'
import type { Proposal } from './proposal.ts'
import { isGoverned, isOwner, isOwnWidening, mayDecide, missingQuorum } from './quorum.ts'
import type { ApprovalGround } from './quorum.ts'

/** Proposals as the turn sees them, and what is in force. */
export interface ProposalGround extends ApprovalGround {
  readonly manifestHash: Hash
  readonly manifestHeight: number
  readonly get: (number: number) => Proposal | undefined
}

/** The state as it stands before a turn. */
export function groundOf(state: WorldState, logicalNowNs: bigint, get?: ProposalGround['get']): ProposalGround {
  if (state.manifestHash === undefined) throw kernelError('kernel.no_genesis', 'the world has no genesis')
  return {
    actions: state.catalog.actions,
    keys: state.keys,
    logicalNowNs,
    manifestHash: state.manifestHash,
    manifestHeight: state.manifestHeight,
    get: get ?? ((number) => state.governance.proposals.get(String(number))),
  }
}

/** Throws `gov.unknown_proposal`, `gov.not_open`. */
export function needOpen(ground: Pick<ProposalGround, 'get'>, number: number): Proposal {
  const proposal = ground.get(number)
  if (proposal === undefined) {
    throw kernelError('gov.unknown_proposal', `no proposal has the number ${number}`, { path: ['proposal'] })
  }
  if (proposal.status === 'open') return proposal
  throw kernelError('gov.not_open', `proposal ${number} is ${proposal.status}`, { path: ['proposal'] })
}

/** Throws `kernel.stale_base`: what is in force is not what the change was made for. */
export function checkBase(ground: ProposalGround, made: { readonly base: Hash; readonly baseHeight: number }): void {
  if (made.base === ground.manifestHash && made.baseHeight === ground.manifestHeight) return
  throw kernelError(
    'kernel.stale_base',
    `made against ${made.base} of height ${made.baseHeight}; in force is ${ground.manifestHash} of height ${ground.manifestHeight}`,
    { path: ['base'], hint: 'propose it again against what is in force' },
  )
}

/** Throws `gov.unknown_proposal`, `gov.not_open`, `kernel.stale_base`. */
export function shadowed(
  ground: ProposalGround,
  given: { readonly proposal: number; readonly report: Hash; readonly height: number },
): Proposal {
  const proposal = needOpen(ground, given.proposal)
  checkBase(ground, proposal)
  return { ...proposal, report: { hash: given.report, height: given.height } }
}

/** A decision, by whoever signed it. */
export interface GivenDecision extends DecideCommand {
  /** Key id, hexadecimal. */
  readonly keyId: string
  readonly height: number
}

/**
 * Throws `gov.unknown_proposal`, `gov.not_open`, `kernel.stale_base`, `gov.other_patch`, `gov.no_shadow`, `gov.other_report`, `gov.expired`, `gov.not_approver`,
 * `gov.own_proposal`, `gov.replayed`.
 */
export function decided(ground: ProposalGround, given: GivenDecision): Proposal {
  const proposal = needOpen(ground, given.proposal)
  if (given.patch !== proposal.patch || given.base !== proposal.base || given.baseHeight !== proposal.baseHeight) {
    throw kernelError('gov.other_patch', `proposal ${given.proposal} is the patch ${proposal.patch}`, {
      path: ['patch'],
    })
  }
  checkBase(ground, proposal)
  if (proposal.report === undefined) {
    throw kernelError('gov.no_shadow', `nobody has looked at what proposal ${given.proposal} would do`, {
      hint: `run \`aos gov shadow ${given.proposal}\``,
    })
  }
  if (given.report !== proposal.report.hash) {
    throw kernelError(
      'gov.other_report',
      `the newest report on proposal ${given.proposal} is ${proposal.report.hash}`,
      {
        path: ['report'],
      },
    )
  }
  if (given.expiresNs <= ground.logicalNowNs)
    throw kernelError('gov.expired', 'the decision has expired', { path: ['expires_ns'] })
  if (!mayDecide(ground, given.keyId)) {
    const who = isGoverned(ground.actions) ? 'an approver of the manifest in force' : 'an owner'
    throw kernelError('gov.not_approver', `${given.keyId} is not the key of ${who}`, { path: ['auth'] })
  }
  if (given.decision === 'reject') return { ...proposal, status: 'rejected' }
  if (isOwnWidening(ground, proposal, given.keyId)) {
    throw kernelError('gov.own_proposal', 'who proposes to widen what a world may do does not approve it', {
      path: ['auth'],
    })
  }
  if (proposal.approvals.some(({ keyId, report }) => keyId === given.keyId && report === given.report)) {
    throw kernelError('gov.replayed', `${given.keyId} has approved proposal ${given.proposal} already`, {
      path: ['auth'],
    })
  }
  const { keyId, report, expiresNs, height } = given
  return { ...proposal, approvals: [...proposal.approvals, { keyId, report, expiresNs, height }] }
}

/** Throws `gov.unknown_proposal`, `gov.not_open`, `kernel.stale_base`, `gov.no_shadow`, `gov.quorum`. */
export function applicable(ground: ProposalGround, number: number): Proposal {
  const proposal = needOpen(ground, number)
  checkBase(ground, proposal)
  if (proposal.report === undefined) {
    throw kernelError('gov.no_shadow', `nobody has looked at what proposal ${number} would do`, {
      hint: `run \`aos gov shadow ${number}\``,
    })
  }
  const missing = missingQuorum(ground, proposal)
  if (missing === undefined) return proposal
  throw kernelError('gov.quorum', `proposal ${number} is not approved: ${missing}`, { path: ['proposal'] })
}

/** Throws `gov.unknown_proposal`, `gov.not_open`, `kernel.not_authorized`. */
export function withdrawn(
  ground: ProposalGround,
  given: { readonly proposal: number; readonly keyIds: readonly string[] },
): Proposal {
  const proposal = needOpen(ground, given.proposal)
  const may = given.keyIds.some((keyId) => keyId === proposal.proposerKey || isOwner(ground.keys, keyId))
  if (may) return { ...proposal, status: 'withdrawn' }
  throw kernelError('kernel.not_authorized', 'a proposal is withdrawn by who proposed it, or by an owner', {
    path: ['auth'],
  })
}
