/** Modules: their schemas, contexts, keys and events (spec/03-air.md, "Modules"). */
import type { ErrorPath } from '@aos/cbor'
import { report, shown } from '../issues.ts'
import type { DefModule, PureAbi, ReducerAbi } from '../model.ts'
import { isMapKeyType } from '../types/kinds.ts'
import { receiptEventOf, takesEvent } from './event-family.ts'
import { checkSchemaName, resolveIn, typeOf, type Scope } from './scope.ts'

const REDUCER_CONTEXT = 'sys/ReducerContext@1'
const PURE_CONTEXT = 'sys/PureContext@1'

/** Holds every module to the rules of its kind (spec/03-air.md, "Modules"). */
export function checkModules(scope: Scope): void {
  for (const module of scope.modules.values()) {
    const path = ['modules', module.name]
    checkSections(scope, module, path)
    if (module.keySchema !== undefined) checkKeySchema(scope, module.keySchema, [...path, 'key_schema'])
    if (module.reducer !== undefined) checkReducer(scope, module.reducer, [...path, 'abi', 'reducer'])
    if (module.pure !== undefined) checkPure(scope, module.pure, [...path, 'abi', 'pure'])
  }
}

/** Parsing holds this already; a definition may also come from elsewhere. */
function checkSections(scope: Scope, module: DefModule, path: ErrorPath): void {
  const sections = [
    { kind: 'reducer', present: module.reducer !== undefined },
    { kind: 'pure', present: module.pure !== undefined },
  ]
  for (const { kind, present } of sections) {
    if (present === (module.moduleKind === kind)) continue
    const message = `a module of the kind ${module.moduleKind} ${present ? 'cannot have' : 'needs'} this section`
    report(scope.sink, 'air.abi_mismatch', [...path, 'abi', kind], message)
  }
  if (module.moduleKind === 'pure' && module.keySchema !== undefined) {
    report(scope.sink, 'air.abi_mismatch', [...path, 'key_schema'], 'a pure module has no cells and so no key')
  }
}

function checkKeySchema(scope: Scope, name: string, path: ErrorPath): void {
  checkSchemaName(scope, name, path)
  const type = resolveIn(scope, typeOf(scope, name))
  if (type === undefined || isMapKeyType(type.kind)) return
  const message = `expected a schema of the sort int, nat, text, uuid or hash, found ${type.kind}`
  report(scope.sink, 'air.bad_key_schema', path, message)
}

function checkReducer(scope: Scope, abi: ReducerAbi, path: ErrorPath): void {
  checkSchemaName(scope, abi.state, [...path, 'state'])
  checkSchemaName(scope, abi.event, [...path, 'event'])
  checkContext(scope, abi.context, REDUCER_CONTEXT, path)
  if (abi.annotations !== undefined) checkSchemaName(scope, abi.annotations, [...path, 'annotations'])
  checkEventSchema(scope, abi.event, [...path, 'event'])
  const seen = new Set<string>()
  for (const [index, kind] of abi.effectsEmitted.entries()) {
    const at = [...path, 'effects_emitted', index]
    if (seen.has(kind)) report(scope.sink, 'air.duplicate_name', at, `${shown(kind)} is listed twice`)
    else checkReceiptEvent(scope, { kind, event: abi.event }, at)
    seen.add(kind)
  }
}

function checkPure(scope: Scope, abi: PureAbi, path: ErrorPath): void {
  checkSchemaName(scope, abi.input, [...path, 'input'])
  checkSchemaName(scope, abi.output, [...path, 'output'])
  checkContext(scope, abi.context, PURE_CONTEXT, path)
}

/** The context of a call has one shape, so a module can only ask for that. */
function checkContext(scope: Scope, context: string | undefined, expected: string, path: ErrorPath): void {
  if (context === undefined || context === expected) return
  report(scope.sink, 'air.bad_context', [...path, 'context'], `expected ${expected}, found ${shown(context)}`)
}

/** A reference, a record, or a variant whose arms are references to different schemas. */
function checkEventSchema(scope: Scope, name: string, path: ErrorPath): void {
  const type = typeOf(scope, name)
  const resolved = resolveIn(scope, type)
  if (type === undefined || resolved === undefined || resolved.kind === 'record') return
  const refuse = (problem: string): void =>
    report(scope.sink, 'air.bad_event_schema', path, `${shown(name)} cannot be the event of a reducer: ${problem}`)
  if (resolved.kind !== 'variant') {
    if (type.kind !== 'ref') refuse(`its type is ${type.kind}, expected a reference, a record or a variant`)
    return
  }
  const seen = new Map<string, string>()
  for (const [tag, arm] of resolved.arms) {
    if (arm.kind !== 'ref') return refuse(`its arm ${shown(tag)} is not a reference`)
    const other = seen.get(arm.name)
    if (other !== undefined) return refuse(`its arms ${shown(other)} and ${shown(tag)} are the same schema`)
    seen.set(arm.name, tag)
  }
}

/** The receipt of a micro-effect comes back to the reducer as an event, so its event schema must take that. */
function checkReceiptEvent(
  scope: Scope,
  effect: { readonly kind: string; readonly event: string },
  path: ErrorPath,
): void {
  const receipt = receiptEventOf(effect.kind)
  if (receipt === undefined || typeOf(scope, effect.event) === undefined) return
  if (takesEvent(scope, effect.event, receipt)) return
  const message = `the receipt of ${effect.kind} arrives as ${receipt}, which ${effect.event} does not take`
  report(scope.sink, 'air.receipt_event_missing', path, message)
}
