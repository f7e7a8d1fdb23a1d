/** What the references of a plan's expressions lead to (spec/10-plans.md, "References"). */
import { integerValue } from '@aos/expr'
import type { ExprScope, ExprValue } from '@aos/expr'
import type { PlanInstance } from './instance.ts'

/** `event` stands only while the `where` of a wait is judged. */
export function makeScope(instance: PlanInstance, logicalNowNs: bigint, event?: ExprValue): ExprScope {
  const stateOf = (id: string): PlanInstance['steps'][number] | undefined =>
    instance.steps[instance.plan.indexes.get(id) ?? -1]
  return {
    lookUp(root) {
      switch (root.kind) {
        case 'input':
          return instance.input
        case 'var':
          return instance.variables.get(root.name)
        case 'step':
          return stateOf(root.id)?.value
        case 'receipt': {
          const step = instance.plan.steps[instance.plan.indexes.get(root.id) ?? -1]
          if (step?.op !== 'await_receipt' || stateOf(root.id)?.status !== 'done') return undefined
          return instance.receipts.get(step.emit)?.record
        }
        case 'event':
          return event
        case 'now':
          return integerValue('time', logicalNowNs)
        case 'params':
        case 'grant':
        case 'principal':
          return undefined
      }
    },
  }
}
