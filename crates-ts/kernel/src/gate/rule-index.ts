/** The rules of a policy, found by what an effect is (spec/11-gate.md, "Policy"). */
import type { GrantRecord, RuleRecord } from './gate-catalog.ts'

/** A rule with its place in the policy. */
export interface PlacedRule {
  readonly index: number
  readonly rule: RuleRecord
}

/**
 * Of many rules few are about one kind of effect under one grant: those are found once for each kind and grant that is asked for, of which a manifest
 * has so many and no more.
 */
export class RuleIndex {
  readonly #rules: readonly RuleRecord[]
  /** By grant, then by kind. */
  readonly #found = new Map<GrantRecord, Map<string, readonly PlacedRule[]>>()

  constructor(rules: readonly RuleRecord[]) {
    this.#rules = rules
  }

  /** All rules whose kind, grant and type of capability fit, in the order of the policy. What else they ask is not looked at. */
  rulesFor(effectKind: string, grant: GrantRecord): readonly PlacedRule[] {
    let kinds = this.#found.get(grant)
    if (kinds === undefined) {
      kinds = new Map()
      this.#found.set(grant, kinds)
    }
    const known = kinds.get(effectKind)
    if (known !== undefined) return known
    const fitting: PlacedRule[] = []
    for (const [index, rule] of this.#rules.entries()) if (fits(rule, effectKind, grant)) fitting.push({ index, rule })
    kinds.set(effectKind, fitting)
    return fitting
  }
}

function fits(rule: RuleRecord, effectKind: string, grant: GrantRecord): boolean {
  return (
    (rule.effectKind === undefined || rule.effectKind === effectKind) &&
    (rule.capName === undefined || rule.capName === grant.name) &&
    (rule.capType === undefined || rule.capType === grant.capType)
  )
}
