/** Canonical order of values that have not become bytes yet (spec/03-values.md, "Sets and maps"). */
import { compareBytes, encode, equalBytes } from '@aos/cbor'
import type { SchemaTable, TypeExpr, Value } from '../model.ts'
import { valueToData } from './lower.ts'

/** A key of a map value. */
export type MapKey = string | number | bigint

/** A record or variant under construction: no prototype, so every name is only a name. */
export function makeRecord(): Record<string, Value> {
  return Object.create(null) as Record<string, Value> // Object.create has no better type
}

/** The items ascending by their canonical bytes, equal items once. */
export function sortSet(type: TypeExpr, table: SchemaTable, items: readonly Value[]): readonly Value[] {
  const keyed = items.map((item) => ({ item, bytes: encode(valueToData(type, table, item)) }))
  keyed.sort((left, right) => compareBytes(left.bytes, right.bytes))
  return keyed
    .filter(({ bytes }, index) => index === 0 || !equalBytes(keyed[index - 1]?.bytes ?? bytes, bytes))
    .map(({ item }) => item)
}

/** A Map with its keys ascending by their canonical bytes. The keys are distinct. */
export function sortMap(entries: readonly (readonly [MapKey, Value])[]): ReadonlyMap<MapKey, Value> {
  const keyed = entries.map((entry) => ({ entry, bytes: encode(entry[0]) }))
  keyed.sort((left, right) => compareBytes(left.bytes, right.bytes))
  return new Map(keyed.map(({ entry }) => entry))
}
