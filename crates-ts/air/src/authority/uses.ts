/** Which effects plans and reducers ask for, under which grants (spec/23-authority.md, "Origins"). */
import { capTypeOf, type Side } from './side.ts'

/** An effect that an origin may ask for, and the grant under which. */
export interface Use {
  readonly kind: string
  readonly grant: string
}

/** Those of its steps. Nothing when there is no such plan. */
export function usesOfPlan(side: Side, name: string): readonly Use[] {
  const steps = side.set.plans.get(name)?.steps ?? []
  return steps.flatMap((step) => (step.op === 'emit_effect' ? [{ kind: step.effectKind, grant: step.cap }] : []))
}

/** What a reducer may ask for. Nothing when there is no such reducer. */
export function kindsOfReducer(side: Side, name: string): ReadonlySet<string> {
  return new Set(side.modules.get(name)?.definition.reducer?.effectsEmitted)
}

/**
 * By all its slots, since the module says which it means; the slot `default`, unless it is bound, leads to the only grant of
 * the type that is needed.
 */
export function usesOfReducer(side: Side, name: string): readonly Use[] {
  const slots = side.manifest.moduleBindings.get(name) ?? new Map<string, string>()
  return [...kindsOfReducer(side, name)].flatMap((kind): readonly Use[] => {
    const type = side.effects.get(kind)?.capType
    const fitting = side.manifest.grants.map((grant) => grant.name).filter((grant) => capTypeOf(side, grant) === type)
    const bound = [...slots.values()].filter((grant) => fitting.includes(grant))
    const only = slots.has('default') || fitting.length !== 1 ? [] : fitting
    return [...bound, ...only].map((grant) => ({ kind, grant }))
  })
}
