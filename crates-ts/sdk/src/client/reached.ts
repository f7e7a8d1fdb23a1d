/** Schemas that the types of a client name: what the world lists, what its parts use, and whatever these refer to. */
import { refsOf } from '../gen/guest-type.ts'
import type { ClientTypesRequest } from './client-types.ts'

/** Names that are in the table, in no order. */
export function reachedSchemas({ manifest, table, modules, plans, effects }: ClientTypesRequest): ReadonlySet<string> {
  const roots = [
    ...manifest.schemas.map(({ name }) => name),
    ...manifest.routes.map(({ event }) => event),
    ...manifest.triggers.map(({ event }) => event),
    ...[...modules.values()].flatMap(({ keySchema, reducer }) => [keySchema, reducer?.state, reducer?.event]),
    ...[...plans.values()].flatMap(({ input, output }) => [input, output]),
    ...[...effects.values()].flatMap(({ paramsSchema, receiptSchema }) => [paramsSchema, receiptSchema]),
  ]
  const reached = new Set<string>()
  const visit = (name: string): void => {
    const type = table.get(name)
    if (type === undefined || reached.has(name)) return
    reached.add(name)
    for (const ref of refsOf(type)) visit(ref)
  }
  for (const name of roots) if (name !== undefined) visit(name)
  return reached
}
