/** Type expressions as JSON, in the sugar lens (spec/03-air.md, "Type expressions"). */
import type { AirType } from './air-type.ts'
import type { Json } from './expression-json.ts'

/** A named type is its name. */
export function typeJson(type: AirType): Json {
  switch (type.kind) {
    case 'schema':
      return type.name
    case 'record':
      return { record: members(type.fields) }
    case 'variant':
      return { variant: members(type.arms) }
    case 'list':
      return { list: typeJson(type.item) }
    case 'set':
      return { set: typeJson(type.item) }
    case 'map':
      return { map: { key: type.key.kind, value: typeJson(type.value) } }
    case 'option':
      return { option: typeJson(type.inner) }
    default:
      return type.kind
  }
}

function members(types: { readonly [name: string]: AirType }): Json {
  return Object.fromEntries(Object.entries(types).map(([name, type]) => [name, typeJson(type)]))
}
