/** The plans and the gate of a manifest, ready to run (spec/10-plans.md, "Definitions at work"; spec/11-gate.md, "What is judged by"). */
import { compileSchema, resolveType } from '@aos/air'
import type {
  Approver,
  CapGrant,
  DefCap,
  DefEffect,
  DefModule,
  DefPlan,
  DefPolicy,
  DefSecret,
  EffectBinding,
  Manifest,
  SchemaTable,
  TypeExpr,
} from '@aos/air'
import { fromHex, sha256, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { compileExpr, exprFromValue, literalValue, valueFromExpr } from '@aos/expr'
import type { ActionCatalog, ApproverRecord } from './catalog.ts'
import { kernelError } from './errors.ts'
import { makeFingerprints } from './governance/fingerprint.ts'
import type {
  EffectRecord,
  Enforcer,
  GateCatalog,
  GateSchema,
  GrantRecord,
  RuleRecord,
  SecretRecord,
} from './gate/gate-catalog.ts'
import { RuleIndex } from './gate/rule-index.ts'
import { hasSecretSlots } from './gate/secret-slots.ts'
import { compilePlan } from './plans/compile-plan.ts'
import type { CompiledPlan } from './plans/compiled-plan.ts'
import type { CompiledTrigger } from './plans/triggers.ts'
import { HOST_ADAPTER } from './intents/intent.ts'
import type { EngineFeatures } from './load-definitions.ts'
import { treeGrantOf } from './internal/workspace-trees.ts'
import type { KernelPorts, LoadedModule } from './ports.ts'

/** Every definition that a manifest lists, built-in ones included, checked together. */
export interface ActionDefinitions extends PlanDefinitions {
  readonly caps: ReadonlyMap<string, DefCap>
  readonly policies: ReadonlyMap<string, DefPolicy>
  readonly secrets: ReadonlyMap<string, DefSecret>
  /** Modules that are loaded, by name. */
  readonly modules: ReadonlyMap<string, { readonly definition: DefModule; readonly module: LoadedModule }>
}

/** What plans and effects are compiled from. */
export interface PlanDefinitions {
  readonly manifestHash: Hash
  readonly manifest: Manifest
  readonly plans: ReadonlyMap<string, { readonly definition: DefPlan; readonly hash: Hash }>
  readonly effects: ReadonlyMap<string, DefEffect>
}

/** The types, and what the engine makes of effects. */
export interface LoadGround {
  readonly table: SchemaTable
  readonly features: EngineFeatures
}

const ALLOW_ALL = 'sys/CapAllowAll@1'

/** Throws `kernel.bad_manifest` where definitions do not belong together, `expr.*` for an expression that cannot be compiled. */
export function loadActions(ports: KernelPorts, definitions: ActionDefinitions, ground: LoadGround): ActionCatalog {
  const { manifest } = definitions
  const { table } = ground
  const gate = loadGate(ports, definitions, ground)
  const plans = loadPlans(ports, definitions, table)
  return {
    gate,
    plans,
    triggers: loadTriggers(manifest, plans, table),
    slots: manifest.moduleBindings,
    approvers: new Map(
      manifest.approvers.map((approver) => [toHex(sha256(ports.sha256, fromHex(approver.key))), approverOf(approver)]),
    ),
    approvals: manifest.approvals,
  }
}

function approverOf({ name, roles }: Approver): ApproverRecord {
  return { name, roles: new Set(roles) }
}

function loadGate(ports: KernelPorts, definitions: ActionDefinitions, ground: LoadGround): GateCatalog {
  const { table } = ground
  const { manifest, policies, secrets } = definitions
  const effects = loadEffects(definitions, ground)
  const policy = manifest.policy === undefined ? undefined : policies.get(manifest.policy)
  return {
    table,
    effects,
    grants: new Map(manifest.grants.map((grant) => [grant.name, loadGrant(grant, definitions, table)])),
    policy: policy === undefined ? undefined : { name: policy.name, rules: new RuleIndex(loadRules(ports, policy)) },
    secrets: new Map([...secrets].map(([name, secret]) => [name, loadSecret(secret)])),
  }
}

/** By kind. */
export function loadEffects(definitions: PlanDefinitions, ground: LoadGround): ReadonlyMap<string, EffectRecord> {
  const { bindings } = definitions.manifest
  return new Map(
    [...definitions.effects.values()].map((effect) => [effect.effectKind, loadEffect(effect, bindings, ground)]),
  )
}

function loadEffect(effect: DefEffect, bindings: readonly EffectBinding[], ground: LoadGround): EffectRecord {
  const { table, features } = ground
  const binding = bindings.find(({ pattern }) => matchesPattern(pattern, effect.effectKind))
  const params = loadSchema({ kind: 'ref', name: effect.paramsSchema }, table)
  return {
    kind: effect.effectKind,
    capType: effect.capType,
    originScope: effect.originScope,
    params,
    paramsName: effect.paramsSchema,
    takesSecrets: hasSecretSlots(params.type, table),
    receipt: loadSchema({ kind: 'ref', name: effect.receiptSchema }, table),
    adapter: binding?.adapter ?? defaultAdapter(effect.effectKind, features),
  }
}

/** `http.*` fits every kind that starts with `http.`. */
function matchesPattern(pattern: string, kind: string): boolean {
  return pattern.endsWith('*') ? kind.startsWith(pattern.slice(0, -1)) : pattern === kind
}

/** Without a binding an effect is for the adapter named like the first part of its kind; what the host answers itself, for the host. */
function defaultAdapter(kind: string, { hasGovernance }: EngineFeatures): string {
  const dot = kind.indexOf('.')
  const family = dot < 0 ? kind : kind.slice(0, dot)
  return hasGovernance && HOST_FAMILIES.has(family) ? HOST_ADAPTER : family
}

/** What the kernel does not perform in the turn needs a replay or another height, which the host has (G11). */
const HOST_FAMILIES: ReadonlySet<string> = new Set(['governance', 'introspect', 'workspace'])

function loadSchema(type: TypeExpr, table: SchemaTable): GateSchema {
  return { type, codec: compileSchema(type, table) }
}

function loadGrant(grant: CapGrant, definitions: ActionDefinitions, table: SchemaTable): GrantRecord {
  const cap = definitions.caps.get(grant.cap)
  if (cap === undefined) throw kernelError('kernel.bad_manifest', `the grant ${grant.name} is of no capability`)
  const { codec } = loadSchema(cap.schema, table)
  const params = codec.encode(valueFromExpr(literalValue(grant.params), cap.schema, table)).slice()
  return {
    name: grant.name,
    capName: cap.name,
    capType: cap.capType,
    params,
    value: exprFromValue(codec.decode(params), cap.schema, table),
    expiryNs: grant.expiryNs,
    budgets: grant.budgets ?? new Map(),
    allowsLiteralSecrets: grant.literalSecrets === true,
    trees: treeGrantOf(cap.capType, codec.decode(params)),
    enforcer: loadEnforcer(cap, definitions),
  }
}

function loadEnforcer(cap: DefCap, definitions: ActionDefinitions): Enforcer {
  if (cap.enforcer === ALLOW_ALL) return { kind: 'allow' }
  const listed = definitions.modules.get(cap.enforcer)
  if (listed === undefined || listed.definition.pure === undefined) return { kind: 'missing' }
  const wantsContext = listed.definition.pure.context !== undefined
  return { kind: 'module', name: cap.enforcer, module: listed.module, wantsContext }
}

function loadRules(ports: KernelPorts, policy: DefPolicy): readonly RuleRecord[] {
  return policy.rules.map(({ when, decision }) => ({
    effectKind: when.effectKind,
    capName: when.capName,
    capType: when.capType,
    originKind: when.originKind,
    originName: when.originName,
    principal: when.principal,
    where: when.where === undefined ? undefined : compileExpr(ports.sha256, when.where),
    decision,
  }))
}

function loadSecret(secret: DefSecret): SecretRecord {
  const { allowedCaps, allowedPlans } = secret
  return {
    allowedCaps: allowedCaps === undefined ? undefined : new Set(allowedCaps),
    allowedPlans: allowedPlans === undefined ? undefined : new Set(allowedPlans),
  }
}

/** By name. */
export function loadPlans(
  ports: KernelPorts,
  definitions: PlanDefinitions,
  table: SchemaTable,
): ReadonlyMap<string, CompiledPlan> {
  const schemas = new Map([...definitions.effects.values()].map((effect) => [effect.effectKind, effect.paramsSchema]))
  const fingerprint = makeFingerprints(ports.sha256, table)
  const paramsSchema = (kind: string): string | undefined => schemas.get(kind)
  const { manifestHash } = definitions
  return new Map(
    [...definitions.plans].map(([name, { definition, hash }]) => [
      name,
      compilePlan(definition, { sha256: ports.sha256, hash, manifest: manifestHash, table, fingerprint, paramsSchema }),
    ]),
  )
}

/** By event, plans in the order of their names (K8). */
function loadTriggers(
  manifest: Manifest,
  plans: ReadonlyMap<string, CompiledPlan>,
  table: SchemaTable,
): ReadonlyMap<string, readonly CompiledTrigger[]> {
  const triggers = new Map<string, CompiledTrigger[]>()
  const sorted = [...manifest.triggers].sort((left, right) =>
    left.plan < right.plan ? -1 : left.plan > right.plan ? 1 : 0,
  )
  for (const { event, plan: name, correlateBy } of sorted) {
    const plan = plans.get(name)
    if (plan === undefined)
      throw kernelError('kernel.bad_manifest', `a trigger names the plan ${name}, which is not listed`)
    const schema = loadSchema({ kind: 'ref', name: event }, table)
    const trigger: CompiledTrigger = {
      event: schema,
      plan,
      fits: resolveType(schema.type, table) === resolveType(plan.input.type, table),
      correlateBy: correlateBy?.split('.'),
    }
    const list = triggers.get(event)
    if (list === undefined) triggers.set(event, [trigger])
    else list.push(trigger)
  }
  return triggers
}
