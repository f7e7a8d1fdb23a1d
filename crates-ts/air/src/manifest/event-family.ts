/** Which events a reducer takes (spec/03-air.md, "Routing"). */
import { resolveIn, typeOf, type Scope } from './scope.ts'

const RECEIPT_EVENTS: ReadonlyMap<string, string> = new Map([
  ['timer.set', 'sys/TimerFired@1'],
  ['blob.put', 'sys/BlobPutResult@1'],
  ['blob.get', 'sys/BlobGetResult@1'],
])

const RECEIPT_SCHEMAS: ReadonlySet<string> = new Set(RECEIPT_EVENTS.values())

/** The event as which the receipt of a reducer's own effect arrives. */
export function receiptEventOf(effectKind: string): string | undefined {
  return RECEIPT_EVENTS.get(effectKind)
}

/** True for an event that is made from a receipt: it goes to the cell that asked, so it needs no key. */
export function isReceiptEvent(schema: string): boolean {
  return RECEIPT_SCHEMAS.has(schema)
}

/**
 * True when a reducer whose event schema is `family` takes `event`: it is that schema, a schema that it is an alias of,
 * or a reference arm of its variant.
 */
export function takesEvent(scope: Scope, family: string, event: string): boolean {
  const seen = new Set<string>()
  let name = family
  for (;;) {
    if (name === event) return true
    if (seen.has(name)) return false
    seen.add(name)
    const type = typeOf(scope, name)
    if (type?.kind !== 'ref') break
    name = type.name
  }
  const type = resolveIn(scope, typeOf(scope, name))
  return type?.kind === 'variant' && [...type.arms.values()].some((arm) => arm.kind === 'ref' && arm.name === event)
}
