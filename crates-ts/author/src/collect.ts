/** What a world reaches: every definition after those that it refers to, in the order in which they are reached. */
import type { AirType, Schema } from './air-type.ts'
import type { ModuleDefinition } from './module.ts'
import type { Plan } from './plan.ts'
import type { Policy } from './policy.ts'
import type { Cap, Effect, Grant } from './power.ts'
import type { Secret } from './secret.ts'
import type { WorldOptions } from './world.ts'

/**
 * The sections of a manifest. What the author lists comes first and in that order. A policy adds nothing: what it forbids must not
 * be listed for it.
 */
export class Collector {
  readonly #schemas: Section<Schema>
  readonly #modules: Section<ModuleDefinition>
  readonly #plans: Section<Plan>
  readonly #effects: Section<Effect>
  readonly #caps: Section<Cap>
  readonly #policies: Section<Policy>
  readonly #secrets: Section<Secret>
  readonly #grants: Section<Grant>

  constructor(options: WorldOptions) {
    const { schemas = [], modules = [], plans = [], effects = [], caps = [], grants = [] } = options
    const { routes = [], triggers = [], slots = [], policies = [], secrets = [], policy } = options
    this.#schemas = new Section(schemas)
    this.#modules = new Section(modules)
    this.#plans = new Section(plans)
    this.#effects = new Section(effects)
    this.#caps = new Section(caps)
    this.#policies = new Section(policies)
    this.#secrets = new Section(secrets)
    this.#grants = new Section(grants)
    for (const each of schemas) this.#visitType(each.type)
    for (const each of modules) this.#visitModule(each)
    for (const each of plans) this.#visitPlan(each)
    for (const each of effects) this.#visitEffect(each)
    for (const each of caps) this.#visitCap(each)
    for (const { reducer, event } of routes) {
      this.#visitModule(reducer)
      this.#visitType(event)
    }
    for (const { event, plan } of triggers) {
      this.#visitType(event)
      this.#visitPlan(plan)
    }
    for (const { reducer, grants: bound } of slots) {
      this.#visitModule(reducer)
      for (const each of bound) this.#visitGrant(each)
    }
    for (const each of grants) this.#visitGrant(each)
    if (policy !== undefined) this.#policies.add(policy)
  }

  get schemas(): readonly Schema[] {
    return this.#schemas.all
  }

  get modules(): readonly ModuleDefinition[] {
    return this.#modules.all
  }

  get plans(): readonly Plan[] {
    return this.#plans.all
  }

  get effects(): readonly Effect[] {
    return this.#effects.all
  }

  get caps(): readonly Cap[] {
    return this.#caps.all
  }

  get policies(): readonly Policy[] {
    return this.#policies.all
  }

  get secrets(): readonly Secret[] {
    return this.#secrets.all
  }

  get grants(): readonly Grant[] {
    return this.#grants.all
  }

  #visitType(type: AirType): void {
    switch (type.kind) {
      case 'schema':
        this.#schemas.visit(type, () => {
          this.#visitType(type.type)
        })
        return
      case 'record':
        for (const part of Object.values(type.fields)) this.#visitType(part)
        return
      case 'variant':
        for (const part of Object.values(type.arms)) this.#visitType(part)
        return
      case 'list':
      case 'set':
        this.#visitType(type.item)
        return
      case 'map':
        this.#visitType(type.value)
        return
      case 'option':
        this.#visitType(type.inner)
        return
      default:
    }
  }

  #visitModule(module: ModuleDefinition): void {
    this.#modules.visit(module, () => {
      for (const each of module.schemas) this.#visitType(each)
      for (const each of module.effects) this.#visitEffect(each)
    })
  }

  #visitEffect(effect: Effect): void {
    this.#effects.visit(effect, () => {
      this.#visitType(effect.params)
      this.#visitType(effect.receipt)
    })
  }

  #visitCap(cap: Cap): void {
    this.#caps.visit(cap, () => {
      this.#visitType(cap.params)
      if (cap.enforcer !== undefined) this.#visitModule(cap.enforcer)
    })
  }

  #visitGrant(grant: Grant): void {
    this.#grants.visit(grant, () => {
      this.#visitCap(grant.cap)
    })
  }

  #visitPlan(plan: Plan): void {
    const { schemas, effects, grants, secrets } = plan.uses
    this.#plans.visit(plan, () => {
      for (const each of schemas) this.#visitType(each)
      for (const each of effects) this.#visitEffect(each)
      for (const each of grants) this.#visitGrant(each)
      for (const each of secrets) this.#secrets.add(each)
    })
  }
}

/** Definitions of one kind in their order; a name that two have stands twice, which the check of the manifest reports. */
class Section<T extends { readonly name: string }> {
  readonly #all: T[]
  readonly #listed: ReadonlySet<T>
  readonly #visited = new Set<T>()

  constructor(listed: readonly T[]) {
    this.#all = [...listed]
    this.#listed = new Set(listed)
  }

  get all(): readonly T[] {
    return this.#all
  }

  add(item: T): void {
    this.visit(item, () => undefined)
  }

  /** Visits what it refers to, then appends it; once. */
  visit(item: T, visitParts: () => void): void {
    if (this.#visited.has(item)) return
    this.#visited.add(item)
    visitParts()
    if (!this.#listed.has(item)) this.#all.push(item)
  }
}
