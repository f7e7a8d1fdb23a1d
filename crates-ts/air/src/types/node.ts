/** Type expressions as canonical data and as JSON (spec/03-air.md, "Type expressions"). */
import { encodeNode, type CanonicalBytes, type Data } from '@aos/cbor'
import type { JsonNode } from '../json.ts'
import type { TypeExpr } from '../model.ts'
import { compareKeys } from './key-order.ts'

/** How definitions are written: `sugar` uses bare words, `tagged` is AIR v1's form. Both are one definition. */
export type Lens = 'sugar' | 'tagged'

/** The canonical node of a type expression, prefix included. */
export function encodeTypeExpr(type: TypeExpr): CanonicalBytes {
  return encodeNode(typeData(type))
}

/** The data that is encoded: one form for both lenses, and a primitive keeps its empty map. */
export function typeData(type: TypeExpr): Data {
  switch (type.kind) {
    case 'record':
      return new Map([['record', entriesData(type.fields)]])
    case 'variant':
      return new Map([['variant', entriesData(type.arms)]])
    case 'list':
      return new Map([['list', typeData(type.item)]])
    case 'set':
      return new Map([['set', typeData(type.item)]])
    case 'map': {
      const key: Data = new Map([[type.key, new Map()]])
      return new Map([['map', new Map([['key', key], ['value', typeData(type.value)]])]]) // prettier-ignore
    }
    case 'option':
      return new Map([['option', typeData(type.inner)]])
    case 'ref':
      return new Map([['ref', type.name]])
    default:
      return new Map([[type.kind, new Map()]])
  }
}

function entriesData(entries: ReadonlyMap<string, TypeExpr>): Data {
  return new Map([...entries].map(([name, type]) => [name, typeData(type)]))
}

/** The JSON of a type expression; fields and arms in canonical order. */
export function typeJson(type: TypeExpr, lens: Lens): JsonNode {
  switch (type.kind) {
    case 'record':
      return new Map([['record', entriesJson(type.fields, lens)]])
    case 'variant':
      return new Map([['variant', entriesJson(type.arms, lens)]])
    case 'list':
      return new Map([['list', typeJson(type.item, lens)]])
    case 'set':
      return new Map([['set', typeJson(type.item, lens)]])
    case 'map': {
      const key = typeJson({ kind: type.key }, lens)
      return new Map([['map', new Map([['key', key], ['value', typeJson(type.value, lens)]])]]) // prettier-ignore
    }
    case 'option':
      return new Map([['option', typeJson(type.inner, lens)]])
    case 'ref':
      return lens === 'sugar' ? type.name : new Map([['ref', type.name]])
    default:
      return lens === 'sugar' ? type.kind : new Map([[type.kind, new Map<string, JsonNode>()]])
  }
}

function entriesJson(entries: ReadonlyMap<string, TypeExpr>, lens: Lens): JsonNode {
  return new Map(
    [...entries]
      .toSorted(([left], [right]) => compareKeys(left, right))
      .map(([name, type]) => [name, typeJson(type, lens)]),
  )
}
