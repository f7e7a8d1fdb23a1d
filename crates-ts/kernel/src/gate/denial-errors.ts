/** Why an effect did not pass (spec/11-gate.md, "Order"). They stand in decisions, so they are journaled and never change. */
export const DENIAL_ERRORS = {
  'effect.unknown_kind': 'the manifest in force lists no effect of that kind',
  'effect.origin_scope': 'plans, or reducers, may not emit effects of that kind',
  'effect.params': 'the parameters are not of the parameter schema',
  'cap.revoked': 'the grant that the plan names is in force no longer',
  'cap.missing': 'no slot of the reducer leads to a grant',
  'cap.type': 'the capability of the grant is of another type than the effect needs',
  'cap.expired': 'the grant has expired',
  'cap.denied': 'the enforcer said no; its own code follows behind a slash',
  'cap.enforcer': 'the enforcer is missing, did not end well or gave no answer',
  'cap.foreign_tree': 'the effect names a tree that is none of the workspaces of the grant',
  'secret.unknown': 'the parameters name a secret that the manifest does not declare',
  'secret.denied': 'the secret is not for this grant or this plan',
  'secret.literal': 'a literal stands in a slot for secrets, and the grant does not allow literals',
  'budget.exceeded': 'a budget of the grant has no room left',
  'policy.none': 'the manifest names no policy, so everything is denied',
  'policy.denied': 'the rule that matched says no, or no rule matched',
  'policy.condition': 'the condition of a rule could not be judged',
  'approval.rejected': 'the person who was asked said no',
} as const

/** A code of a decision; `cap.denied` is followed by the enforcer's own. */
export type DenialCode = keyof typeof DENIAL_ERRORS
