/** Grants, slots, triggers, adapters, approvers, bounds of a manifest (spec/03-air.md, "Effects and powers"). */
import { equalBytes, isAosError, type ErrorPath } from '@aos/cbor'
import type { Reading } from '../codec/json-scalar.ts'
import { makeShapes } from '../codec/shape.ts'
import type { AirErrorCode } from '../errors.ts'
import { fitLiteral, literalBytes } from '../expressions/literal.ts'
import { report, reportStrict, shown } from '../issues.ts'
import type { ReducerAbi } from '../model.ts'
import type { CapGrant, Literal } from '../plan-model.ts'
import type { SlotSchema } from '../plans/read-slot.ts'
import { capTypeOf, checkSchemaName, resolveIn, typeOf, type Scope } from './scope.ts'

/** What the manifest itself says of effects. */
export function checkPowers(scope: Scope): void {
  const { manifest } = scope
  checkDefaults(scope)
  checkUnique(scope, 'defaults', manifest.grants.map(({ name }) => name), ['cap_grants']) // prettier-ignore
  for (const [index, grant] of manifest.grants.entries()) checkGrant(scope, grant, ['defaults', 'cap_grants', index])
  for (const [module, slots] of manifest.moduleBindings) checkSlots(scope, module, slots)
  checkEmitters(scope)
  checkTriggers(scope)
  checkUnique(scope, 'bindings', manifest.bindings.map(({ pattern }) => pattern), []) // prettier-ignore
  checkUnique(scope, 'approvers', manifest.approvers.map(({ name }) => name), []) // prettier-ignore
  checkUnique(scope, 'approvers', manifest.approvers.map(({ key }) => key), []) // prettier-ignore
  checkLimits(scope)
}

function checkUnique(scope: Scope, section: string, names: readonly string[], below: ErrorPath): void {
  const seen = new Set<string>()
  for (const [index, name] of names.entries()) {
    if (seen.has(name)) {
      report(scope.sink, 'air.duplicate_name', [section, ...below, index], `${shown(name)} stands twice`)
    }
    seen.add(name)
  }
}

function checkDefaults({ manifest, sink }: Scope): void {
  const { policy } = manifest
  if (policy === undefined || manifest.policies.some(({ name }) => name === policy)) return
  report(sink, 'air.unknown_policy', ['defaults', 'policy'], `the policy ${shown(policy)} is not listed`)
}

function checkGrant(scope: Scope, grant: CapGrant, path: ErrorPath): void {
  const cap = scope.listed.caps.get(grant.cap)
  if (cap === undefined) {
    const isListed = scope.manifest.caps.some(({ name }) => name === grant.cap)
    const message = `the capability ${shown(grant.cap)} is not listed`
    if (!isListed) report(scope.sink, 'air.unknown_cap', [...path, 'cap'], message)
    return
  }
  checkLiteral(scope, grant.params, { type: cap.schema, table: scope.table }, [...path, 'params'])
}

/** A literal fits its type, and is as it would be read from any other spelling of the same value. */
export function checkLiteral(scope: Scope, literal: Literal, schema: SlotSchema, path: ErrorPath): void {
  try {
    makeShapes(schema.type, schema.table)
  } catch (error) {
    if (!isAosError(error)) throw error
    return // reported where the schema stands
  }
  const reading: Reading = { table: schema.table, issues: [], path: [...path], spelling: 'canonical' }
  const fitted = fitLiteral(reading, literal, schema.type)
  scope.sink.issues.push(...reading.issues)
  if (fitted === undefined || equalBytes(literalBytes(fitted), literalBytes(literal))) return
  report(scope.sink, 'air.not_normal', path, 'the value is not in its normal form')
}

