/** Who may decide on a proposal, and when there are enough of them (G2; spec/17-governance.md, "Approvals"). Always by the manifest in force. */
import type { ApprovalRule, Authority } from '@aos/air'
import type { ActionCatalog } from '../catalog.ts'
import type { RegisteredKey } from '../state.ts'
import type { GivenApproval, Proposal } from './proposal.ts'

/** What says who may approve. */
export interface ApprovalGround {
  readonly actions: ActionCatalog
  readonly keys: { get(id: string): RegisteredKey | undefined }
  readonly logicalNowNs: bigint
}

/** True when the manifest in force names approvers: owners alone decide nothing then. */
export function isGoverned({ approvers }: ActionCatalog): boolean {
  return approvers.size > 0
}

/** An approver of the manifest in force; where it names none, an owner whose key was not revoked. */
export function mayDecide({ actions, keys }: ApprovalGround, keyId: string): boolean {
  return isGoverned(actions) ? actions.approvers.has(keyId) : isOwner(keys, keyId)
}

/** The key of an owner that is registered and not revoked. */
export function isOwner(keys: ApprovalGround['keys'], keyId: string): boolean {
  const key = keys.get(keyId)
  return key?.role === 'owner' && key.revoked === undefined
}

/** Who proposes to widen what a world may do does not approve it, where others are named who can. */
export function isOwnWidening({ actions }: ApprovalGround, proposal: Proposal, keyId: string): boolean {
  return isGoverned(actions) && proposal.proposerKey === keyId && proposal.authority === 'widens'
}

/** The first rule that is not met; undefined when all are. */
export function missingQuorum(ground: ApprovalGround, proposal: Proposal): string | undefined {
  const { actions } = ground
  const valid = proposal.approvals.filter((approval) => counts(ground, proposal, approval))
  if (!isGoverned(actions)) return valid.length > 0 ? undefined : 'it needs the approval of an owner'
  const people = valid.flatMap(({ keyId }) => actions.approvers.get(keyId) ?? [])
  for (const { role, count } of rulesFor(actions.approvals, proposal.authority)) {
    const found = people.filter(({ roles }) => role === undefined || roles.has(role)).length
    if (found >= count) continue
    const who = role === undefined ? 'approvers' : `approvers with the role ${role}`
    return `it needs ${count} ${who}, found ${found}`
  }
  return undefined
}

/** Where no rule speaks of the authority, one approver is enough. */
function rulesFor(rules: readonly ApprovalRule[], authority: Authority): readonly Omit<ApprovalRule, 'authority'>[] {
  const fitting = rules.filter((rule) => rule.authority === authority)
  return fitting.length > 0 ? fitting : [{ count: 1 }]
}

/** An approval counts for the newest report, until it expires, and for a change that widens never from who proposed it. */
function counts(ground: ApprovalGround, proposal: Proposal, approval: GivenApproval): boolean {
  if (approval.report !== proposal.report?.hash || approval.expiresNs <= ground.logicalNowNs) return false
  if (!mayDecide(ground, approval.keyId)) return false
  return !isOwnWidening(ground, proposal, approval.keyId)
}
