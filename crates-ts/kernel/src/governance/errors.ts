/** Codes of governance (spec/08-errors.md). */

/** Why a proposal, or what is done about it, is refused (spec/17-governance.md, "Refusals"). */
export const GOVERNANCE_ERRORS = {
  'gov.unknown_proposal': 'no proposal has that number',
  'gov.not_open': 'the proposal is decided already',
  'gov.no_shadow': 'nobody has looked at what the proposal would do',
  'gov.other_patch': 'the decision was made for another patch, or for another base',
  'gov.other_report': 'the decision was made for another report than the newest',
  'gov.expired': 'the decision is past its expiry',
  'gov.replayed': 'the key has approved this already',
  'gov.not_approver': 'the key is not one that the manifest in force lets decide',
  'gov.own_proposal': 'who proposes to widen what a world may do does not approve it',
  'gov.unsigned': 'the command needs the signature of a key',
  'gov.unknown_key': 'the key that signed is neither registered nor that of an approver',
  'gov.quorum': 'the approvals are fewer than the manifest in force asks for',
  'gov.governed': 'the manifest in force names approvers, so it changes by a proposal only',
  'gov.bad_patch': 'the patch is not well-formed, or does not fit what it is for',
  'gov.patch_mismatch': 'the patch leads to another manifest than the command says',
  'gov.state_schema': 'states that are there do not fit the new schema, and no migration is named',
  'gov.key_schema': 'keys of cells that are there do not fit the new schema',
  'gov.live_schema': 'something in flight could not go on by the new schemas',
  'gov.no_way_back': 'a change on probation could not be taken back',
  'gov.engine': 'the engine of the world has no governance; `aos upgrade` changes it',
  'kernel.upcast': 'an upcaster did not end well or gave no value',
  'kernel.migration_failed': 'the state is of an older generation and cannot be brought on',
} as const

/** Codes of governance. */
export type GovernanceErrorCode = keyof typeof GOVERNANCE_ERRORS
