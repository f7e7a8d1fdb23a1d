/** Effects, capabilities, policies and secrets: what they name is there (spec/03-air.md, "Effects and powers"). */
import { isAosError, type ErrorPath } from '@aos/cbor'
import { BUILTIN_EFFECTS } from '../builtin/effects.ts'
import { BUILTIN_MODULES } from '../builtin/modules.ts'
import { makeShapes } from '../codec/shape.ts'
import { ALLOW_ALL } from '../definitions/parse-rules.ts'
import type { AirErrorCode } from '../errors.ts'
import { report, reportStrict, shown } from '../issues.ts'
import type { DefCap, DefPolicy, DefSecret } from '../plan-model.ts'
import { checkSchemaName, type Scope } from './scope.ts'

/** The definitions that are listed and at hand. */
export function checkCatalog(scope: Scope): void {
  checkEffects(scope)
  for (const { name } of scope.manifest.caps) {
    const cap = scope.caps?.get(name)
    if (cap !== undefined) checkCap(scope, cap, ['caps', name])
  }
  for (const policy of scope.listed.policies.values()) checkPolicy(scope, policy, ['policies', policy.name])
  for (const secret of scope.listed.secrets.values()) checkSecret(scope, secret, ['secrets', secret.name])
}

function checkEffects(scope: Scope): void {
  const kinds = new Map<string, string>()
  for (const [index, { name }] of scope.manifest.effects.entries()) {
    const effect = scope.listed.effects.get(name)
    if (effect === undefined) continue
    const other = kinds.get(effect.effectKind)
    if (other !== undefined && other !== name) {
      const message = `${shown(name)} and ${shown(other)} are both of the kind ${shown(effect.effectKind)}`
      report(scope.sink, 'air.duplicate_kind', ['effects', index], message)
    }
    kinds.set(effect.effectKind, name)
    if (BUILTIN_EFFECTS.has(name)) continue
    checkSchemaName(scope, effect.paramsSchema, ['effects', name, 'params_schema'])
    checkSchemaName(scope, effect.receiptSchema, ['effects', name, 'receipt_schema'])
  }
}

function checkCap(scope: Scope, cap: DefCap, path: ErrorPath): void {
  try {
    makeShapes(cap.schema, scope.table)
  } catch (error) {
    if (!isAosError(error)) throw error
    const isTooDeep = error.code === 'air.too_deep'
    report(scope.sink, isTooDeep ? 'air.too_deep' : 'air.unknown_schema', [...path, 'schema'], error.message)
  }
  if (cap.enforcer === ALLOW_ALL) return
  const at = [...path, 'enforcer', 'module']
  if (!scope.listedModules.has(cap.enforcer)) {
    const message = `the enforcer ${shown(cap.enforcer)} is not listed, so every effect would be denied`
    reportStrict(scope.sink, 'air.unknown_module', at, message)
    return
  }
  const module = scope.modules.get(cap.enforcer) ?? BUILTIN_MODULES.get(cap.enforcer)
  if (module === undefined) return // reported in the list of modules
  const { pure } = module
  if (pure?.input === 'sys/CapCheckInput@1' && pure.output === 'sys/CapCheckOutput@1') return
  const message = `expected a pure module from sys/CapCheckInput@1 to sys/CapCheckOutput@1`
  report(scope.sink, 'air.abi_mismatch', at, message)
}

function checkPolicy(scope: Scope, policy: DefPolicy, path: ErrorPath): void {
  for (const [index, { when }] of policy.rules.entries()) {
    const at = (key: string): ErrorPath => [...path, 'rules', index, 'when', key]
    const { effectKind, capName, capType, originKind, originName } = when
    if (effectKind !== undefined && !isKnownKind(scope, effectKind)) {
      report(scope.sink, 'air.unknown_effect', at('effect_kind'), `no effect is of the kind ${shown(effectKind)}`)
    }
    if (capName !== undefined && !scope.grants.has(capName)) {
      report(scope.sink, 'air.unknown_grant', at('cap_name'), `no grant is called ${shown(capName)}`)
    }
    if (capType !== undefined && ![...scope.listed.caps.values()].some((cap) => cap.capType === capType)) {
      reportStrict(scope.sink, 'air.unknown_cap', at('cap_type'), `no capability is of the type ${shown(capType)}`)
    }
    if (originName === undefined) continue
    const isPlan = scope.manifest.plans.some(({ name }) => name === originName)
    const isModule = scope.listedModules.has(originName)
    const code: AirErrorCode = originKind === 'reducer' ? 'air.unknown_module' : 'air.unknown_plan'
    const isKnown = originKind === undefined ? isPlan || isModule : originKind === 'plan' ? isPlan : isModule
    if (!isKnown) reportStrict(scope.sink, code, at('origin_name'), `${shown(originName)} is not listed`)
  }
}

/** A policy may speak of a kind that the manifest does not list yet. */
function isKnownKind(scope: Scope, kind: string): boolean {
  if (scope.effectsByKind.has(kind)) return true
  return [...BUILTIN_EFFECTS.values()].some((effect) => effect.effectKind === kind)
}

function checkSecret(scope: Scope, secret: DefSecret, path: ErrorPath): void {
  for (const [index, grant] of (secret.allowedCaps ?? []).entries()) {
    if (scope.grants.has(grant)) continue
    const message = `no grant is called ${shown(grant)}`
    reportStrict(scope.sink, 'air.unknown_grant', [...path, 'allowed_caps', index], message)
  }
  for (const [index, plan] of (secret.allowedPlans ?? []).entries()) {
    if (scope.manifest.plans.some(({ name }) => name === plan)) continue
    reportStrict(scope.sink, 'air.unknown_plan', [...path, 'allowed_plans', index], `${shown(plan)} is not listed`)
  }
}
