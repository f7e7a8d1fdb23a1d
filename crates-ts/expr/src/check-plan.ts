/** Checks of plans and policies by the types of what they refer to, and of definitions as a whole (spec/09-expressions.md, "Checks of plans"). */
import { BUILTIN_CAPS, BUILTIN_EFFECTS, BUILTIN_SCHEMAS, compareIssues, findManifestIssues, slotsOf } from '@aos/air'
import type {
  CheckManifestOptions,
  DefCap,
  DefEffect,
  DefPlan,
  DefPolicy,
  Expr,
  Manifest,
  NamedRef,
  PlanStep,
  PolicyMatch,
  SlotOf,
  TypeExpr,
} from '@aos/air'
import type { ErrorPath, Issue } from '@aos/cbor'
import { checkFill } from './check-fill.ts'
import { checkExpr } from './check.ts'
import type { TypeScope } from './check.ts'
import { PlanTypes } from './plan-types.ts'
import type { PlanPlace } from './plan-types.ts'
import { ANY, describeType, expand, mayFill } from './type.ts'
import type { ExprType } from './type.ts'

/** What is found in definitions: with an issue they are refused; warnings are of lenient reading. */
export interface DefinitionFindings {
  readonly issues: readonly Issue[]
  readonly warnings: readonly Issue[]
}

/**
 * Everything that is wrong with a manifest and its definitions, expressions included, in order of path. Expressions are not
 * looked into when a schema is wrong. In lenient reading what AIR v1 does not check is a warning.
 */
export function checkDefinitions(options: CheckManifestOptions): DefinitionFindings {
  const mayBecome: CheckManifestOptions['mayBecome'] = (given, wanted, table) =>
    mayFill({ kind: 'schema', type: given }, wanted, table)
  const found = findManifestIssues({ ...options, mayBecome })
  const isAboutSchemas = ({ code, path }: Issue): boolean =>
    path[0] === 'schemas' || SCHEMA_CODES.has(code) || (path[0] === 'caps' && path[2] === 'schema')
  if (found.issues.some(isAboutSchemas)) return found
  const ofExpressions = checkExpressions(options)
  const isKept = ({ code }: Issue): boolean => options.lenient !== true || LIMIT_CODES.has(code)
  return {
    issues: [...found.issues, ...ofExpressions.filter(isKept)].toSorted(compareIssues),
    warnings: [...found.warnings, ...ofExpressions.filter((issue) => !isKept(issue))].toSorted(compareIssues),
  }
}

const SCHEMA_CODES: ReadonlySet<string> = new Set(['air.unknown_schema', 'air.recursive_type'])
const LIMIT_CODES: ReadonlySet<string> = new Set(['expr.too_deep', 'expr.too_large'])

/** What the expressions of plans and policies say that can never be. The manifest has passed `checkManifest`. */
export function checkExpressions(options: CheckManifestOptions): readonly Issue[] {
  const names = makeNames(options)
  const { manifest } = options
  const plans = manifest.plans.flatMap(({ name }) => {
    const plan = options.plans?.get(name)
    return plan === undefined ? [] : checkPlan(plan, names)
  })
  const policies = manifest.policies.flatMap(({ name }) => {
    const policy = options.policies?.get(name)
    return policy === undefined ? [] : checkPolicy(policy, manifest, names)
  })
  return [...plans, ...policies].toSorted(compareIssues)
}

interface Names {
  readonly table: ReadonlyMap<string, TypeExpr>
  /** By kind. */
  readonly effects: ReadonlyMap<string, DefEffect>
  readonly caps: ReadonlyMap<string, DefCap>
}

function makeNames({ manifest, schemas, effects, caps }: CheckManifestOptions): Names {
  const table = new Map<string, TypeExpr>()
  for (const { name } of manifest.schemas) {
    const schema = schemas.get(name)
    if (schema !== undefined) table.set(name, schema.type)
  }
  for (const [name, { type }] of BUILTIN_SCHEMAS) table.set(name, type)
  const listed = (refs: readonly NamedRef[]): readonly DefEffect[] =>
    refs.flatMap(({ name }) => BUILTIN_EFFECTS.get(name) ?? effects?.get(name) ?? [])
  return {
    table,
    effects: new Map(listed(manifest.effects).map((effect) => [effect.effectKind, effect])),
    caps: new Map([...(caps ?? []), ...BUILTIN_CAPS]),
  }
}

