/** What the references of a plan's expressions lead to (spec/10-plans.md, "References"). */
import { integerValue } from '@aos/expr'
import type { ExprScope, ExprValue, ReferenceRoot } from '@aos/expr'
import type { PlanInstance } from './instance.ts'
import { valueNow } from './later-value.ts'

/** `event` stands only while the `where` of a wait is judged. */
export function makeScope(instance: PlanInstance, logicalNowNs: bigint, event?: ExprValue): ExprScope {
  return new PlanScope(instance, logicalNowNs, event)
}

class PlanScope implements ExprScope {
  readonly #instance: PlanInstance
  readonly #logicalNowNs: bigint
  readonly #event: ExprValue | undefined

  constructor(instance: PlanInstance, logicalNowNs: bigint, event: ExprValue | undefined) {
    this.#instance = instance
    this.#logicalNowNs = logicalNowNs
    this.#event = event
  }

  lookUp(root: ReferenceRoot): ExprValue | undefined {
    const instance = this.#instance
    switch (root.kind) {
      case 'input':
        return instance.input
      case 'var':
        return instance.variables.get(root.name)
      case 'step':
        return valueNow(this.#stateOf(root.id)?.value)
      case 'receipt': {
        const step = instance.plan.steps[instance.plan.indexes.get(root.id) ?? -1]
        if (step?.op !== 'await_receipt' || this.#stateOf(root.id)?.status !== 'done') return undefined
        return instance.receipts.get(step.emit)?.record
      }
      case 'event':
        return this.#event
      case 'now':
        return integerValue('time', this.#logicalNowNs)
      case 'params':
      case 'grant':
      case 'principal':
      case 'world':
        return undefined
    }
  }

  #stateOf(id: string): PlanInstance['steps'][number] | undefined {
    return this.#instance.steps[this.#instance.plan.indexes.get(id) ?? -1]
  }
}
