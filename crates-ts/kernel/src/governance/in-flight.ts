/**
 * Nothing in flight is stranded by a change (spec/17-governance.md, "In flight"): running plans keep their definitions (K27), so what they can still raise, await or
 * ask for has to fit the schemas that come into force; and reducers with open intents have to take what comes of them.
 */
import { compareText } from '@aos/air'
import type { Hash } from '@aos/cbor'
import type { Catalog } from '../catalog.ts'
import { kernelError } from '../errors.ts'
import { compareIntents } from '../intents/effects-state.ts'
import { receiptEventSchema } from '../intents/receipt-event.ts'
import type { CompiledPlan, CompiledStep } from '../plans/compiled-plan.ts'
import type { PlanInstance } from '../plans/instance.ts'
import type { WorldState } from '../state.ts'
import type { ManifestChange } from './manifest-change.ts'
import { whyNotAccepted } from './state-schemas.ts'
import { findUpcasters } from './upcast.ts'

/** Named in details: more do not help. */
const NAMED_MAX = 10

/** Throws `gov.live_schema` with the first thing that could not go on, and who it is about. */
export function checkInFlight(
  state: WorldState,
  ground: { readonly change: ManifestChange; readonly before: Catalog },
): void {
  new InFlightCheck(state, ground).run()
}

class InFlightCheck {
  readonly #state: WorldState
  readonly #change: ManifestChange
  readonly #before: Catalog
  /** What was found, by manifest, what is done, and the schema. */
  readonly #known = new Map<string, string | undefined>()
  /** Who cannot go on, by why. */
  readonly #stranded = new Map<string, string[]>()

  constructor(state: WorldState, { change, before }: { readonly change: ManifestChange; readonly before: Catalog }) {
    this.#state = state
    this.#change = change
    this.#before = before
  }

  run(): void {
    const { instances, intents } = this.#state.effects
    for (const instance of instances.values())
      if (instance.plan.manifest !== this.#change.manifest) this.#plan(instance)
    for (const intent of [...intents.values()].sort(compareIntents)) {
      if (intent.origin.kind === 'reducer') this.#reducer(intent.hash, intent.effectKind, intent.origin.reducer)
    }
    const [first] = [...this.#stranded].sort(([left], [right]) => compareText(left, right))
    if (first === undefined) return
    const [why, who] = first
    throw kernelError('gov.live_schema', `${who.length === 1 ? '1 cannot' : `${who.length} cannot`} go on: ${why}`, {
      details: { count: who.length, stranded: who.sort(compareText).slice(0, NAMED_MAX) },
      hint: 'let them end, cancel them, keep the schema, or name an upcaster in `migrations`',
    })
  }

  #plan(instance: PlanInstance): void {
    for (const [index, step] of instance.plan.steps.entries()) {
      const status = instance.steps[index]?.status
      if (status !== 'pending' && status !== 'waiting') continue
      const why = this.#ofStep(instance.plan, step)
      if (why !== undefined) this.#strand(why, instance.id)
    }
  }

  #ofStep(plan: CompiledPlan, step: CompiledStep): string | undefined {
    const subject = subjectOf(step)
    if (subject === undefined) return undefined
    const key = `${plan.manifest} ${step.op} ${subject}`
    if (!this.#known.has(key)) this.#known.set(key, this.#judge(plan, step, subject))
    return this.#known.get(key)
  }

  #judge(plan: CompiledPlan, step: CompiledStep, subject: string): string | undefined {
    const old = { name: subject, table: plan.table }
    if (step.op === 'emit_effect') return this.#judgeParams(plan, step.effectKind, step.paramsName)
    const now = { name: subject, table: this.#change.catalog.table }
    if (!now.table.has(subject))
      return `a plan can still ${VERBS[step.op] ?? ''} ${subject}, which is not listed any more`
    const [from, to] = [plan.fingerprint(subject), this.#change.catalog.fingerprint(subject)]
    if (from === to) return undefined
    if (step.op === 'raise_event') {
      const { upcasters } = this.#state.governance
      const all = { get: (key: string) => this.#change.upcasters.get(key) ?? upcasters.get(key) }
      if (findUpcasters(all, subject, { from, to }) !== undefined) return undefined
    }
    const why = step.op === 'raise_event' ? whyNotAccepted(old, now) : whyNotAccepted(now, old)
    return why === undefined ? undefined : `a plan can still ${VERBS[step.op] ?? ''} ${subject}: ${why}`
  }

  /** An effect that is not listed any more is a power that was taken away; parameters that do not fit are a trap. */
  #judgeParams(plan: CompiledPlan, kind: string, paramsName: string): string | undefined {
    const effect = this.#change.catalog.actions.gate.effects.get(kind)
    if (effect === undefined) return undefined
    const now = { name: effect.paramsName, table: this.#change.catalog.table }
    if (plan.fingerprint(paramsName) === this.#change.catalog.fingerprint(now.name)) return undefined
    const why = whyNotAccepted({ name: paramsName, table: plan.table }, now)
    return why === undefined ? undefined : `a plan can still ask for ${kind}: ${why}`
  }

  #reducer(intent: Hash, kind: string, name: string): void {
    const schema = receiptEventSchema(kind)
    const before = this.#before.reducers.get(name)
    if (schema === undefined || before?.members.has(schema) !== true) return
    const now = this.#change.catalog.reducers.get(name)
    if (now?.members.has(schema) !== true)
      this.#strand(`${name} would not take ${schema}, which is still to come`, intent)
  }

  #strand(why: string, who: string): void {
    const known = this.#stranded.get(why)
    if (known === undefined) this.#stranded.set(why, [who])
    else if (known.at(-1) !== who) known.push(who)
  }
}

const VERBS: Readonly<Partial<Record<CompiledStep['op'], string>>> = { raise_event: 'raise', await_event: 'await' }

/** What of a step has to fit. */
function subjectOf(step: CompiledStep): string | undefined {
  switch (step.op) {
    case 'raise_event':
    case 'await_event':
      return step.event
    case 'emit_effect':
      return step.effectKind
    default:
      return undefined
  }
}
