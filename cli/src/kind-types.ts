/** Types of effect kinds, for drivers (spec/13-adapters.md). */
import type { KindTypes, TypesOf } from '@aos/adapters'
import { BUILTIN_EFFECTS } from '@aos/air'
import type { DefEffect } from '@aos/air'
import { makeSchemaTable } from '@aos/host'
import type { Definitions } from '@aos/host'

/** Kinds of these definitions, and the built-in ones. */
export function makeTypesOf(definitions: Definitions | undefined): TypesOf {
  const table = definitions?.table ?? makeSchemaTable(new Map())
  const effects: readonly DefEffect[] = [...(definitions?.effects.values() ?? []), ...BUILTIN_EFFECTS.values()]
  return (kind): KindTypes | undefined => {
    const effect = effects.find(({ effectKind }) => effectKind === kind)
    if (effect === undefined) return undefined
    const { paramsSchema, receiptSchema } = effect
    return { params: { kind: 'ref', name: paramsSchema }, receipt: { kind: 'ref', name: receiptSchema }, table }
  }
}