function checkSlots(scope: Scope, module: string, slots: ReadonlyMap<string, string>): void {
  const path = ['module_bindings', module]
  if (!scope.listedModules.has(module)) {
    report(scope.sink, 'air.unknown_module', path, `the module ${shown(module)} is not listed`)
    return
  }
  const definition = scope.modules.get(module)
  if (definition === undefined) return // reported in the list of modules
  if (definition.reducer === undefined) {
    report(scope.sink, 'air.not_a_reducer', path, `${shown(module)} is not a reducer, so it has no slots`)
    return
  }
  for (const [slot, grant] of slots) {
    const at = [...path, 'slots', slot]
    const type = definition.reducer.capSlots.get(slot)
    if (type === undefined && slot !== 'default') {
      reportStrict(scope.sink, 'air.unknown_slot', at, `${shown(module)} has no slot ${shown(slot)}`)
    }
    if (!scope.grants.has(grant)) {
      report(scope.sink, 'air.unknown_grant', at, `no grant is called ${shown(grant)}`)
      continue
    }
    const found = capTypeOf(scope, grant)
    if (type !== undefined && found !== undefined && found !== type) {
      const message = `the slot is for ${shown(type)}, the grant ${shown(grant)} is of the type ${shown(found)}`
      reportStrict(scope.sink, 'air.cap_type', at, message)
    }
  }
}

/** What reducers may ask for. Where nothing is granted and no effect listed, nothing leaves, and nothing is looked at. */
function checkEmitters(scope: Scope): void {
  const { manifest } = scope
  if (manifest.effects.length === 0 && manifest.grants.length === 0) return
  for (const { name } of manifest.modules) {
    const reducer = scope.modules.get(name)?.reducer
    if (reducer !== undefined) checkEmitter(scope, reducer, name)
  }
}

function checkEmitter(scope: Scope, reducer: ReducerAbi, name: string): void {
  const path = ['modules', name, 'abi', 'reducer']
  const strict = (code: AirErrorCode, at: ErrorPath, message: string): void =>
    reportStrict(scope.sink, code, [...path, ...at], message)
  for (const [index, kind] of reducer.effectsEmitted.entries()) {
    const effect = scope.effectsByKind.get(kind)
    const at = ['effects_emitted', index]
    if (effect === undefined)
      strict('air.unknown_effect', at, `the manifest lists no effect of the kind ${shown(kind)}`)
    else if (effect.originScope === 'plan') strict('air.origin_scope', at, `a reducer cannot ask for ${shown(kind)}`)
  }
  const bound = scope.manifest.moduleBindings.get(name)
  for (const [slot, type] of reducer.capSlots) {
    if (bound?.has(slot) === true) continue
    const fitting = scope.manifest.grants.filter((grant) => capTypeOf(scope, grant.name) === type)
    if (slot === 'default' && fitting.length === 1) continue
    strict('air.slot_unbound', ['cap_slots', slot], `module_bindings names no grant for the slot ${shown(slot)}`)
  }
}

function checkTriggers(scope: Scope): void {
  const seen = new Set<string>()
  for (const [index, { event, plan }] of scope.manifest.triggers.entries()) {
    const path = ['triggers', index]
    const pair = `${event} ${plan}`
    if (seen.has(pair)) report(scope.sink, 'air.duplicate_trigger', path, `${event} starts ${plan} already`)
    seen.add(pair)
    checkSchemaName(scope, event, [...path, 'event'])
    checkTriggerEvent(scope, event, plan, path)
    if (scope.manifest.plans.some(({ name }) => name === plan)) continue
    reportStrict(scope.sink, 'air.unknown_plan', [...path, 'plan'], `the plan ${shown(plan)} is not listed`)
  }
}

/** The value of the event becomes the input of the plan. */
function checkTriggerEvent(scope: Scope, event: string, plan: string, path: ErrorPath): void {
  const input = scope.listed.plans.get(plan)?.input
  if (input === undefined || event === input || scope.mayBecome === undefined) return
  const [given, wanted] = [resolveIn(scope, typeOf(scope, event)), resolveIn(scope, typeOf(scope, input))]
  if (given === undefined || wanted === undefined || scope.mayBecome(given, wanted, scope.table)) return
  const message = `no ${event} is a ${input}, the input of ${plan}`
  reportStrict(scope.sink, 'air.trigger_event', [...path, 'event'], message)
}

function checkLimits({ manifest, limitsKnown, sink }: Scope): void {
  if (limitsKnown === undefined) return
  for (const [name, limit] of manifest.limits ?? []) {
    const most = limitsKnown.get(name)
    if (most !== undefined && limit <= most) continue
    const message = most === undefined ? `there is no limit ${shown(name)}` : `expected at most ${most}, found ${limit}`
    report(sink, 'air.unknown_limit', ['limits', name], message)
  }
}