/** Every issue of the expressions of a plan. */
function checkPlan(plan: DefPlan, names: Names): readonly Issue[] {
  const path = ['plans', plan.name]
  const types = new PlanTypes({ plan, ...names })
  const steps = plan.steps.flatMap((step, index) => checkStep(step, { plan, types, names }, [...path, 'steps', index]))
  const edges = plan.edges.flatMap(({ from, when }, index) => {
    const after = new Set([...types.before(from), from])
    return when === undefined ? [] : checkCondition(when, types.scope({ after }), [...path, 'edges', index, 'when'])
  })
  const invariants = plan.invariants.flatMap((invariant, index) =>
    checkCondition(invariant, types.scope({ after: undefined }), [...path, 'invariants', index]),
  )
  return [...steps, ...edges, ...invariants]
}

interface PlanInCheck {
  readonly plan: DefPlan
  readonly types: PlanTypes
  readonly names: Names
}

function checkStep(step: PlanStep, { plan, types, names }: PlanInCheck, path: ErrorPath): readonly Issue[] {
  const place: PlanPlace = { after: types.before(step.id) }
  const slots = slotsOf(plan, step).flatMap(({ key, slot, of }) => {
    if (slot.kind === 'literal') return []
    return checkSlot(slot.expr, { scope: types.scope(place), wanted: typeOfSlot(of, names), key }, [...path, key])
  })
  if (step.op !== 'await_event' || step.where === undefined) return slots
  const scope = types.scope({ ...place, event: step.event })
  return [...slots, ...checkCondition(step.where, scope, [...path, 'where'])]
}

function typeOfSlot(of: SlotOf, { effects, table }: Names): TypeExpr | undefined {
  if (of === undefined) return undefined
  if ('primitive' in of) return { kind: of.primitive }
  const name = 'effect' in of ? effects.get(of.effect)?.paramsSchema : of.schema
  return name !== undefined && table.has(name) ? { kind: 'ref', name } : undefined
}

interface SlotInCheck {
  readonly scope: TypeScope
  readonly wanted: TypeExpr | undefined
  readonly key: string
}

function checkSlot(expr: Expr, { scope, wanted, key }: SlotInCheck, path: ErrorPath): readonly Issue[] {
  const { type, issues } = checkExpr(expr, scope, path)
  // A key may also be 32 bytes, or a hash as text.
  const isKey = key === 'idempotency_key' && ['bytes', 'text'].includes(expand(type, scope.table).kind)
  if (issues.length > 0 || wanted === undefined || isKey) return issues
  return checkFill(expr, wanted, scope, path)
}

/** A guard, an invariant, a `where`: a bool. */
function checkCondition(expr: Expr, scope: TypeScope, path: ErrorPath): readonly Issue[] {
  const { type, issues } = checkExpr(expr, scope, path)
  if (issues.length > 0 || mayFill(type, { kind: 'bool' }, scope.table)) return issues
  const message = `expected a condition, found a ${describeType(type, scope.table)}`
  return [{ code: 'expr.type_mismatch', path: [...path], message }]
}

function checkPolicy(policy: DefPolicy, manifest: Manifest, names: Names): readonly Issue[] {
  return policy.rules.flatMap(({ when }, index) => {
    if (when.where === undefined) return []
    const scope = policyScope(when, manifest, names)
    return checkCondition(when.where, scope, ['policies', policy.name, 'rules', index, 'when', 'where'])
  })
}

/** What a rule looks at is known as far as its other fields say. */
function policyScope(when: PolicyMatch, manifest: Manifest, { effects, caps, table }: Names): TypeScope {
  const params = when.effectKind === undefined ? undefined : effects.get(when.effectKind)?.paramsSchema
  const grant = manifest.grants.find(({ name }) => name === when.capName)
  const cap = grant && caps.get(grant.cap)
  const known = (type: TypeExpr | undefined): ExprType => (type === undefined ? ANY : { kind: 'schema', type })
  return {
    table,
    lookUp: (root) => {
      switch (root.kind) {
        case 'params':
          return known(params === undefined ? undefined : { kind: 'ref', name: params })
        case 'grant':
          return known(cap?.schema)
        case 'principal':
          return { kind: 'text' }
        default:
          return undefined
      }
    },
  }
}
