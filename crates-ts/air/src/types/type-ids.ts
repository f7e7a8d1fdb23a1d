/** Whether two types mean the same (spec/23-authority.md, "Rules"). */
import type { SchemaTable, TypeExpr } from '../model.ts'
import { compareKeys } from './key-order.ts'

/**
 * Numbers types so that two have one number exactly when they are equal with references followed, each in its own table.
 * What is not there or contains itself equals nothing.
 */
export class TypeIds {
  readonly #known: ReadonlySet<string>
  readonly #numbers = new Map<string, number>()
  /** By table, then by name; undefined while a schema is being numbered. */
  readonly #schemas = new Map<SchemaTable, Map<string, number | undefined>>()
  #next = 0

  /** `known`: schemas that equal themselves only, by name. */
  constructor(known: ReadonlySet<string> = new Set()) {
    this.#known = known
  }

  idOf(type: TypeExpr, table: SchemaTable): number {
    const inside = (part: TypeExpr): number => this.idOf(part, table)
    switch (type.kind) {
      case 'ref':
        return this.#known.has(type.name) ? this.#number(`known ${type.name}`) : this.#idOfSchema(type.name, table)
      case 'record':
        return this.#number(`record ${entries(type.fields, inside)}`)
      case 'variant':
        return this.#number(`variant ${entries(type.arms, inside)}`)
      case 'list':
      case 'set':
        return this.#number(`${type.kind} ${inside(type.item)}`)
      case 'map':
        return this.#number(`map ${type.key} ${inside(type.value)}`)
      case 'option':
        return this.#number(`option ${inside(type.inner)}`)
      default:
        return this.#number(type.kind)
    }
  }

  #idOfSchema(name: string, table: SchemaTable): number {
    const known = this.#schemas.get(table) ?? new Map<string, number | undefined>()
    this.#schemas.set(table, known)
    const number = known.get(name)
    if (number !== undefined) return number
    const type = table.get(name)
    if (type === undefined || known.has(name)) return this.#fresh()
    known.set(name, undefined)
    const found = this.idOf(type, table)
    known.set(name, found)
    return found
  }

  #number(shape: string): number {
    const known = this.#numbers.get(shape)
    if (known !== undefined) return known
    const fresh = this.#fresh()
    this.#numbers.set(shape, fresh)
    return fresh
  }

  #fresh(): number {
    this.#next += 1
    return this.#next
  }
}

function entries(parts: ReadonlyMap<string, TypeExpr>, idOf: (part: TypeExpr) => number): string {
  const sorted = [...parts].toSorted(([left], [right]) => compareKeys(left, right))
  return JSON.stringify(sorted.map(([name, part]) => [name, idOf(part)]))
}
