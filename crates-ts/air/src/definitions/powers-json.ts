/**
 * The sections of a manifest that are no lists of definitions, as JSON: the same in both lenses, and in nodes
 * (spec/03-air.md, "Nodes and hashes").
 */
import { literalJson } from '../expressions/literal.ts'
import { jsonInteger, type JsonNode, type JsonObject } from '../json.ts'
import type { Manifest } from '../model.ts'
import type { ApprovalRule, Approver, Budget, CapGrant, EffectBinding, Migration, PlanTrigger } from '../plan-model.ts'
import { members } from './json-members.ts'
import { list, textMap } from './plan-json.ts'

type PowerSection =
  'defaults' | 'moduleBindings' | 'triggers' | 'bindings' | 'approvers' | 'approvals' | 'limits' | 'migrations'

/** Sections that are empty are undefined. */
export function powersJson(manifest: Manifest): { readonly [section in PowerSection]: JsonNode | undefined } {
  const grants = list(grantsJson(manifest.grants))
  const hasDefaults = manifest.policy !== undefined || grants !== undefined
  const filled = (section: JsonObject): JsonNode | undefined => (section.size === 0 ? undefined : section)
  return {
    defaults: hasDefaults ? members([['policy', manifest.policy], ['cap_grants', grants]]) : undefined,
    moduleBindings: filled(moduleBindingsJson(manifest.moduleBindings)),
    triggers: list(triggersJson(manifest.triggers)),
    bindings: list(bindingsJson(manifest.bindings)),
    approvers: list(approversJson(manifest.approvers)),
    approvals: list(approvalsJson(manifest.approvals)),
    limits: filled(limitsJson(manifest.limits)),
    migrations: list(migrationsJson(manifest.migrations)),
  } // prettier-ignore
}

/** The list in `cap_grants`; absent members are left out. */
export function grantsJson(grants: readonly CapGrant[]): readonly JsonNode[] {
  return grants.map((grant) =>
    members([
      ['name', grant.name],
      ['cap', grant.cap],
      ['params', literalJson(grant.params)],
      ['expiry_ns', number(grant.expiryNs)],
      ['budgets', grant.budgets === undefined || grant.budgets.size === 0 ? undefined : budgetsJson(grant.budgets)],
      ['literal_secrets', grant.literalSecrets === true ? true : undefined],
    ]),
  )
}

/** The budgets of a grant, by dimension. */
export function budgetsJson(budgets: ReadonlyMap<string, Budget> | undefined): JsonObject {
  const entries = [...(budgets ?? [])].map(([dimension, { limit, windowNs }]): [string, JsonNode] => [
    dimension,
    members([['limit', jsonInteger(limit)], ['window_ns', number(windowNs)]]),
  ]) // prettier-ignore
  return sorted(entries)
}

/** Which grants stand in which slots; modules in canonical key order. */
export function moduleBindingsJson(bindings: Manifest['moduleBindings']): JsonObject {
  return sorted([...bindings].map(([module, slots]) => [module, members([['slots', textMap(slots)]])]))
}

/** The list in `triggers`, in its own order. */
export function triggersJson(triggers: readonly PlanTrigger[]): readonly JsonNode[] {
  return triggers.map(({ event, plan, correlateBy }) =>
    members([['event', event], ['plan', plan], ['correlate_by', correlateBy]]),
  ) // prettier-ignore
}

/** The list of bindings of effect kinds to adapters. */
export function bindingsJson(bindings: readonly EffectBinding[]): readonly JsonNode[] {
  return bindings.map((binding) =>
    members([
      ['pattern', binding.pattern],
      ['adapter', binding.adapter],
      ['idempotent', binding.idempotent],
      ['timeout_ms', number(binding.timeoutMs)],
      ['attempts_max', number(binding.attemptsMax)],
      ['concurrency_max', number(binding.concurrencyMax)],
    ]),
  )
}

/** The list in `approvers`; empty roles are left out. */
export function approversJson(approvers: readonly Approver[]): readonly JsonNode[] {
  return approvers.map(({ name, key, roles }) => members([['name', name], ['key', key], ['roles', list(roles)]])) // prettier-ignore
}

/** The list of rules about approval. */
export function approvalsJson(approvals: readonly ApprovalRule[]): readonly JsonNode[] {
  return approvals.map(({ authority, role, count }) =>
    members([['authority', authority], ['role', role], ['count', jsonInteger(count)]]),
  ) // prettier-ignore
}

/** The list in `migrations`: a reducer or an event, and a module. */
export function migrationsJson(migrations: readonly Migration[]): readonly JsonNode[] {
  return migrations.map((migration) =>
    migration.kind === 'state'
      ? members([['reducer', migration.reducer], ['module', migration.module]])
      : members([['event', migration.event], ['module', migration.module]]),
  ) // prettier-ignore
}

/** Engine bounds in canonical key order. */
export function limitsJson(limits: Manifest['limits']): JsonObject {
  return sorted([...(limits ?? [])].map(([name, limit]) => [name, jsonInteger(limit)]))
}

function sorted(entries: readonly (readonly [string, JsonNode])[]): JsonObject {
  return textMap(new Map(entries)) ?? new Map<string, JsonNode>()
}

function number(value: number | bigint | undefined): JsonNode | undefined {
  return value === undefined ? undefined : jsonInteger(value)
}
