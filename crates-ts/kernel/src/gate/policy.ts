/** The policy: the first rule that matches decides, and without one the answer is no (G7; spec/11-gate.md, "Policy"). */
import { textValue } from '@aos/expr'
import type { ExprScope, ExprValue } from '@aos/expr'
import { isAosError } from '@aos/cbor'
import type { GrantRecord, PolicyRecord, RuleRecord } from './gate-catalog.ts'

/** What the rules look at. */
export interface PolicyQuestion {
  readonly effectKind: string
  readonly grant: GrantRecord
  readonly origin: { readonly kind: 'plan' | 'reducer'; readonly name: string }
  readonly principal: string
  /** Made when a rule asks for it. */
  readonly params: () => ExprValue
}

/** The decision of a policy, and the rule that made it. */
export interface PolicyAnswer {
  readonly decision: 'allow' | 'deny' | 'require_approval'
  /** undefined: no rule matched. */
  readonly rule: number | undefined
  readonly code: 'policy.denied' | 'policy.none' | 'policy.condition' | undefined
}

/** Never throws: what cannot be judged is denied. */
export function askPolicy(policy: PolicyRecord | undefined, question: PolicyQuestion): PolicyAnswer {
  if (policy === undefined) return { decision: 'deny', rule: undefined, code: 'policy.none' }
  for (const { index, rule } of policy.rules.rulesFor(question.effectKind, question.grant)) {
    if (!matchesAsking(rule, question)) continue
    const condition = judgeCondition(rule, question)
    // A condition that cannot be judged could have been meant either way: the effect is denied.
    if (condition === 'failed') return { decision: 'deny', rule: index, code: 'policy.condition' }
    if (!condition) continue
    return { decision: rule.decision, rule: index, code: rule.decision === 'deny' ? 'policy.denied' : undefined }
  }
  return { decision: 'deny', rule: undefined, code: 'policy.denied' }
}

/** What of a rule is about who asks. */
function matchesAsking(rule: RuleRecord, question: PolicyQuestion): boolean {
  const { origin } = question
  return (
    (rule.originKind === undefined || rule.originKind === origin.kind) &&
    (rule.originName === undefined || rule.originName === origin.name) &&
    (rule.principal === undefined || matchesPrincipal(rule.principal, question.principal))
  )
}

/** A `*` at the end stands for any rest. */
function matchesPrincipal(pattern: string, principal: string): boolean {
  return pattern.endsWith('*') ? principal.startsWith(pattern.slice(0, -1)) : pattern === principal
}

function judgeCondition(rule: RuleRecord, question: PolicyQuestion): boolean | 'failed' {
  if (rule.where === undefined) return true
  const scope: ExprScope = {
    lookUp(root) {
      if (root.kind === 'params') return question.params()
      if (root.kind === 'grant') return question.grant.value
      return root.kind === 'principal' ? textValue('text', question.principal) : undefined
    },
  }
  try {
    const value = rule.where.evaluate(scope)
    return value.sort === 'bool' ? value.value : 'failed'
  } catch (error) {
    if (!isAosError(error)) throw error
    return 'failed'
  }
}
