/**
 * Whether one list of policy rules lets nothing pass that another does not (spec/23-authority.md, "Policies"): shown from the
 * form of the rules alone, so that an answer of yes is a proof and one of no says nothing.
 */
import { exprJson } from '../expressions/parse-expr.ts'
import { formatJson } from '../json-format.ts'
import type { Expr, PolicyMatch, PolicyRule } from '../plan-model.ts'

/** From the strictest to the most generous. */
const GENEROSITY: { readonly [Decision in PolicyRule['decision']]: number } = { deny: 0, require_approval: 1, allow: 2 }

/** A rule as it is compared. */
interface Rule {
  readonly when: PolicyMatch
  /** The operands of nested `and`s, or the condition itself: it holds when all do, and fails when one fails. */
  readonly conditions: ReadonlySet<string>
  readonly generosity: number
}

/** Indexes of the rules of `after` of which it is not shown that `before` gives at least what they give. */
export function findUncovered(before: readonly PolicyRule[], after: readonly PolicyRule[]): readonly number[] {
  const [old, fresh] = [before.map(makeRule), after.map(makeRule)]
  // The first rule that takes for itself all that an old rule decided or failed on.
  const caught = old.map((rule) => fresh.findIndex((other) => catches(other, rule)))
  return fresh.flatMap((rule, index) => {
    if (rule.generosity === GENEROSITY.deny) return []
    const cover = old.findIndex((other) => covers(other, rule))
    if (cover < 0) return [index]
    const isShown = old.slice(0, cover).every((other, at) => {
      if (!overlaps(other.when, rule.when) || givesAsMuch(other, rule)) return true
      const by = caught[at] ?? -1
      return by >= 0 && by < index
    })
    return isShown ? [] : [index]
  })
}

function makeRule({ when, decision }: PolicyRule): Rule {
  return { when, conditions: new Set(conditionsOf(when.where)), generosity: GENEROSITY[decision] }
}

function conditionsOf(where: Expr | undefined): readonly string[] {
  if (where === undefined) return []
  const isAnd = where.kind === 'operation' && where.operator === 'and' && where.operands.length > 1
  if (isAnd) return where.operands.flatMap(conditionsOf)
  return [formatJson(exprJson(where))]
}

/** Whatever matches `rule`, its condition holding, matches `other` too, which gives at least as much. */
function covers(other: Rule, rule: Rule): boolean {
  return isWithin(rule, other) && givesAsMuch(other, rule)
}

/** What `rule` matches and `other`, by its fields, matches too, `other` gives at least as much. */
function givesAsMuch(other: Rule, rule: Rule): boolean {
  return other.generosity >= rule.generosity && isSubset(other.conditions, rule.conditions)
}

/** Whatever `rule` decides or fails on, `other` decides or fails on. */
function catches(other: Rule, rule: Rule): boolean {
  if (!isWithin(rule, other)) return false
  const isUnconditional = other.conditions.size === 0
  return (
    isUnconditional || (other.conditions.size === rule.conditions.size && isSubset(other.conditions, rule.conditions))
  )
}

function isSubset(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return [...part].every((each) => whole.has(each))
}

/** Fields that are compared as they are. */
const FIELDS = ['effectKind', 'capName', 'capType', 'originKind', 'originName'] as const

/** Every request that the fields of the one match, those of the other match. */
function isWithin({ when: inner }: Rule, { when: outer }: Rule): boolean {
  const isSame = FIELDS.every((field) => outer[field] === undefined || outer[field] === inner[field])
  return isSame && (outer.principal === undefined || isWithinPattern(inner.principal, outer.principal))
}

function isWithinPattern(inner: string | undefined, outer: string): boolean {
  if (inner === undefined) return outer === '*'
  if (!outer.endsWith('*')) return inner === outer
  return beginningOf(inner).startsWith(beginningOf(outer))
}

/** Some request may match the fields of both. */
function overlaps(left: PolicyMatch, right: PolicyMatch): boolean {
  const isApart = FIELDS.some((field) => {
    return left[field] !== undefined && right[field] !== undefined && left[field] !== right[field]
  })
  return !isApart && overlapsPattern(left.principal, right.principal)
}

function overlapsPattern(left: string | undefined, right: string | undefined): boolean {
  if (left === undefined || right === undefined) return true
  const [one, other] = [beginningOf(left), beginningOf(right)]
  const [isOpen, isOtherOpen] = [left.endsWith('*'), right.endsWith('*')]
  if (!isOpen && !isOtherOpen) return left === right
  if (isOpen && isOtherOpen) return one.startsWith(other) || other.startsWith(one)
  return isOpen ? right.startsWith(one) : left.startsWith(other)
}

/** A `*` at the end stands for any rest. */
function beginningOf(pattern: string): string {
  return pattern.endsWith('*') ? pattern.slice(0, -1) : pattern
}
